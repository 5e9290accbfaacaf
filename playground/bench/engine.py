"""The dense engine against the plain eager loop: nn.Sequential, autograd, torch.optim."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import nn

from playground.bench.report import bar, code, row
from playground.core.activations import ACTIVATIONS
from playground.core.experiment import Experiment
from playground.core.layers import Dense
from playground.core.run import Run

SECONDS = 0.5
ROUNDS = 7
SGD = {"name": "sgd", "learning_rate": 0.03}
ADAM = {"name": "adam", "learning_rate": 0.03}
EIGHTS = {"kind": "dense", "units": 8, "activation": "relu"}
ALL_FEATURES = ["x", "y", "x2", "y2", "xy", "sin_x", "sin_y"]
NETS = {
    "4-2 tanh, circle": {},
    "8-8-8 ReLU, spiral, 7 features": {
        "data": {"name": "spiral"},
        "features": ALL_FEATURES,
        "layers": [EIGHTS] * 3,
    },
}
BARS = {("4-2 tanh, circle", "sgd"): 7.0, ("8-8-8 ReLU, spiral, 7 features", "sgd"): 5.5}


def eager_loop(run: Run, device: torch.device | None = None) -> Callable[[float], int]:
    """The eager loop for the same network, data and optimizer: tensor slices, no DataLoader."""
    modules: list[nn.Module] = []
    width = run.data.inputs_train.shape[1]
    for layer in run.experiment.layers:
        assert isinstance(layer, Dense)
        modules += [nn.Linear(width, layer.units), ACTIVATIONS[layer.activation].module()]
        width = layer.units
    model = nn.Sequential(*modules, nn.Linear(width, 1)).to(device)
    inputs = torch.from_numpy(run.data.inputs_train).float().to(device)
    targets = torch.from_numpy(run.data.targets_train).float().unsqueeze(1).to(device)
    loss = nn.BCEWithLogitsLoss()
    rate = run.experiment.optimizer.learning_rate
    plain = run.experiment.optimizer.torch_class() is torch.optim.SGD
    kind = torch.optim.SGD if plain else torch.optim.Adam
    optimizer = kind(model.parameters(), lr=rate)
    size = run.experiment.training.batch_size

    def train(seconds: float) -> int:
        steps, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            order = torch.randperm(len(inputs))
            shuffled, wanted = inputs[order], targets[order]
            for start in range(0, len(inputs), size):
                optimizer.zero_grad()
                output = model(shuffled[start : start + size])
                loss(output, wanted[start : start + size]).backward()
                optimizer.step()
                steps += 1
        targets.sum().item()  # waits for what is queued on a GPU
        return steps

    return train


def microseconds(train: Callable[[float], int]) -> float:
    """Time per step over SECONDS."""
    start = time.perf_counter()
    steps = train(SECONDS)
    return (time.perf_counter() - start) / steps * 1e6


def measure() -> int:
    """Prints microseconds per step of both, in turn, for each network and optimizer."""
    torch.set_num_threads(1)
    code(eager_loop, Run.train_for)
    for name, changes in NETS.items():
        for optimizer in (SGD, ADAM):
            run = Run(Experiment().with_changes(changes | {"optimizer": optimizer}))
            eager = eager_loop(run)
            times: dict[str, list[float]] = {"eager": [], "dense": []}
            for _ in range(ROUNDS):
                times["eager"].append(microseconds(eager))
                times["dense"].append(microseconds(run.train_for))
            label = f"{name}, {optimizer['name']}"
            slow = row(f"{label}: eager loop", times["eager"], "µs/step")
            fast = row(f"{label}: dense engine", times["dense"], "µs/step")
            least = BARS.get((name, str(optimizer["name"])))
            if least is None:
                print(f"{label}: times the steps".ljust(58), f"{slow / fast:10.4g}")
            else:
                bar(f"{label}: times the steps", slow / fast, least=least)
    return 0
