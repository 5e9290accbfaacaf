"""Views whose picture takes longer than a frame: worked on in turns, with progress, cancellable.

A viewer asks for one through the view's options (`Want.options`):

    round    a whole number above 0; another one asks anew
    fresh    false where that was asked of an earlier run: nothing is computed
    cancel   true gives the work up; what was found before stays
    have     the version of the result that the viewer has, so that it is sent once

and with whatever else the view reads. While its view is open the work goes on between the turns
of the runs; a closed view rests. Frames say under `studies` how far it is.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from playground.core.analysis.views import Arrays, Header, Sight, View
from playground.core.errors import Notice, PlaygroundError
from playground.core.replica import Replica

if TYPE_CHECKING:
    from playground.core.want import Want

log = logging.getLogger(__name__)

Steps = Generator[float, None, tuple[Header, Arrays]]
Found = TypeVar("Found")

# No two results of a viewer's life share a version, not even those of a worker started again.
_versions = count(time.time_ns() // 1_000_000 % 500_000_000)


class Study(View):
    """A view with one long computation at a time; a subclass gives `name` and `steps`.

    Attributes:
        name: as in `want.Analysis`.
        busy: whether there is work left.
    """

    name: ClassVar[str]

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._steps: Steps | None = None
        self._round = 0
        self._state = "none"
        self._progress = 0.0
        self._moment = (0, 0)
        self._begun = False
        self._problem: Notice | None = None
        self._version = 0
        self._result: tuple[Header, Arrays] = ({}, {})

    def steps(self, options: Mapping[str, Any]) -> Steps:
        """The computation.

        It yields how far it came, from 0 to 1, every few milliseconds, never within one of
        torch's modes (`with torch.no_grad():` would leak to whoever goes on in between). The run
        trains meanwhile: what is to stay is copied before the first `yield`, see `frozen`.

        Args:
            options: what the viewer asked for, unchecked beyond its form.

        Returns:
            Header and arrays of the picture, the arrays' names the view's own.

        Raises:
            PlaygroundError: what is asked for cannot be computed.
        """
        raise NotImplementedError

    def frozen(self) -> Replica:
        """The run's network at this moment, for the study alone."""
        return Replica(self.run)

    @property
    def busy(self) -> bool:
        return self._steps is not None

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        options = want.of(self.name)
        self._obey(options)
        told: Header = {
            "round": self._round,
            "state": self._state,
            "progress": self._progress,
            "step": self._moment[0],
            "epoch": self._moment[1],
            "version": self._version,
            "problem": self._problem.as_dict() if self._problem else None,
        }
        if self._version and options.get("have") != self._version:
            told["result"] = self._result[0]
            arrays |= self._result[1]
        header.setdefault("studies", {})[self.name] = told

    def _obey(self, options: Mapping[str, Any]) -> None:
        asked = options.get("round")
        if isinstance(asked, int) and asked is not True and asked > 0 and asked != self._round:
            self._round = asked
            if options.get("fresh") is not False:
                self._begun, self._progress, self._problem = False, 0.0, None
                self._state, self._steps = "working", self.steps(options)
        if options.get("cancel") is True and self._steps is not None:
            self._steps.close()
            self._state, self._steps = "cancelled", None

    def work(self, seconds: float) -> None:
        """Goes on for about so long."""
        end = time.perf_counter() + seconds
        if not self._begun:
            self._begun, self._moment = True, (self.run.step, self.run.epoch)
        while self._steps is not None:
            try:
                self._progress = min(max(float(next(self._steps)), self._progress), 1.0)
            except StopIteration as stop:
                self.show(*stop.value)
                self._progress, self._state, self._steps = 1.0, "done", None
            except PlaygroundError as error:
                self._fail(error.notice())
            except Exception as error:
                log.error("unexpected trouble in a study", exc_info=error)
                self._fail(Notice("study_failed", {"problem": type(error).__name__}))
            if time.perf_counter() >= end:
                return

    def show(self, header: Header, arrays: Arrays) -> None:
        """What is found so far; a computation may say it on its way too."""
        self._result, self._version = (header, arrays), next(_versions)

    def _fail(self, problem: Notice) -> None:
        self._problem, self._state, self._steps = problem, "failed", None


def within(
    steps: Generator[float, None, Found], start: float, end: float
) -> Generator[float, None, Found]:
    """A computation as the part of another from `start` to `end`."""
    while True:
        try:
            yield start + (end - start) * next(steps)
        except StopIteration as stop:
            return stop.value
