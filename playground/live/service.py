"""The live service of the web process: workers, runs, who watches them, and when they end.

There is one service per process (`service()`), anchored outside this module so that a hot
reload, which imports local modules anew, finds the same workers and runs. Nothing here needs
torch unless the scheduler has to run in a thread of this process.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
import time
import types
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.errors import Notice, PlaygroundError
from playground.live import frames, leases
from playground.live.environment import whole_number
from playground.live.environment import workers as default_workers
from playground.live.handle import RunHandle, RunStatus, Saved
from playground.live.lanes import Lane
from playground.live.pool import Pool
from playground.live.protocol import Message
from playground.live.tasks import Task

if TYPE_CHECKING:
    from playground.core.data.model import Brought
    from playground.core.experiment import Experiment
    from playground.core.plans import Plan

log = logging.getLogger(__name__)

REAP_PERIOD = 1.0  # s
ADOPTION_PATIENCE = 1.5  # s to wait for the session before a reload to let go of its run
MAX_RUNS = 64


class LiveService:
    """All runs of this process.

    Args:
        workers: worker processes; 0 for a thread of this process. None takes
            PLAYGROUND_WORKERS, else 1 on up to two cores and 2 on more.
        max_runs: None takes PLAYGROUND_MAX_RUNS, else 64.
        clock: monotonic seconds.

    Attributes:
        grace: seconds for which the run of a closed tab is kept: PLAYGROUND_GRACE, else 30.
    """

    def __init__(
        self,
        workers: int | None = None,
        max_runs: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.max_runs = (
            whole_number("PLAYGROUND_MAX_RUNS", MAX_RUNS) if max_runs is None else max_runs
        )
        self.grace = whole_number("PLAYGROUND_GRACE", leases.GRACE)
        self.runs: dict[str, RunHandle] = {}
        count = default_workers() if workers is None else workers
        self._pool = Pool(count, self._receive, self._replace, self.lock)
        self._closing = threading.Event()

    # -- life ----------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the workers and the reaper; once, later calls do nothing."""
        with self.lock:
            if self._pool.lanes or self._closing.is_set():
                return
            self._pool.start()
            threading.Thread(target=self._reap_forever, name="reaper", daemon=True).start()
            atexit.register(self.close)

    def close(self) -> None:
        """Ends every worker. The service stays closed."""
        with self.lock:
            if self._closing.is_set():
                return
            self._closing.set()
            self.runs.clear()
        atexit.unregister(self.close)
        self._pool.close()

    # -- what pages ask for --------------------------------------------------------------

    def acquire(
        self,
        session: str,
        plan: Experiment | Plan,
        table: Brought | None = None,
        page: str = "",
    ) -> RunHandle:
        """The run of a session's page: the one it has, or a new one at rest. Does not wait for it.

        Args:
            session: a name that survives a lost connection and no reload.
            plan: what a new run runs; a run that is there keeps its own.
            table: the uploaded table that its experiment names, if it names one.
            page: "" for the playground, else a page of its own.

        Raises:
            PlaygroundError: there are as many runs as this server takes.
        """
        self.start()
        with self.lock:
            mine = (run for run in self.runs.values() if run.session == session)
            handle = next((run for run in mine if run.page == page), None)
            if handle is None:
                self._make_room()
                handle = RunHandle(self, session, plan, page)
                handle.give(table)
                self.runs[handle.token] = handle
                self.create(handle, fresh=True)
            handle.leased = True
            self.review(handle)
            return handle

    def show(self, handle: RunHandle) -> None:
        """The session looks at this run: of several runs of one session, only the one that was
        shown last trains; the others wait where they are, unless they were told to go on."""
        with self.lock:
            for run in self.runs.values():
                resting = run is not handle
                if run.session == handle.session and run.resting != resting:
                    run.resting = resting
                    self.review(run)

    def release(self, handle: RunHandle) -> None:
        """The session is gone: its run pauses now and is freed after a grace. Never blocks."""
        with self.lock:
            handle.leased = False
            self.review(handle)

    def adopt(self, keep_token: str, session: str, page: str = "") -> RunHandle | None:
        """Gives a run to the session that a reload made: that of a page of its own, while it is
        kept, or one that was told to go on.

        Waits a moment for the old session to end; a run that another session still holds is
        not taken from it. What the new session has on the same page gives way.

        Returns:
            The run, or None if there is none to have under this token.
        """
        deadline = time.monotonic() + ADOPTION_PATIENCE
        while True:
            with self.lock:
                handle = next(
                    (run for run in self.runs.values() if run.keep_token == keep_token), None
                )
                if handle is None or handle.page != page or not (page or handle.keep):
                    return None
                if not handle.leased or handle.session == session:
                    self.hand_over(handle, session)
                    return handle
            if time.monotonic() > deadline:
                return None
            time.sleep(0.05)

    def hand_over(self, handle: RunHandle, session: str) -> None:
        """Gives a run to a session that knows its secret, whoever holds it now; what that session
        had on the same page gives way."""
        with self.lock:
            for run in list(self.runs.values()):
                if run is not handle and run.session == session and run.page == handle.page:
                    self.drop(run)
            handle.session, handle.leased = session, True
            self.review(handle)

    def find(self, token: str) -> RunHandle | None:
        """The run with this token, if it is alive."""
        return self.runs.get(token)

    def request(
        self,
        name: str,
        params: dict[str, Any] | None = None,
        timeout: float = 20.0,
        *,
        of: RunHandle | None = None,
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Asks a worker for something and waits: "thumbnails", "curves".

        Args:
            of: the run that is asked about; the request has it as `run`.

        Returns:
            (header, arrays) of the answer, see `playground.live.requests`.

        Raises:
            PlaygroundError: what the worker refused, or `worker_silent`.
        """
        self.start()
        about = {} if of is None else {"run": of.token}
        return self._pool.ask(lambda: self._lane_of(of), name, {**(params or {}), **about}, timeout)

    def begin(
        self, name: str, params: dict[str, Any] | None = None, beside: RunHandle | None = None
    ) -> Task:
        """Asks a worker for something that takes longer, and returns at once.

        Args:
            name: a request that is answered in steps, see `playground.live.requests`.
            params: its arguments.
            beside: a run whose worker is asked, as it has that run's table.
        """
        self.start()
        return self._pool.begin(lambda: self._lane_of(beside), name, params or {})

    def _lane_of(self, handle: RunHandle | None) -> Lane:
        return handle.lane if handle is not None and handle.lane else self._least_loaded()

    def health(self) -> dict[str, Any]:
        """Workers and runs in numbers."""
        with self.lock:
            load = self._load()
            return {
                "workers": [
                    {"name": lane.name, "pid": lane.pid, "runs": load[lane.name]}
                    for lane in self._pool.lanes
                ],
                "runs": len(self.runs),
                "playing": sum(run.playing and run.watched for run in self.runs.values()),
                "max_runs": self.max_runs,
            }

    # -- runs and lanes ------------------------------------------------------------------

    def create(self, handle: RunHandle, *, fresh: bool, notice: Notice | None = None) -> None:
        """Has a worker build the run: from its experiment, or from its last snapshot."""
        if self._closing.is_set():
            return
        if fresh:
            handle.saved = Saved()
        handle.status = RunStatus(epoch=handle.saved.epoch, step=handle.saved.step)
        handle.changed.notify_all()
        handle.generation += 1
        moved = handle.lane is None
        if handle.lane is None:
            handle.lane = self._least_loaded()
        self._bring_tables(handle.lane)
        handle.send_create(notice)
        if moved:
            handle.send_viewer()

    def _bring_tables(self, lane: Lane) -> None:
        """Sends the tables that a lane's runs need and it lacks; drops those nobody needs."""
        tables = {
            run.table.sha256: run.table
            for run in self.runs.values()
            if run.lane is lane and run.table is not None
        }
        for key in lane.tables - tables.keys():
            lane.send(("forget", {"hash": key}, b""))
        for key in tables.keys() - lane.tables:
            lane.send(("table", {"hash": key}, tables[key].to_bytes()))
        lane.tables = set(tables)

    def _load(self) -> Counter[str]:
        return Counter(run.lane.name for run in self.runs.values() if run.lane is not None)

    def _least_loaded(self) -> Lane:
        """
        Raises:
            PlaygroundError: the service is closed.
        """
        if not self._pool.lanes:
            raise PlaygroundError("worker_silent")
        load = self._load()
        return min(self._pool.lanes, key=lambda lane: load[lane.name])

    def _make_room(self) -> None:
        """Frees the run that was left first, if there is no room for another.

        Raises:
            PlaygroundError: every run is somebody's.
        """
        if len(self.runs) < self.max_runs:
            return
        left = [run for run in self.runs.values() if run.absent_since is not None and not run.keep]
        if not left:
            raise PlaygroundError("too_many_runs", limit=self.max_runs)
        self.drop(min(left, key=lambda run: run.absent_since or 0.0))

    def drop(self, handle: RunHandle) -> None:
        """Frees a run for good."""
        with self.lock:
            if self.runs.pop(handle.token, None) is None or handle.lane is None:
                return
            lane, handle.lane = handle.lane, None
            lane.send(("drop", {"run": handle.token}, b""))
            self._bring_tables(lane)

    # -- who watches ---------------------------------------------------------------------

    def review(self, handle: RunHandle) -> None:
        """Decides anew whether a run may train: at once when something changed."""
        now = self.clock()
        leases.look(handle, now)
        watched = leases.may_train(handle, now)
        if watched != handle.watched:
            handle.watched = watched
            handle.send_watch()

    def reap(self) -> None:
        """Pauses what nobody watches any more and frees what nobody came back for."""
        with self.lock:
            now = self.clock()
            for handle in list(self.runs.values()):
                self.review(handle)
                if leases.is_over(handle, now, self.grace):
                    self.drop(handle)

    def _reap_forever(self) -> None:
        while not self._closing.wait(REAP_PERIOD):
            try:
                self.reap()
            # Whatever one round meets, the next must come: without a reaper runs are never freed.
            except Exception:
                log.exception("the reaper stumbled")

    # -- what workers say ----------------------------------------------------------------

    def _receive(self, message: Message) -> None:
        kind, fields, blob = message
        handle = self.runs.get(fields["run"])
        if handle is None:
            return
        if kind == "frame":
            handle.deliver(fields["viewer"], blob)
        else:
            self._note(handle, kind, fields, blob)

    def _note(self, handle: RunHandle, kind: str, fields: dict[str, Any], blob: bytes) -> None:
        with self.lock:
            if fields["generation"] != handle.generation:
                return  # word of a run that was reset or replaced meanwhile
            notice = fields["notice"]
            handle.status = RunStatus(
                fields["state"],
                fields["epoch"],
                fields["step"],
                fields["playing"],
                Notice(notice["code"], notice["params"]) if notice else None,
                fields["scene_id"],
            )
            if fields["state"] in ("done", "diverged", "failed"):
                handle.playing = False
            if kind == "snapshot":
                handle.saved = Saved(blob, fields["epoch"], fields["step"])
            handle.changed.notify_all()

    def _replace(self, lost: Lane, _other: Lane) -> None:
        """A worker died: its runs go on elsewhere, from their last snapshots."""
        for handle in [run for run in self.runs.values() if run.lane is lost]:
            handle.lane = None
            self._resume(handle)

    def _resume(self, handle: RunHandle) -> None:
        if leases.ends_workers(handle, self.clock()):
            self._give_up(handle)
            return
        begun = handle.status.step > 0 or handle.playing
        self.create(handle, fresh=False, notice=handle.restarted() if begun else None)

    def _give_up(self, handle: RunHandle) -> None:
        """A run that was aboard whenever a worker died is not put aboard another."""
        handle.playing = False
        status = replace(handle.status, state="failed", playing=False, notice=Notice("worker_lost"))
        handle.status = status
        header = frames.opening(status.scene_id, 0, status.state, status.notice)
        handle.deliver(handle.viewer, frames.encode({**frames.NO_RUN, **header}, {}))
        handle.changed.notify_all()


def service() -> LiveService:
    """The service of this process, made at the first call."""
    home: Any = sys.modules.setdefault(
        "_playground_live_home", types.ModuleType("_playground_live_home")
    )
    with home.__dict__.setdefault("lock", threading.Lock()):
        if not hasattr(home, "service"):
            home.service = LiveService()
        return home.service
