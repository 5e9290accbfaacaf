"""Singular values and eigenvalues of weight matrices, and what they say."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The singular values of one matrix.

    Attributes:
        values: falling, (min(rows, columns),).
        rank: how many are not zero to rounding: above max(rows, columns) · ε · largest.
        norm: the largest, the spectral norm.
        condition: largest over smallest; None where the smallest is zero to rounding.
        stable_rank: sum of squares over the largest square; 0 for a zero matrix.
    """

    values: Tensor
    rank: int
    norm: float
    condition: float | None
    stable_rank: float


def singular_spectrum(matrix: Tensor) -> Spectrum:
    """The spectrum of a finite matrix (rows, columns), computed in float64.

    "Zero to rounding" is judged by the precision that the matrix is kept in, as
    numpy.linalg.matrix_rank does.
    """
    values = torch.linalg.svdvals(matrix.detach().cpu().double())
    norm = values[0].item()
    tolerance = max(matrix.shape) * torch.finfo(matrix.dtype).eps * norm
    rank = int((values > tolerance).sum())
    full = rank == len(values)
    return Spectrum(
        values=values,
        rank=rank,
        norm=norm,
        condition=norm / values[-1].item() if full and norm > 0 else None,
        stable_rank=values.square().sum().item() / norm**2 if norm > 0 else 0.0,
    )


def eigenvalues(matrix: Tensor) -> Tensor:
    """The eigenvalues of a finite square matrix as (n, 2) real and imaginary parts, float64.

    By falling absolute value; of a conjugate pair the one above the real axis first.
    """
    values = torch.linalg.eigvals(matrix.detach().cpu().double())
    parts = torch.stack((values.real, values.imag), 1)
    order = sorted(
        range(len(parts)), key=lambda i: (-round(abs(values[i].item()), 12), -parts[i, 1].item())
    )
    return parts[order]
