"""A picture as a sum of rank-1 terms, and other ways to say it in as few numbers.

The best approximation of rank k, in the sum of squared errors, is the first k terms of the SVD
(Eckart and Young 1936, Mirsky 1960), and its squared error is the sum of the squares of the
singular values left out. A picture in colour is three matrices, each taken apart on its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.leading import leading
from playground.core.analysis.spectra import LARGE

TOP = 128
"""Terms that are computed of a large picture."""
LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in grey: ITU-R BT.601."""


@dataclass(frozen=True, eq=False)
class Factors:
    """A picture taken apart, each channel on its own.

    Attributes:
        left: (channels, m, terms), columns orthonormal.
        values: (channels, terms), falling.
        right: (channels, terms, n), rows orthonormal.
        total: (channels,), the sum of the squares of all numbers, those of no term as well.
        exact: whether all terms are there; else only the leading ones.
    """

    left: Tensor
    values: Tensor
    right: Tensor
    total: Tensor
    exact: bool

    @property
    def terms(self) -> int:
        return self.values.shape[1]


def channels_of(pixels: np.ndarray, grey: bool) -> Tensor:
    """The matrices of a picture.

    Args:
        pixels: u1 (m, n, 3).
        grey: whether to mix the colours by LUMA.

    Returns:
        float64 (1 or 3, m, n), 0 … 255.
    """
    colors = torch.from_numpy(pixels.astype(np.float64)).permute(2, 0, 1)
    if not grey:
        return colors.contiguous()
    return (colors * torch.tensor(LUMA, dtype=torch.float64)[:, None, None]).sum(0, keepdim=True)


def factorise(picture: Tensor) -> Generator[dict[str, Any], None, Factors]:
    """Takes a picture apart, a step at a time.

    Args:
        picture: (channels, m, n), finite.

    Yields:
        How far it came: {"share"}.
    """
    parts = []
    large = min(picture.shape[1:]) >= LARGE
    for i, matrix in enumerate(picture):
        yield {"share": i / len(picture)}
        if large:
            values, right = leading(matrix, TOP)
            left = matrix @ right.T / values.clamp(min=torch.finfo(values.dtype).tiny)
        else:
            left, values, right = torch.linalg.svd(matrix, full_matrices=False)
        # A term is the same with both of its vectors turned round: the column's mean is made
        # positive, so that the first term of a picture looks like the picture.
        turn = torch.where(left.sum(0) < 0, -1.0, 1.0)
        parts.append((left * turn, values, right * turn[:, None]))
    left, values, right = (torch.stack(each) for each in zip(*parts, strict=True))
    return Factors(left, values, right, picture.square().sum((1, 2)), not large)


def partial_sum(factors: Factors, k: int) -> Tensor:
    """The picture (channels, m, n) from the first k terms."""
    scaled = factors.left[:, :, :k] * factors.values[:, None, :k]
    return scaled @ factors.right[:, :k]


def kept_energy(factors: Factors) -> Tensor:
    """The share of the sum of squares that the first k terms hold, (terms + 1,), k from 0.

    A black picture, which has no energy, is held by no term at all: 1 throughout.
    """
    total = factors.total.sum()
    squares = factors.values.square().sum(0)
    running = torch.cat((torch.zeros(1, dtype=squares.dtype), squares.cumsum(0)))
    if total <= 0:
        return torch.ones_like(running)
    return (running / total).clamp(max=1.0)


def relative_error(picture: Tensor, other: Tensor) -> float:
    """‖picture − other‖ / ‖picture‖ in Frobenius' norm; 0 for two black pictures."""
    size = picture.norm().item()
    apart = (picture - other).norm().item()
    return apart / size if size > 0 else (0.0 if apart == 0 else math.inf)


def code_of(lines: list[str], grey: bool, exact: bool) -> str:
    """The script that computes an approximation, with `{k}` in the place of its rank.

    Args:
        lines: that make `pixels`, (m, n, 3).
    """
    mixed = [f"picture = (picture * torch.tensor({LUMA}).double()[:, None, None]).sum(0)[None]"]
    svd = "U, S, Vh = torch.linalg.svd(picture, full_matrices=False)"
    if not exact:
        svd = f"U, S, V = torch.svd_lowrank(picture, q={TOP}, niter=4); Vh = V.mT"
    return "\n".join(
        [
            "import torch",
            *lines,
            "picture = torch.from_numpy(pixels).double().permute(2, 0, 1)",
            *(mixed if grey else []),
            svd,
            "k = {k}",
            "approximation = (U[:, :, :k] * S[:, None, :k]) @ Vh[:, :k]",
            "error = (picture - approximation).norm() / picture.norm()",
            "print(error)",
        ]
    )


# ---- the same number of numbers, otherwise ------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Rival:
    """One way to say a picture in few numbers.

    Attributes:
        picture: what it makes of it, (channels, m, n).
        numbers: that it keeps, of all channels.
        rank: of its matrices at most.
    """

    picture: Tensor
    numbers: int
    rank: int


Budget = tuple[int, int, int]  # m, n, k
Way = Callable[[Tensor, int], Rival]
Kind = Literal["rank", "any"]


def numbers_of(m: int, n: int, k: int) -> int:
    """Numbers in k terms of an m × n matrix: two vectors and a singular value each."""
    return k * (m + n + 1)


def best(picture: Tensor, factors: Factors, k: int) -> Rival:
    """The SVD itself."""
    channels, m, n = picture.shape
    return Rival(partial_sum(factors, k), channels * numbers_of(m, n, k), k)


def some_columns(picture: Tensor, k: int) -> Rival:
    """k columns at even distances, and each other column as the best mixture of them."""
    channels, m, n = picture.shape
    places = torch.linspace(0, n - 1, k).round().long()
    made = [_onto(matrix[:, places], matrix) for matrix in picture]
    return Rival(torch.stack(made), channels * numbers_of(m, n, k), k)


def random_directions(picture: Tensor, k: int) -> Rival:
    """The picture seen along k random mixtures of its columns, and put together from those."""
    channels, m, n = picture.shape
    generator = torch.Generator().manual_seed(k)
    draw = torch.randn(n, k, dtype=picture.dtype, generator=generator)
    made = [_onto(matrix @ draw, matrix) for matrix in picture]
    return Rival(torch.stack(made), channels * k * (m + n), k)


def slow_waves(picture: Tensor, k: int) -> Rival:
    """Each column as the best mixture of the k slowest cosines: k numbers a column."""
    channels, m, n = picture.shape
    waves = cosines(m)[: min(k, m)]
    made = torch.stack([waves.T @ (waves @ matrix) for matrix in picture])
    return Rival(made, channels * min(k, m) * n, min(k, m))


def _onto(span: Tensor, matrix: Tensor) -> Tensor:
    """The columns of a matrix, brought down to what those of another span.

    Columns that hang together, as the equal ones of a plain picture, count once.
    """
    left, values, _ = torch.linalg.svd(span, full_matrices=False)
    floor = max(span.shape) * torch.finfo(span.dtype).eps * values[0]
    basis = left[:, values > floor]
    return basis @ (basis.T @ matrix)


def blocks(picture: Tensor, k: int) -> Rival:
    """Rectangles of one colour, their mean: as many as the terms have numbers."""
    channels, m, n = picture.shape
    rows, columns = _grid(m, n, numbers_of(m, n, k))
    down = _means(m, rows, picture.dtype)
    across = _means(n, columns, picture.dtype)
    small = down @ picture @ across.T
    made = (down > 0).to(picture.dtype).T @ small @ (across > 0).to(picture.dtype)
    return Rival(made, channels * rows * columns, min(rows, columns))


def _means(side: int, parts: int, dtype: torch.dtype) -> Tensor:
    """(parts, side): the mean over each of so many stretches of nearly equal length."""
    part = torch.arange(side) * parts // side
    member = (part[None] == torch.arange(parts)[:, None]).to(dtype)
    return member / member.sum(1, keepdim=True)


def cosine_corner(picture: Tensor, k: int) -> Rival:
    """The slowest waves both down and across (DCT-II): as many as the terms have numbers."""
    channels, m, n = picture.shape
    rows, columns = _grid(m, n, numbers_of(m, n, k))
    down, across = cosines(m)[:rows], cosines(n)[:columns]
    made = down.T @ (down @ picture @ across.T) @ across
    return Rival(made, channels * rows * columns, min(rows, columns))


def cosines(side: int) -> Tensor:
    """The orthonormal cosines of the DCT-II, (side, side), the slowest first."""
    place = torch.arange(side, dtype=torch.float64)
    waves = torch.cos(math.pi / side * (place[None] + 0.5) * place[:, None])
    waves *= math.sqrt(2 / side)
    waves[0] /= math.sqrt(2)
    return waves


def _grid(m: int, n: int, numbers: int) -> tuple[int, int]:
    """Rows and columns of a grid of at most so many cells, as wide for its height as m × n."""
    if numbers >= m * n:
        return m, n
    rows = max(1, min(m, math.floor(math.sqrt(numbers * m / n))))
    return rows, max(1, min(n, numbers // rows))


RIVALS: dict[str, tuple[Kind, Way]] = {
    "columns": ("rank", some_columns),
    "random": ("rank", random_directions),
    "waves": ("rank", slow_waves),
    "blocks": ("any", blocks),
    "cosines": ("any", cosine_corner),
}
"""Other ways: those of rank k, which cannot be better than the SVD; and those of any rank, which
have as many numbers and can."""
