"""One training step of padded networks as a torch program, to be compiled ahead of time.

Points are rows and units columns, so that every product runs along whole vector registers: the
multiply–sum of a row of units is what Inductor turns into plain loops, while a matrix product
this small would become a call of a library. The way back needs the transposed weights, which the
step keeps in tensors of their own. Networks side by side have the network's number as innermost
axis, so that all products run along whole registers however small the networks are, and nothing
has to be turned round.
"""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor, nn
from torch.nn.functional import softmax

from playground.core.engine.compiled.layout import TICKS, Given, knob_names, turned
from playground.core.engine.compiled.plan import Plan
from playground.core.engine.compiled.rules import RULES


class Step(nn.Module):
    """Takes the tensors of `layout.Given`, in their order, and writes to weights, their transposed
    and what the optimizer remembers in place."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self._names = tuple(Given(plan).tensors)
        self._knobs = knob_names(plan)
        self._turned = tuple(turned(plan))
        self._rule = RULES[plan.optimizer]

    def forward(self, *given: Tensor) -> Tensor:
        named = dict(zip(self._names, given, strict=True))
        knobs = {name: named["knobs"][i] for i, name in enumerate(self._knobs)}
        if TICKS in named:
            knobs |= {name: named[TICKS][i] for i, name in enumerate(self._rule.ticks)}
        values, slopes = self._forward(named)
        gradients = self._backward(named, knobs, values, slopes)
        if self.plan.clipped:
            gradients = clipped(gradients, knobs["clip"])
        moved = self._moved(named, knobs, gradients)
        for name in self._turned:
            moved[name] = moved[name.replace("turned", "weight")].transpose(0, 1)
        for name, value in moved.items():
            named[name].copy_(value)
        return named["shares"][:1] + 0

    def _forward(self, named: dict[str, Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Values behind every map, the inputs first, and slopes of the activations."""
        plan = self.plan
        values, slopes = [named["rows"][:, : plan.width]], []
        for index in range(plan.maps):
            weight, bias, form = (
                named[f"weight{index}"],
                named[f"bias{index}"],
                named["coefficients"][index],
            )
            head = index == plan.maps - 1
            flat = head and plan.answers == 1
            before = values[-1] if flat else values[-1][:, :, None]
            z = (before * weight[None]).sum(1) + bias
            form = form[:, 0] if flat else form if plan.lanes == 1 else form[..., None]
            value, slope = activated(z, form, plan.curved or head)
            values.append(value)
            slopes.append(slope)
        return values, slopes

    def _backward(
        self,
        named: dict[str, Tensor],
        knobs: dict[str, Tensor],
        values: list[Tensor],
        slopes: list[Tensor],
    ) -> dict[str, Tensor]:
        """Gradients of weights and biases, penalties included; the head's first."""
        plan = self.plan
        flat = plan.answers == 1
        targets = named["rows"][:, plan.width] if flat else named["rows"][:, plan.width :]
        delta = loss_slope(plan.loss, values[-1], targets, knobs)
        delta = delta * named["shares"].view(-1, *[1] * (delta.ndim - 1)) * slopes[-1]
        found: dict[str, Tensor] = {}
        for index in range(plan.maps - 1, -1, -1):
            flat = index == plan.maps - 1 and plan.answers == 1
            own = named[f"weight{index}"]
            across = delta[:, None]
            source = values[index] if flat else values[index][:, :, None]
            gradient = (source * across).sum(0)
            l1, l2 = knobs[f"l1.{index}"], knobs[f"l2.{index}"]
            found[f"weight{index}"] = gradient + l2 * own + l1 * own.sign()
            found[f"bias{index}"] = delta.sum(0, keepdim=flat)
            if index and flat:
                delta = across * own[None] * slopes[index - 1]
            elif index and plan.lanes > 1:
                delta = (across * own[None]).sum(2) * slopes[index - 1]
            elif index:
                back = (delta[:, :, None] * named[f"turned{index}"][None]).sum(1)
                delta = back * slopes[index - 1]
        return found

    def _moved(
        self, named: dict[str, Tensor], knobs: dict[str, Tensor], gradients: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """Weights and biases behind the step, and what the optimizer remembers then."""
        found: dict[str, Tensor] = {}
        for name, gradient in gradients.items():
            kept = {one: named[f"{one}.{name}"] for one in self._rule.remembers}
            found[name], then = self._rule.move(named[name], gradient, kept, knobs)
            found |= {f"{one}.{name}": value for one, value in then.items()}
        return found


def activated(z: Tensor, form: Tensor, curved: bool = True) -> tuple[Tensor, Tensor]:
    """Values and slopes of an activation in its form, see `layout.COEFFICIENTS`.

    Args:
        form: its coefficients, the first axis theirs.
        curved: without, p, q and w are taken to be 0.
    """
    p, q, r, u, v, w, sp, su, sv, sw = form
    value, slope = r + u * torch.relu(z) + v * z, su * (z > 0) + sv
    if not curved:
        return value, slope
    s = torch.sigmoid(q * z)
    bend = s * (1 - s)
    return value + p * s + w * z * s, slope + sp * bend + sw * (s + q * z * bend)


def loss_slope(loss: str, answer: Tensor, targets: Tensor, knobs: dict[str, Tensor]) -> Tensor:
    """The slope of a loss with respect to each answer (points, units, ...), see `LossForm`."""
    if loss == "softmax":
        return softmax(answer, 1) - targets
    distance = knobs["steepness"] * (answer - targets)
    return knobs["factor"] * torch.minimum(torch.maximum(distance, knobs["low"]), knobs["high"])


def clipped(gradients: dict[str, Tensor], limit: Tensor) -> dict[str, Tensor]:
    """Gradients scaled down to a norm, each network's by itself, as `clip_grad_norm_` does."""
    squares = [
        (part * part).sum(tuple(range(part.ndim - limit.ndim))) for part in gradients.values()
    ]
    norm = reduce(torch.add, squares).sqrt()
    scale = (limit / (norm + 1e-6)).clamp(max=1)
    return {name: part * scale for name, part in gradients.items()}
