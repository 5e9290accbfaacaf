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
SIXTY_FOURS = {"kind": "dense", "units": 64, "activation": "relu"}
ALL_FEATURES = ["x", "y", "x2", "y2", "xy", "sin_x", "sin_y"]
NETS = {
    "4-2 tanh, circle": {},
    "8-8-8 ReLU, spiral, 7 features": {
        "data": {"name": "spiral"},
        "features": ALL_FEATURES,
        "layers": [EIGHTS] * 3,
    },
    "64-64-64 ReLU, spiral, 7 features, batch 32": {
        "data": {"name": "spiral"},
        "features": ALL_FEATURES,
        "layers": [SIXTY_FOURS] * 3,
        "training": {"batch_size": 32},
    },
}
SMALL, EIGHT, WIDE = NETS
BARS = {
    (SMALL, "sgd"): 7.0,
    (EIGHT, "sgd"): 6.5,
    (WIDE, "sgd"): 4.0,
    (SMALL, "adam"): 9.0,
    (EIGHT, "adam"): 9.0,
    (WIDE, "adam"): 5.5,
}
FIRST_EPOCH = 20  # ms


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


def microseconds(
    train: Callable[[float], int], clock: Callable[[], float] = time.perf_counter
) -> float:
    """Time per step over SECONDS."""
    start = clock()
    steps = train(SECONDS)
    return (clock() - start) / steps * 1e6


def busy(train: Callable[[float], int]) -> float:
    """The same in processor time of this thread, which other work on the machine moves less."""
    return microseconds(train, time.thread_time)


def measure() -> int:
    """Prints microseconds of processor time per step of both, in turn, for each network and
    optimizer; and how long a new network takes to its first epoch."""
    torch.set_num_threads(1)
    code(eager_loop, Run.train_for)
    for name, changes in NETS.items():
        for optimizer in (SGD, ADAM):
            run = Run(Experiment().with_changes(changes | {"optimizer": optimizer}))
            eager = eager_loop(run)
            times: dict[str, list[float]] = {"eager": [], "dense": []}
            for _ in range(ROUNDS):
                times["eager"].append(busy(eager))
                times["dense"].append(busy(run.train_for))
            label = f"{name}, {optimizer['name']}"
            slow = row(f"{label}: eager loop", times["eager"], "µs/step")
            fast = row(f"{label}: dense engine", times["dense"], "µs/step")
            least = BARS[name, str(optimizer["name"])]
            bar(f"{label}: times the steps", slow / fast, least=least)
    first = [_first_epoch(units) for units in range(3, 3 + ROUNDS)]
    label = "a changed architecture to its first epoch"
    bar(label, row(label, first, "ms of one core"), most=FIRST_EPOCH)
    return 0


def _first_epoch(units: int) -> float:
    """Milliseconds of one core from settings to a network that has seen every point once, and is
    measured."""
    layer = {"kind": "dense", "units": units, "activation": "tanh"}
    experiment = Experiment().with_changes({"layers": [layer, layer], "optimizer": SGD})
    start = time.thread_time()
    run = Run(experiment)
    run.advance(run.batches_per_epoch)
    run.measure()
    return (time.thread_time() - start) * 1000
