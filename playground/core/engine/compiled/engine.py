"""The dense engine with compiled steps, from the moment that a kernel is ready.

Everything but training is the dense engine's: the network lives in its flat vector, in its
layout. A call of `train` carries weights and what the optimizer remembers into the kernel's
padded tensors, takes the steps, and carries them back: some fifty numbers each way.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from playground.core.engine.base import Free, Problem
from playground.core.engine.compiled import cache, inputs
from playground.core.engine.compiled.clock import Clock
from playground.core.engine.compiled.layout import TURNED, WEIGHTS, places
from playground.core.engine.compiled.package import Carry, Package, Steps
from playground.core.engine.compiled.plan import Plan, plan_of
from playground.core.engine.compiled.rules import RULES
from playground.core.engine.dense import DenseEngine
from playground.core.experiment import Experiment


class CompiledEngine(DenseEngine):
    """See the module.

    Args:
        package: the kernel to use; None looks for one among those that are built, and asks for it
            where kernels are built, without waiting for either.
    """

    def __init__(self, problem: Problem, package: Package | None = None) -> None:
        self._given = package
        self._plan: Plan | None = None
        self._steps: Steps | None = None
        self._indices = torch.empty(0, dtype=torch.int64)
        self._behind = False  # the dense engine's buffers lack the present epoch
        self._allowed = True
        self._made = False
        super().__init__(problem)
        self._made = True
        self._choose_way()

    @property
    def way(self) -> str:
        return self.name if self._steps is None else "compiled"

    @property
    def kernel_ready(self) -> bool:
        return self._steps is not None or self._found() is not None

    def use_kernel(self, allowed: bool) -> None:
        if allowed == self._allowed:
            return
        self._allowed = allowed
        if not allowed:
            self._leave()
        elif self._plan is not None:
            self._look()

    # ---- training

    def load(self, indices: Tensor) -> None:
        self._indices = indices
        if self._steps is None and self._plan is not None:
            self._look()
        if self._steps is None:
            super().load(indices)
        else:
            self._steps.follow(indices)
            self._behind = True

    def train(self, slices: Sequence[tuple[int, int]]) -> None:
        if self._steps is None:
            super().train(slices)
        elif not self._steps.take(slices):
            self._leave()
            super().train(slices)

    # ---- whether steps are compiled

    def _choose_way(self) -> None:
        """Anew after anything that may decide it, or that the kernel has to be told."""
        if not self._made:
            return
        free = self._update.all_move and self._flat.device.type == "cpu"
        blocks = self._problem.blocks
        plan = plan_of(self._experiment, blocks, len(self._inputs)) if free else None
        if self._steps is not None and plan == self._plan:
            self._tell()
            return
        self._leave()
        self._plan = plan
        if plan is not None:
            self._look()

    def _look(self) -> None:
        """Takes the kernel if it is ready by now."""
        package, plan = self._found(), self._plan
        if package is not None and self._allowed and plan is not None:
            rule, settings = RULES[plan.optimizer], self._experiment.optimizer
            clock = Clock(rule, settings, self._update.memory) if rule.ticks else None
            self._steps = package.steps(self._carries(plan), clock)
            self._tell()

    def _found(self) -> Package | None:
        """The kernel of the present plan; None where it is not ready, or there is no plan."""
        given, plan = self._given, self._plan
        if plan is None:
            return None
        return given if given and given.plan == plan else cache.KERNELS.ready(plan)

    def _leave(self) -> None:
        """Goes on as the dense engine."""
        self._steps = None
        if self._behind:
            super().load(self._indices)
            self._behind = False

    @torch.inference_mode()
    def _carries(self, plan: Plan) -> list[Carry]:
        shapes = [(one.shape[0], one.shape[1]) for one in self.matrices]
        inner = places(shapes, plan)
        outer, turned = torch.arange(len(inner[WEIGHTS])), inner[TURNED]
        found = [Carry(self._flat, WEIGHTS, outer, inner[WEIGHTS])]
        if (turned >= 0).any():
            behind = turned >= 0
            found.append(Carry(self._flat, TURNED, outer[behind], turned[behind], back=False))
        for name in RULES[plan.optimizer].remembers:
            found.append(Carry(self._update.memory[name], name, outer, inner[WEIGHTS]))
        return found

    @torch.inference_mode()
    def _tell(self) -> None:
        """Gives the kernel the present settings and points."""
        assert self._steps is not None and self._plan is not None
        plan, experiment, blocks = self._plan, self._experiment, self._problem.blocks
        self._steps.clear()
        given = self._steps.tensors
        given["coefficients"].copy_(inputs.coefficients(plan, experiment, blocks))
        given["knobs"].copy_(inputs.knobs(plan, experiment, blocks, self._rate))
        self._steps.set_clock(experiment.optimizer)
        features = self._inputs[:, :-1]
        self._steps.read(inputs.rows(plan, experiment, blocks, features, self._targets))
        self._steps.follow(self._indices)
        self._behind = True

    # ---- what may decide it

    def exchange(self, inputs: Tensor, targets: Tensor) -> None:
        super().exchange(inputs, targets)
        self._indices, self._behind = self._indices[:0], False  # `load` follows
        self._choose_way()

    def configure(self, experiment: Experiment) -> None:
        super().configure(experiment)
        self._choose_way()

    def set_learning_rate(self, rate: float) -> None:
        if rate != self._rate:
            super().set_learning_rate(rate)
            if self._steps is not None:
                self._steps.tensors["knobs"][0] = rate

    def hold(self, free: Free | None) -> None:
        super().hold(free)
        self._choose_way()

    def load_state(self, state: dict[str, Tensor]) -> None:
        super().load_state(state)
        if self._steps is not None and self._update.all_move:
            self._steps.clear()
            self._steps.set_clock(self._experiment.optimizer)
        else:
            self._choose_way()
