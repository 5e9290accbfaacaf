"""Many networks in compiled lanes, from the moment that a kernel is ready.

As for one network (`engine.py`): everything but training is `DenseMany`'s, whose flat vector
holds the numbers; a call of `train` carries those of sixteen networks at a time into the kernel's
lanes and back.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from playground.core.engine.base import Free, Problem
from playground.core.engine.compiled import cache, inputs
from playground.core.engine.compiled.clock import Clock
from playground.core.engine.compiled.layout import WEIGHTS, places
from playground.core.engine.compiled.package import Carry, Package, Steps
from playground.core.engine.compiled.plan import LANES, Plan, plan_of
from playground.core.engine.compiled.rules import RULES
from playground.core.engine.dense_many import DenseMany


class CompiledMany(DenseMany):
    """See the module.

    Args:
        package: the kernel to use; None looks for one as `CompiledEngine` does.
    """

    def __init__(
        self,
        problems: Sequence[Problem],
        free: Sequence[Free | None],
        package: Package | None = None,
    ) -> None:
        self._given, self._problems = package, tuple(problems)
        self._plan: Plan | None = None
        self._groups: list[tuple[list[int], Steps]] = []
        self._orders: Tensor | None = None
        self._gone = torch.zeros(len(problems), dtype=torch.bool)
        super().__init__(problems, free)
        first = problems[0]
        movable = all(one is None for one in free) and self._device.type == "cpu"
        if movable:
            plans = {
                plan_of(one.experiment, one.blocks, len(one.inputs), LANES) for one in problems
            }
            self._plan = plans.pop() if len(plans) == 1 else None
        if self._plan is not None:
            features, targets = self._inputs, self._targets
            self._rows = inputs.rows(self._plan, first.experiment, first.blocks, features, targets)
            self._look()

    @property
    def name(self) -> str:  # type: ignore[override]
        return "compiled" if self._groups else "dense"

    # ---- training

    def load(self, orders: Tensor) -> None:
        if not self._groups and self._plan is not None:
            self._look()
        if not self._groups:
            super().load(orders)
            return
        self._orders = orders.contiguous()
        self._follow()

    def train(self, slices: Sequence[tuple[int, int]]) -> None:
        takes = bool(self._groups) and self._orders is not None
        # What is too long for one group is so for all of them.
        if takes and all(steps.take(slices) for _, steps in self._groups):
            return
        if self._orders is not None:
            super().load(self._orders)
            self._orders = None
        super().train(slices)

    @torch.inference_mode()
    def pace(self, rates: Sequence[float]) -> None:
        before = [one.data_ptr() for one in self._update.memory.values()]
        super().pace(rates)
        if not self._groups:
            return
        if [one.data_ptr() for one in self._update.memory.values()] != before:
            self._regroup()  # the optimizer remembers in other tensors
            return
        for members, steps in self._groups:
            rates_of = [self._paces[index] for index in members]
            steps.tensors["knobs"][0, : len(members)] = torch.tensor(rates_of)

    def stop(self, gone: Tensor) -> None:
        super().stop(gone)
        self._gone = gone.cpu().clone()
        if self._groups:
            self._regroup()

    # ---- the kernel

    def _look(self) -> None:
        """Takes the kernel if it is ready by now."""
        assert self._plan is not None
        given = self._given
        found = given if given and given.plan == self._plan else cache.KERNELS.ready(self._plan)
        if found is not None:
            self._given = found
            self._regroup()

    @torch.inference_mode()
    def _regroup(self) -> None:
        """Puts all networks that go on into lanes."""
        plan, package = self._plan, self._given
        assert plan is not None and package is not None
        alive = (~self._gone).nonzero().flatten().tolist()
        self._groups = []
        rule, first = RULES[plan.optimizer], self._problems[0]
        for start in range(0, len(alive), LANES):
            members = alive[start : start + LANES]
            # One number of steps for all networks: the last group moves it.
            settings = first.experiment.optimizer
            clock = Clock(rule, settings, self._update.memory) if rule.ticks else None
            last = start + LANES >= len(alive)
            lanes = torch.tensor([(index, int(self._offsets[index])) for index in members])
            steps = package.steps(self._carries(plan, members), clock, last, lanes)
            given, blocks = steps.tensors, first.blocks
            given["coefficients"].copy_(inputs.coefficients(plan, first.experiment, blocks))
            for lane, index in enumerate(members):
                experiment = self._problems[index].experiment
                rate = self._paces[index]
                given["knobs"][:, lane] = inputs.knobs(plan, experiment, blocks, rate)
            steps.read(self._rows)
            self._groups.append((members, steps))
        if self._orders is not None:
            self._follow()

    def _follow(self) -> None:
        assert self._orders is not None
        for _, steps in self._groups:
            steps.follow(self._orders)

    def _carries(self, plan: Plan, members: Sequence[int]) -> list[Carry]:
        shapes = [(outputs, columns + 1) for outputs, columns in self._shapes]
        lanes = torch.arange(len(members))[:, None]
        outer = self._single[list(members)].flatten()
        inner = (places(shapes, plan)[WEIGHTS] + lanes).flatten()
        found = [Carry(self._flat, WEIGHTS, outer, inner)]
        for name in RULES[plan.optimizer].remembers:
            found.append(Carry(self._update.memory[name], name, outer, inner))
        return found
