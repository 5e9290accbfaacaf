"""The leading singular values and directions of a large matrix, without the others.

A randomised block Krylov method (Musco & Musco 2015, "Randomized block Krylov methods for stronger
and faster approximate singular value decomposition", arXiv:1504.05477): a few random directions
are multiplied by AᵀA several times, all results together span a small space, and the best vectors
within that space are taken (Rayleigh-Ritz; Golub & Van Loan, section 8.2).
"""

from __future__ import annotations

import torch
from torch import Tensor

SPARE = 4  # directions beyond those asked for, without which the last ones would be poor
DEPTH = 4


def leading(
    matrix: Tensor, count: int, start: Tensor | None = None, depth: int = DEPTH
) -> tuple[Tensor, Tensor]:
    """Approximations from below of the largest singular values, and their right vectors.

    Args:
        matrix: (rows, columns), finite, float64; both sides larger than `count`.
        count: how many.
        start: right vectors (k, columns) of an earlier, similar matrix, to begin from.
        depth: how many powers of AᵀA the space is made of.

    Returns:
        Values (count,), falling, and right singular vectors (count, columns).
    """
    generator = torch.Generator().manual_seed(0)
    width = count + SPARE
    guess = torch.randn(matrix.shape[1], width, dtype=matrix.dtype, generator=generator)
    if start is not None:
        guess[:, : len(start)] = start.t()[:, :width]
    block = torch.linalg.qr(guess).Q
    blocks = []
    for _ in range(depth):
        block = torch.linalg.qr(matrix.t() @ (matrix @ block)).Q
        blocks.append(block)
    space = torch.linalg.qr(torch.cat(blocks, 1)).Q
    inner = matrix @ space
    squares, turn = torch.linalg.eigh(inner.t() @ inner)
    largest = torch.arange(len(squares) - 1, len(squares) - 1 - count, -1)
    return squares[largest].clamp(min=0).sqrt(), (space @ turn[:, largest]).t()
