"""A step of sixteen networks at once: each in its lane of every vector register.

The network's number is the innermost axis of every tensor, so all products run along whole
registers however small the networks are, and nothing has to be turned round on the way back.
Widths are padded as for a single network, see `step.py`, whose forms of activation, loss and
optimizer these are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from playground.core.engine.compiled.plan import (
    ACTIVATION_FORMS,
    BATCHES,
    KINDS,
    LANE,
    MOST_MAPS,
    Plan,
    plan_of,
)
from playground.core.engine.compiled.step import (
    COEFFICIENTS,
    KNOBS,
    PENALTIES,
    STATE,
    activated,
    loss_slope,
    moved_by,
)
from playground.core.experiment import Experiment
from playground.core.network import Block, linear_blocks

WIDTHS = (4, 8, 16)
PREFIX = "lanes"


@dataclass(frozen=True)
class LanesPlan:
    """What a kernel of many networks is compiled for; see `Plan`.

    Attributes:
        answers: output units that there may be: 1, or as many as the width.
        curved: hidden activations may need the sigmoid; without it a step is half as long.
    """

    maps: int
    width: int
    batch: int
    optimizer: str
    loss: str
    answers: int
    curved: bool

    lanes = LANE

    @property
    def name(self) -> str:
        bend = "curved" if self.curved else "straight"
        size = f"{self.maps}x{self.width}x{self.answers}"
        return f"{PREFIX}-{size}-{self.batch}-{self.optimizer}-{self.loss}-{bend}"

    @classmethod
    def named(cls, name: str) -> LanesPlan:
        """The plan of that name.

        Raises:
            ValueError: no plan has it.
        """
        _, size, batch, optimizer, loss, bend = name.split("-")
        maps, width, answers = (int(part) for part in size.split("x"))
        plan = cls(maps, width, int(batch), optimizer, loss, answers, bend == "curved")
        possible = 1 <= maps <= MOST_MAPS and width in WIDTHS and plan.batch in BATCHES
        known = optimizer in KINDS and loss in ("distance", "softmax") and answers in (1, width)
        if not (possible and known and plan.name == name):
            raise ValueError(name)
        return plan

    @property
    def columns(self) -> int:
        """Units in a row of coefficients."""
        return self.width

    @property
    def row(self) -> int:
        """Numbers of one point: its inputs and targets."""
        return self.width + self.answers

    def program(self) -> nn.Module:
        return LanesStep(self)

    def tensors(self) -> dict[str, Tensor]:
        """What a step takes, all 0: by name, in order; the last axis is the network's."""
        shapes = {
            "hidden": (max(self.maps - 1, 1), self.width + 1, self.width),
            "head": (self.width + 1, self.answers),
        }
        state = {
            f"{name}.{part}": shape
            for name in STATE[self.optimizer]
            if name != "steps"
            for part, shape in shapes.items()
        }
        laned: dict[str, tuple[int, ...]] = {
            "knobs": (PENALTIES + 2 * self.maps,),
            **shapes,
            **state,
        }
        found = {
            "rows": torch.zeros(self.batch, self.row, LANE),
            "shares": torch.zeros(self.batch),
            "coefficients": torch.zeros(self.maps, len(COEFFICIENTS), self.width),
        }
        found |= {name: torch.zeros(*shape, LANE) for name, shape in laned.items()}
        if "steps" in STATE[self.optimizer]:
            found["steps"] = torch.zeros(1)
        return found


def lanes_plan_of(experiment: Experiment, blocks: Sequence[Block], points: int) -> LanesPlan | None:
    """The kernel for networks alike in all but their numbers; None where none fits."""
    plan = plan_of(experiment, blocks, points)
    widest = max(block.units for block in blocks)
    width = next((one for one in WIDTHS if one >= widest), None)
    if plan is None or width is None:
        return None
    maps = linear_blocks(blocks)
    curved = any(
        ACTIVATION_FORMS[block.activation or "linear"][index] != 0
        for block in maps[:-1]
        for index in (0, 5)
    )
    answers = 1 if maps[-1].units == 1 else width
    return LanesPlan(plan.maps, width, plan.batch, plan.optimizer, plan.loss, answers, curved)


class LanesStep(nn.Module):
    """Takes the tensors of `LanesPlan.tensors`, and writes to weights and state in place."""

    def __init__(self, plan: LanesPlan) -> None:
        super().__init__()
        self.plan = plan

    def forward(self, *given: Tensor) -> Tensor:
        plan = self.plan
        rows, shares, coefficients, knobs, hidden, head, *state = given
        knob = {name: knobs[i] for i, name in enumerate(KNOBS)}
        weights = [hidden[index] for index in range(plan.maps - 1)] + [head]
        values, slopes = [rows[:, : plan.width]], []
        for index, weight in enumerate(weights):
            units = weight.shape[1]
            products = values[-1][:, :, None] * weight[None, : plan.width]
            z = products.sum(1) + weight[plan.width]
            form = coefficients[index, :, :units, None]
            curved = plan.curved or index == plan.maps - 1
            value, slope = activated(z, form, curved)
            values.append(value)
            slopes.append(slope)
        delta = loss_slope(plan.loss, values[-1], rows[:, plan.width :], knob)
        delta = delta * shares[:, None, None] * slopes[-1]
        gradients: list[Tensor] = []
        for index in range(plan.maps - 1, -1, -1):
            gradient = (values[index][:, :, None] * delta[:, None]).sum(0)
            own = weights[index][: plan.width]
            l1, l2 = (knobs[PENALTIES + 2 * index + i] for i in (0, 1))
            gradient = gradient + l2 * own + l1 * own.sign()
            gradients.insert(0, torch.cat((gradient, delta.sum(0, keepdim=True))))
            if index:
                back = (delta[:, None] * weights[index][None, : plan.width]).sum(2)
                delta = back * slopes[index - 1]
        parts = [(head, gradients[-1])]
        if plan.maps > 1:
            parts.insert(0, (hidden, torch.stack(gradients[:-1])))
        self._move(parts, knob, state)
        return shares[:1] + 0

    def _move(
        self, parts: list[tuple[Tensor, Tensor]], knob: dict[str, Tensor], state: list[Tensor]
    ) -> None:
        """The optimizer's step of each part, with what it remembers of it."""
        many = len(STATE[self.plan.optimizer]) - ("steps" in STATE[self.plan.optimizer])
        steps = state[2 * many :]
        moved = []
        for place, (weight, gradient) in enumerate(parts):
            at = place if len(parts) == 2 else 1
            own = [state[2 * index + at] for index in range(many)]
            moved.append(moved_by(self.plan.optimizer, weight, gradient, knob, [*own, *steps]))
        for (weight, _), result in zip(parts, moved, strict=True):
            weight.copy_(result)
        for one in steps:
            one.copy_(one + 1)


def lane_places(shapes: Sequence[tuple[int, int]], plan: LanesPlan) -> dict[str, Tensor]:
    """Where the numbers of the dense engine's flat vector lie in lane 0, see `inputs.places`.

    Args:
        shapes: (outputs, inputs + 1) of every linear map [W | b], in the vector's order.

    Returns:
        Places in "hidden" and in "head"; −1 stands for a number that is not there.
    """
    found: dict[str, list[Tensor]] = {"hidden": [], "head": []}
    for index, (outputs, columns) in enumerate(shapes):
        last = index == len(shapes) - 1
        across = plan.answers if last else plan.width
        first = 0 if last else index * (plan.width + 1) * across
        source = torch.arange(columns)[None]
        row = torch.where(source == columns - 1, plan.width, source)
        places = ((first + row * across + torch.arange(outputs)[:, None]) * LANE).flatten()
        for name, parts in found.items():
            parts.append(places if (name == "head") == last else torch.full_like(places, -1))
    return {name: torch.cat(parts) for name, parts in found.items()}


AnyPlan = Plan | LanesPlan


def plan_named(name: str) -> AnyPlan:
    """The plan of that name.

    Raises:
        ValueError: no plan has it.
    """
    return LanesPlan.named(name) if name.startswith(PREFIX) else Plan.named(name)
