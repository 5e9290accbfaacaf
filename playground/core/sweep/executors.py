"""Where trials are trained: each place is a `concurrent.futures.Executor`.

Here, in turns of a few milliseconds, so that a visitor's sweep shares a worker fairly; in
processes of this machine; or on a cluster of `dask.distributed`. Whatever else keeps to the
interface does as well, `ProcessPoolExecutor` among them, in a program whose `__main__` is its own.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Collection
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from dataclasses import replace
from typing import Any, Literal, Protocol, runtime_checkable

from playground.core.data.model import Brought
from playground.core.errors import Notice
from playground.core.sweep.trial import Job, packed, run_trial, trial_steps
from playground.core.sweep.under_way import Glimpse, seen

Where = Literal["here", "processes", "dask"]

# Functions that can be worked on in turns, with the generator that does it.
IN_TURNS: dict[Callable[..., Any], Callable[..., Any]] = {run_trial: trial_steps}


class WorkerLost(BrokenExecutor):
    """A worker died over a job; the others work on."""


@runtime_checkable
class Stoppable(Protocol):
    """An executor that can give up a job while it works on it."""

    def stop(self, future: Future[Any], /) -> None: ...


@runtime_checkable
class Watchable(Protocol):
    """An executor that says what its processes train now."""

    def look(self) -> dict[str, Glimpse]: ...


class StepExecutor(Executor):
    """Works in the thread that calls `work`, one job after the other."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = deque()
        self._job: tuple[Future[Any], Any] | None = None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if kwargs:
            raise TypeError("a job has no keyword arguments")
        future: Future[Any] = Future()
        self._waiting.append((future, fn, args))
        return future

    def work(self, seconds: float) -> None:
        """Works on what was submitted for so long, at least one step."""
        end = time.perf_counter() + seconds
        while self._step() and time.perf_counter() < end:
            pass

    def _step(self) -> bool:
        """One step of a job; False where there is no job."""
        if self._job is None:
            if not self._waiting:
                return False
            future, function, args = self._waiting.popleft()
            if not future.set_running_or_notify_cancel():
                return True
            steps = IN_TURNS.get(function)
            if steps is None:
                self._settle(future, lambda: function(*args))
                return True
            self._job = future, steps(*args)
        future, steps = self._job
        try:
            next(steps)
        except StopIteration as finished:
            self._job = None
            future.set_result(finished.value)
        except Exception as error:
            self._job = None
            future.set_exception(error)
        return True

    def stop(self, future: Future[Any], /) -> None:
        """Gives up a job that was begun; nobody hears of it again."""
        if self._job is not None and self._job[0] is future:
            self._job[1].close()
            self._job = None

    @staticmethod
    def _settle(future: Future[Any], work: Callable[[], Any]) -> None:
        try:
            future.set_result(work())
        except Exception as error:
            future.set_exception(error)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if cancel_futures:
            while self._waiting:
                self._waiting.popleft()[0].cancel()
            if self._job is not None:
                self._job[1].close()
                self._job = None
        elif wait:
            while self._step():
                pass


class Crew:
    """An executor, and what a sweep has to know of it.

    Args:
        executor: where jobs go.
        where: what it is called.
        workers: how many jobs it does at once.
        renew: makes another executor when this one is broken for good; None where nothing can.
    """

    function: Callable[[str], dict[str, Any]] = staticmethod(run_trial)

    def __init__(
        self,
        executor: Executor,
        where: Where = "processes",
        workers: int = 1,
        renew: Callable[[], Executor] | None = None,
    ) -> None:
        self.executor = executor
        self.where: Where = where
        self.workers = workers
        self._renew = renew
        self._packed: str | None = None

    def submit(self, job: Job, own: Brought | None) -> Future[dict[str, Any]]:
        """Hands over a job.

        Args:
            own: what the visitor brought; it is packed only where it has to travel.
        """
        if isinstance(self.executor, StepExecutor):
            return self.executor.submit(run_trial, job.to_json(), own)
        if own is not None and self._packed is None:
            self._packed = packed(own)
        return self.executor.submit(self.function, replace(job, own=self._packed).to_json())

    def turn(self, futures: set[Future[dict[str, Any]]], seconds: float) -> None:
        """Works, or waits for others' work, for so long at most."""
        if isinstance(self.executor, StepExecutor):
            self.executor.work(seconds)
        else:
            wait(futures, timeout=seconds, return_when="FIRST_COMPLETED")

    def look(self, names: Collection[str]) -> dict[str, Glimpse]:
        """What is known of trials under way, by the names of their jobs. It never waits: what
        other processes say is that of a moment ago."""
        if isinstance(self.executor, Watchable):
            found = self.executor.look()
            return {name: found[name] for name in names if name in found}
        return seen(names)

    def drop(self, future: Future[dict[str, Any]]) -> None:
        """Gives up a job, even one that is being worked on where that can be done."""
        if not future.cancel() and isinstance(self.executor, Stoppable):
            self.executor.stop(future)

    def renew(self) -> bool:
        """Replaces a broken executor; False where that cannot be done."""
        if self._renew is None:
            return False
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.executor = self._renew()
        return True

    def lost(self) -> Notice | None:
        """Why nothing more will come from there; None while all is well."""
        return None

    def news(self) -> tuple[Notice, ...]:
        """What the visitor should know of the workers now."""
        return ()

    def close(self) -> None:
        """Ends it; what is not finished is given up."""
        self.executor.shutdown(wait=False, cancel_futures=True)


def here() -> Crew:
    """This thread."""
    return Crew(StepExecutor(), "here", 1)


def cores() -> int:
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1
