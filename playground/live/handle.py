"""A run as the web process sees it: commands in, newest frame out, and what to do when it ends.

Nothing here waits for a worker. Scripts, the event loop and the threads that read from
workers all use a handle; the service's lock guards it and is never held for long.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playground.core.data.registry import DATASETS
from playground.core.errors import Notice, PlaygroundError
from playground.live.protocol import parse_command

if TYPE_CHECKING:
    from playground.core.data.model import Brought
    from playground.core.experiment import Experiment
    from playground.core.plans import Plan
    from playground.live.lanes import Lane
    from playground.live.service import LiveService

POLL_ALIVE = 5.0  # s after its last poll for which a polling viewer counts as watching
RESTARTED = ("worker_restarted", "worker_restarted_fresh")  # see `Plan.restarted`
FIRST_ACK = {"type": "ack", "seq": -1, "scene": -1, "history": [-1, 0]}


@dataclass(frozen=True)
class RunStatus:
    """Where a run stood when it last said so: at every change of state and every snapshot.

    `state` is waiting until the worker has answered. `scene_id` is that of its frames.
    """

    state: str = "waiting"
    epoch: int = 0
    step: int = 0
    playing: bool = False
    notice: Notice | None = None
    scene_id: int = 0


@dataclass(frozen=True)
class Saved:
    """The last snapshot of a run, empty while there is none, and where it was taken."""

    content: bytes = b""
    epoch: int = 0
    step: int = 0


class RunHandle:
    """One visitor's run.

    Attributes:
        token: names the run in the address of its websocket; unguessable.
        keep_token: with it a reloaded session finds a run that was told to go on.
        session: the session that holds the run.
        page: the page of the session that shows it: "" for the playground, else a plan's.
        plan_json: what it runs, an experiment or a plan.
        resting: another run of the session is shown, and this one waits.
        status: the latest word from the worker.
        saved: from where the run goes on if its worker dies.
    """

    def __init__(
        self, service: LiveService, session: str, plan: Experiment | Plan, page: str = ""
    ) -> None:
        self._service = service
        self.token = secrets.token_urlsafe(18)
        self.keep_token = secrets.token_urlsafe(18)
        self.session = session
        self.page = page
        self.plan_json = plan.model_dump_json()
        self.table: Brought | None = None
        self.lane: Lane | None = None
        self.generation = 0
        self.status = RunStatus()
        self.changed = threading.Condition(service.lock)

        self.playing = False
        self.speed: float | None = None
        self.want: dict[str, Any] | None = None
        self.saved = Saved()
        self.losses: deque[float] = deque(maxlen=8)

        self.leased = True
        self.keep = False
        self.watched = True
        self.resting = False
        self.hidden_since: float | None = None
        self.absent_since: float | None = None

        self.viewer = 0
        self._wake: Callable[[], None] | None = None
        self._frame: bytes | None = None
        self._polled = threading.Event()
        self._polled_at: float | None = None

    # -- what the visitor wants ----------------------------------------------------------

    @property
    def experiment(self) -> Experiment:
        """The experiment that runs now, or that of the plan."""
        from playground.core.plans import experiment_of, read

        return experiment_of(read(self.plan_json))

    def restarted(self) -> Notice:
        """What is said when it goes on from its snapshot, or without one begins again, behind a
        lost worker."""
        from playground.core.plans import Plan, read

        plan = read(self.plan_json)
        goes_on, begins = plan.restarted if isinstance(plan, Plan) else RESTARTED
        saved = self.saved
        return Notice(goes_on, {"epoch": saved.epoch}) if saved.content else Notice(begins)

    def apply(self, plan: Experiment | Plan, table: Brought | None = None) -> tuple[str, ...]:
        """Makes the run follow a changed experiment or plan.

        A change of live settings goes into the running network. Any other builds a new one,
        which plays on where the old one was playing.

        Returns:
            The settings whose change makes the weights start again; empty where they go on.

        Raises:
            PlaygroundError: it needs an uploaded table that was not given.
        """
        # Looked up here and not at import: after a hot reload this object's module is the old
        # one, and must compare with the classes that the caller has.
        from playground.core.plans import experiment_of, read, restart_reasons

        with self._service.lock:
            old = read(self.plan_json)
            table = self._table_for(experiment_of(plan), table)
            same_table = (table and table.sha256) == (self.table and self.table.sha256)
            if old == plan and same_table:
                return ()
            reasons = restart_reasons(old, plan) or (() if same_table else ("data.upload",))
            self.plan_json = plan.model_dump_json()
            self.table = table
            if reasons or self.lane is None:
                self._service.create(self, fresh=True)
            else:
                self._send("update", plan=self.plan_json)
            return reasons

    def go_on(self, experiment: Experiment, table: Brought | None, saved: Saved) -> None:
        """Makes the run another one, at rest, from where that one stood.

        Raises:
            PlaygroundError: it needs an uploaded table that was not given.
        """
        with self._service.lock:
            self.table = self._table_for(experiment, table)
            self.plan_json = experiment.model_dump_json()
            self.playing = False
            self.saved = saved
            self._service.create(self, fresh=False)

    def give(self, table: Brought | None) -> None:
        """Keeps the table that the experiment names, if this is it; the worker says if not."""
        upload = self.experiment.data.upload
        self.table = table if upload and table and table.sha256 == upload.sha256 else None

    def _table_for(self, experiment: Experiment, table: Brought | None) -> Brought | None:
        upload = experiment.data.upload
        if upload is None or DATASETS[experiment.data.name].brings is None:
            return None
        for candidate in (table, self.table):
            if candidate is not None and candidate.sha256 == upload.sha256:
                return candidate
        raise PlaygroundError("table_wanted", filename=upload.filename)

    def command(self, value: object) -> bool:
        """Obeys a message of the websocket's vocabulary; False if it is none.

        Never waits: the worker answers with frames.
        """
        command = parse_command(value)
        if command is None:
            return False
        kind = command["type"]
        with self._service.lock:
            if kind in ("hidden", "keep"):
                self._set_presence(kind, command["value"])
                if kind == "keep":
                    self._send("command", command=command)  # so that frames say it
                return True
            if kind == "reset":
                self.playing = False
                self._service.create(self, fresh=True)
                return True
            if kind in ("play", "pause", "step", "epoch"):
                self.playing = kind == "play"
            elif kind == "speed":
                self.speed = command["value"]
            elif kind == "want":
                self.want = command["value"]
            self._send("command", command=command)
        return True

    def _set_presence(self, kind: str, value: bool) -> None:
        if kind == "keep":
            self.keep = value
        else:
            self.hidden_since = self._service.clock() if value else None
        self._service.review(self)

    def wait(self, until: Callable[[RunStatus], bool], timeout: float) -> bool:
        """Waits for a status; for tests and scripts without a viewer. False: it did not come."""
        with self.changed:
            return self.changed.wait_for(lambda: until(self.status), timeout)

    # -- what a viewer sees --------------------------------------------------------------

    def attach(self, wake: Callable[[], None], *, whole: bool = False) -> int:
        """A viewer takes the run over from the one before.

        Args:
            wake: called, from any thread, when there is something to take or the viewer was
                replaced; must not block.
            whole: every frame is to stand alone, as some may be lost on the way.

        Returns:
            The viewer's number, for `take` and `detach`.
        """
        with self._service.lock:
            before, self._wake = self._wake, wake
            self.viewer += 1
            self._frame = None
            self._polled_at = None
            self.hidden_since = None
            self._send("attach", viewer=self.viewer, whole=whole)
            self._service.review(self)
            viewer = self.viewer
        if before is not None:
            before()
        return viewer

    def detach(self, viewer: int) -> None:
        """The viewer is gone; a newer one is not disturbed."""
        with self._service.lock:
            if viewer == self.viewer and self._wake is not None:
                self._wake = None
                self._polled_at = None
                self.hidden_since = None
                self._service.review(self)

    def take(self, viewer: int) -> bytes | None:
        """The newest frame, once, for the current viewer."""
        with self._service.lock:
            if viewer != self.viewer:
                return None
            frame, self._frame = self._frame, None
            return frame

    def poll(self, timeout: float = 0.05) -> bytes | None:
        """The newest frame, waiting a moment for one; for viewers without a websocket.

        Every call says that its viewer lives and painted what came before. Such frames stand
        alone: the transport may lose any of them. None while a websocket is connected.
        """
        with self._service.lock:
            if self._polled_at is None:
                if self._wake is not None:
                    return None
                self.attach(self._polled.set, whole=True)
            self._polled_at = self._service.clock()
            self._polled.clear()
            viewer = self.viewer
            frame = self.take(viewer)
            if frame is None:
                self._send("command", command=FIRST_ACK)
        if frame is None and self._polled.wait(timeout):
            frame = self.take(viewer)
        return frame

    def connected(self, now: float) -> bool:
        """Whether a viewer is there."""
        if self._polled_at is not None:
            return now - self._polled_at < POLL_ALIVE
        return self._wake is not None

    def deliver(self, viewer: int, frame: bytes) -> None:
        """Puts a frame from the worker up for the viewer that it was made for."""
        with self._service.lock:
            if viewer != self.viewer:
                return
            self._frame = frame
            wake = self._wake
        if wake is not None:
            wake()

    # -- how the service drives it -------------------------------------------------------

    def _send(self, kind: str, **fields: Any) -> None:
        if self.lane is not None:
            self.lane.send((kind, {"run": self.token, **fields}, b""))

    def send_watch(self) -> None:
        self._send("watch", value=self.watched)

    def send_create(self, notice: Notice | None) -> None:
        """Has the worker build the run, and tells it all that a new worker must know."""
        lane = self.lane
        assert lane is not None
        fields = {
            "run": self.token,
            "generation": self.generation,
            "plan": self.plan_json,
            "table": self.table.sha256 if self.table else None,
            "playing": self.playing,
            "watched": self.watched,
            "speed": self.speed,
            "notice": notice.as_dict() if notice else None,
        }
        lane.send(("create", fields, self.saved.content))

    def send_viewer(self) -> None:
        """Introduces the current viewer to a worker that does not know it."""
        if self._wake is not None:
            self._send("attach", viewer=self.viewer, whole=self._polled_at is not None)
            self._send("command", command=FIRST_ACK)
        if self.want is not None:
            self._send("command", command={"type": "want", "value": self.want})
        if self.keep:
            self._send("command", command={"type": "keep", "value": True})
