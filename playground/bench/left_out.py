"""The part "left_out": a network retrained without each of 250 points, together and one by one,
with a compiled kernel and without any compiler."""

from __future__ import annotations

import os
import statistics
import time

import numpy as np
import torch

from playground.bench.kernel import built
from playground.bench.report import bar, code, row
from playground.core.analysis.influence import Watched, leave_one_out
from playground.core.analysis.retraining import without
from playground.core.engine.compiled.plan import LANES, plan_of
from playground.core.experiment import Experiment
from playground.core.population import Population
from playground.core.run import Run

ROUNDS = 3
POINTS, EPOCHS = 250, 300
ALONE = 5  # points that are left out one by one, for all of them
# 2 inputs, 4-2, batches of 10 of 250 points
OPTIMIZERS = {
    "Adam 0.03": Experiment(),
    "SGD 0.03": Experiment().with_changes({"optimizer": {"name": "sgd", "learning_rate": 0.03}}),
}


def together(run: Run) -> float:
    """Seconds of this thread for all points, with their pictures."""
    begin = time.thread_time()
    for _ in leave_one_out(run, range(POINTS), [0], EPOCHS, Watched(np.zeros((41 * 41, 2)))):
        pass
    return time.thread_time() - begin


def one_by_one(run: Run) -> float:
    """The same with a run for each point, from a few of them."""
    begin = time.thread_time()
    for place in range(ALONE):
        alone = Run(without(run.experiment, place))
        alone.advance(EPOCHS * alone.batches_per_epoch)
        alone.measure()
    return (time.thread_time() - begin) * POINTS / ALONE


def ways(run: Run) -> dict[str, str]:
    """With and without the compiled kernel, as far as one can be built here: PLAYGROUND_COMPILE."""
    there = {"without a compiler": "off"}
    os.environ["PLAYGROUND_COMPILE"] = "on"
    points = len(run.data.inputs_train)
    alone, lanes = (plan_of(run.experiment, run.blocks, points, many) for many in (1, LANES))
    if built(alone) and built(lanes):
        there["compiled"] = "on"
    return there


def measure() -> int:
    """Prints both, in turns."""
    torch.set_num_threads(1)
    code(together, one_by_one)
    for optimizer, experiment in OPTIMIZERS.items():
        for way, setting in ways(Run(experiment, engine="dense")).items():
            os.environ["PLAYGROUND_COMPILE"] = setting
            run, name = Run(experiment), f"{optimizer}, {way}"
            first = Population([without(experiment, place) for place in range(2)])
            print(f"-- {name}: populations {first.engine_name}, runs {run.engine.way}")
            pairs = [(together(run), one_by_one(run)) for _ in range(ROUNDS)]
            all_at_once = row(f"{name}: together", [pair[0] for pair in pairs], "s")
            row(f"{name}: one by one", [pair[1] for pair in pairs], "s")
            share = statistics.median(alone / both for both, alone in pairs)
            row(f"{name}: one by one / together", [share], "")
            bar(f"{name}: 250 points, 300 epochs, one core", all_at_once, most=20)
    return 0
