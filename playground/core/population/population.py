"""A population: networks of one shape that differ in their luck, or in a number.

Its members share blocks, loss, kind of optimizer, size of minibatch and number of points. They
may differ in their start (`Training.start`), in the points left out, in learning rate and
penalties. None of them knows of the others: each has the trajectory that it has alone.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from playground.core.data.model import Brought
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.run import Run

MAX_MEMBERS = 4096


@dataclass(frozen=True, eq=False)
class Scores:
    """What is measured of every member, float64 (K,); NaN where there is none.

    Attributes:
        train_loss, test_loss: mean losses of both parts.
        train_score, test_score: accuracy of classes, R² of values.
    """

    train_loss: np.ndarray
    test_loss: np.ndarray
    train_score: np.ndarray
    test_score: np.ndarray


def starts(experiment: Experiment, count: int, first: int = 0) -> list[Experiment]:
    """The experiment from so many starts: the same points, other weights, order and dropout."""
    numbers = range(first, first + count)
    return [experiment.with_changes({"training": {"start": number}}) for number in numbers]


class Population:
    """Networks that train side by side.

    Args:
        experiments: the members, at least one.
        own: what the visitor brought, for data sets that are made of it.

    Raises:
        PlaygroundError: no member or too many, members that are not alike, or whatever keeps one
            of them from being trained.

    Attributes:
        experiments: of the members, in order; K is their number.
        step: minibatches that each member has taken.
        seconds: time spent in training steps.
    """

    def __init__(self, experiments: Sequence[Experiment], own: Brought | None = None) -> None:
        if not 0 < len(experiments) <= MAX_MEMBERS:
            raise PlaygroundError("population_size", most=MAX_MEMBERS)
        self.experiments = tuple(experiments)
        self._own = own
        self._runs = [Run(experiment, own) for experiment in self.experiments]
        first = self._runs[0]
        if any(not _alike(first, run) for run in self._runs):
            raise PlaygroundError("population_unlike")
        self.schema, self.blocks, self.data = first.schema, first.blocks, first.data
        self.loss = first.loss
        self.step = 0
        self.seconds = 0.0

    @property
    def count(self) -> int:
        """K, how many members there are."""
        return len(self.experiments)

    @property
    def engine_name(self) -> str:
        """How the steps are computed."""
        return "loop"

    @property
    def epoch(self) -> int:
        """Complete epochs."""
        return max(run.epoch for run in self._runs)

    @property
    def exact_epoch(self) -> float:
        """Epochs with the fraction of the present one."""
        return max(run.exact_epoch for run in self._runs)

    @property
    def batches_per_epoch(self) -> int:
        return self._runs[0].batches_per_epoch

    @property
    def alive(self) -> np.ndarray:
        """Which members go on, bool (K,): one whose loss is not finite is stopped, and stands
        where it was last well."""
        return np.array([run.state == "ready" for run in self._runs])

    @property
    def nbytes(self) -> int:
        """Memory of all weights and what the optimizers remember, in bytes."""
        states = (run.engine.state() for run in self._runs)
        return sum(part.nbytes for state in states for part in state.values())

    def advance(self, batches: int) -> None:
        """Trains every member that is alive so many minibatches."""
        begin = time.perf_counter()
        for run in self._runs:
            run.advance(batches)
        self.step += batches
        self.seconds += time.perf_counter() - begin

    def train_for(self, seconds: float) -> int:
        """Trains by the clock, at least one minibatch each.

        Returns:
            How many minibatches each member took.
        """
        end, taken = time.perf_counter() + seconds, 0
        while not taken or (time.perf_counter() < end and self.alive.any()):
            self.advance(1)
            taken += 1
        return taken

    @torch.no_grad()
    def outputs(self, inputs: np.ndarray) -> Tensor:
        """What every member answers.

        Args:
            inputs: (points, *shape) as the networks are given them, see `Prepared.to_inputs`.

        Returns:
            (K, units, points), or (K, units, places, points) where several places of a point
            ask for an answer.
        """
        prepared = torch.from_numpy(inputs)
        return torch.stack(
            [run.engine.output(run.engine.prepare(prepared)).clone() for run in self._runs]
        )

    def measure(self) -> Scores:
        """Losses and scores of every member now. A member with a loss that is not finite is
        stopped here."""
        found = [run.measure() for run in self._runs]
        names = ("train_loss", "test_loss", "train_score", "test_score")
        return Scores(*(_numbers(getattr(one, name) for one in found) for name in names))

    def flat(self) -> Tensor:
        """What every member has learned, (K, parameters), in the order of `Engine.flat`: a copy."""
        return torch.stack([run.engine.flat() for run in self._runs])

    def member(self, index: int) -> Run:
        """A run of its own of one member, in its present state: it goes on as the member does."""
        run = self._runs[index]
        return Run(run.experiment, self._own, snapshot=run.snapshot())


def _alike(one: Run, other: Run) -> bool:
    """Whether two networks may be members of one population."""
    return (
        [block.parameters for block in one.blocks] == [block.parameters for block in other.blocks]
        and [block.activation for block in one.blocks]
        == [block.activation for block in other.blocks]
        and one.loss == other.loss
        and one.experiment.optimizer.name == other.experiment.optimizer.name
        and one.batches.size == other.batches.size
        and len(one.data.inputs_train) == len(other.data.inputs_train)
    )


def _numbers(values: Iterable[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
