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


def compact(values: Tensor) -> Tensor:
    """A representation with as many units as points at most, of the same similarities.

    Args:
        values: `centred`, (points, units).
    """
    if values.shape[1] <= len(values) or not torch.isfinite(values).all():
        return values
    # X = RᵀQᵀ with orthonormal Q, and turns are not seen
    return torch.linalg.qr(values.t(), mode="r").R.t()


def cka_matrix(rows: list[Tensor], columns: list[Tensor]) -> list[list[float | None]]:
    """Linear CKA of every layer of one network with every layer of another.

    Args:
        rows, columns: `centred` values (points, units) of the same points.

    Returns:
        By rows, 0 to 1; None where a layer is the same at every point or not finite.
    """
    lefts = [compact(one) for one in rows]
    rights = lefts if columns is rows else [compact(one) for one in columns]
    own_lefts = [_overlap(one, one) for one in lefts]
    own_rights = own_lefts if rights is lefts else [_overlap(one, one) for one in rights]
    found: list[list[float | None]] = [[None] * len(rights) for _ in lefts]
    for i, (one, of_one) in enumerate(zip(lefts, own_lefts, strict=True)):
        for j, (other, of_other) in enumerate(zip(rights, own_rights, strict=True)):
            own = of_one * of_other
            if rights is lefts and j < i:
                found[i][j] = found[j][i]
            elif own > 0:  # nan is not
                found[i][j] = min(max(_overlap(one, other) / own**0.5, 0.0), 1.0)
    return found


def _overlap(one: Tensor, other: Tensor) -> float:
    """‖YᵀX‖²_F"""
    return (other.t() @ one).square().sum().item()
