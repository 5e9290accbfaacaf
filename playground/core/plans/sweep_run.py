"""A sweep under way, driven in turns as the run of one experiment is."""

from __future__ import annotations

import os
import time
import weakref
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from playground.core.analysis.views import Arrays, Header
from playground.core.data.model import Brought
from playground.core.errors import PlaygroundError
from playground.core.plans.run import PlanRun
from playground.core.plans.sweep_crew import SharedCrew
from playground.core.sweep import files
from playground.core.sweep.coordinator import Sweep
from playground.core.sweep.executors import Crew, here
from playground.core.sweep.rows import Trial
from playground.core.sweep.store import Store
from playground.core.sweep.under_way import brief
from playground.core.want import Want

if TYPE_CHECKING:
    from playground.core.plans.sweep import SweepPlan

GLANCE = 0.04  # s between two looks at what other processes do
_UNSEEN = ("curve", "rungs", "asked", "tries", "where")  # of a trial, in no row of the page
MOST_CURVES = 100  # in one frame
MOST_WATCHED = 8  # trials under way whose curves are shown


def sweep_workers() -> int:
    """Processes that train trials: PLAYGROUND_SWEEP_WORKERS; 0 trains in this one's turns."""
    try:
        return max(0, min(64, int(os.environ.get("PLAYGROUND_SWEEP_WORKERS", "0"))))
    except ValueError:
        return 0


def sweep_cluster() -> str:
    """Address of the Dask scheduler whose workers train trials: PLAYGROUND_DASK; "" for none."""
    return os.environ.get("PLAYGROUND_DASK", "").strip()


def trained_here() -> int:
    """Trials that this machine trains at a time."""
    return 1 if sweep_cluster() else max(1, sweep_workers())


class SweepRun(PlanRun):
    """See the module. A step is a turn of the sweep, an epoch a trial that is finished.

    Attributes:
        sweep: what is driven.
    """

    def __init__(self, plan: SweepPlan, own: Brought | None) -> None:
        super().__init__(plan, own)
        self._settings = plan.settings
        self._name = plan.name
        self._store, kept = self._opened(plan.file)
        # Nothing is begun, and no process started, before the first turn.
        self.sweep = Sweep(self._settings, own, crew=here(), kept=kept, keeper=self._store)
        self._steps = None
        self._joining: Future[Crew] | None = None
        progress = self.sweep.progress
        if progress.finished >= progress.planned:
            self.state = "done"

    def _opened(self, name: str) -> tuple[Store | None, list[Trial]]:
        """The file, and what was finished before."""
        if not name:
            return None, []
        store = Store(files.path_of(name))
        if store.empty:
            store.begin(self._settings, self.table)
        return store, store.trials()

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
        """Takes so many turns."""
        before = self.step
        while self.state == "ready" and self.step < before + batches:
            self._turn()
        return self.step - before

    def train_for(self, seconds: float) -> int:
        before, end = self.step, time.perf_counter() + seconds
        while self.state == "ready":
            self._turn()
            if self.idle or time.perf_counter() >= end:
                break
        return self.step - before

    def _turn(self) -> None:
        self.step += 1
        if self._steps is None and not self._begun():
            return
        assert self._steps is not None
        next(self._steps, None)
        self._look()

    def _begun(self) -> bool:
        """Begins where there is somebody to begin with; False while a cluster is being joined."""
        workers, address = sweep_workers(), sweep_cluster()
        if address:
            self.idle = GLANCE
            if self._joining is None:
                self._joining = _joined(address)
                weakref.finalize(self, self._joining.add_done_callback, _parted)
            if not self._joining.done():
                return False
            try:
                self._go_on(self._joining.result())
            except PlaygroundError as error:
                self.state, self.notice = "done", error.notice()
                return False
        elif workers:
            self.idle = GLANCE
            self._go_on(SharedCrew(workers))
        self._steps = self.sweep.steps()
        return True

    def _go_on(self, crew: Crew) -> None:
        """The same sweep with others to train its trials."""
        kept = list(self.sweep.trials.values())
        self.sweep = Sweep(self._settings, self.table, crew=crew, kept=kept, keeper=self._store)

    def _look(self) -> None:
        progress = self.sweep.progress
        if progress.state != "running":
            self.state = "done"
        if progress.state == "lost" and progress.notices:
            self.notice = progress.notices[-1]

    def measure(self) -> None:
        """Trials are measured on their way."""

    def snapshot(self) -> bytes:
        """What is finished lies in the sweep's file; this says whether there is one."""
        return b"" if self._store is None else b"kept"

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
            "sweep": self._name,
            "progress": progress.as_dict(),
            "trials": [_plain(trial) for trial in self.sweep.rows(since)],
            "history": {"version": 0, "start": 0, "total": progress.version},
        }
        known = want.of("plan").get("curves")
        if isinstance(known, int | float):
            header |= self._curves(int(known))
        if scene:
            header["scene"] = {"planned": progress.planned}
        return header, {}

    def _curves(self, known: int) -> Header:
        """Curves of finished trials that changed behind that version, and the trials under way;
        for a viewer who looks at them."""
        since = known if 0 <= known <= self.sweep.progress.version else 0
        trials, upto = self.sweep.finished_since(since, MOST_CURVES)
        watched = 1 if self._settings.watched == "test_loss" else 2
        curves = [
            [trial.number, [(row[0], brief(row[watched])) for row in trial.curve]]
            for trial in trials
        ]
        running = [asdict(one) for one in self.sweep.under_way(MOST_WATCHED)]
        return {"curves": curves, "curves_to": upto, "under_way": running}


def _joined(address: str) -> Future[Crew]:
    """A cluster, in a while: loading its package and finding it takes seconds."""

    def join() -> Crew:
        from playground.core.sweep.cluster import DaskCrew

        return DaskCrew(address, waits=False)

    executor = ThreadPoolExecutor(1, "sweep cluster")
    found = executor.submit(join)
    executor.shutdown(wait=False)
    return found


def _parted(found: Future[Crew]) -> None:
    """Leaves a cluster that nobody sweeps on any more, joined or not."""
    if found.exception() is None:
        found.result().close()


def _plain(trial: Trial) -> dict[str, Any]:
    return {name: value for name, value in trial.as_dict().items() if name not in _UNSEEN}
