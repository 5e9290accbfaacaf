"""What the singular values of a matrix would be if its entries were chance.

Of a large matrix with independent entries of mean 0 and standard deviation s, the singular values
fill the band between s(√m − √n) and s(√m + √n), m ≥ n being its sides, with the density of
Marchenko & Pastur (1967). What stands out of the band was not left there by chance. The law is one
of large matrices: of small ones the values scatter about it.
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor

STEPS = 4096  # of the integral


def spread(matrix: Tensor) -> float:
    """Root mean square of the entries: their standard deviation about 0. 0 of an empty matrix."""
    return matrix.detach().double().square().mean().sqrt().item() if matrix.numel() else 0.0


def band(rows: int, columns: int, deviation: float) -> tuple[float, float]:
    """The edges of the Marchenko-Pastur law for singular values, lower and upper.

    Args:
        deviation: the entries' standard deviation.
    """
    m, n = max(rows, columns), min(rows, columns)
    return deviation * (math.sqrt(m) - math.sqrt(n)), deviation * (math.sqrt(m) + math.sqrt(n))


@lru_cache(maxsize=128)
def expected(rows: int, columns: int) -> tuple[float, ...]:
    """Where the singular values lie of a random matrix whose entries have deviation 1.

    Returns:
        The law's quantiles in the middle of each of min(rows, columns) equal parts, falling.
    """
    m, n = max(rows, columns), min(rows, columns)
    ratio = n / m
    # λ = 1 + q + 2√q cos θ, and so p(λ) dλ = 2 sin²θ / (π λ) dθ: no pole and no root at the edges
    angle = (torch.arange(STEPS, dtype=torch.float64) + 0.5) * (math.pi / STEPS)
    value = 1 + ratio + 2 * math.sqrt(ratio) * angle.cos()
    share = 2 * angle.sin().square() / (math.pi * value) * (math.pi / STEPS)
    above = share.cumsum(0) - share / 2
    wanted = (torch.arange(n, dtype=torch.float64) + 0.5) / n * (above[-1] + share[-1] / 2)
    place = torch.searchsorted(above, wanted).clamp(1, STEPS - 1)
    before, after = above[place - 1], above[place]
    part = ((wanted - before) / (after - before)).clamp(0, 1)
    found = value[place - 1] + part * (value[place] - value[place - 1])
    return tuple((m * found).sqrt().tolist())
