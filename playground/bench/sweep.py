"""The part "sweep": one sweep in this process and on a pool of two, in turns.

The processes of the pool have loaded torch before the clock starts, as this one has.
"""

from __future__ import annotations

import time

import torch

from playground.bench.report import bar, code, row
from playground.core.sweep.coordinator import Sweep
from playground.core.sweep.executors import Crew, here
from playground.core.sweep.processes import processes
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.space import knob_from

TRIALS = 200
ROUNDS = 3
WORKERS = 2
KNOBS = ("optimizer.learning_rate=log:0.001:0.3", "layers.0.units=2,4,8", "layers.1.units=2,4,8")


def asked(trials: int) -> SweepSettings:
    """Points by chance around the default experiment, none stopped early."""
    knobs = tuple(map(knob_from, KNOBS))
    return SweepSettings(knobs=knobs, method="random", trials=trials, epochs=50, pruning=False)


def seconds(settings: SweepSettings, crew: Crew) -> float:
    """How long the sweep takes on a crew that is ready."""
    sweep = Sweep(settings, crew=crew)
    begin = time.perf_counter()
    done = sweep.run()
    assert (done.finished, done.failed) == (settings.trials, 0)
    return time.perf_counter() - begin


def pool() -> Crew:
    """A pool whose processes have done a trial each."""
    crew = processes(WORKERS)
    ready = asked(2 * WORKERS)
    keep, crew.close = crew.close, lambda: None
    seconds(ready, crew)
    crew.close = keep
    return crew


def measure(trials: int = TRIALS, rounds: int = ROUNDS) -> int:
    torch.set_num_threads(1)
    code(asked, seconds, pool)
    settings, alone, together = asked(trials), [], []
    seconds(asked(2), here())  # what is loaded at the first use
    for _ in range(rounds):
        alone.append(trials / seconds(settings, here()))
        together.append(trials / seconds(settings, pool()))
    inside = row(f"{trials} trials in this process", alone, "trials/s")
    outside = row(f"{trials} trials on a pool of {WORKERS}", together, "trials/s")
    bar(f"pool of {WORKERS} against in-process", outside / inside, least=1.6)
    return 0
