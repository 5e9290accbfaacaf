"""Taking hold of a matrix's spectrum: one singular value, its rank, all values at once.

Matrices are (outputs, inputs) in float64; none is written to.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

STILL = 1e-5  # of the matrix's size, within which a pair still is one of its singular vectors
SAME = 0.9  # agreement above which two pairs of directions are the same one, moved a little


@dataclass(frozen=True, eq=False)
class Pair:
    """A left and a right singular vector, (outputs,) and (inputs,)."""

    left: Tensor
    right: Tensor


def pair_at(matrix: Tensor, place: int) -> Pair:
    """The singular vectors of the value in this place, the largest being 0."""
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    return Pair(left[:, place], right[place])


def followed(matrix: Tensor, pair: Pair) -> Pair:
    """The singular vectors that a held pair has become while the matrix changed.

    Where values meet, their vectors are any of a plane: the held pair then stays as it is.
    """
    ahead, back = matrix @ pair.right, pair.left @ matrix
    now = pair.left @ ahead
    away = (ahead - now * pair.left).norm() + (back - now * pair.right).norm()
    if away <= STILL * matrix.norm():
        return pair
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    agreement = (left.t() @ pair.left) * (right @ pair.right)
    best = int(agreement.argmax())
    return Pair(left[:, best], right[best]) if agreement[best] > SAME else pair


def with_value(matrix: Tensor, pair: Pair, value: float) -> Tensor:
    """The matrix with another singular value, not below 0, for a pair of its vectors."""
    now = pair.left @ matrix @ pair.right
    return matrix + (max(value, 0.0) - now) * torch.outer(pair.left, pair.right)


def with_rank(matrix: Tensor, rank: int) -> Tensor:
    """The nearest matrix of at most this rank (Eckart & Young 1936)."""
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    return (left[:, :rank] * values[:rank]) @ right[:rank]


def nearest_orthogonal(matrix: Tensor) -> Tensor:
    """The nearest matrix with all singular values 1, the polar factor U Vᵀ (Higham 1986).

    Of a matrix without full rank there are several; this is one of them.
    """
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    return left @ right
