"""The autograd engine: any network of torch modules, with torch.optim.

The general way, and the one that the dense engine is held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from playground.core.engine.base import Engine, Parameters, Problem
from playground.core.engine.sticky import settle
from playground.core.experiment import Experiment
from playground.core.layers import Dropout
from playground.core.network import build


class AutogradEngine(Engine):
    """See the module."""

    name: ClassVar[str] = "autograd"

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._experiment = problem.experiment
        kind = {"dtype": problem.dtype, "device": problem.device}
        self._blocks = build(problem.experiment, problem.blocks, problem.generator).to(**kind)
        self._linears = [part for part in self._blocks.modules() if isinstance(part, nn.Linear)]
        with torch.no_grad():
            for linear, (weight, bias) in zip(self._linears, problem.parameters, strict=True):
                linear.weight.copy_(weight)
                linear.bias.copy_(bias)
        self._alive = [torch.ones_like(linear.weight) for linear in self._linears]
        self._inputs = problem.inputs.to(**kind)
        self._targets = problem.targets.to(**kind)
        self._epoch_inputs, self._epoch_targets = self._inputs, self._targets
        self._parameters = list(self._blocks.parameters())
        self._optimizer = problem.experiment.optimizer.make_torch(self._parameters)

    def load(self, indices: Tensor) -> None:
        indices = indices.to(self._inputs.device)
        self._epoch_inputs = self._inputs[indices]
        self._epoch_targets = self._targets[indices]

    def train(self, slices: Sequence[tuple[int, int]]) -> None:
        self._blocks.train()
        settings = self._experiment.regularization
        sticky = settings.sticky_l1  # without a penalty too, the dead stay dead
        with torch.enable_grad():
            for start, stop in slices:
                values = self._epoch_inputs[start:stop]
                for block in self._blocks:
                    values = block(values)
                loss = self._problem.loss.value(values, self._epoch_targets[start:stop], 1)
                self._assign_gradients(loss + self._penalty(sticky))
                if settings.clip_norm > 0:
                    nn.utils.clip_grad_norm_(self._parameters, settings.clip_norm)
                before = [linear.weight.detach().clone() for linear in self._linears]
                self._optimizer.step()
                if sticky:
                    self._settle(before)

    def _assign_gradients(self, objective: Tensor) -> None:
        # Cheaper than backward() for small networks: no accumulation, no zero_grad.
        gradients = torch.autograd.grad(objective, self._parameters)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        if self._experiment.regularization.sticky_l1:
            for linear, alive in zip(self._linears, self._alive, strict=True):
                if linear.weight.grad is not None:
                    linear.weight.grad.mul_(alive)

    def _penalty(self, sticky: bool) -> Tensor:
        settings = self._experiment.regularization
        total = torch.zeros((), dtype=self._problem.dtype, device=self._problem.device)
        for linear in self._linears:
            if settings.l2 > 0:
                total = total + 0.5 * settings.l2 * linear.weight.square().sum()
            if settings.l1 > 0 and not sticky:
                total = total + settings.l1 * linear.weight.abs().sum()
        return total

    @torch.no_grad()
    def _settle(self, before: list[Tensor]) -> None:
        pull = self._experiment.optimizer.learning_rate * self._experiment.regularization.l1
        for linear, alive, old in zip(self._linears, self._alive, before, strict=True):
            settle(old, linear.weight, alive, pull)

    def configure(self, experiment: Experiment) -> None:
        was_sticky = self._experiment.regularization.sticky_l1
        self._experiment = experiment
        if was_sticky and not experiment.regularization.sticky_l1:
            for alive in self._alive:
                alive.fill_(1)
        for group in self._optimizer.param_groups:
            group.update(experiment.optimizer.torch_options())
        for block, layer in zip(self._blocks, experiment.layers, strict=False):
            if isinstance(layer, Dropout):
                for module in block.children():
                    module.rate = layer.rate  # type: ignore[assignment]

    def parameters(self) -> Parameters:
        return [(linear.weight.detach(), linear.bias.detach()) for linear in self._linears]

    def prepare(self, inputs: Tensor) -> Tensor:
        return inputs.to(self._problem.device, self._problem.dtype)

    @torch.no_grad()
    def activations(self, prepared: Tensor) -> list[Tensor]:
        self._blocks.eval()
        found, values = [], prepared
        for block in self._blocks:
            values = block(values)
            found.append(values.t())
        return found

    def state(self) -> dict[str, Tensor]:
        found = {f"parameter.{i}": p.detach().clone() for i, p in enumerate(self._parameters)}
        found |= {f"alive.{i}": alive.clone() for i, alive in enumerate(self._alive)}
        for index, values in self._optimizer.state_dict()["state"].items():
            for name, value in values.items():
                if isinstance(value, Tensor):
                    found[f"optimizer.{index}.{name}"] = value.clone()
        return found

    def load_state(self, state: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for index, parameter in enumerate(self._parameters):
                parameter.copy_(state[f"parameter.{index}"])
            for index, alive in enumerate(self._alive):
                alive.copy_(state[f"alive.{index}"])
        content = self._optimizer.state_dict()
        content["state"] = {}
        for key, value in state.items():
            if key.startswith("optimizer."):
                _, index, name = key.split(".", 2)
                content["state"].setdefault(int(index), {})[name] = value.clone()
        self._optimizer.load_state_dict(content)

    def alive(self) -> list[Tensor]:
        return self._alive
