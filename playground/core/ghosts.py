"""Ghosts: copies of a run that train on, some with one setting changed, the others without.

A ghost of luck 0 takes the very minibatches that the run itself would take next. Those of another
luck have another order of points and other dropout, the same for all settings, so that ghosts of
one luck can be compared in pairs. The run is not touched.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch

from playground.core.experiment import MAX_START
from playground.core.memory import ALLOWANCE
from playground.core.random import stable_seed
from playground.core.run import Run

if TYPE_CHECKING:
    from playground.core.data.model import Brought

MEASURES = ("train_loss", "test_loss", "train_score", "test_score")
TURN = 0.002  # s of training between two looks at the clock
MOST_MOMENTS = 20
SAME = 0.005  # a smaller part more or less is no difference that anybody sees
# Student's t at 97.5 %, by the number of pairs: the mean of so many differences lies within t
# standard errors of the truth in 95 of 100 cases.
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365}


class Kept:
    """A run's moment, from which ghosts go on.

    Args:
        run: its weights, optimizer, minibatches and generators are copied; stop rules are left
            out, since a ghost is to come as far as all others.
    """

    def __init__(self, run: Run) -> None:
        self.experiment = run.experiment.unstopped()
        self.epoch = run.epoch + bool(run.batch_in_epoch)
        self._table: Brought | None = run.table
        self._device, self._engine = run.device.kind, run.engine_name
        self._snapshot = run.snapshot()

    def ghost(self, changes: Mapping[str, Any], luck: int) -> Run:
        """A copy of the run that goes on with some settings changed.

        Raises:
            PlaygroundError: settings that do not fit.
        """
        run = Run(self.experiment, self._table, snapshot=self._snapshot, **self._place())
        if run.state == "diverged":
            run.resume()
        if luck:
            _reseed(run, luck)
        if changes:
            changed = self.experiment.with_changes(dict(changes))
            ALLOWANCE.ask(changed, 1, self._table)
            run.update(changed)
        return run

    def fresh(self, changes: Mapping[str, Any], luck: int) -> Run:
        """A run of the experiment from its first weights, with some settings changed.

        Raises:
            PlaygroundError: settings that do not fit.
        """
        start = (self.experiment.training.start + luck) % (MAX_START + 1)
        changed = self.experiment.with_changes(dict(changes))
        ALLOWANCE.ask(changed, 1, self._table)
        begun = changed.with_changes({"training": {"start": start}})
        return Run(begun, self._table, **self._place())

    def _place(self) -> dict[str, Any]:
        return {"device": self._device, "engine": self._engine}


def _reseed(run: Run, luck: int) -> None:
    """Another order of points from now on, what is left of the epoch included; other dropout."""
    training, batches = run.experiment.training, run.batches
    for purpose in ("order", "dropout"):
        seed = stable_seed(training.seed, f"{purpose} {training.start} luck {luck}")
        run.generators[purpose].manual_seed(seed)
    if training.order == "shuffled":
        used = batches.slices[batches.position - 1][1] if batches.position else 0
        left = batches.indices[used:]
        mixed = left[torch.randperm(len(left), generator=run.generators["order"])]
        batches.indices = torch.cat((batches.indices[:used], mixed))
        run.engine.load(batches.indices)


def moments(epochs: int) -> list[int]:
    """Epochs from now at which ghosts are measured, the last one included."""
    count = min(epochs, MOST_MOMENTS)
    return [math.ceil(epochs * (number + 1) / count) for number in range(count)]


def watched(run: Run, first: int, epochs: int) -> Generator[float, None, np.ndarray]:
    """Trains a ghost for so many epochs, and measures it on the way.

    Args:
        run: to be trained.
        first: the epoch from which epochs are counted.

    Yields:
        Every few milliseconds which share is done.

    Returns:
        float64 (measures, moments + 1), the first column from before; NaN where nothing can be
        measured, and from the moment on at which it diverged.
    """
    rows = [_row(run)]
    turn = 1
    for moment in moments(epochs):
        target = first + moment
        while run.state == "ready" and run.epoch < target:
            left = run.batches_per_epoch - run.batch_in_epoch
            begin = time.perf_counter()
            taken = run.advance(max(min(turn, left), 1))
            spent = time.perf_counter() - begin
            turn = int(min(max(TURN / max(spent, 1e-9) * taken, 1), 2 * turn, 1000))
            yield min(max(run.exact_epoch - first, 0) / epochs, 1.0)
        if run.state != "diverged":
            run.measure()
        diverged = run.state == "diverged"
        rows.append(np.full(len(MEASURES), np.nan) if diverged else _row(run))
    return np.stack(rows, 1)


def _row(run: Run) -> np.ndarray:
    found = (getattr(run.metrics, name) for name in MEASURES)
    return np.array([np.nan if one is None else one for one in found], dtype=np.float64)


@dataclass(frozen=True)
class Effect:
    """What a change makes of one measure, over several lucks.

    Attributes:
        kind: "ratio" of losses above 0, or "difference".
        mean: the geometric mean of the ratios, or the mean difference.
        low, high: between them the mean lies with 95 % (Student's t over pairs of one luck).
        verdict: "better", "worse", or "luck" where the two are no further apart than chance may
            bring them, or closer than anybody sees.
    """

    kind: Literal["ratio", "difference"]
    mean: float
    low: float
    high: float
    verdict: Literal["better", "worse", "luck"]


def effect(measure: str, changed: np.ndarray, unchanged: np.ndarray) -> Effect | None:
    """Compares ghosts in pairs.

    Args:
        measure: one of `MEASURES`.
        changed, unchanged: (lucks,) its values, luck by luck.

    Returns:
        None where one of them is no number.
    """
    if not (np.isfinite(changed).all() and np.isfinite(unchanged).all()):
        return None
    loss = measure.endswith("loss")
    ratio = loss and bool((changed > 0).all() and (unchanged > 0).all())
    pairs = np.log(changed / unchanged) if ratio else changed - unchanged
    mean, count = float(pairs.mean()), len(pairs)
    half = STUDENT[count] * float(pairs.std(ddof=1)) / math.sqrt(count)
    seen = SAME if ratio or not loss else SAME * float(np.abs(unchanged).mean())
    beyond = abs(mean) > max(half, seen)
    verdict = "luck" if not beyond else "better" if (mean < 0) == loss else "worse"
    low, high = mean - half, mean + half
    if not ratio:
        return Effect("difference", mean, low, high, verdict)
    # A band from very few, very unlike pairs is endless; so far out it says nothing anyway.
    mean, low, high = (math.exp(min(max(one, -50), 50)) for one in (mean, low, high))
    return Effect("ratio", mean, low, high, verdict)
