"""Steps on a GPU: one by one and in CUDA graphs, alone and 4,096 together, against eager there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from playground.bench.engine import ADAM, SGD, eager_loop, microseconds
from playground.bench.report import bar, code, row
from playground.core import devices
from playground.core.engine.graphs import capture
from playground.core.experiment import Experiment
from playground.core.population import Population, starts
from playground.core.run import Run

ROUNDS = 5
SAMPLES = 2000
MANY = 4096
MOST = 4  # times the time of one
WARM_EPOCHS = 4  # in which graphs are captured and tried
# units of each layer, layers, batch
NETS = ((8, 2, 10), (64, 3, 32))


def experiment(units: int, layers: int, batch: int, optimizer: dict[str, object]) -> Experiment:
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
    """Prints microseconds per step of everything that can compute it on the GPU, in turn."""
    kinds = [one for one in devices.available() if one.kind == "cuda"]
    if not kinds:
        print("not run: no GPU")
        return 0
    code(eager_loop, Run.train_for)
    print("GPU:", kinds[0].name)
    for units, layers, batch in NETS:
        for optimizer in (SGD, ADAM):
            name = f"{layers} × {units}, batch {batch}, {optimizer['name']}"
            _alone(name, experiment(units, layers, batch, optimizer))
    _together(experiment(8, 2, 10, SGD))
    return 0


def _alone(name: str, wanted: Experiment) -> None:
    with _allowed(graphs=False):
        plain = Run(wanted, device="cuda")
    steps, epochs = (Run(wanted, device="cuda") for _ in range(2))
    # Minibatch by minibatch, and whole epochs: each has a graph of its own.
    ways = {
        "eager loop": eager_loop(plain, plain.device.torch()),
        "calls one by one": _by(plain, lambda: plain.batches_per_epoch),
        "a graph for each step": _by(steps, lambda: 1),
        "a graph for each epoch": _by(epochs, lambda: epochs.batches_per_epoch),
    }
    for run in (plain, steps, epochs):
        _warm(run)
    assert plain.engine.way == "dense"
    print(
        f"{name}: steps are in graphs".ljust(58), steps.engine.way == epochs.engine.way == "graph"
    )
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, train in ways.items():
            times[way].append(microseconds(train))
    for way, values in times.items():
        row(f"{name}: {way}", values, "µs/step")


def _together(wanted: Experiment) -> None:
    """Many networks against one on the same GPU, both in graphs and both without."""
    for graphs in (True, False):
        with _allowed(graphs):
            made = {count: Population(starts(wanted, count), device="cuda") for count in (1, MANY)}
        times: dict[int, list[float]] = {count: [] for count in made}
        for population in made.values():
            _warm(population)
        how = "in graphs" if graphs else "calls one by one"
        for _ in range(ROUNDS):
            for count, population in made.items():
                train = _by(population, lambda it=population: it.batches_per_epoch)
                times[count].append(microseconds(train))
        one, many = (
            row(f"8-8, {count} together, {how} ({made[count].engine_name})", values, "µs/step")
            for count, values in times.items()
        )
        bar(f"8-8, {MANY} together against one, {how}", many / one, most=MOST)


def _warm(run: Run | Population) -> None:
    """Minibatches alone and whole epochs, so that both have their graphs; ends with an epoch."""
    for _ in range(run.batches_per_epoch):
        run.advance(1)
    run.advance(WARM_EPOCHS * run.batches_per_epoch)


def _by(run: Run | Population, most: Callable[[], int]) -> Callable[[float], int]:
    """Trains so many minibatches at a time, and waits for what is queued on the device."""

    def train(seconds: float) -> int:
        steps, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            steps += run.advance(most())
        flat = run.flat() if isinstance(run, Population) else run.engine.flat()
        flat.sum().item()
        return steps

    return train


@contextmanager
def _allowed(graphs: bool) -> Generator[None]:
    """Engines that are made here have graphs, or none."""
    if graphs:
        yield
        return
    before = os.environ.get("PLAYGROUND_GRAPHS")
    os.environ["PLAYGROUND_GRAPHS"] = "off"
    try:
        assert capture.off()
        yield
    finally:
        if before is None:
            del os.environ["PLAYGROUND_GRAPHS"]
        else:
            os.environ["PLAYGROUND_GRAPHS"] = before
