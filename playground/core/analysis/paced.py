"""Studies that ask themselves: what they show is measured again whenever the network has moved.

They work in the turns of a study, so no frame waits for them, and rest so many times as long as
they worked, so training keeps its pace. A changed wish does not wait: what is half done is given
up for it. A result is sent until the viewer's option `have` names its version.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from playground.core.analysis.study import Study
from playground.core.analysis.views import Arrays, Header, Sight

if TYPE_CHECKING:
    from playground.core.want import Want

UNASKED = frozenset(("have", "round", "cancel"))


class Paced(Study):
    """See the module. A subclass gives `name` and `steps`, as for any study.

    Attributes:
        rest: so many times as long as it worked it rests while the network trains.
        gap: seconds between two measurements, at least.
    """

    rest: ClassVar[float] = 8.0
    gap: ClassVar[float] = 0.25

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._wish: Mapping[str, Any] = {}
        self._measured: tuple[Any, ...] | None = None
        self._resting = True
        self._spent = self._next = 0.0

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        self._wish = self.wish(want)
        self._resting = want.resting
        if self._steps is not None and self._measured and self._measured[1] != self._wish:
            self._steps.close()
            self._steps = None
        super().add(want, header, arrays)

    def wish(self, want: Want) -> dict[str, Any]:
        """What a measurement is of, beside the network: by default all the view's options."""
        return {key: value for key, value in want.of(self.name).items() if key not in UNASKED}

    def _obey(self, options: Mapping[str, Any]) -> None:
        """Nobody asks; nobody cancels."""

    @property
    def busy(self) -> bool:
        return super().busy or self._due()

    def work(self, seconds: float) -> None:
        if self._steps is None and self._due():
            self._measured, self._spent = self._subject(), 0.0
            self._state, self._begun, self._progress, self._problem = "working", False, 0.0, None
            self._steps = self.steps(self._wish)
        start = time.thread_time()
        super().work(seconds)
        self._spent += time.thread_time() - start
        if self._steps is None:
            self._next = time.perf_counter() + max(self.gap, self.rest * self._spent)

    def _subject(self) -> tuple[Any, ...]:
        """What a measurement is of."""
        run = self.run
        return run.step, dict(self._wish), id(run.metrics), id(run.experiment)

    def _due(self) -> bool:
        """Whether there is something new to measure, and time for it."""
        if self._steps is not None:
            return False
        now, then = self._subject(), self._measured
        if then is None or now[1] != then[1]:
            return True
        if now == then:
            return False
        return self._resting or time.perf_counter() >= self._next
