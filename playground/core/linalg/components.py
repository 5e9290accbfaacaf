"""Principal components of a table of numbers, step by step and by two ways that must agree.

By the eigenvectors of the covariance matrix C = XᵀX / (n − 1), and by the singular values of the
centred table X = U Σ Vᵀ itself: since XᵀX = V Σ² Vᵀ, the columns of V are the eigenvectors of C,
and its eigenvalues are σ² / (n − 1).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.errors import PlaygroundError

if TYPE_CHECKING:
    from torch import Tensor

    from playground.core.analysis.pca import Components

MOST_ROWS = 2000
MOST_COLUMNS = 64
LARGEST = 1e12
DIGITS_SHOWN = 10
INK = 16.0  # the darkest pixel of scikit-learn's digits


@dataclass(frozen=True, eq=False)
class Analysis:
    """A table of n rows and d columns, and its components.

    Attributes:
        mean: (d,), what was taken away: zeros where it is not centred.
        spread: (d,), what was divided by: ones where it is not scaled; a column that does not vary
            is left as it is.
        still: places of the columns that do not vary.
        standard: (n, d), the table centred and scaled.
        covariance: (d, d).
        found: by the covariance's eigenvectors, the largest loading of each positive.
        by_svd: (d,), σ² / (n − 1) of `standard`, 0 behind the last singular value.
        right: (min(n, d), d), its right singular vectors.
    """

    mean: Tensor
    spread: Tensor
    still: list[int]
    standard: Tensor
    covariance: Tensor
    found: Components
    by_svd: Tensor
    right: Tensor

    def back(self, standard: Tensor) -> Tensor:
        """Rows as the table had them, from rows that are centred and scaled."""
        return standard * self.spread + self.mean

    def kept(self, rows: Tensor, count: int) -> Tensor:
        """Rows (m, d) of the table as `count` components give them back."""
        return self.back(self.found.kept((rows - self.mean) / self.spread, count))


def read_points(values: Sequence[Sequence[float]]) -> Tensor:
    """Rows of numbers as (n, d), float64.

    Raises:
        PlaygroundError: no rows, too many, rows of different lengths, or what is no finite number.
    """
    import torch

    if not values or not values[0]:
        raise PlaygroundError("points_none")
    if len(values) > MOST_ROWS or len(values[0]) > MOST_COLUMNS:
        raise PlaygroundError("points_too_many", rows=MOST_ROWS, columns=MOST_COLUMNS)
    for number, row in enumerate(values, 1):
        if len(row) != len(values[0]):
            facts = {"first": len(values[0]), "row": number, "other": len(row)}
            raise PlaygroundError("points_ragged", **facts)
        for value in row:
            if not math.isfinite(value) or abs(value) > LARGEST:
                raise PlaygroundError("points_not_finite", row=number)
    return torch.tensor(values, dtype=torch.float64)


def analyse(points: Tensor, centre: bool = True, scale: bool = False) -> Analysis:
    """Principal components of (n, d) by both ways.

    Args:
        points: float64, finite.
        centre: take the mean of every column away; else "variance" is about 0.
        scale: divide every column by its standard deviation, n − 1 in the denominator.
    """
    import torch

    from playground.core.analysis.pca import exact_components

    count, columns = points.shape
    below = max(count - 1, 1)
    off = points - points.mean(0)
    deviation = (off.square().sum(0) / below).sqrt()
    # What is only rounding of a column's size is no spread.
    size = points.abs().amax(0)
    varies = deviation > 1e-12 * size
    still = (~varies).nonzero().flatten().tolist()
    mean = points.mean(0) if centre else torch.zeros(columns, dtype=points.dtype)
    spread = torch.where(varies, deviation, 1.0) if scale else torch.ones_like(deviation)
    standard = (points - mean) / spread
    if centre:
        standard[:, ~varies] = 0.0
    found = exact_components(standard, columns, centred=False)
    largest = found.axes.abs().argmax(1, keepdim=True) if len(found.axes) else None
    if largest is not None:
        signs = torch.where(found.axes.gather(1, largest) < 0, -1.0, 1.0)
        found = type(found)(
            found.mean, found.axes * signs, found.variances, found.total, found.rank
        )
    _, lengths, right = torch.linalg.svd(standard, full_matrices=False)
    by_svd = torch.zeros(columns, dtype=points.dtype)
    by_svd[: len(lengths)] = lengths.square() / below
    covariance = standard.t() @ standard / below
    return Analysis(mean, spread, still, standard, covariance, found, by_svd, right)


def facts(analysis: Analysis) -> dict[str, Any]:
    """The numbers of an analysis, for a header: how well both ways agree among them."""
    import torch

    variances = _padded(analysis.found.variances, len(analysis.by_svd))
    axes = analysis.found.axes
    meet = (axes * analysis.right[: len(axes)]).sum(1).abs()
    return {
        "rows": len(analysis.standard),
        "columns": analysis.standard.shape[1],
        "rank": analysis.found.rank,
        "total": analysis.found.total,
        "still": analysis.still,
        "eigenvalues": variances.tolist(),
        "by_svd": analysis.by_svd.tolist(),
        "difference": (variances - analysis.by_svd).abs().max().item(),
        "meet": meet.tolist(),
        "trace": torch.trace(analysis.covariance).item(),
    }


def errors(analysis: Analysis, points: Tensor) -> list[float]:
    """Mean squared distance of the rows from what 0, 1, … components give back, table's units."""
    left = points - analysis.kept(points, 0)
    found = [left.square().sum(1).mean().item()]
    scores = analysis.standard @ analysis.found.axes.t()
    for score, axis in zip(scores.t(), analysis.found.axes, strict=True):
        left = left.addr(score, axis * analysis.spread, alpha=-1)
        found.append(left.square().sum(1).mean().item())
    return found


def digits_table() -> tuple[Tensor, np.ndarray]:
    """scikit-learn's handwritten digits: (1797, 64) ink from 0 to 1, and which digit each is."""
    import torch
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    return torch.from_numpy(np.asarray(pixels) / INK), np.asarray(labels)


def digits_drawn(labels: np.ndarray, seed: int) -> list[int]:
    """One row of every digit, drawn by a seed; the first of each for seed 0."""
    if seed == 0:
        return [int(np.flatnonzero(labels == digit)[0]) for digit in range(DIGITS_SHOWN)]
    draw = np.random.default_rng(seed)
    return [int(draw.choice(np.flatnonzero(labels == digit))) for digit in range(DIGITS_SHOWN)]


def _padded(values: Tensor, count: int) -> Tensor:
    import torch

    values = values[:count]
    return torch.nn.functional.pad(values, (0, count - len(values)))
