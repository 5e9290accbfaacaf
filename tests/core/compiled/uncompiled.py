"""The kernel's program, run by torch as it stands: what it computes, without a compiler."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from playground.core.engine.compiled.clock import Clock
from playground.core.engine.compiled.package import Carry, Package, Steps
from playground.core.engine.compiled.plan import Plan

# One of every kind, and of some more than one
OPTIMIZERS: list[dict[str, Any]] = [
    {"name": "sgd", "learning_rate": 0.1},
    {"name": "sgd", "learning_rate": 0.03, "momentum": 0.9},
    {"name": "sgd", "learning_rate": 0.03, "momentum": 0.7, "nesterov": True},
    {"name": "adam", "learning_rate": 0.01},
    {"name": "adam", "learning_rate": 0.01, "beta1": 0.0, "beta2": 0.9},
    {"name": "adamw", "learning_rate": 0.01, "weight_decay": 0.1},
    {"name": "nadam", "learning_rate": 0.01},
    {"name": "radam", "learning_rate": 0.01},
    {"name": "radam", "learning_rate": 0.01, "beta2": 0.5},
    {"name": "rmsprop", "decay": 0.9},
    {"name": "adagrad"},
    {"name": "adadelta"},
    {"name": "lion", "weight_decay": 0.3},
]


class Uncompiled(Package):
    """Takes the place of a built kernel; does in Python what the driver does."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.run, self.model, self.drive = plan, None, None, None
        self.program = plan.program()

    def steps(
        self,
        carries: Sequence[Carry],
        clock: Clock | None = None,
        keeps: bool = True,
        lanes: Tensor | None = None,
    ) -> Steps:
        return _Steps(self, carries, clock, keeps, lanes)


class _Steps(Steps):
    _package: Uncompiled

    @torch.inference_mode()
    def take(self, slices: Sequence[tuple[int, int]]) -> bool:
        plan = self._package.plan
        if any(stop - start > plan.batch for start, stop in slices):
            return False
        for one in self._carries:
            outer = one.outer.view(-1)
            self.stores[one.store][one.inner_places] = outer[one.outer_places]
        for number, (start, stop) in enumerate(slices):
            self._fill(start, stop)
            if self._clock is not None:
                if not len(self._clock.rows):
                    self._wind(len(slices))
                steps = int(self._clock.counts["steps"].item())
                row = self._clock.rows[steps - self._clock.behind + number]
                self.tensors["ticks"].copy_(row)
            self._package.program(*self.tensors.values())
        for one in self._carries:
            if one.back:
                outer = one.outer.view(-1)
                outer[one.outer_places] = self.stores[one.store][one.inner_places]
        if self._clock is not None and self._job.kept:
            for place, count in enumerate(self._clock.counts.values()):
                count.fill_(self.tensors["ticks"][place])
        return True

    def _fill(self, start: int, stop: int) -> None:
        rows, count = self.tensors["rows"], stop - start
        if self._package.plan.lanes == 1:
            rows[:count] = self._rows[self._order[start:stop]]
        else:
            both = zip(self._which, self._first, strict=True)
            for lane, (which, first) in enumerate(both):
                order = self._order[which, start:stop]
                rows[:count, :, lane] = self._rows[order + first]
        self.tensors["shares"].zero_()
        self.tensors["shares"][:count] = 1 / count
