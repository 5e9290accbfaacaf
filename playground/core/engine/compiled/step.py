"""One training step of a padded network as a torch program, to be compiled ahead of time.

Points are rows and units columns, so that every product runs along whole vector registers: the
multiply–sum of a row of units is what Inductor turns into plain loops, while a matrix product
this small would become a call of a library. Weights lie as (inputs, outputs), the bias in a row
below; the way back needs the transposed weights, which the step keeps in a second tensor.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad, softmax

from playground.core.engine.compiled.plan import Plan
from playground.core.optimizers.base import EPS

# Rows of coefficients of each layer: of f(z) = p·σ(q z) + r + u·max(z, 0) + v·z + w·z·σ(q z), and
# of its slope as it is wanted: sp·σ(1 − σ) + su·[z > 0] + sv + sw·(σ + q z σ(1 − σ)).
COEFFICIENTS = ("p", "q", "r", "u", "v", "w", "sp", "su", "sv", "sw")
# Numbers that may change from step to step; behind them L1 and L2 of every linear map.
KNOBS = (
    *("rate", "factor", "steepness", "low", "high"),
    *("momentum", "of_gradient", "of_velocity"),
    *("beta1", "rest1", "log_beta1", "beta2", "rest2", "log_beta2", "decay"),
)
PENALTIES = 16  # where they begin

STATE = {"sgd": (), "momentum": ("momentum",), "adam": ("mean", "square", "steps")}


class Step(nn.Module):
    """Takes the tensors of `tensors`, in their order, and writes to weights and state in place."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan

    def forward(self, *given: Tensor) -> Tensor:
        plan = self.plan
        rows, shares, coefficients, knobs, weights, turned, *state = given
        knob = {name: knobs[i] for i, name in enumerate(KNOBS)}
        values, slopes = self._forward(rows, weights, coefficients)
        delta = loss_slope(plan.loss, values[-1], rows[:, plan.width :], knob)
        delta = delta * shares[:, None] * slopes[-1]
        gradients: list[Tensor] = []
        for index in range(plan.maps - 1, -1, -1):
            source = values[index][:, : plan.width, None]
            gradient = (source * delta[:, None]).sum(0)
            own = weights[index, : plan.width]
            l1, l2 = (knobs[PENALTIES + 2 * index + i] for i in (0, 1))
            gradient = gradient + l2 * own + l1 * own.sign()
            gradients.insert(0, torch.cat((gradient, delta.sum(0, keepdim=True))))
            if index:
                back = (delta[:, : plan.width, None] * turned[index - 1][None]).sum(1)
                delta = back * slopes[index - 1]
        moved = moved_by(plan.optimizer, weights, torch.stack(gradients), knob, state)
        if plan.optimizer == "adam":
            state[-1].copy_(state[-1] + 1)
        if plan.maps > 1:
            square = moved[1:, : plan.width, : plan.width].transpose(1, 2)
            turned.copy_(pad(square, (0, plan.columns - plan.width)))
        weights.copy_(moved)
        return knobs[:1] + 0

    def _forward(
        self, rows: Tensor, weights: Tensor, coefficients: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        plan = self.plan
        values, slopes = [rows[:, : plan.width]], []
        for index in range(plan.maps):
            weight, bias = weights[index, : plan.width], weights[index, plan.width]
            z = (values[-1][:, : plan.width, None] * weight[None]).sum(1) + bias
            value, slope = activated(z, coefficients[index])
            values.append(value)
            slopes.append(slope)
        return values, slopes


def activated(z: Tensor, form: Tensor, curved: bool = True) -> tuple[Tensor, Tensor]:
    """Values and slopes of an activation in its form, see `COEFFICIENTS`.

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


def loss_slope(loss: str, answer: Tensor, targets: Tensor, knob: dict[str, Tensor]) -> Tensor:
    """The slope of a loss with respect to each answer (points, units, ...), see `LossForm`."""
    if loss == "softmax":
        return softmax(answer, 1) - targets
    distance = knob["steepness"] * (answer - targets)
    return knob["factor"] * torch.minimum(torch.maximum(distance, knob["low"]), knob["high"])


def moved_by(
    optimizer: str, weights: Tensor, gradient: Tensor, knob: dict[str, Tensor], state: list[Tensor]
) -> Tensor:
    """The weights behind a step; what the optimizer remembers is written in place, but for the
    number of steps."""
    rate = knob["rate"]
    if optimizer == "sgd":
        return weights - rate * gradient
    if optimizer == "momentum":
        velocity = knob["momentum"] * state[0] + gradient
        state[0].copy_(velocity)
        step = knob["of_gradient"] * gradient + knob["of_velocity"] * velocity
        return weights - rate * step
    mean, square, steps = state
    now = steps + 1
    first = -torch.expm1(now * knob["log_beta1"])
    second = -torch.expm1(now * knob["log_beta2"])
    means = knob["beta1"] * mean + knob["rest1"] * gradient
    squares = knob["beta2"] * square + knob["rest2"] * gradient * gradient
    mean.copy_(means)
    square.copy_(squares)
    root = squares.sqrt() / second.sqrt() + EPS
    return weights * (1 - rate * knob["decay"]) - rate / first * means / root


def tensors(plan: Plan) -> dict[str, Tensor]:
    """What a step takes, all 0: by name, in order.

    Inputs and targets of a minibatch (points, width + columns), the weight of each point in the
    mean (points,), coefficients (maps, 10, columns), knobs, weights (maps, width + 1, columns)
    with the biases in the last row, weights behind the first map transposed
    (maps − 1, width, columns), and what the optimizer remembers.
    """
    weights = (plan.maps, plan.width + 1, plan.columns)
    state = {name: (1,) if name == "steps" else weights for name in STATE[plan.optimizer]}
    shapes: dict[str, tuple[int, ...]] = {
        "rows": (plan.batch, plan.width + plan.columns),
        "shares": (plan.batch,),
        "coefficients": (plan.maps, len(COEFFICIENTS), plan.columns),
        "knobs": (PENALTIES + 2 * plan.maps,),
        "weights": weights,
        "turned": (max(plan.maps - 1, 1), plan.width, plan.columns),
        **state,
    }
    return {name: torch.zeros(shape) for name, shape in shapes.items()}
