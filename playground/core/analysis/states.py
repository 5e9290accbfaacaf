"""One sequence on its way through one block: states and gates at every place, and how much the
loss at the last place depends on each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from playground.core.answers import asked
from playground.core.modules.recurrent import Course, Recurrent

if TYPE_CHECKING:
    from playground.core.replica import Replica


@dataclass(frozen=True, eq=False)
class Passed:
    """A sequence's way through one block.

    Attributes:
        kind: "rnn", "lstm", "gru"; None for a block without a state.
        courses: one for each cell; of other blocks one, with the name "values".
        gradients: for each course the norm of the loss's gradient with respect to the state (or
            the values) at each of its places; None without a loss.
        loss: that of the last place that is asked, or of the sequence; None of an own sequence.
    """

    kind: str | None
    courses: list[Course]
    gradients: list[list[float]] | None
    loss: float | None


def passed(replica: Replica, block: int, inputs: Tensor, target: Tensor | None) -> Passed:
    """
    Args:
        block: index among the run's blocks, from 1.
        inputs: (1, *shape).
        target: as the loss has it, (1, …); see `at_last`.
    """
    with torch.inference_mode(False), torch.enable_grad():
        values = replica.inputs(inputs)
        with torch.no_grad():
            for module in replica.modules[: block - 1]:
                values = module(values)
        kind, courses, values = _through(replica.modules[block - 1], values)
        if target is None:
            return Passed(kind, courses, None, None)
        for module in replica.modules[block:]:
            values = module(values)
        loss = replica.loss_of(values, replica.inputs(target))
        places = [course.each for course in courses]
        return Passed(kind, courses, state_gradients(loss, places), loss.item())


def _through(module: nn.Module, values: Tensor) -> tuple[str | None, list[Course], Tensor]:
    """A block's kind and courses, and what comes out, computed from these very states."""
    recurrent = next((part for part in module.modules() if isinstance(part, Recurrent)), None)
    if recurrent is None:
        each = module(values).detach().requires_grad_().unbind(1)
        values = torch.stack(each, 1)
        return None, [Course("values", 0, {"values": values}, each)], values
    recurrent.witness = courses = []
    try:
        values = module(values)
    finally:
        recurrent.witness = None
    return recurrent.kind, courses, values


def state_gradients(loss: Tensor, ways: Sequence[Sequence[Tensor]]) -> list[list[float]]:
    """Norm of the loss's gradient with respect to the state of every place, every way that leads
    from it to the loss included.

    Args:
        loss: a scalar with its graph.
        ways: for each course the states (1, units) of its places.

    Returns:
        (places,) for each course; 0 where a state has no way to the loss.
    """
    flat = [state for states in ways for state in states]
    if not flat or not loss.requires_grad:
        return [[0.0] * len(states) for states in ways]
    found = torch.autograd.grad(loss, flat, allow_unused=True)
    norms = iter(0.0 if one is None else one.norm().item() for one in found)
    return [[next(norms) for _ in states] for states in ways]


def at_last(target: Tensor) -> tuple[Tensor, int | None]:
    """A target (1, steps) with the last place that is asked, and none but that; and which it is.

    Returns:
        The target as it is, and None, where nothing is asked.
    """
    places = asked(target)[0].nonzero()
    if not len(places):
        return target, None
    last = int(places[-1])
    none = float("nan") if target.is_floating_point() else -1
    alone = torch.full_like(target, none)
    alone[0, last] = target[0, last]
    return alone, last
