"""What a scheduler uses of the core: it makes runs, observes them and answers requests.

Importing this module is cheap; making a `CoreWorkshop` loads torch, which belongs in a worker.
"""

from __future__ import annotations

import ctypes
import gc
import math
import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakMethod

from playground.core import plans
from playground.core.data import brought
from playground.core.data.model import Brought
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.live import requests
from playground.live.environment import memory_limit
from playground.live.job import Observation
from playground.live.tasks import Steps

if TYPE_CHECKING:
    from playground.core.observe import Observer
    from playground.core.plans.run import PlanRun
    from playground.core.run import Run


class CoreWorkshop:
    """Runs of the core, on one thread of torch: small networks are slower on more."""

    def __init__(self) -> None:
        import torch

        from playground.core import memory
        from playground.core.engine.compiled.cache import KERNELS
        from playground.core.observe import Observer, observe
        from playground.core.plans.run import PlanRun
        from playground.core.run import Run
        from playground.core.want import Want

        torch.set_num_threads(1)
        KERNELS.builds = True  # whoever trains here stays long enough to gain from one
        self._memory = memory
        self._run_class, self._plan_run_class = Run, PlanRun
        self._want_class = Want
        self._observe = observe
        self._observer_class = Observer
        self._tables: dict[str, bytes] = {}
        self._limit = memory_limit()
        self._needs: WeakKeyDictionary[Run | PlanRun, int] = WeakKeyDictionary()
        self._trim = _heap_trimmer()
        free = WeakMethod(self._free)
        memory.ALLOWANCE.free = lambda: math.inf if (left := free()) is None else left()

    def warm_up(self) -> None:
        """Takes a few steps, so that no visitor waits for what torch loads at first use."""
        run = self._run_class(Experiment())
        run.advance(2)
        self.observe(run, {"map": True, "neurons": True}, (-1, 0), True)
        run.snapshot()

    def build(self, plan: str, table: str | None, snapshot: bytes | None) -> Run | PlanRun:
        content = None if table is None else self._table(table)
        wanted = plans.read(plan)
        size = self._room_for(wanted, content)
        if isinstance(wanted, plans.Plan):
            run = wanted.build(content, snapshot)
        else:
            run = self._run_class(wanted, content, snapshot=snapshot)
        self._needs[run] = size
        return run

    def _room_for(
        self,
        wanted: Experiment | plans.Plan,
        own: Brought | None,
        run: Run | PlanRun | None = None,
    ) -> int:
        """Bytes that a run of the experiment or plan will need.

        Args:
            run: the one that takes it over, if it is there already.

        Raises:
            PlaygroundError: beside the other runs there is not so much.
        """
        if isinstance(wanted, plans.Plan):
            size = wanted.needs(own)
        else:
            size = self._memory.needs(wanted, own).total
        if size <= self._free(run):
            return size
        self.tidy()  # runs that were dropped a moment ago
        free = self._free(run)
        if size > free:
            raise self._memory.too_much(size, free, several=isinstance(wanted, plans.Plan))
        return size

    def _free(self, run: Run | PlanRun | None = None) -> int:
        others = sum(size for one, size in self._needs.items() if one is not run)
        return max(self._limit - others, 0)

    def _table(self, key: str) -> Brought:
        if key not in self._tables:
            raise PlaygroundError("table_wanted", filename="")
        return brought.read(self._tables[key])

    def update(self, run: Any, plan: str) -> None:
        wanted = plans.read(plan)
        size = self._room_for(wanted, run.table, run)
        run.update(wanted)
        self._needs[run] = size

    def observe(
        self,
        run: Run | PlanRun,
        want: dict[str, Any],
        history_from: tuple[int, int],
        scene: bool,
    ) -> Observation:
        if isinstance(run, self._plan_run_class):
            return run.frame(self._want_class.read(want), history_from, scene)
        return self._observe(run, want, history_from, scene)

    def studying(self, run: Run | PlanRun) -> bool:
        observer = self._student(run)
        return observer is not None and observer.studying

    def study(self, run: Run | PlanRun, seconds: float) -> None:
        if (observer := self._student(run)) is not None:
            observer.study(seconds)

    def _student(self, run: Run | PlanRun) -> Observer | PlanRun | None:
        """Who has work that takes longer than a frame: what observes a run, or a plan's run."""
        if isinstance(run, self._plan_run_class):
            return run
        return run.observer if isinstance(run.observer, self._observer_class) else None

    def keep_table(self, key: str, content: bytes) -> None:
        self._tables[key] = content

    def forget_table(self, key: str) -> None:
        self._tables.pop(key, None)

    def request(self, name: str, params: dict[str, Any]) -> Observation | Steps:
        if params.get("table") is not None:
            params = {**params, "table": self._table(params["table"])}
        return requests.answer(name, params)

    def tidy(self) -> None:
        """Gives a dropped run's memory back to the system, in about 4 ms.

        A run and what observes it know each other, so only a collection frees them, and one would
        come by itself only after hundreds of runs. What is free then lies in small pieces, which
        glibc keeps unless asked: without this a worker grew by 1 MB with every run.
        """
        gc.collect()
        if self._trim:
            self._trim(0)


def _heap_trimmer() -> Any:
    """glibc's malloc_trim; None where the C library has none."""
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None), "malloc_trim", None)
