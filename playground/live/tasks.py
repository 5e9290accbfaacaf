"""Requests that take longer than a moment: worked on in slices, with progress, and cancellable.

A request's answer may be a generator. Each `yield` ends a step of a few milliseconds and says how
far it came; what it returns is the answer. In the worker a `TaskBoard` gives such requests turns
between those of the runs; in the web process a `Task` follows one from outside.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.errors import Notice
from playground.live import frames
from playground.live.job import Observation
from playground.live.protocol import Message, Send

if TYPE_CHECKING:
    from playground.live.lanes import Lane

Steps = Generator[dict[str, Any], None, Observation]

PROGRESS_PERIOD = 0.2  # s between two words about one task


class TaskBoard:
    """The long requests of one worker, worked on in turns.

    Args:
        send: takes messages to the web process.
        explain: makes a notice of whatever went wrong.
    """

    def __init__(self, send: Send, explain: Callable[[Exception], Notice]) -> None:
        self._send = send
        self._explain = explain
        self._tasks: dict[int, Steps] = {}
        self._said: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, number: int, steps: Steps) -> None:
        self._tasks[number] = steps

    def cancel(self, number: int) -> None:
        """Ends a task without an answer; one that is not here was done already."""
        steps = self._tasks.pop(number, None)
        self._said.pop(number, None)
        if steps is not None:
            steps.close()

    def work(self, seconds: float) -> None:
        """Gives the task whose turn it is so much time."""
        number = next(iter(self._tasks))
        steps = self._tasks.pop(number)
        self._tasks[number] = steps  # to the end of the line
        end = time.perf_counter() + seconds
        try:
            progress = next(steps)
            while time.perf_counter() < end:
                progress = next(steps)
        except StopIteration as finished:
            self._finish(number, finished.value)
        except Exception as error:
            self.cancel(number)
            fields = {"id": number, "error": self._explain(error).as_dict()}
            self._send(("reply", fields, b""))
        else:
            self._say(number, progress)

    def _finish(self, number: int, answer: Observation) -> None:
        self.cancel(number)
        self._send(("reply", {"id": number, "error": None}, frames.encode(*answer)))

    def _say(self, number: int, progress: dict[str, Any]) -> None:
        now = time.perf_counter()
        if now - self._said.get(number, -1e9) >= PROGRESS_PERIOD:
            self._said[number] = now
            self._send(("progress", {"id": number, "value": progress}, b""))


class Task:
    """One long request, as the web process sees it.

    Attributes:
        progress: what the worker said last; {} before it said anything.
        answer: header and arrays, once there is one.
        notice: why there will be none.
    """

    def __init__(self, number: int, lane: Lane) -> None:
        self._number = number
        self.lane = lane
        self.progress: dict[str, Any] = {}
        self.answer: tuple[dict[str, Any], dict[str, np.ndarray]] | None = None
        self.notice: Notice | None = None
        self._ended = threading.Event()

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return self._ended.is_set()

    def wait(self, timeout: float) -> bool:
        """Waits until it is done; False where it took longer."""
        return self._ended.wait(timeout)

    def cancel(self) -> None:
        """Has the worker stop; nothing more will come."""
        if not self.done:
            self.lane.send(("cancel", {"id": self._number}, b""))
            self._ended.set()

    def hear(self, message: Message) -> None:
        """Takes what the worker says about it."""
        kind, fields, blob = message
        if self.done:
            return
        if kind == "progress":
            self.progress = fields["value"]
            return
        if fields["error"] is None:
            self.answer = frames.decode(blob)
        else:
            self.notice = Notice(fields["error"]["code"], fields["error"]["params"])
        self._ended.set()

    def lose(self) -> None:
        """The worker is gone, and the work with it."""
        if not self.done:
            self.notice = Notice("worker_silent")
            self._ended.set()
