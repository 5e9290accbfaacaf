"""Studies that train other networks: before one begins, it is measured what it will cost."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from playground.core.analysis.retraining import tried
from playground.core.analysis.study import Study
from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.errors import Notice, PlaygroundError

if TYPE_CHECKING:
    from playground.core.experiment import Experiment
    from playground.core.want import Want


class Estimated(Study):
    """A study whose frames tell under its name's header the "cost" of its networks, see `tried`,
    None while that is measured, and a "refusal" where they cannot be trained at all."""

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._cost: Header | None = None
        self._refusal: Notice | None = None
        self._trial: Generator[float, None, Header] | None = None
        self._tried: tuple[Any, ...] | None = None  # what the trial was of

    def members(self) -> Sequence[Experiment]:
        """Some of the networks that would be trained.

        Raises:
            PlaygroundError: none can be.
        """
        raise NotImplementedError

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        super().add(want, header, arrays)
        subject = self._subject()
        if subject != self._tried:
            self._tried, self._cost, self._refusal = subject, None, None
            self._trial = self._try()
        header[self.name] = {
            "cost": self._cost,
            "refusal": self._refusal.as_dict() if self._refusal else None,
        }

    def _subject(self) -> tuple[Any, ...]:
        """What their cost depends on."""
        run = self.run
        experiment = run.experiment
        return (
            run.generation,
            run.batches.size,
            experiment.layers,
            experiment.optimizer.name,
            experiment.training.precision,
            bool(len(run.data.targets_train)),
        )

    def _try(self) -> Generator[float, None, Header]:
        yield 0.0
        return (yield from tried(self.run, self.members()))

    @property
    def busy(self) -> bool:
        return super().busy or self._trial is not None

    def work(self, seconds: float) -> None:
        if self._trial is None:
            super().work(seconds)
            return
        end = time.perf_counter() + seconds
        while self._trial is not None and time.perf_counter() < end:
            try:
                next(self._trial)
            except StopIteration as stop:
                self._cost, self._trial = stop.value, None
            except PlaygroundError as error:
                self._cost, self._trial, self._refusal = {}, None, error.notice()
