"""One fair scheduler: trains all runs of a worker in turns and shows each to its viewer.

Turns go to the run that has used the least time so far, counting its frames too, so a wide
network cannot starve a small one. Between two turns, a few milliseconds apart, commands are
obeyed; frames leave only when the viewer has painted the one before. The same class runs in
a worker process and in a thread; it speaks through messages alone (`protocol`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from playground.core.errors import Notice, PlaygroundError
from playground.live import frames
from playground.live.job import Job, Observation, Run
from playground.live.pacing import SLICE, interval_for, resolution_for, slice_for
from playground.live.protocol import Message, Send
from playground.live.tasks import Steps, TaskBoard
from playground.live.troubles import explain

SNAPSHOT_PERIOD = 2.0  # s
SNAPSHOT_SHARE = 0.01  # of a run's time, at most, goes into snapshots
SNAPSHOT_RATE = 2**19  # bytes/s of one run's snapshots
PATIENCE = 0.08  # s that a run of small steps waits for its turn at most, if it can be helped
SETTLE = 0.25  # s after which a run that stopped is saved


class Workshop(Protocol):
    """Makes runs, observes them and answers requests; the only part that knows the core."""

    def build(self, plan: str, table: str | None, snapshot: bytes | None) -> Run: ...
    def update(self, run: Any, plan: str) -> None: ...
    def observe(
        self, run: Any, want: dict[str, Any], history_from: tuple[int, int], scene: bool
    ) -> Observation: ...
    def studying(self, run: Any) -> bool: ...
    def study(self, run: Any, seconds: float) -> None: ...
    def keep_table(self, key: str, content: bytes) -> None: ...
    def forget_table(self, key: str) -> None: ...
    def request(self, name: str, params: dict[str, Any]) -> Observation | Steps: ...
    def tidy(self) -> None: ...


class Scheduler:
    """Turns over its jobs until it is told to stop.

    Args:
        inbox: messages to the scheduler.
        send: takes messages from it; must not block for long.
        workshop: what makes and observes runs.
        clock: monotonic seconds.
        work: seconds that this thread really computed. Shares are counted by it: a run must not
            pay for the moments that other processes took from its turn.
        load: percent of its time that may go into turns; after each it rests accordingly.
        rate: most frames per second of one run; 0 for what suits the machine.
    """

    def __init__(
        self,
        inbox: SimpleQueue[Message],
        send: Send,
        workshop: Workshop,
        clock: Callable[[], float] = time.perf_counter,
        work: Callable[[], float] = time.thread_time,
        *,
        load: int = 100,
        rate: int = 0,
    ) -> None:
        self.inbox = inbox
        self.send = send
        self.workshop = workshop
        self.clock = clock
        self.work = work
        self._rest = 100 / min(max(load, 1), 100) - 1  # s of rest for each second of a turn
        self._interval = 1 / rate if rate > 0 else 0.0  # s, least between two frames
        self._rested = 0.0  # when the present rest ends
        self.jobs: dict[str, Job] = {}
        self._tasks = TaskBoard(send, explain)
        self._floor = 0.0  # vtime of the latest turn: newcomers start level with the others
        self._scenes = time.time_ns() // 1_000_000 % 2**31  # no two workers use the same ids
        self._open = True
        self._dropped = False  # jobs since the workshop last tidied up

    def run(self) -> None:
        """Works until a `stop` message; sleeps while there is nothing to do."""
        while self._open:
            wait = self.tick()
            if wait is None:
                self.handle(self.inbox.get())
            elif wait > 0:
                try:
                    self.handle(self.inbox.get(timeout=wait))
                except Empty:
                    continue

    def tick(self) -> float | None:
        """Obeys what came in, gives one turn, shows and saves what is due.

        Returns:
            Seconds until there is something to do again; None until a message comes.
        """
        while not self.inbox.empty():
            self.handle(self.inbox.get_nowait())
        if self._dropped:
            self._dropped = False
            self.workshop.tidy()
        now = self.clock()
        running = [job for job in self.jobs.values() if job.state == "running"]
        ready = [job for job in running if job.due() <= now]
        studying = [job for job in self.jobs.values() if job.studying and job.watched]
        if (ready or studying) and now >= self._rested:
            busy = len(running) + sum(job.state != "running" for job in studying)
            self._turn(self._next(ready + studying, now), busy)
            self._rested = self.clock() + self._rest * (self.clock() - now)
        if self._tasks:
            self._tasks.work(slice_for(len(running) + 1))
        wait = self._after_turn(running, [self._rested] if studying else [])
        return 0.0 if self._tasks else wait

    def _next(self, jobs: list[Job], now: float) -> Job:
        """Whose turn it is: who has used the least time; but between two long steps of large
        networks everybody whose turns are short gets one, so that there is something new to show.
        It is counted like any other, so in the end all have used the same.
        """
        fair = min(jobs, key=lambda job: max(job.vtime, self._floor))
        self._floor = max(fair.vtime, self._floor)
        late = [job for job in jobs if job.brief and now - job.turned > PATIENCE]
        return min(late, key=lambda job: job.turned) if late else fair

    def _turn(self, job: Job, busy: int) -> None:
        """A turn for a job to train; one that studies too does either in turns."""
        job.vtime = max(job.vtime, self._floor)
        start = self.work()
        trains = job.state == "running" and job.due() <= self.clock()
        job.studied = job.studying and job.watched and not (trains and job.studied)
        try:
            if job.studied:
                self._study(job, slice_for(busy))
            else:
                job.train(slice_for(busy))
        except Exception as error:
            self._fail(job, error)
        job.vtime += self.work() - start
        job.turned = self.clock()
        self._report(job)

    def _study(self, job: Job, seconds: float) -> None:
        self.workshop.study(job.run, seconds)
        job.studying = self.workshop.studying(job.run)
        job.dirty = True
        if not job.studying:
            job.touch()

    def _after_turn(self, running: list[Job], times: list[float]) -> float | None:
        """Shows and saves what is due; `times` are those of what else is to be done."""
        now = self.clock()
        times += [max(job.due(), self._rested) for job in running if job.state == "running"]
        waiting = [(due, job) for job in self.jobs.values() if (due := job.frame_due()) is not None]
        # The longest due first, and no more than a turn's worth: the commands come between. What is
        # not shown before a long step waits until behind it, so there the next are shown early.
        brief = all(job.brief for job in running)
        room, early = (SLICE[1], 0.0) if brief else (PATIENCE / 2, PATIENCE / 2)
        for due, job in sorted(waiting, key=lambda pair: pair[0]):
            if due <= now + early and self.clock() - now < room:
                self._show(job, len(running))
            else:
                times.append(due)
        times += [
            self._save(job, now)
            for job in self.jobs.values()
            if job.step != job.saved_step and job.state != "failed"
        ]
        if not times:
            return None
        return max(0.0, min(times) - self.clock())

    # -- messages ------------------------------------------------------------------------

    def handle(self, message: Message) -> None:
        """Obeys one message. Whatever goes wrong belongs to its run or its request."""
        kind, fields, blob = message
        if kind == "stop":
            self._open = False
        elif kind == "table":
            self.workshop.keep_table(fields["hash"], blob)
        elif kind == "forget":
            self.workshop.forget_table(fields["hash"])
        elif kind == "request":
            self._answer(fields)
        elif kind == "cancel":
            self._tasks.cancel(fields["id"])
        elif kind == "create":
            self._create(fields, blob)
        elif (job := self.jobs.get(fields["run"])) is not None:
            try:
                self._obey(job, kind, fields)
            except Exception as error:
                self._fail(job, error)
            self._report(job)

    def _create(self, fields: dict[str, Any], snapshot: bytes) -> None:
        job = self.jobs.get(fields["run"])
        if job is None:
            job = self.jobs[fields["run"]] = Job(fields["run"], self.clock)
            job.vtime = self._floor
        job.generation = fields["generation"]
        job.plan, job.table = fields["plan"], fields["table"]
        job.playing, job.watched = fields["playing"], fields["watched"]
        job.set_limit(fields["speed"])
        job.remark(_notice(fields["notice"]))
        job.reported = None
        self._build(job, snapshot or None)
        self._report(job)

    def _build(self, job: Job, snapshot: bytes | None) -> None:
        job.run = None  # what it held is free for the next
        try:
            run = self.workshop.build(job.plan, job.table, snapshot)
        except Exception as error:
            self._fail(job, error)
            return
        job.start_over(run, self._next_scene())

    def _obey(self, job: Job, kind: str, fields: dict[str, Any]) -> None:
        if kind == "command":
            self._command(job, fields["command"])
        elif kind == "update":
            job.plan = fields["plan"]
            self._update(job)
            job.touch()
        elif kind == "attach":
            job.attach(fields["viewer"], fields["whole"])
        elif kind == "watch":
            job.watched = fields["value"]
            job.touch()
        elif kind == "drop":
            del self.jobs[job.key]
            self._dropped = True

    def _update(self, job: Job) -> None:
        """Has the run follow the experiment or plan. One that is refused leaves the run as it was:
        it rests until one comes that it can follow."""
        if job.run is None:
            return
        try:
            self.workshop.update(job.run, job.plan)
        except PlaygroundError as error:
            job.refuse(error.notice(), self._next_scene())
            return
        job.scene_known = False
        job.accept()

    def _command(self, job: Job, command: dict[str, Any]) -> None:
        kind = command["type"]
        if kind == "ack":
            job.acknowledge(command["scene"], command["history"])
            return
        if kind == "want":
            job.want = command["value"]
        elif kind == "keep":
            job.keep = command["value"]
        elif kind == "speed":
            job.set_limit(command["value"])
        elif kind == "pause":
            job.playing = False
            job.remaining = 0
        elif kind == "deed" and job.run is not None:
            job.run.act(command["value"])
        elif job.state != "failed" and job.run is not None:
            self._go(job, job.run, kind)
        job.touch()

    def _go(self, job: Job, run: Run, kind: str) -> None:
        if run.state != "ready":
            run.resume()  # a run that was stopped goes on if its stop rule lets it
        if run.state != "ready":
            return
        job.playing = kind == "play"
        job.remaining = 0
        job.next_batch = self.clock()
        if kind == "step":
            job.remaining = 1
            job.train(0.0)
        elif kind == "epoch":
            job.remaining = run.batches_per_epoch - run.batch_in_epoch

    def _answer(self, fields: dict[str, Any]) -> None:
        try:
            params = fields["params"]
            if "run" in params:  # asked about one of its runs
                job = self.jobs.get(params["run"])
                params = {**params, "run": job.run if job else None}
            answer = self.workshop.request(fields["name"], params)
            if isinstance(answer, Generator):
                self._tasks.add(fields["id"], answer)
                return
            reply = frames.encode(*answer)
        except Exception as error:
            notice = explain(error)
            self.send(("reply", {"id": fields["id"], "error": notice.as_dict()}, b""))
        else:
            self.send(("reply", {"id": fields["id"], "error": None}, reply))

    # -- what goes out -------------------------------------------------------------------

    def _show(self, job: Job, running: int) -> None:
        now, start, state = self.clock(), self.work(), job.state
        try:
            frame = self._frame(job, resolution_for(running))
        except Exception as error:
            self._fail(job, error)
            frame = frames.encode({**frames.NO_RUN, **job.header()}, {})
        spent = self.work() - start
        job.vtime += spent
        interval = max(interval_for(running, job.frame_seconds), self._interval)
        job.frame_sent(now, spent, interval)
        self.send(("frame", {"run": job.key, "viewer": job.viewer}, frame))
        if job.state != state:
            job.touch()  # the measuring found that the run has ended: show what it went back to
        self._report(job)

    def _frame(self, job: Job, resolution: int) -> bytes:
        if job.run is None:
            return frames.encode({**frames.NO_RUN, **job.header()}, {})
        want = {**job.want, "resolution": resolution, "resting": job.state != "running"}
        scene = not job.scene_known
        seen, arrays = self.workshop.observe(job.run, want, job.history_from, scene)
        job.studying = self.workshop.studying(job.run)
        job.settle()
        return frames.encode({**seen, **job.header()}, arrays)

    def _report(self, job: Job) -> None:
        """Tells the web process when a run changed its state, or moved by a single step."""
        state = job.state
        report = (state, job.notice, job.scene_id, None if state == "running" else job.step)
        if report == job.reported:
            return
        job.reported = report
        self.send(("status", self._status(job), b""))

    def _status(self, job: Job) -> dict[str, Any]:
        notice = job.notice
        return {
            "run": job.key,
            "generation": job.generation,
            "scene_id": job.scene_id,
            "state": job.state,
            "epoch": job.run.epoch if job.run else 0,
            "step": job.step,
            "playing": job.playing,
            "notice": notice.as_dict() if notice else None,
        }

    def _save(self, job: Job, now: float) -> float:
        """Sends a snapshot when one is due; returns when the next one is."""
        if job.state != "running":
            job.next_snapshot = min(job.next_snapshot, now + SETTLE)
        if now < job.next_snapshot:
            return job.next_snapshot
        assert job.run is not None
        start = self.work()
        try:
            snapshot = job.run.snapshot()
        except Exception as error:
            self._fail(job, error)
            snapshot = b""
        spent = self.work() - start
        job.vtime += spent
        job.settle()  # a plan measures what it saves, and may find that it has ended
        job.saved_step = job.step
        job.next_snapshot = now + max(
            SNAPSHOT_PERIOD, spent / SNAPSHOT_SHARE, len(snapshot) / SNAPSHOT_RATE
        )
        if snapshot:
            self.send(("snapshot", self._status(job), snapshot))
        return job.next_snapshot

    def _fail(self, job: Job, error: Exception) -> None:
        job.fail(explain(error), self._next_scene())

    def _next_scene(self) -> int:
        self._scenes += 1
        return self._scenes


def _notice(fields: dict[str, Any] | None) -> Notice | None:
    return None if fields is None else Notice(fields["code"], fields["params"])
