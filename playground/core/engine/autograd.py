"""The autograd engine: any network of torch modules, with torch.optim.

The general way, and the one that the dense engine is held against.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor, nn

from playground.core.engine.base import Engine, Free, Parameters, Problem
from playground.core.engine.memory import memory_of, remember
from playground.core.engine.sticky import settle
from playground.core.experiment import Experiment
from playground.core.layers import Freezable
from playground.core.losses import LOSSES
from playground.core.network import build, linear_maps, penalised, penalty, penalty_rates


def can_mix(problem: Problem) -> bool:
    """Whether products in bfloat16 are offered for this network.

    Sums and parameters stay in float32, whose exponents bfloat16 has too, so no scale is needed.
    """
    plain = problem.dtype == torch.float32 and problem.device.type in ("cpu", "cuda")
    return plain and all(block.layer is None or block.layer.mixes for block in problem.blocks)


class AutogradEngine(Engine):
    """See the module."""

    name: ClassVar[str] = "autograd"

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._experiment = problem.experiment
        self._loss = problem.loss
        kind = {"dtype": problem.dtype, "device": problem.device}
        self._blocks = build(problem.experiment, problem.blocks, problem.generator).to(**kind)
        # Pictures with their channels side by side in memory: measured on CPUs alone.
        self._channels_last = len(problem.blocks[0].after) == 3 and problem.device.type == "cpu"
        if self._channels_last:
            self._blocks.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._linears = linear_maps(self._blocks)
        self._penalised = penalised(self._blocks)
        with torch.no_grad():
            for linear, (weight, bias) in zip(self._linears, problem.parameters, strict=True):
                linear.weight.copy_(weight)
                linear.bias.copy_(bias)
        self._alive = [torch.ones_like(linear.weight) for linear in self._linears]
        super().load_extras(problem.extras)
        self._inputs = self.prepare(problem.inputs)
        self._targets = self._placed(problem.targets)
        self._epoch_inputs, self._epoch_targets = self._inputs, self._targets
        self.augmentation = problem.augmentation
        self._parameters = list(self._blocks.parameters())
        self._optimizer = problem.experiment.optimizer.make_torch(self._parameters)
        self._free: Free | None = None
        self._follow(problem.experiment)

    def _follow(self, experiment: Experiment) -> None:
        """Takes over the learning rate, the penalties, the precision, and what is frozen."""
        self.mixed = experiment.training.mixed and can_mix(self._problem)
        self._rate = experiment.optimizer.learning_rate
        places = [place for place, _ in self._penalised]
        self._rates = penalty_rates(experiment, self._problem.blocks, places)
        self._linear_rates = penalty_rates(experiment, self._problem.blocks)
        self._frozen = [isinstance(la, Freezable) and la.frozen for la in experiment.layers]
        self._keep()

    def _keep(self) -> None:
        """Remembers which parameters are held, and where."""
        held: list[tuple[nn.Parameter, Tensor]] = []
        for linear, (weight, bias) in zip(self._linears, self._free or (), strict=False):
            held += [(linear.weight, weight), (linear.bias, bias)]
        known = {id(parameter) for linear in self._linears for parameter in linear.parameters()}
        for block, frozen in zip(self._blocks, self._frozen, strict=False):
            rest = [p for p in block.parameters() if id(p) not in known] if frozen else []
            held += [(parameter, torch.zeros_like(parameter)) for parameter in rest]
        self._held = [
            (parameter, mask.to(parameter.device, parameter.dtype), parameter.detach().clone())
            for parameter, mask in held
        ]

    def load(self, indices: Tensor) -> None:
        indices = indices.to(self._inputs.device)
        self._epoch_inputs = self._inputs[indices]
        self._epoch_targets = self._targets[indices]
        self.drawn_before = None
        if self.augmentation is not None:
            self.drawn_before = self._problem.generator.get_state()
            self._epoch_inputs = self.augmentation(self._epoch_inputs, self._problem.generator)
        self._epoch_inputs = self._laid(self._epoch_inputs)

    def exchange(self, inputs: Tensor, targets: Tensor) -> None:
        self._inputs, self._targets = self.prepare(inputs), self._placed(targets)

    def train(self, slices: Sequence[tuple[int, int]]) -> None:
        self._blocks.train()
        for block, frozen in zip(self._blocks, self._frozen, strict=False):
            if frozen:
                block.eval()  # a frozen batch normalisation keeps its mean and variance
        # Without a penalty too, the dead stay dead.
        sticky = self._experiment.regularization.sticky_l1
        with torch.enable_grad():
            for start, stop in slices:
                before = [one.weight.detach().clone() for one in self._linears] if sticky else []
                # Some optimizers compute loss and gradients more than once in a step.
                self._optimizer.step(partial(self._objective, start, stop))  # type: ignore[arg-type]
                if sticky:
                    self._settle(before)
                if self._held:
                    self._put_back()

    def _objective(self, start: int, stop: int) -> Tensor:
        """Loss and penalty of one minibatch; leaves their gradients at the parameters."""
        settings = self._experiment.regularization
        values = self._epoch_inputs[start:stop]
        device = self._problem.device.type
        with torch.autocast(device, torch.bfloat16, enabled=self.mixed, cache_enabled=False):
            for block in self._blocks:
                values = block(values)
        values = values.to(self._problem.dtype)
        targets = self._epoch_targets[start:stop]
        if self._problem.pairing is not None:
            values, targets = self._problem.pairing(values, targets)
        loss = self._loss.value(values, targets, 1)
        weights = (weight for _, weight in self._penalised)
        total = loss + penalty(weights, self._rates, l1=not settings.sticky_l1)
        self._assign_gradients(total)
        if settings.clip_norm > 0:
            nn.utils.clip_grad_norm_(self._parameters, settings.clip_norm)
        return total

    def _assign_gradients(self, objective: Tensor) -> None:
        # Cheaper than backward() for small networks: no accumulation, no zero_grad.
        gradients = torch.autograd.grad(objective, self._parameters)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient
        if self._experiment.regularization.sticky_l1:
            for linear, alive in zip(self._linears, self._alive, strict=True):
                if linear.weight.grad is not None:
                    linear.weight.grad.mul_(alive)
        for parameter, mask, _ in self._held:
            if parameter.grad is not None:
                parameter.grad.mul_(mask)

    @torch.no_grad()
    def _put_back(self) -> None:
        for parameter, mask, value in self._held:
            parameter.copy_(torch.where(mask > 0, parameter, value))

    @torch.no_grad()
    def _settle(self, before: list[Tensor]) -> None:
        for linear, alive, old, (l1, _) in zip(
            self._linears, self._alive, before, self._linear_rates, strict=True
        ):
            settle(old, linear.weight, alive, self._rate * l1)

    def configure(self, experiment: Experiment) -> None:
        was_sticky = self._experiment.regularization.sticky_l1
        self._experiment = experiment
        self._loss = LOSSES[experiment.loss].under(experiment.loss_settings)
        if was_sticky and not experiment.regularization.sticky_l1:
            for alive in self._alive:
                alive.fill_(1)
        experiment.optimizer.configure_torch(self._optimizer)
        for block, layer in zip(self._blocks, experiment.layers, strict=False):
            assert isinstance(block, nn.Sequential)
            layer.configure(block)
        self._follow(experiment)

    def set_learning_rate(self, rate: float) -> None:
        self._rate = rate
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def hold(self, free: Free | None) -> None:
        self._free = free
        self._keep()

    @torch.no_grad()
    def write(self, index: int, weight: Tensor, bias: Tensor) -> None:
        self._linears[index].weight.copy_(weight)
        self._linears[index].bias.copy_(bias)
        self._keep()

    def parameters(self) -> Parameters:
        return [(linear.weight.detach(), linear.bias.detach()) for linear in self._linears]

    def gradient_norm(self) -> float:
        parts = [p.grad.norm() for p in self._parameters if p.grad is not None]
        return torch.stack(parts).norm().item()

    def penalised(self) -> list[tuple[int, Tensor]]:
        return [(place, weight.detach()) for place, weight in self._penalised]

    def extras(self) -> dict[str, Tensor]:
        linear = {id(part) for pair in self._linears for part in (pair.weight, pair.bias)}
        named = {**dict(self._blocks.named_parameters()), **dict(self._blocks.named_buffers())}
        return {name: part.detach() for name, part in named.items() if id(part) not in linear}

    def gains(self) -> dict[str, Tensor]:
        learned = dict(self._blocks.named_parameters())
        return {name: part for name, part in self.extras().items() if name in learned}

    def load_extras(self, extras: Mapping[str, Tensor]) -> None:
        super().load_extras(extras)
        self._keep()

    def prepare(self, inputs: Tensor) -> Tensor:
        return self._laid(self._placed(inputs))

    def _laid(self, values: Tensor) -> Tensor:
        """In the order in memory that suits the blocks."""
        if self._channels_last:
            return values.contiguous(memory_format=torch.channels_last)
        return values

    def _placed(self, values: Tensor) -> Tensor:
        """On the engine's device; numbers in its precision, tokens as they are."""
        whole = not values.is_floating_point()
        return values.to(self._problem.device, torch.int64 if whole else self._problem.dtype)

    @torch.no_grad()
    def activations(self, prepared: Tensor) -> list[Tensor]:
        self._blocks.eval()
        found, values = [], prepared
        for block in self._blocks:
            values = block(values)
            found.append(values.movedim(0, -1))
        return found

    @torch.no_grad()
    def output(self, prepared: Tensor) -> Tensor:
        self._blocks.eval()
        for block in self._blocks:
            prepared = block(prepared)
        return prepared.movedim(0, -1)

    def state(self) -> dict[str, Tensor]:
        found = {f"parameter.{i}": p.detach().clone() for i, p in enumerate(self._parameters)}
        found |= {f"alive.{i}": alive.clone() for i, alive in enumerate(self._alive)}
        # Running means and variances
        found |= {f"buffer.{name}": part.clone() for name, part in self._blocks.named_buffers()}
        memory = memory_of(self._optimizer)
        return found | {f"optimizer.{name}": value for name, value in memory.items()}

    def load_state(self, state: dict[str, Tensor]) -> None:
        with torch.no_grad():
            for index, parameter in enumerate(self._parameters):
                parameter.copy_(state[f"parameter.{index}"])
            for index, alive in enumerate(self._alive):
                alive.copy_(state[f"alive.{index}"])
            for name, part in self._blocks.named_buffers():
                part.copy_(state[f"buffer.{name}"])
        mark = "optimizer."
        remember(
            self._optimizer,
            {key[len(mark) :]: value for key, value in state.items() if key.startswith(mark)},
        )
        self._keep()

    def alive(self) -> list[Tensor]:
        return self._alive
