"""64 seeds of one network together, per network, against the plain eager loop one by one."""

from __future__ import annotations

import time

import numpy as np
import torch

from playground.bench.engine import ADAM, EIGHT, NETS, SGD, SMALL, WIDE, busy, eager_loop
from playground.bench.report import bar, code, row
from playground.core.experiment import Experiment
from playground.core.population import Population, starts
from playground.core.run import Run

COUNT = 64
ROUNDS = 5
SIDE = 100  # points along a side of the map
BARS = {SMALL: 70.0, EIGHT: 65.0, WIDE: 6.0}  # of plain SGD


def measure() -> int:
    """Prints microseconds of processor time per network and step of both, in turn; then what a
    map of all takes."""
    torch.set_num_threads(1)
    code(eager_loop, Population.advance)
    for name, changes in NETS.items():
        for optimizer in (SGD, ADAM):
            experiment = Experiment().with_changes(changes | {"optimizer": optimizer})
            eager = eager_loop(Run(experiment))
            population = Population(starts(experiment, COUNT))
            times: dict[str, list[float]] = {"eager": [], "together": []}
            for _ in range(ROUNDS):
                times["eager"].append(busy(eager))
                times["together"].append(busy(population.train_for) / COUNT)
            label = f"{name}, {optimizer['name']}"
            slow = row(f"{label}: eager loop", times["eager"], "µs/step")
            fast = row(f"{label}: {COUNT} together, per network", times["together"], "µs/step")
            if optimizer is SGD:
                bar(f"{label}: times the steps", slow / fast, least=BARS[name])
            else:
                print(f"{label}: times the steps".ljust(58), f"{slow / fast:10.4g}")
        points = np.random.default_rng(0).uniform(-6, 6, (SIDE * SIDE, 2))
        inputs = population.data.to_inputs(points)
        maps = [_map(population, inputs) for _ in range(ROUNDS)]
        row(f"{name}: {SIDE} × {SIDE} map of all {COUNT}", maps, "ms of one core")
    return 0


def _map(population: Population, inputs: np.ndarray) -> float:
    """Milliseconds of one core for what every network answers."""
    start = time.thread_time()
    population.outputs(inputs)
    return (time.thread_time() - start) * 1000
