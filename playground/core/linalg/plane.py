"""What torch says of a small square matrix: the numbers beside the picture of the plane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from playground.core.errors import PlaygroundError

if TYPE_CHECKING:
    import torch

SIZES = (2, 3)

Line = dict[str, Any]
"""{"code": a line of PyTorch, "values": numbers, or pairs of real and imaginary part}."""


def matrix_facts(matrix: Sequence[Sequence[float]]) -> list[Line]:
    """Determinant, rank, eigenvalues, singular values, inverse and condition number, in float64.

    Args:
        matrix: its rows; 2 × 2 or 3 × 3.

    Returns:
        One line for each. Eigenvalues come from the largest modulus to the smallest, of a complex
        pair the one above the real axis first. A singular matrix has no inverse, and its
        pseudo-inverse takes that place.

    Raises:
        PlaygroundError: no such matrix (`matrix_unfit`).
    """
    import torch

    a = _tensor(matrix)
    n = len(a)
    rank = int(torch.linalg.matrix_rank(a))
    values = sorted(
        torch.linalg.eigvals(a).tolist(), key=lambda z: (-round(abs(z), 12), -z.real, -z.imag)
    )
    condition = torch.linalg.cond(a) if rank == n else torch.tensor(math.inf)
    inverse = ("inv", torch.linalg.inv(a)) if rank == n else ("pinv", torch.linalg.pinv(a))
    return [
        _line("torch.linalg.det(A)", torch.linalg.det(a)),
        _line("torch.linalg.matrix_rank(A)", torch.tensor(rank)),
        {"code": "torch.linalg.eigvals(A)", "values": [[z.real, z.imag] for z in values]},
        _line("torch.linalg.svdvals(A)", torch.linalg.svdvals(a)),
        _line(f"torch.linalg.{inverse[0]}(A)", inverse[1]),
        _line("torch.linalg.cond(A)", condition),
    ]


def _tensor(matrix: Sequence[Sequence[float]]) -> torch.Tensor:
    import torch

    n = len(matrix)
    if n not in SIZES or any(len(row) != n for row in matrix):
        raise PlaygroundError("matrix_unfit", sizes=", ".join(f"{k} × {k}" for k in SIZES))
    a = torch.tensor(matrix, dtype=torch.float64)
    if not torch.isfinite(a).all():
        raise PlaygroundError("matrix_not_finite")
    return a


def _line(code: str, values: torch.Tensor) -> Line:
    return {"code": code, "values": values.reshape(-1).double().tolist()}
