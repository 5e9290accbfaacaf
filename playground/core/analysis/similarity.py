"""How alike two layers arrange the same points: linear centred kernel alignment.

Kornblith, Norouzi, Lee & Hinton (2019), "Similarity of neural network representations revisited",
arXiv:1905.00414: CKA(X, Y) = ‖YᵀX‖²_F / (‖XᵀX‖_F ‖YᵀY‖_F) with the columns of X and Y centred. It
is 1 for layers that differ by a turn, a mirror or one common scale only.
"""

from __future__ import annotations

import torch
from torch import Tensor


def centred(values: Tensor) -> Tensor:
    """Values (points, units) as float64, each unit's mean over the points taken away.

    They are scaled to a largest entry of 1, which changes no similarity, so that squares stay
    within the numbers that a computer has. What does not vary but by rounding is 0.
    """
    values = values.detach().cpu().double()
    if not values.numel():
        return values
    found = values - values.mean(0)
    size = found.abs().max()
    if size <= 1e-12 * values.abs().max():
        return torch.zeros_like(found)
    return found / size


def _overlap(one: Tensor, other: Tensor) -> float:
    """‖YᵀX‖²_F, by the units or by the points, whichever are fewer."""
    if one.shape[1] * other.shape[1] <= len(one) ** 2:
        return (other.t() @ one).square().sum().item()
    return ((one @ one.t()) * (other @ other.t())).sum().item()


def cka_matrix(rows: list[Tensor], columns: list[Tensor]) -> list[list[float | None]]:
    """Linear CKA of every layer of one network with every layer of another, all `centred`."""
    own_rows = [_overlap(one, one) for one in rows]
    own_columns = [_overlap(one, one) for one in columns]
    found: list[list[float | None]] = []
    for one, of_one in zip(rows, own_rows, strict=True):
        line: list[float | None] = []
        for other, of_other in zip(columns, own_columns, strict=True):
            own = of_one * of_other
            value = _overlap(one, other) / own**0.5 if own > 0 else None
            line.append(None if value is None else min(max(value, 0.0), 1.0))
        found.append(line)
    return found
