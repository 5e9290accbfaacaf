"""Ways to reach a scheduler: in a worker process, or in a thread of this one.

A lane takes messages without ever blocking and hands what comes back to a callback, on a
thread of its own. A lane that ends says so once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

from playground.live.protocol import Message, pack, read_messages

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
EXIT_GRACE = 2.0  # s that a worker has to leave before it is killed


class Lane(Protocol):
    """One scheduler, as the service sees it."""

    name: str
    tables: set[str]
    ready: bool

    @property
    def pid(self) -> int | None: ...
    def send(self, message: Message) -> None: ...
    def close(self) -> None: ...


Receive = Callable[["Lane", Message], None]
Ended = Callable[["Lane"], None]


class ThreadLane:
    """A scheduler in a thread, for tests and for hosts that allow no child process."""

    def __init__(self, name: str, receive: Receive, ended: Ended) -> None:
        self.name = name
        self.tables: set[str] = set()
        self.ready = False
        self._inbox: SimpleQueue[Message] = SimpleQueue()
        self._receive = receive
        self._ended = ended
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int | None:
        return None

    def send(self, message: Message) -> None:
        self._inbox.put(message)

    def close(self) -> None:
        self._inbox.put(("stop", {}, b""))
        self._thread.join(EXIT_GRACE)

    def _run(self) -> None:
        from playground.live.environment import limits
        from playground.live.scheduler import Scheduler
        from playground.live.workshop import CoreWorkshop

        try:
            workshop = CoreWorkshop()
            self._receive(self, ("ready", {"pid": os.getpid()}, b""))

            def send(message: Message) -> None:
                self._receive(self, message)

            Scheduler(self._inbox, send, workshop, **limits()).run()
        # The end of a process would be seen; of a thread it must be told, whatever ended it.
        except Exception:
            log.exception("the scheduler of %s stopped", self.name)
        self._ended(self)


class ProcessLane:
    """A scheduler in a worker process, reached over its stdin and stdout.

    Raises:
        OSError: the host lets no process start.
    """

    def __init__(self, name: str, receive: Receive, ended: Ended) -> None:
        self.name = name
        self.tables: set[str] = set()
        self.ready = False
        self._receive = receive
        self._ended = ended
        self._outbox: SimpleQueue[Message | None] = SimpleQueue()
        self._process = _start_worker()
        for target in (self._read, self._write):
            threading.Thread(target=target, name=f"{name} {target.__name__}", daemon=True).start()

    @property
    def pid(self) -> int | None:
        return self._process.pid

    def send(self, message: Message) -> None:
        self._outbox.put(message)

    def close(self) -> None:
        """Ends the worker: it leaves when its stdin does, or is killed."""
        self._outbox.put(None)
        try:
            self._process.wait(EXIT_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        try:
            for message in read_messages(stream):  # type: ignore[arg-type]
                self._receive(self, message)
        # Broken bytes raise many things, and so may whoever receives a message: after any of them
        # nothing more can be read, and a worker nobody reads would block on its pipe.
        except Exception:
            log.exception("%s sent something that cannot be understood", self.name)
            self._process.kill()
        self._outbox.put(None)
        self._process.wait()
        stream.close()
        self._ended(self)

    def _write(self) -> None:
        stream = self._process.stdin
        assert stream is not None
        # A worker that died is noticed by the reader; here it is only a pipe that broke.
        with contextlib.suppress(OSError):
            while (message := self._outbox.get()) is not None:
                stream.write(pack(message))
                stream.flush()
        with contextlib.suppress(OSError):
            stream.close()


def _start_worker() -> subprocess.Popen[bytes]:
    from playground.live.worker import grow_pipe

    process = subprocess.Popen(
        [sys.executable, "-m", "playground.live.worker"],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A group of its own: the terminal's Ctrl-C is for the web process, which then ends it.
        start_new_session=True,
    )
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        grow_pipe(pipe.fileno())
    return process
