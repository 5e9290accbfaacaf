"""How long a step an optimizer may take: the edge of stability.

Along an eigenvector of the Hessian with eigenvalue λ the loss is a parabola, and an optimizer's
step there is a recurrence of two numbers, place and velocity. It dies out while its larger root
lies within the unit circle: for plain descent, while λ < 2/η.
"""

from __future__ import annotations

import cmath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from playground.core.network import linear_maps
from playground.core.optimizers.adam import Adam, AdamW
from playground.core.optimizers.adaptive import Adagrad, RMSProp
from playground.core.optimizers.base import EPS
from playground.core.optimizers.descent import SGD, GradientDescent
from playground.core.replica import Replica

if TYPE_CHECKING:
    from playground.core.run import Run

Kind = Literal["plain", "momentum", "nesterov", "scaled"]
ADAGRAD_EPS = 1e-10
# What torch.optim calls the memories of the flat rules
TORCH_NAMES = {
    "exp_avg": "mean",
    "exp_avg_sq": "square",
    "square_avg": "square",
    "acc_delta": "delta",
    "momentum_buffer": "momentum",
    "mu_product": "product",
    "step": "steps",
}


@dataclass(frozen=True)
class StepRule:
    """A step as a recurrence: v ← βv + a·g and θ ← θ − η·v/P.

    Attributes:
        rate: η.
        momentum: β.
        nesterov: the step is along a·g + βv.
        averaged: a is 1 − β, as in Adam, instead of 1.
    """

    rate: float
    momentum: float = 0.0
    nesterov: bool = False
    averaged: bool = False

    @property
    def effective_rate(self) -> float:
        """η·a: how far a step goes for a gradient seen for the first time."""
        return self.rate * (1 - self.momentum if self.averaged else 1)

    @property
    def limit(self) -> float:
        """The eigenvalue from which on steps grow.

        2/η; with momentum 2(1 + β)/η, with Nesterov's 2(1 + β)/((1 + 2β)η) (Cohen et al. 2021);
        for Adam, of the scaled Hessian, 2(1 + β)/((1 − β)η) (Cohen et al. 2022).
        """
        limit = 2 * (1 + self.momentum) / self.effective_rate
        return limit / (1 + 2 * self.momentum) if self.nesterov else limit

    def root(self, curvature: float) -> complex:
        """What a long run of steps multiplies the way to the minimum by, each step.

        The larger root of the recurrence's characteristic polynomial along an eigenvector with
        this eigenvalue: above 1 in size it grows; negative it changes sides; complex it swings.
        """
        beta, move = self.momentum, self.effective_rate * curvature
        if self.nesterov:
            middle, last = (1 + beta) * (1 - move), beta * (1 - move)
        else:
            middle, last = 1 + beta - move, beta
        swing = cmath.sqrt(middle * middle - 4 * last)
        return max(((middle + swing) / 2, (middle - swing) / 2), key=abs)


def step_rule(run: Run) -> StepRule | None:
    """The present optimizer's; None for those without a known limit."""
    optimizer, rate = run.experiment.optimizer, run.pace.rate
    if isinstance(optimizer, GradientDescent | RMSProp | Adagrad):
        return StepRule(rate)
    if isinstance(optimizer, Adam | AdamW):
        return StepRule(rate, optimizer.beta1, averaged=True)
    if isinstance(optimizer, SGD):
        return StepRule(rate, optimizer.momentum, optimizer.nesterov and optimizer.momentum > 0)
    return None


def divides(run: Run) -> bool:
    """Whether the present optimizer divides each gradient by a size of its own that is known."""
    return isinstance(run.experiment.optimizer, Adam | AdamW | RMSProp | Adagrad)


def step_scale(run: Run, replica: Replica) -> Tensor | None:
    """P, what the optimizer divides each gradient by now, in the order of the replica.

    √v̂ + ε for Adam and AdamW, √s + ε for RMSProp and Adagrad.

    Returns:
        (parameters,) float64; None before the first step, and for optimizers that do not divide.
    """
    settings, memory = run.experiment.optimizer, optimizer_memory(run, replica)
    square, total = memory.get("square"), memory.get("sum")
    if isinstance(settings, Adam | AdamW) and square is not None:
        steps = memory["steps"].item()
        return (square / (1 - settings.beta2**steps)).sqrt() + EPS if steps >= 1 else None
    if isinstance(settings, RMSProp) and square is not None and square.any():
        return square.sqrt() + EPS
    if isinstance(settings, Adagrad) and total is not None and total.any():
        return total.sqrt() + ADAGRAD_EPS
    return None


def optimizer_memory(run: Run, replica: Replica) -> dict[str, Tensor]:
    """What the optimizer remembers, whichever engine it works in.

    Returns:
        By the names of its flat rule, vectors (parameters,) in the order of the replica, and plain
        numbers, all float64; {} before the first step of a torch optimizer.
    """
    mark = "optimizer."
    state = {
        name.removeprefix(mark): value.detach().to("cpu", torch.float64)
        for name, value in run.engine.state().items()
        if name.startswith(mark)
    }
    if run.engine.name == "dense":
        return {
            name: _by_tensor(value, replica) if value.ndim else value
            for name, value in state.items()
        }
    found: dict[str, list[Tensor]] = {}
    for index in range(len(replica.parameters)):
        for name, value in state.items():
            number, _, own = name.partition(".")
            if number == str(index):
                found.setdefault(TORCH_NAMES.get(own, own), []).append(value)
    return {
        name: torch.cat([part.flatten() for part in parts]) if parts[0].ndim else parts[0]
        for name, parts in found.items()
    }


def _by_tensor(flat: Tensor, replica: Replica) -> Tensor:
    """A vector of the matrices [W | b], as the dense engine keeps it, in the replica's order."""
    parts, start = [], 0
    for linear in linear_maps(replica.modules):
        rows, columns = linear.weight.shape[0], linear.weight.shape[1] + 1
        matrix = flat[start : start + rows * columns].view(rows, columns)
        parts += [matrix[:, :-1].flatten(), matrix[:, -1]]
        start += rows * columns
    return torch.cat(parts)


def moving(run: Run, replica: Replica) -> Tensor | None:
    """1 for every parameter that training moves and 0 for those that are held; None if none is.

    Returns:
        (parameters,) float64, in the order of the replica.
    """
    free = run.free()
    frozen = {
        index + 1
        for index, layer in enumerate(run.experiment.layers)
        if getattr(layer, "frozen", False)
    }
    if free is None and not frozen:
        return None
    by_part = {}
    for linear, (weight, bias) in zip(linear_maps(replica.modules), free or [], strict=False):
        by_part[id(linear.weight)], by_part[id(linear.bias)] = weight, bias
    parts = []
    for parameter, owner in zip(replica.parameters, replica.owners, strict=True):
        mask = by_part.get(id(parameter))
        if owner in frozen:
            mask = torch.zeros(parameter.shape)
        parts.append(torch.ones(parameter.shape) if mask is None else mask)
    found = torch.cat([part.flatten() for part in parts]).double().cpu()
    return None if bool((found == 1).all()) else found


def step_root(run: Run, replica: Replica) -> Tensor | None:
    """P^(-1/2), 0 where a parameter is held: the Hessian as the optimizer's steps feel it is
    P^(-1/2) H P^(-1/2), between the parameters that move.

    Returns:
        (parameters,) float64; None where it is the Hessian itself.
    """
    scale, mask = step_scale(run, replica), moving(run, replica)
    if scale is None:
        return mask
    root = scale.rsqrt()
    return root if mask is None else torch.where(mask > 0, root, 0.0)
