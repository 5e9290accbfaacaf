"""Losses and scores over all points of a costly network, worked out while it rests.

While such a network trains only a sample of the points is measured, or nothing would be left of
the time. Once it rests the others follow, a few at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from playground.core.answers import asked, rows
from playground.core.finite import finite
from playground.core.history import Metrics
from playground.core.losses import encode_targets
from playground.core.meter import predicted

if TYPE_CHECKING:
    from playground.core.run import Run

CHUNK = 32  # points at a time


@dataclass
class _Sums:
    """What has been added up of one part."""

    answers: int = 0
    loss: float = 0.0
    right: float = 0.0  # answers, or squared misses of a regression
    total: float = 0.0  # of the targets, and of their squares
    squares: float = 0.0

    def score(self, regression: bool) -> float | None:
        if not self.answers:
            return None
        if not regression:
            return self.right / self.answers
        spread = self.squares - self.total**2 / self.answers
        return finite(1 - self.right / spread) if spread > 0 else None


class WholeScore:
    """Works on one run at the step at which it rests.

    Attributes:
        busy: whether there is work left.
        metrics: of all points, once they are there and while the run stays where it is.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._moment: tuple[int, int] | None = None
        self._work: Iterator[None] | None = None
        self._found: Metrics | None = None

    @property
    def busy(self) -> bool:
        return self._work is not None

    @property
    def metrics(self) -> Metrics | None:
        return self._found if self._moment == self._now() else None

    def _now(self) -> tuple[int, int]:
        return self._run.step, self._run.generation

    def rest(self, resting: bool) -> None:
        """To be told at every frame whether the run rests."""
        if not resting or self._run.meter.complete:
            self._work = None
        elif self._moment != self._now():
            self._moment, self._found = self._now(), None
            self._work = self._steps()

    def work(self, seconds: float) -> None:
        """Goes on for about so long."""
        end = time.perf_counter() + seconds
        while self._work is not None and time.perf_counter() < end:
            try:
                next(self._work)
            except StopIteration:
                self._work = None

    @torch.no_grad()
    def _steps(self) -> Iterator[None]:
        found = []
        for part in ("train", "test"):
            sums = _Sums()
            values = getattr(self._run.data, f"inputs_{part}")
            inputs, targets = torch.from_numpy(values), self._run.targets(part)
            for start in range(0, len(inputs), CHUNK):
                piece = slice(start, start + CHUNK)
                self._add(sums, inputs[piece], targets[piece])
                yield
            found.append(sums)
        regression = self._run.schema.task == "regression"
        train, test = found
        self._found = replace(
            self._run.metrics,
            train_loss=_mean(train),
            test_loss=_mean(test),
            train_score=train.score(regression),
            test_score=test.score(regression),
        )

    def _add(self, sums: _Sums, inputs: torch.Tensor, targets: torch.Tensor) -> None:
        run, task = self._run, self._run.schema.task
        output = run.engine.output(run.engine.prepare(inputs))
        targets = targets.to(output.device)
        if run.schema.steps:
            places = asked(targets)
            output, targets = rows(output, places), targets[places]
        count = len(targets)
        if not count:
            return
        encoded = encode_targets(targets, task, len(run.schema.class_names), run.loss)
        value = run.loss.value(output, encoded.t().to(output.dtype), 0).item()
        sums.answers += count
        sums.loss += value * count
        if task != "regression":
            sums.right += (predicted(output) == targets).sum().item()
            return
        said = run.loss.prediction(output).double()
        truth = targets.double() if targets.ndim > 1 else targets.double()[:, None]
        sums.right += (said.t() - truth).square().sum().item()
        sums.total += truth.sum().item()
        sums.squares += truth.square().sum().item()


def _mean(sums: _Sums) -> float | None:
    return finite(sums.loss / sums.answers) if sums.answers else None
