"""The processes of this machine that train the trials of visitors' sweeps, where there are any.

All sweeps of one worker share them, so that the next visitor brings no further processes.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, ClassVar

from playground.core.sweep.executors import Crew
from playground.core.sweep.processes import ProcessExecutor

NICE = 5  # what is seen live goes first


class SharedCrew(Crew):
    """So many processes: the first sweep begins them, they end with the last one."""

    _shared: ClassVar[ProcessExecutor | None] = None
    _users: ClassVar[int] = 0

    def __init__(self, workers: int) -> None:
        super().__init__(self._present(workers), "processes", workers)
        SharedCrew._users += 1
        self._open = True

    @staticmethod
    def _present(workers: int) -> ProcessExecutor:
        if SharedCrew._shared is None:
            SharedCrew._shared = ProcessExecutor(workers, NICE)
        return SharedCrew._shared

    def turn(self, futures: set[Future[dict[str, Any]]], seconds: float) -> None:
        """Whoever drives the sweep has other things to do than wait."""

    def renew(self) -> bool:
        if self.executor is SharedCrew._shared:
            self.executor.shutdown(wait=False, cancel_futures=True)
            SharedCrew._shared = None
        self.executor = self._present(self.workers)
        return True

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        SharedCrew._users -= 1
        if not SharedCrew._users and SharedCrew._shared is not None:
            SharedCrew._shared.shutdown(wait=False, cancel_futures=True)
            SharedCrew._shared = None
