"""The leading singular values of large matrices, without the rest of them.

Randomised subspace iteration (Halko, Martinsson and Tropp 2011, algorithms 4.4 and 5.1): the range
of A is caught by A times a few random vectors, sharpened by powers of AAᵀ, and the small matrix
that is left is taken apart exactly.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

LARGE = 1_024
"""From this shorter side on, only the leading part is computed."""
OVERSAMPLE = 16
ITERATIONS = 4


def top_singular(
    matrix: Tensor, count: int, generator: torch.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor] | None]:
    """The leading part of an SVD, in steps.

    Args:
        matrix: (m, n), finite, float64.
        count: of the singular values wanted.
        generator: of the random vectors.

    Yields:
        None after each step of the work; at the end U (m, count), values (count,), Vᵀ (count, n).
    """
    width = min(count + OVERSAMPLE, *matrix.shape)
    start = torch.randn(matrix.shape[1], width, dtype=matrix.dtype, generator=generator)
    basis = torch.linalg.qr(matrix @ start).Q
    yield None
    for _ in range(ITERATIONS):
        other = torch.linalg.qr(matrix.T @ basis).Q
        yield None
        basis = torch.linalg.qr(matrix @ other).Q
        yield None
    small = basis.T @ matrix
    left, values, right = torch.linalg.svd(small, full_matrices=False)
    yield (basis @ left)[:, :count], values[:count], right[:count]
