"""Steps on every device of this machine: the run, and the plain eager loop on the same device."""

from __future__ import annotations

from typing import Any

import torch

from playground.bench.engine import ADAM, SGD, eager_loop, microseconds
from playground.bench.pictures import CLASSIC
from playground.bench.report import code, row
from playground.core import devices
from playground.core.experiment import Experiment
from playground.core.network import parameter_count
from playground.core.run import Run

ROUNDS = 3
SAMPLES = 2000
# units of each layer, layers, batch
NETS = ((8, 3, 10), (64, 3, 32), (256, 3, 100), (512, 4, 500))


def experiment(units: int, layers: int, batch: int, optimizer: dict[str, Any]) -> Experiment:
    layer = {"kind": "dense", "units": units, "activation": "relu"}
    return Experiment().with_changes(
        {
            "data": {"samples": SAMPLES},
            "layers": [layer] * layers,
            "optimizer": optimizer,
            "training": {"batch_size": batch},
        }
    )


def measure() -> int:
    """Prints microseconds per step on each device, in turn, and what "auto" chooses."""
    torch.set_num_threads(1)
    code(eager_loop, Run.train_for)
    kinds = [device.kind for device in devices.available()]
    print("devices:", ", ".join(f"{one.kind} ({one.name})" for one in devices.available()))
    for units, layers, batch in NETS:
        for optimizer in (SGD, ADAM):
            wanted = experiment(units, layers, batch, optimizer)
            runs = {kind: Run(wanted, device=kind) for kind in kinds}
            loops = {kind: eager_loop(run, torch.device(kind)) for kind, run in runs.items()}
            times: dict[tuple[str, str], list[float]] = {}
            for _ in range(ROUNDS):
                for kind in kinds:
                    times.setdefault((kind, "eager loop"), []).append(microseconds(loops[kind]))
                    whole = times.setdefault((kind, "dense engine"), [])
                    whole.append(microseconds(_waiting(runs[kind])))
            size = parameter_count(runs["cpu"].blocks)
            name = f"{layers} × {units}, {size:,} parameters, batch {batch}, {optimizer['name']}"
            for (kind, what), values in times.items():
                row(f"{name}: {what}, {kind}", values, "µs/step")
            if len(kinds) > 1:
                print(f"{name}: auto takes".ljust(58), Run(wanted, device="auto").device.kind)
    _pictures(kinds)
    return 0


def _pictures(kinds: list[str]) -> None:
    """The classic CNN on each device: the autograd engine alone."""
    runs = {kind: Run(CLASSIC, device=kind) for kind in kinds}
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind in kinds:
            times[kind].append(microseconds(_waiting(runs[kind])) / 1000)
    size = parameter_count(runs["cpu"].blocks)
    for kind, values in times.items():
        batch = CLASSIC.training.batch_size
        row(f"classic CNN, {size:,} parameters, batch {batch}: {kind}", values, "ms/step")


def _waiting(run: Run) -> Any:
    """Trains and waits for what is queued on the device."""

    def train(seconds: float) -> int:
        steps = run.train_for(seconds)
        run.engine.parameters()[0][1].sum().item()
        return steps

    return train
