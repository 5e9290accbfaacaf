"""Doubles that make a scheduler's decisions visible: a clock that moves when work is done, and
runs whose batches cost a stated time. What they stand for is tested with the real core too."""

from collections.abc import Mapping
from queue import SimpleQueue
from typing import Any
from weakref import ReferenceType, ref

import numpy as np

from playground.core.errors import Notice, PlaygroundError
from playground.live import frames
from playground.live.protocol import Message
from playground.live.scheduler import Scheduler


class Clock:
    """Seconds that pass only when somebody works or waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeRun:
    """A run whose batches take `cost` seconds each."""

    def __init__(self, clock: Clock, cost: float, snapshot: bytes | None) -> None:
        self.clock = clock
        self.cost = cost
        self.step = int(snapshot) if snapshot else 0
        self.state: Any = "ready"
        self.notice: Notice | None = None
        self.batches_per_epoch = 25
        self.measured = 0
        self.deeds: list[dict[str, Any]] = []
        self.trouble: Exception | None = None
        self.study_left = 0.0  # s of work that takes longer than a frame

    @property
    def epoch(self) -> int:
        return self.step // self.batches_per_epoch

    @property
    def batch_in_epoch(self) -> int:
        return self.step % self.batches_per_epoch

    def advance(self, batches: int) -> int:
        if self.trouble is not None:
            raise self.trouble
        self.step += batches
        self.clock.now += batches * self.cost
        return batches

    def train_for(self, seconds: float) -> int:
        return self.advance(max(1, round(seconds / self.cost)))

    def measure(self) -> None:
        self.measured += 1

    def act(self, deed: Mapping[str, Any], /) -> bool:
        self.deeds.append(dict(deed))
        return True

    def resume(self) -> None:
        if self.state == "diverged":
            self.state, self.notice = "ready", None

    def snapshot(self) -> bytes:
        return str(self.step).encode()


class FakeWorkshop:
    """Builds fake runs; the "plan" is the cost of a batch in milliseconds."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.frame_cost = 0.0
        self.observed: list[tuple[dict[str, Any], tuple[int, int], bool]] = []
        self.tables: dict[str, bytes] = {}
        self.built: list[ReferenceType[FakeRun]] = []
        self.left: list[int] = []  # runs that were still held whenever it tidied up

    def build(self, plan: str, table: str | None, snapshot: bytes | None) -> FakeRun:
        if plan == "impossible":
            raise PlaygroundError("network_too_large", parameters=3, limit=2)
        if plan == "broken":
            raise RuntimeError("a bug")
        run = FakeRun(self.clock, float(plan) / 1000, snapshot)
        self.built.append(ref(run))
        return run

    def update(self, run: FakeRun, plan: str) -> None:
        if plan == "impossible":
            raise PlaygroundError("network_too_large", parameters=3, limit=2)
        run.cost = float(plan) / 1000

    def observe(
        self, run: FakeRun, want: dict[str, Any], history_from: tuple[int, int], scene: bool
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        self.observed.append((want, history_from, scene))
        self.clock.now += self.frame_cost
        seen: dict[str, Any] = {"step": run.step, "epoch": run.epoch}
        if scene:
            seen["scene"] = {"task": "binary"}
        return seen, {"map": np.zeros((2, 2), np.uint8)}

    def studying(self, run: FakeRun) -> bool:
        return run.study_left > 0

    def study(self, run: FakeRun, seconds: float) -> None:
        done = min(seconds, run.study_left)
        run.study_left -= done
        self.clock.now += done

    def keep_table(self, key: str, content: bytes) -> None:
        self.tables[key] = content

    def forget_table(self, key: str) -> None:
        del self.tables[key]

    def request(
        self, name: str, params: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        if name == "refused":
            raise PlaygroundError("unknown_request", name=name)
        return {"name": name, **params}, {}

    def tidy(self) -> None:
        self.left.append(sum(run() is not None for run in self.built))


class Stage:
    """A scheduler on a fake clock, and everything it sent."""

    def __init__(self, **limits: Any) -> None:
        self.clock = Clock()
        self.workshop = FakeWorkshop(self.clock)
        self.inbox: SimpleQueue[Message] = SimpleQueue()
        self.sent: list[Message] = []
        clock = self.clock
        self.scheduler = Scheduler(
            self.inbox, self.sent.append, self.workshop, clock, clock, **limits
        )

    def say(self, kind: str, blob: bytes = b"", **fields: Any) -> None:
        self.inbox.put((kind, fields, blob))

    def create(self, run: str, cost: float | str = 1.0, **fields: Any) -> None:
        """A run whose batches take `cost` milliseconds."""
        snapshot = fields.pop("snapshot", b"")
        settings = {"playing": True, "watched": True, "speed": None, "table": None}
        rest = {"generation": 1, "notice": None, **settings, **fields}
        self.say("create", snapshot, run=run, plan=str(cost), **rest)

    def command(self, run: str, kind: str, **fields: Any) -> None:
        self.say("command", run=run, command={"type": kind, **fields})

    def watch_frames(self, run: str, viewer: int = 1, whole: bool = False) -> None:
        self.say("attach", run=run, viewer=viewer, whole=whole)
        self.ack(run)

    def ack(self, run: str, scene: int = -1, history: tuple[int, int] = (-1, 0)) -> None:
        self.command(run, "ack", seq=-1, scene=scene, history=list(history))

    def play(self, seconds: float, acknowledge: bool = False) -> None:
        """Lets the scheduler work; where it would sleep, the clock moves on."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            seen = len(self.sent)
            wait = self.scheduler.tick()
            for kind, fields, blob in self.sent[seen:]:
                if acknowledge and kind == "frame":
                    header, _ = frames.decode(blob)
                    self.ack(fields["run"], header["scene_id"], (0, 5))
            if not self.inbox.empty():
                continue
            self.clock.now = min(end, self.clock.now + (wait if wait is not None else seconds))

    def settle(self) -> None:
        """Obeys what was said, without letting time pass for its own sake."""
        self.scheduler.tick()

    def of(self, kind: str, run: str | None = None) -> list[Message]:
        return [m for m in self.sent if m[0] == kind and run in (None, m[1].get("run"))]

    def frames(self, run: str) -> list[dict[str, Any]]:
        return [frames.decode(blob)[0] for _, _, blob in self.of("frame", run)]

    def run_of(self, run: str) -> Any:
        return self.scheduler.jobs[run].run


class RecordingLane:
    """A lane that keeps what it is sent; the test speaks for the worker behind it."""

    def __init__(self, name: str, receive: Any, ended: Any) -> None:
        self.name = name
        self.tables: set[str] = set()
        self.ready = True
        self.sent: list[Message] = []
        self.closed = False
        self._receive = receive
        self._ended = ended

    @property
    def pid(self) -> int | None:
        return None

    def send(self, message: Message) -> None:
        self.sent.append(message)

    def close(self) -> None:
        self.closed = True

    def answer(self, kind: str, blob: bytes = b"", **fields: Any) -> None:
        self._receive(self, (kind, fields, blob))

    def die(self) -> None:
        self._ended(self)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [fields for k, fields, _ in self.sent if k == kind]

    def status(self, handle: Any, kind: str = "status", blob: bytes = b"", **fields: Any) -> None:
        """What a worker says of a run."""
        known = {"state": "running", "epoch": 0, "step": 0, "playing": True, "notice": None}
        place = {"run": handle.token, "generation": handle.generation, "scene_id": 7}
        self.answer(kind, blob, **place, **{**known, **fields})
