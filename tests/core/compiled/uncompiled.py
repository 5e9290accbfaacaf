"""The kernel's program, run by torch as it stands: what it computes, without a compiler."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from playground.core.engine.compiled.clock import Clock
from playground.core.engine.compiled.package import Carry, Package, Steps
from playground.core.engine.compiled.plan import Plan


class Uncompiled(Package):
    """Takes the place of a built kernel; does in Python what the driver does."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.run, self.model, self.drive = plan, None, None, None
        self.program = plan.program()

    def steps(
        self, carries: Sequence[Carry], clock: Clock | None = None, keeps: bool = True
    ) -> Steps:
        return _Steps(self, carries, clock, keeps)


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
            for lane, order in enumerate(self._order):
                rows[:count, :, lane] = self._rows[order[start:stop]]
        self.tensors["shares"].zero_()
        self.tensors["shares"][:count] = 1 / count
