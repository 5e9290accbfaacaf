"""Where a kernel keeps its numbers: the tensors that it takes, and what lies where in them.

Weights of a linear map lie as (inputs, outputs), so that a product runs along whole vector
registers; the head of a single output unit is one column, (inputs,). With several networks the
number of the network is the innermost axis of all. Weights, biases and what belongs to each of
them are tensors of their own to the step, which then has nothing to gather, and parts of one
store to whoever fills them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from playground.core.engine.compiled.plan import Plan
from playground.core.engine.compiled.rules import RULES

# Rows of coefficients of each layer: of f(z) = p·σ(q z) + r + u·max(z, 0) + v·z + w·z·σ(q z), and
# of its slope as it is wanted: sp·σ(1 − σ) + su·[z > 0] + sv + sw·(σ + q z σ(1 − σ)).
COEFFICIENTS = ("p", "q", "r", "u", "v", "w", "sp", "su", "sv", "sw")
LOSS_KNOBS = ("factor", "steepness", "low", "high")
WEIGHTS, TURNED = "weights", "turned"
APART = 16  # float32 numbers in a line of memory, at which every part of a store begins
SHARES, TICKS = "shares", "ticks"

Shape = tuple[int, ...]


def knob_names(plan: Plan) -> tuple[str, ...]:
    """Numbers that may change from step to step, in order; behind them L1 and L2 of every map."""
    rule = RULES[plan.optimizer]
    penalties = [f"{name}.{index}" for index in range(plan.maps) for name in ("l1", "l2")]
    clip = ["clip"] if plan.clipped else []
    return ("rate", *LOSS_KNOBS, *clip, *rule.knobs(rule.kind()), *penalties)


def learned(plan: Plan) -> dict[str, Shape]:
    """Shapes of the weights and biases of every map, the first map first."""
    found: dict[str, Shape] = {}
    across = (plan.lanes,) if plan.lanes > 1 else ()
    for index in range(plan.maps):
        flat = index == plan.maps - 1 and plan.answers == 1
        found[f"weight{index}"] = (plan.width, *(() if flat else (plan.width,)), *across)
        found[f"bias{index}"] = (1 if flat else plan.width, *across)
    return found


def turned(plan: Plan) -> dict[str, Shape]:
    """Shapes of the transposed weights that the way back reads.

    Sixteen networks need none, nor does a head of one column.
    """
    if plan.lanes > 1:
        return {}
    last = plan.maps - (plan.answers == 1)
    return {f"turned{index}": (plan.width, plan.width) for index in range(1, last)}


class Given:
    """The tensors that a step takes, all 0.

    Attributes:
        tensors: by name, in order. A minibatch's inputs and targets "rows" (points, row), the
            weight of each point in the mean "shares" (points,), "ticks" where the optimizer has
            any, "coefficients" (maps, 10, width), "knobs" (knobs,), weights and biases, transposed
            weights, and what the optimizer remembers of each, "mean.weight0".
        stores: "weights", "turned" and each thing remembered: one vector each, whose parts
            are those tensors.
    """

    def __init__(self, plan: Plan) -> None:
        rule, own = RULES[plan.optimizer], learned(plan)
        lanes = (plan.lanes,) if plan.lanes > 1 else ()
        self.stores: dict[str, Tensor] = {}
        self.tensors = {
            "rows": torch.zeros(plan.batch, plan.row, *lanes),
            SHARES: torch.zeros(plan.batch),
        }
        if rule.ticks:
            self.tensors[TICKS] = torch.zeros(len(rule.ticks))
        self.tensors["coefficients"] = torch.zeros(plan.maps, len(COEFFICIENTS), plan.width)
        self.tensors["knobs"] = torch.zeros(len(knob_names(plan)), *lanes)
        self._add(WEIGHTS, own)
        if turned(plan):
            self._add(TURNED, turned(plan))
        for name in rule.remembers:
            self._add(name, {f"{name}.{part}": shape for part, shape in own.items()})

    def _add(self, store: str, shapes: dict[str, Shape]) -> None:
        starts = _starts(shapes)
        self.stores[store] = torch.zeros(starts.pop())
        for (name, shape), start in zip(shapes.items(), starts, strict=True):
            end = start + math.prod(shape)
            self.tensors[name] = self.stores[store][start:end].view(shape)


def _starts(shapes: dict[str, Shape]) -> list[int]:
    """Where each part of a store begins, and behind them its length."""
    found = [0]
    for shape in shapes.values():
        found.append(found[-1] + -(-math.prod(shape) // APART) * APART)
    return found


def places(shapes: Sequence[tuple[int, int]], plan: Plan) -> dict[str, Tensor]:
    """Where each number of the dense engine's flat vector lies in the stores, of the first lane.

    Args:
        shapes: (outputs, inputs + 1) of every linear map [W | b], in the vector's order.

    Returns:
        Places in "weights", and in "turned", where −1 stands for a number that is not there.
    """
    own, back = learned(plan), turned(plan)
    start = dict(zip(own, _starts(own), strict=False))
    start_back = dict(zip(back, _starts(back), strict=False))
    weights, behind = [], []
    for index, (outputs, columns) in enumerate(shapes):
        across = own[f"bias{index}"][0]
        unit, source = torch.arange(outputs)[:, None], torch.arange(columns)[None]
        is_bias = source == columns - 1
        weight = start[f"weight{index}"] + (source * across + unit) * plan.lanes
        bias = start[f"bias{index}"] + unit * plan.lanes
        weights.append(torch.where(is_bias, bias, weight).flatten())
        back_at = start_back.get(f"turned{index}")
        absent = torch.full_like(weight, -1)
        if back_at is not None:
            place = back_at + unit * plan.width + source
            absent = torch.where(is_bias, absent, place)
        behind.append(absent.flatten())
    return {WEIGHTS: torch.cat(weights), TURNED: torch.cat(behind)}
