"""A sweep under way, driven in turns as the run of one experiment is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from playground.core.analysis.views import Arrays, Header
from playground.core.data.model import Brought
from playground.core.plans.run import PlanRun
from playground.core.sweep.coordinator import Sweep
from playground.core.sweep.rows import Trial
from playground.core.want import Want

if TYPE_CHECKING:
    from playground.core.plans.sweep import SweepPlan

_UNSEEN = ("curve", "rungs", "asked", "tries", "where")  # of a trial, in no picture of the page


class SweepRun(PlanRun):
    """See the module. A step is a turn of the sweep, an epoch a trial that is finished.

    Attributes:
        sweep: what is driven.
    """

    def __init__(self, plan: SweepPlan, own: Brought | None) -> None:
        super().__init__(plan, own)
        self.sweep = Sweep(plan.settings, own)
        self._steps = self.sweep.steps()
        self._look()

    # -- its course

    @property
    def epoch(self) -> int:
        return self.sweep.progress.finished

    @property
    def batch_in_epoch(self) -> int:
        return 0

    @property
    def batches_per_epoch(self) -> int:
        return 1

    def advance(self, batches: int) -> int:
        """Goes on until so many more trials are finished."""
        before, wanted = self.step, self.epoch + batches
        while self.state == "ready" and self.epoch < wanted:
            self._turn()
        return self.step - before

    def train_for(self, seconds: float) -> int:
        before, end = self.step, time.perf_counter() + seconds
        while self.state == "ready":
            self._turn()
            if time.perf_counter() >= end:
                break
        return self.step - before

    def _turn(self) -> None:
        next(self._steps, None)
        self.step += 1
        self._look()

    def _look(self) -> None:
        progress = self.sweep.progress
        if progress.state != "running" or progress.finished >= progress.planned:
            self.state = "done"
        if progress.state == "lost" and progress.notices:
            self.notice = progress.notices[-1]

    def measure(self) -> None:
        """Trials are measured on their way."""

    def snapshot(self) -> bytes:
        """What is finished lies in the sweep's file; this only says that there is one."""
        return b"kept"

    # -- what is seen

    def frame(
        self, want: Want, history_from: tuple[int, int], scene: bool
    ) -> tuple[Header, Arrays]:
        """Trials that have changed since the viewer's last frame, as plain data.

        The history has no rows: its total is the version of the trials, which the viewer's
        acknowledgement names again.
        """
        version, seen = history_from
        progress = self.sweep.progress
        since = seen if version == 0 and seen <= progress.version else 0
        header: Header = {
            "epoch": progress.finished,
            "batch": 0,
            "batches_per_epoch": 1,
            "step": self.step,
            "views": [],
            "progress": progress.as_dict(),
            "trials": [_plain(trial) for trial in self.sweep.rows(since)],
            "history": {"version": 0, "start": 0, "total": progress.version},
        }
        if scene:
            header["scene"] = {"planned": progress.planned}
        return header, {}


def _plain(trial: Trial) -> dict[str, Any]:
    return {name: value for name, value in trial.as_dict().items() if name not in _UNSEEN}
