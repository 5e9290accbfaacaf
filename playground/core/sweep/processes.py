"""An executor over processes of this machine that works in any program.

The standard library's pool imports the program's `__main__` again in every process, and under
Streamlit that is the visitor's script. These processes run the core's own module
`playground.core.sweep.child` and are spoken to in lines of JSON, so nothing is pickled either. A
process that dies takes its own job with it and no other's, and is replaced.
"""

from __future__ import annotations

import json
import math
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

import playground
from playground.core.sweep.child import READY
from playground.core.sweep.executors import Crew, WorkerLost
from playground.core.sweep.under_way import Glimpse, glimpses

MOST_DEATHS = 3  # in a row of processes that never got as far as a job
GLANCE = 0.1  # s between two looks at what a process trains
ROOT = Path(playground.__file__).parents[1]

_Job = tuple[Future[Any], str]


class ProcessExecutor(Executor):
    """So many processes, each doing one job after the other.

    Functions are given by their names, arguments and results as JSON.

    Args:
        workers: how many processes.
        nice: by how much others' processes go before these.
    """

    def __init__(self, workers: int, nice: int = 0) -> None:
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()
        self._alive = workers
        self._lanes = [_Lane(self, nice) for _ in range(workers)]
        for lane in self._lanes:
            lane.start()

    @property
    def pids(self) -> list[int]:
        """The processes that run now."""
        return [lane.process.pid for lane in self._lanes if lane.process is not None]

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if kwargs:
            raise TypeError("a job has no keyword arguments")
        name = f"{fn.__module__}:{fn.__qualname__}"
        line = json.dumps({"function": name, "args": args})
        with self._lock:
            if self._closed:
                raise RuntimeError("the executor is closed")
            if not self._alive:
                raise BrokenExecutor("no process can be started")
            future: Future[Any] = Future()
            self._jobs.put((future, line))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the processes; with `cancel_futures` at once, even those that work."""
        with self._lock:
            self._closed = True
        if cancel_futures:
            self._give_up()
            for lane in self._lanes:
                lane.kill()
        for _ in self._lanes:
            self._jobs.put(None)
        if wait:
            for lane in self._lanes:
                lane.join()

    def stop(self, future: Future[Any], /) -> None:
        """Ends the process that works on a job; another one takes its place."""
        for lane in self._lanes:
            if lane.future is future:
                lane.kill()

    def look(self) -> dict[str, Glimpse]:
        """What the processes said last of what they train, by the names of the jobs. Asks them
        anew, and does not wait for the answers."""
        found: dict[str, Glimpse] = {}
        for lane in self._lanes:
            lane.ask()
            found |= lane.seen
        return found

    def _give_up(self) -> None:
        """Cancels what nobody has begun."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if job is not None:
                job[0].cancel()

    # ---- what lanes ask

    def take(self) -> _Job | None:
        """The next job; None where there will be none."""
        return self._jobs.get()

    @property
    def closed(self) -> bool:
        return self._closed

    def lose_lane(self) -> None:
        """A lane has given up; with the last one go the jobs that wait."""
        with self._lock:
            self._alive -= 1
            if self._alive:
                return
        while not self._jobs.empty():
            job = self._jobs.get()
            if job is not None and job[0].set_running_or_notify_cancel():
                job[0].set_exception(BrokenExecutor("no process can be started"))


class _Lane(threading.Thread):
    """One process, replaced when it dies, and the thread that speaks with it."""

    def __init__(self, owner: ProcessExecutor, nice: int) -> None:
        super().__init__(name="sweep lane", daemon=True)
        self._owner = owner
        self._nice = nice
        self.future: Future[Any] | None = None
        self._ready = False  # whether the present process has come as far as a job
        self.seen: dict[str, Glimpse] = {}  # of its job, as it last said
        self._asked = 0.0  # when it was last asked for that; infinite until it has answered
        self._writing = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        deaths = 0
        try:
            self._begin()  # before there is work: loading torch takes a second
            while (job := self._owner.take()) is not None:
                future, line = job
                if not future.set_running_or_notify_cancel():
                    continue
                self.future = future
                done = self._work(future, line)
                self.future = None
                deaths = 0 if done or self._ready else deaths + 1
                if deaths == MOST_DEATHS or self._owner.closed:
                    break
        finally:
            self._finish()
            self._owner.lose_lane()

    def ask(self) -> None:
        """Asks what becomes of the job, at most every so often and one question at a time."""
        process = self.process
        if self.future is None or not self._ready or process is None:
            return
        # A job that is being handed over may be megabytes: nobody waits for that here.
        if time.monotonic() - self._asked < GLANCE or not self._writing.acquire(blocking=False):
            return
        try:
            self._asked = math.inf
            _write(process, b'{"look": true}\n')
        except (OSError, ValueError):
            return  # whoever waits for its answer will see that it is gone
        finally:
            self._writing.release()

    def _answer(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        """What comes of the job; what is said of it on the way is taken note of."""
        assert process.stdout is not None
        while True:
            line = process.stdout.readline()
            if not line.endswith(b"\n"):
                raise EOFError
            content = json.loads(line)
            if "seen" not in content:
                return content
            self.seen = glimpses(content["seen"])
            self._asked = time.monotonic()

    def _begin(self) -> subprocess.Popen[bytes]:
        self._ready, self._asked = False, 0.0
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "playground.core.sweep.child", str(self._nice)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,  # a Ctrl-C at the terminal is for the sweep alone
        )
        return self.process

    def _work(self, future: Future[Any], line: str) -> bool:
        """Has one job done; False where the process died over it."""
        try:
            process = self.process
            if process is None or process.poll() is not None:
                process = self._begin()
            assert process.stdout is not None
            with self._writing:
                _write(process, line.encode() + b"\n")
            if not self._ready:
                self._ready = process.stdout.readline() == READY
            result = self._answer(process)
        except (OSError, EOFError):
            self._finish()
            future.set_exception(WorkerLost("a process died"))
            return False
        finally:
            self.seen = {}
        if "error" in result:
            future.set_exception(RemoteError(result["error"]))
        else:
            future.set_result(result["value"])
        return True

    def _finish(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # what could not be written has no reader any more
        process.kill()
        process.wait()

    def kill(self) -> None:
        """Ends the process, whatever it does; the thread hears of it by itself."""
        process = self.process
        if process is not None:
            process.kill()


def _write(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(line)
    process.stdin.flush()


class RemoteError(Exception):
    """What a job raised, in words."""


def processes(workers: int, nice: int = 0) -> Crew:
    """So many processes of this machine.

    Args:
        nice: by how much others' processes go before these.
    """

    return Crew(ProcessExecutor(workers, nice), "processes", workers)
