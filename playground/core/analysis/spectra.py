"""Singular values and eigenvalues of weight matrices, and what they say."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from playground.core.analysis.leading import leading

LARGE = 1024  # the smaller side from which on only the top part is computed
TOP = 24  # values of that part
KRYLOV = 90  # dimensions of the space in which eigenvalues of large matrices are looked for


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The singular values of one matrix.

    Attributes:
        values: falling, (min(rows, columns),); of a large matrix the first TOP.
        rank: how many are not zero to rounding: above max(rows, columns) · ε · largest. None of
            a large matrix.
        norm: the largest, the spectral norm.
        condition: largest over smallest; None where the smallest is zero to rounding or unknown.
        stable_rank: sum of squares over the largest square; 0 for a zero matrix.
        vectors: right singular vectors (TOP, columns) of a large matrix, to begin the next one
            from; else None.
    """

    values: Tensor
    rank: int | None
    norm: float
    condition: float | None
    stable_rank: float
    vectors: Tensor | None = None


def singular_spectrum(matrix: Tensor, start: Tensor | None = None) -> Spectrum:
    """The spectrum of a finite matrix (rows, columns), computed in float64.

    "Zero to rounding" is judged by the precision that the matrix is kept in, as
    numpy.linalg.matrix_rank does.

    Args:
        start: `vectors` of an earlier spectrum of a similar, large matrix.
    """
    exact = matrix.detach().cpu().double()
    if min(matrix.shape) >= LARGE:
        values, vectors = leading(exact, TOP, start)
        norm = values[0].item()
        return Spectrum(values, None, norm, None, _stable_rank(exact, norm), vectors)
    values = torch.linalg.svdvals(exact)
    norm = values[0].item()
    tolerance = max(matrix.shape) * torch.finfo(matrix.dtype).eps * norm
    rank = int((values > tolerance).sum())
    full = rank == len(values)
    return Spectrum(
        values=values,
        rank=rank,
        norm=norm,
        condition=norm / values[-1].item() if full and norm > 0 else None,
        stable_rank=_stable_rank(exact, norm),
    )


def _stable_rank(matrix: Tensor, norm: float) -> float:
    # Divided first: the squares of very small entries are 0.
    return (matrix / norm).square().sum().item() if norm > 0 else 0.0


def eigenvalues(matrix: Tensor) -> Tensor:
    """The eigenvalues of a finite square matrix as (n, 2) real and imaginary parts, float64.

    By falling absolute value; of a conjugate pair the one above the real axis first. Of a large
    matrix about TOP of the largest, by Arnoldi's method.
    """
    exact = matrix.detach().cpu().double()
    values = _ritz_values(exact) if len(exact) >= LARGE else torch.linalg.eigvals(exact)
    parts = torch.stack((values.real, values.imag), 1)
    order = sorted(
        range(len(parts)), key=lambda i: (-round(abs(values[i].item()), 12), -parts[i, 1].item())
    )
    return parts[order]


def _ritz_values(matrix: Tensor) -> Tensor:
    """The largest eigenvalues from a Krylov space (Golub & Van Loan, section 10.5)."""
    generator = torch.Generator().manual_seed(0)
    basis = torch.zeros(KRYLOV + 1, len(matrix), dtype=matrix.dtype)
    inner = torch.zeros(KRYLOV + 1, KRYLOV, dtype=matrix.dtype)
    first = torch.randn(len(matrix), dtype=matrix.dtype, generator=generator)
    basis[0] = first / first.norm()
    size = KRYLOV
    for k in range(KRYLOV):
        ahead = matrix @ basis[k]
        scale = ahead.norm()
        for _ in range(2):  # twice is enough (Kahan and Parlett)
            shares = basis[: k + 1] @ ahead
            inner[: k + 1, k] += shares
            ahead = ahead - shares @ basis[: k + 1]
        rest = ahead.norm()
        if rest <= 1e-12 * scale:
            size = k + 1
            break
        inner[k + 1, k] = rest
        basis[k + 1] = ahead / rest
    values = torch.linalg.eigvals(inner[:size, :size])
    found = values[values.abs().argsort(descending=True)]
    # A conjugate pair is never cut in two.
    count = min(TOP, len(found))
    if count < len(found) and abs(found[count - 1].conj() - found[count]) < 1e-9 * abs(found[0]):
        count += 1
    return found[:count]
