"""One run inside the scheduler: what it may do now, how fast, and what its viewer has seen.

A job only keeps the books. It computes through its run, never looks at other jobs and never
sends anything: the scheduler does both.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from numpy import ndarray

from playground.core.errors import Notice
from playground.live import frames
from playground.live.pacing import SLICE

State = str
Observation = tuple[dict[str, Any], dict[str, ndarray]]

DEFAULT_WANT: dict[str, Any] = {
    "map": True,
    "neurons": True,
    "analysis": None,
    "block": 0,
    "focus": None,
}
LIMITED_PERIOD = 0.01  # s; a limited run takes its batches in groups at least this far apart
MEASURE_PERIOD = 0.25  # s between points of the curves while no frame measures the run
MEASURE_SHARE = 0.1  # of a run's time, at most, that goes into them
REPEAT_PERIOD = 1.0  # s after which a transport that may lose frames gets the same one again
REMARK_PERIOD = 10.0  # s for which a passing notice is shown
RATE_WINDOW = 1.0  # s over which steps per second are counted


class Run(Protocol):
    """What the scheduler uses of `playground.core.run.Run`."""

    step: int
    state: Any
    notice: Notice | None

    @property
    def epoch(self) -> int: ...
    @property
    def batch_in_epoch(self) -> int: ...
    @property
    def batches_per_epoch(self) -> int: ...

    def advance(self, batches: int) -> int: ...
    def train_for(self, seconds: float) -> int: ...
    def measure(self) -> object: ...
    def act(self, deed: Mapping[str, Any], /) -> bool: ...
    def resume(self) -> None: ...
    def snapshot(self) -> bytes: ...


class Job:
    """A run, its playing state and its pace.

    Attributes:
        run: None while the experiment could not be built.
        playing: the visitor pressed play.
        watched: somebody watches, or the run was told to go on without.
        keep: it was told to; only repeated in frames, for whoever comes to watch.
        remaining: batches that "one epoch" still owes, run whether playing or not.
        limit: batches per second, or None for as fast as it goes.
        vtime: seconds of this worker's time that the run has used; the least goes next.
        studying: an open view has work left that takes longer than a frame.
        studied: its last turn went into that work.
        turned: when its last turn ended.
    """

    def __init__(self, key: str, clock: Callable[[], float]) -> None:
        self.key = key
        self.generation = 0
        self.clock = clock
        self.plan = ""
        self.table: str | None = None
        self.run: Run | None = None
        self.failure: Notice | None = None
        self.refused: Notice | None = None
        self._remark: tuple[Notice | None, float] = (None, 0.0)
        self.playing = False
        self.watched = True
        self.keep = False
        self.remaining = 0
        self.limit: float | None = None
        self.vtime = 0.0
        self.studying = False
        self.studied = False
        self.turned = 0.0
        self.next_batch = 0.0
        self.next_turn = 0.0
        self.idle_until = 0.0
        self.seconds_per_batch = 0.0
        self._rate_marks: deque[tuple[float, int]] = deque()

        self.viewer = 0
        self.whole = False
        self.want = dict(DEFAULT_WANT)
        self.credit = False
        self.dirty = True
        self.urgent = True
        self.scene_id = 0
        self.scene_known = False
        self.history_from: tuple[int, int] = (-1, 0)
        self.seq = 0
        self.next_frame = 0.0
        self.next_measure = 0.0
        self.next_repeat = 0.0
        self.frame_seconds = 0.0

        self.reported: tuple[Any, ...] | None = None
        self.saved_step = -1
        self.next_snapshot = 0.0

    # -- what it may do ------------------------------------------------------------------

    @property
    def state(self) -> State:
        """paused, running, waiting, done, diverged or failed."""
        if self.run is None or self.failure is not None:
            return "failed"
        if self.run.state != "ready":
            return self.run.state
        if not self.playing and not self.remaining:
            return "paused"
        return "running" if self.watched else "waiting"

    @property
    def notice(self) -> Notice | None:
        if self.failure is not None:
            return self.failure
        remark, until = self._remark
        return (self.run.notice if self.run else None) or (remark if self.clock() < until else None)

    def remark(self, notice: Notice | None) -> None:
        """Something to be said for a while, which is no state of the run."""
        self._remark = (notice, self.clock() + REMARK_PERIOD)

    @property
    def step(self) -> int:
        return self.run.step if self.run else 0

    @property
    def brief(self) -> bool:
        """Whether its turns are as short as they are meant to be: so are its single steps."""
        return 0 < self.seconds_per_batch <= SLICE[1]

    def due(self) -> float:
        """When the next training turn of a running job is due; in the past means now."""
        if self.limit is None or self.remaining:
            return self.idle_until
        return max(self.next_batch, self.next_turn)

    # -- training ------------------------------------------------------------------------

    def start_over(self, run: Run, scene_id: int) -> None:
        """Takes a new run; viewer, wishes and pace stay."""
        self.run = run
        self.failure = None
        self.remaining = 0
        self.saved_step = run.step
        self.scene_id = scene_id
        self.scene_known = False
        self.history_from = (-1, 0)
        self.seconds_per_batch = self.idle_until = 0.0
        self.studying = False
        self._rate_marks.clear()
        self.touch()

    def fail(self, notice: Notice, scene_id: int) -> None:
        """The run cannot go on; its last picture stays where there is one."""
        self.failure = notice
        self.playing = False
        self.remaining = 0
        if self.run is None:
            self.scene_id = scene_id
        self.touch()

    def refuse(self, notice: Notice, scene_id: int) -> None:
        """The run cannot follow its experiment, but could go on with another."""
        self.refused = notice
        self.fail(notice, scene_id)

    def accept(self) -> None:
        """The run follows its experiment again, if that was all that was wrong with it."""
        if self.failure is self.refused:
            self.failure = self.refused = None

    def touch(self) -> None:
        """Something changed that the viewer should see without waiting for the frame rate."""
        self.dirty = self.urgent = True

    def train(self, seconds: float) -> None:
        """One turn of about `seconds`, or what the speed limit leaves of it."""
        run = self.run
        assert run is not None
        before, start = run.step, self.clock()
        if self.remaining:
            run.advance(min(self.remaining, self._affordable(seconds)))
        elif self.limit is None:
            run.train_for(seconds)
        else:
            self._train_limited(run, self.limit, start, seconds)
        done, spent = run.step - before, self.clock() - start
        # A plan whose networks train elsewhere only looks at them now and then.
        if idle := getattr(run, "idle", 0.0):
            self.idle_until = self.clock() + idle
        if done:
            self.remaining = max(0, self.remaining - done)
            each = spent / done
            known = self.seconds_per_batch
            self.seconds_per_batch = known + 0.2 * (each - known) if known else each
            self.dirty = True
        if start >= self.next_measure:
            self._measure(run)
        self.settle()

    def _measure(self, run: Run) -> None:
        start = self.clock()
        run.measure()
        spent = self.clock() - start
        self.next_measure = start + max(MEASURE_PERIOD, spent / MEASURE_SHARE)

    def settle(self) -> None:
        """Takes note if the run stopped by itself."""
        if self.run is not None and self.run.state != "ready":
            self.playing = False
            self.remaining = 0
            self.touch()

    def _train_limited(self, run: Run, limit: float, now: float, seconds: float) -> None:
        owed = 1 + int(max(0.0, now - self.next_batch) * limit)
        batches = min(owed, self._affordable(seconds))
        run.advance(batches)
        # What could not be afforded is forgiven, or a slow moment would end in a burst.
        forgiven = now - LIMITED_PERIOD
        self.next_batch = max(self.next_batch + batches / limit, forgiven)
        self.next_turn = now + LIMITED_PERIOD

    def _affordable(self, seconds: float) -> int:
        if not self.seconds_per_batch:
            return 1
        return max(1, int(seconds / self.seconds_per_batch))

    def set_limit(self, limit: float | None) -> None:
        self.limit = limit
        self.next_batch = self.clock()

    # -- seeing --------------------------------------------------------------------------

    def attach(self, viewer: int, whole: bool) -> None:
        """Another viewer takes over; it knows nothing and says when it is ready."""
        self.viewer, self.whole = viewer, whole
        self.credit = False
        self.scene_known = False
        self.history_from = (-1, 0)
        self.touch()

    def acknowledge(self, scene: int, history: list[int]) -> None:
        """The viewer painted what it had, and says what it knows."""
        self.credit = True
        if scene == self.scene_id and not self.whole:
            self.history_from = (history[0], history[1])
        else:
            self.scene_known = False
            self.history_from = (-1, 0)
        if self.whole:
            # A frame may have been lost on the way, so a resting picture is repeated too.
            self.dirty = self.dirty or self.clock() >= self.next_repeat
        elif not self.scene_known:
            self.touch()

    def frame_due(self) -> float | None:
        """When a frame may go out; None while there is nothing to show or nobody ready."""
        if not (self.credit and self.dirty):
            return None
        return 0.0 if self.urgent else self.next_frame

    def frame_sent(self, now: float, seconds: float, interval: float) -> None:
        self.frame_seconds += 0.2 * (seconds - self.frame_seconds)
        # A beat: what came late does not push the next one back.
        self.next_frame = max(self.next_frame + interval, now + interval / 2)
        # Frames measure: where they are rare, points of the curves need not come in between.
        self.next_measure = now + max(MEASURE_PERIOD, 2 * interval)
        self.next_repeat = now + REPEAT_PERIOD
        self.credit = self.dirty = self.urgent = False
        self.scene_known = not self.whole and self.run is not None

    def header(self) -> dict[str, Any]:
        """What the scheduler knows about the run, for the header of a frame."""
        self.seq += 1
        opening = frames.opening(self.scene_id, self.seq, self.state, self.notice)
        return {**opening, "speed": self._speed(), "keep": self.keep}

    def _speed(self) -> Mapping[str, float | None]:
        now = self.clock()
        marks = self._rate_marks
        if self.state != "running":
            marks.clear()
            rate = 0.0
        else:
            marks.append((now, self.step))
            while len(marks) > 2 and now - marks[1][0] >= RATE_WINDOW:
                marks.popleft()
            elapsed = now - marks[0][0]
            rate = (self.step - marks[0][1]) / elapsed if elapsed > 0 else 0.0
        per_epoch = self.run.batches_per_epoch if self.run else 0
        return {
            "limit": self.limit,
            "steps_per_second": rate,
            "ms_per_step": 1000 * self.seconds_per_batch,
            "epochs_per_second": rate / per_epoch if per_epoch else 0.0,
        }
