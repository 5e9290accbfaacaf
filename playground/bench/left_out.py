"""The part "left_out": a network retrained without each of 250 points, together and one by one."""

from __future__ import annotations

import statistics
import time

import numpy as np
import torch

from playground.bench.report import bar, code, row
from playground.core.analysis.influence import leave_one_out
from playground.core.analysis.retraining import without
from playground.core.experiment import Experiment
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
    for _ in leave_one_out(run, range(POINTS), [0], EPOCHS, np.zeros((41 * 41, 2))):
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


def measure() -> int:
    """Prints both, in turns."""
    torch.set_num_threads(1)
    code(together, one_by_one)
    for name, experiment in OPTIMIZERS.items():
        run = Run(experiment)
        pairs = [(together(run), one_by_one(run)) for _ in range(ROUNDS)]
        all_at_once = row(f"{name}: together", [pair[0] for pair in pairs], "s")
        row(f"{name}: one by one", [pair[1] for pair in pairs], "s")
        share = statistics.median(alone / both for both, alone in pairs)
        row(f"{name}: one by one / together", [share], "")
        bar(f"{name}: 250 points, 300 epochs, one core", all_at_once, most=20)
    return 0
