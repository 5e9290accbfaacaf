"""The lanes of the live service: opened, asked, and replaced when they die."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np

from playground.core.errors import PlaygroundError
from playground.live import frames
from playground.live.lanes import Lane, ProcessLane, ThreadLane
from playground.live.protocol import Message
from playground.live.tasks import Task

log = logging.getLogger(__name__)

FAILED_STARTS = 2  # workers that die before they are ready, after which a thread must do

Reply = SimpleQueue[tuple[dict[str, Any], bytes]]


class Pool:
    """Worker processes, or a thread where none can be had.

    Args:
        workers: how many processes; 0 for a thread.
        receive: takes messages about runs, on the lanes' threads.
        replaced: told, with the lock held, that a lane died and which one is in its place.
        lock: guards the pool; shared with its owner.
    """

    def __init__(
        self,
        workers: int,
        receive: Callable[[Message], None],
        replaced: Callable[[Lane, Lane], None],
        lock: threading.RLock,  # type: ignore[valid-type]
    ) -> None:
        self.workers = workers
        self.lanes: list[Lane] = []
        self._receive = receive
        self._replaced = replaced
        self._lock = lock
        self._closed = False
        self._replies: dict[int, tuple[Lane, Reply]] = {}
        self._tasks: dict[int, Task] = {}
        self._requests = itertools.count(1)
        self._names = itertools.count(1)
        self._failed_starts = 0

    def start(self) -> None:
        for _ in range(max(1, self.workers)):
            self.lanes.append(self._open())

    def close(self) -> None:
        """Ends every lane, side by side."""
        with self._lock:
            self._closed = True
            lanes, self.lanes = self.lanes, []
        closers = [threading.Thread(target=lane.close) for lane in lanes]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join()

    def ask(
        self, lane: Callable[[], Lane], name: str, params: dict[str, Any], timeout: float
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Sends a request and waits for its answer.

        Args:
            lane: chooses whom to ask.

        Raises:
            PlaygroundError: what the worker refused, or `worker_silent`.
        """
        for _ in range(2):  # a worker that dies while it thinks is asked again, once
            reply: Reply = SimpleQueue()
            with self._lock:
                number, chosen = next(self._requests), lane()
                self._replies[number] = (chosen, reply)
            chosen.send(("request", {"id": number, "name": name, "params": params}, b""))
            try:
                fields, blob = reply.get(timeout=timeout)
            except Empty:
                break
            finally:
                self._replies.pop(number, None)
            if fields.get("lost"):
                continue
            if fields["error"] is not None:
                raise PlaygroundError(fields["error"]["code"], **fields["error"]["params"])
            return frames.decode(blob)
        raise PlaygroundError("worker_silent")

    def begin(self, lane: Callable[[], Lane], name: str, params: dict[str, Any]) -> Task:
        """Sends a request that is answered in steps; returns at once."""
        with self._lock:
            number, chosen = next(self._requests), lane()
            for old in [old for old, task in self._tasks.items() if task.done]:
                del self._tasks[old]
            task = self._tasks[number] = Task(number, chosen)
        chosen.send(("request", {"id": number, "name": name, "params": params}, b""))
        return task

    def _open(self) -> Lane:
        name = f"worker {next(self._names)}"
        if self.workers > 0 and self._failed_starts < FAILED_STARTS:
            try:
                return ProcessLane(name, self._take, self._ended)
            except OSError as error:
                log.warning("no worker process could be started (%s); training in a thread", error)
        return ThreadLane(name, self._take, self._ended)

    def _take(self, lane: Lane, message: Message) -> None:
        kind, fields, blob = message
        if kind in ("reply", "progress"):
            task = self._tasks.get(fields["id"])
            if task is not None:
                task.hear(message)
            waiting = self._replies.get(fields["id"])
            if waiting is not None:
                waiting[1].put((fields, blob))
        elif kind == "ready":
            lane.ready = True
            self._failed_starts = 0
        else:
            self._receive(message)

    def _ended(self, lane: Lane) -> None:
        with self._lock:
            if self._closed or lane not in self.lanes:
                return
            log.warning("%s ended; starting another", lane.name)
            if not lane.ready:
                self._failed_starts += 1
            other = self._open()
            self.lanes[self.lanes.index(lane)] = other
            self._replaced(lane, other)
            for task in self._tasks.values():
                if task.lane is lane:
                    task.lose()
            for asked, reply in list(self._replies.values()):
                if asked is lane:
                    reply.put(({"lost": True}, b""))
