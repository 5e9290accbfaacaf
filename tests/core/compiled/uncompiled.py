"""The kernel's program, run by torch as it stands: what it computes, without a compiler."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from playground.core.engine.compiled.lanes import AnyPlan
from playground.core.engine.compiled.package import Carry, Package, Steps


class Uncompiled(Package):
    """Takes the place of a built kernel; does in Python what the driver does."""

    def __init__(self, plan: AnyPlan) -> None:
        self.plan, self.run, self.model = plan, None, None
        self.program = plan.program()

    def steps(self, carries: Sequence[Carry]) -> Steps:
        return _Steps(self, carries)


class _Steps(Steps):
    _package: Uncompiled

    @torch.inference_mode()
    def take(self, slices: Sequence[tuple[int, int]]) -> bool:
        plan, given = self._package.plan, self.tensors
        if any(stop - start > plan.batch for start, stop in slices):
            return False
        for one in self._carries:
            inner, outer = given[one.name].view(-1), one.outer.view(-1)
            inner[one.inner_places] = outer[one.outer_places]
        for start, stop in slices:
            if plan.lanes == 1:
                given["rows"][: stop - start] = self._rows[self._order[start:stop]]
            else:
                for lane, order in enumerate(self._order):
                    given["rows"][: stop - start, :, lane] = self._rows[order[start:stop]]
            given["shares"].zero_()
            given["shares"][: stop - start] = 1 / (stop - start)
            self._package.program(*given.values())
        for one in self._carries:
            if one.back:
                outer = one.outer.view(-1)
                outer[one.outer_places] = given[one.name].view(-1)[one.inner_places]
        return True
