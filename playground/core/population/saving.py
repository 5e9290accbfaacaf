"""What many networks hold, as plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from playground.core.population.carriers import State
from playground.core.population.member import DRAWING, Member


def grouped(places: Sequence[int], states: Sequence[State]) -> list[dict[str, Any]]:
    """Networks' states, those with tensors of the same names and shapes as one.

    Args:
        places: of the members.
        states: of each, see `Engine.state`.

    Returns:
        `members`, places, and `tensors` by name, (members, …).
    """
    groups: dict[object, list[int]] = {}
    for row, state in enumerate(states):
        alike = tuple((name, part.shape, part.dtype) for name, part in state.items())
        groups.setdefault(alike, []).append(row)
    return [
        {
            "members": [places[row] for row in rows],
            "tensors": {
                name: torch.stack([states[row][name] for row in rows]).cpu()
                for name in states[rows[0]]
            },
        }
        for rows in groups.values()
    ]


def apart(group: Mapping[str, Any]) -> list[State]:
    """The states of one of the groups that `grouped` made, member by member."""
    tensors: State = group["tensors"]
    return [
        {name: part[row] for name, part in tensors.items()} for row in range(len(group["members"]))
    ]


def drawn_from(members: Sequence[Member]) -> dict[str, Tensor]:
    """The states of the members' generators by what they draw, (K, bytes); of those only that
    anything was drawn from."""
    found = {}
    for purpose in DRAWING:
        generators = [member.generators[purpose] for member in members]
        if any(not _untouched(one) for one in generators):
            found[purpose] = torch.stack([one.get_state() for one in generators])
    return found


def draw_on(members: Sequence[Member], states: Mapping[str, Tensor]) -> None:
    """Sets the generators to what `drawn_from` took."""
    for purpose, rows in states.items():
        for member, row in zip(members, rows, strict=True):
            member.generators[purpose].set_state(row.clone())


def _untouched(generator: torch.Generator) -> bool:
    """Whether it stands where its seed put it."""
    fresh = torch.Generator().manual_seed(generator.initial_seed())
    return torch.equal(fresh.get_state(), generator.get_state())
