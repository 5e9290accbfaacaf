"""Trials on a cluster: `dask.distributed`, by the address of its scheduler.

Workers need the core alone (and torch). What comes back from them is unpickled, so the address is
the operator's to give, never a visitor's.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from typing import Any

from playground.core.errors import Notice, PlaygroundError
from playground.core.sweep.executors import Crew
from playground.core.sweep.trial import versions
from playground.core.sweep.under_way import Glimpse, glimpses, seen

CONNECT = 10  # s until a scheduler counts as not there
GRACE = 15.0  # s without a word from the scheduler before the sweep ends
PATIENCE = 5.0  # s without a worker before that is said
LOOK = 1.0  # s between two looks at the cluster
WATCHED = 3.0  # s for which trials are looked at once somebody asked for them


def _far_away() -> Callable[[str], dict[str, Any]]:
    """`run_trial` for a cluster whose scheduler does not have the core: it unpacks what it hands
    on, and a function that belongs to no module it can look in travels as its code."""

    def trial(job: str) -> dict[str, Any]:
        from playground.core.sweep.trial import run_trial

        return run_trial(job)

    trial.__module__, trial.__qualname__ = "__main__", "trial of a sweep"
    return trial


class DaskCrew(Crew):
    """The workers of a Dask scheduler.

    A worker that dies is Dask's to replace: it gives the trial to another one, and gives up on a
    trial that has killed several.

    Args:
        address: such as tcp://10.0.0.5:8786.
        waits: whether whoever drives the sweep has nothing else to do than wait for trials.

    Raises:
        PlaygroundError: dask is not installed, or no scheduler answers there.
    """

    def __init__(self, address: str, *, waits: bool = True) -> None:
        try:
            from dask.distributed import Client
        except ImportError as error:
            raise PlaygroundError("sweep_no_dask") from error
        # What is wrong with the cluster is said by the sweep, in one sentence.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            self.client: Any = Client(address, timeout=CONNECT, set_as_default=False)
        except Exception as error:  # whatever a socket, a certificate or an address can be
            raise PlaygroundError("sweep_no_scheduler", address=address[:80]) from error
        super().__init__(self.client.get_executor(pure=False), "dask", 1)
        self.function = _far_away()
        self._waits = waits
        self._heard = self._busy = time.monotonic()
        self._gone: str | None = None
        self._seen: dict[str, int] = {}
        self._left = 0
        self._strange: dict[str, Notice] = {}
        self._watched: Collection[str] = ()
        self._wished = -WATCHED  # when somebody last asked for them
        self._seen_there: dict[str, Glimpse] = {}
        self._looking = threading.Lock()
        self._closed = threading.Event()
        self._look()
        threading.Thread(target=self._watch, name="dask watch", daemon=True).start()

    def turn(self, futures: set[Future[dict[str, Any]]], seconds: float) -> None:
        if self._waits:
            super().turn(futures, seconds)

    # ---- what the scheduler says

    def _watch(self) -> None:
        while not self._closed.wait(LOOK):
            self._look()
            if time.monotonic() - self._wished < WATCHED and not self._looking.locked():
                # A worker that hangs must not keep this thread from hearing of the scheduler.
                threading.Thread(target=self._see, name="dask look", daemon=True).start()

    def _look(self) -> None:
        """Who works there now. In a thread of its own: a scheduler that is gone answers late."""
        if self.client.status == "closed":
            self._gone = "closed"
            return
        try:
            info = self.client.sync(self.client.scheduler.identity, callback_timeout=CONNECT)
        except Exception:  # every way in which a connection can be broken
            return
        self._heard = time.monotonic()
        workers = info.get("workers", {})
        new = set(workers) - set(self._seen)
        self._left += len(set(self._seen) - set(workers))
        self._seen = {name: int(one.get("nthreads", 1)) for name, one in workers.items()}
        self.workers = max(1, sum(self._seen.values()))
        if new:
            # They answer once they have loaded torch; nobody waits for that.
            ask = threading.Thread(target=self._compare, args=(sorted(new),), daemon=True)
            ask.start()

    def _compare(self, workers: list[str]) -> None:
        """Whether new workers have what is here."""
        try:
            answers = self.client.run(versions, workers=workers, on_error="return")
        except Exception:  # the worker left again
            return
        from playground.core.sweep.coordinator import mismatch

        mine = versions()
        for there in answers.values():
            if isinstance(there, Exception):
                problem = f"{type(there).__name__}: {there}"[:200]
                self._strange["sweep_worker_error"] = Notice(
                    "sweep_worker_error", {"problem": problem}
                )
            elif there != mine:
                self._strange["sweep_versions"] = Notice("sweep_versions", mismatch(there, mine))

    def _see(self) -> None:
        """Asks all workers about the trials that are watched: a few hundred bytes of each."""
        with self._looking:
            try:
                answers = self.client.run(seen, list(self._watched), on_error="ignore")
            except Exception:  # every way in which a connection can be broken
                return
        found: dict[str, Glimpse] = {}
        for there in answers.values():
            found |= glimpses(there)
        self._seen_there = found

    def look(self, names: Collection[str]) -> dict[str, Glimpse]:
        self._watched, self._wished = tuple(names), time.monotonic()
        found = self._seen_there
        return {name: found[name] for name in names if name in found}

    def news(self) -> tuple[Notice, ...]:
        found = list(self._strange.values())
        if self._left:
            found.append(Notice("sweep_workers_left", {"count": self._left}))
        if self._seen:
            self._busy = time.monotonic()
        elif time.monotonic() - self._busy > PATIENCE:
            found.append(Notice("sweep_no_workers"))
        return tuple(found)

    def lost(self) -> Notice | None:
        silent = time.monotonic() - self._heard > GRACE
        return Notice("sweep_scheduler_gone") if self._gone or silent else None

    def close(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        # A scheduler that is gone lets those wait who say goodbye.
        threading.Thread(target=self._leave, name="dask leave").start()

    def _leave(self) -> None:
        try:
            self.executor.shutdown(wait=False)  # which cancels what is under way
        finally:
            self.client.close(timeout=1)
