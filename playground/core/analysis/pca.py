"""Principal components, and how those of a layer are held steady while the layer moves.

Eigenvectors have no sign, and two of nearly equal variance trade places from one moment to the
next: a picture of them would flicker. `Basis` keeps each component on the side where it was, and
lets two components change places only when their variances differ clearly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from playground.core.analysis.leading import leading

SHOWN = 3
MOST_RATIOS = 8
DENSE_LIMIT = 160  # units up to which all eigenvectors are computed
HYSTERESIS = 1.1


@dataclass(frozen=True, eq=False)
class Components:
    """A principal component analysis.

    Attributes:
        mean: (units,).
        axes: (components, units), orthonormal, by falling variance.
        variances: (components,), with n − 1 in the denominator.
        total: the variance of all units together.
        rank: number of directions with any variance; None where only the top part is computed.
    """

    mean: Tensor
    axes: Tensor
    variances: Tensor
    total: float
    rank: int | None

    @property
    def ratios(self) -> list[float]:
        """Shares of the variance, of the first components."""
        if self.total <= 0:
            return [0.0] * min(len(self.variances), MOST_RATIOS)
        return (self.variances[:MOST_RATIOS] / self.total).tolist()

    def scores(self, points: Tensor) -> Tensor:
        """Coordinates (n, SHOWN) of points (n, units); 0 where there are fewer components."""
        found = (points - self.mean) @ self.axes[:SHOWN].t()
        missing = SHOWN - found.shape[1]
        return torch.nn.functional.pad(found, (0, missing)) if missing > 0 else found

    def kept(self, points: Tensor, count: int) -> Tensor:
        """Points (n, units) as their first `count` components alone give them back.

        With 0 every point is the mean, with all components the point itself.
        """
        axes = self.axes[:count].to(points.dtype)
        mean = self.mean.to(points.dtype)
        return mean + ((points - mean) @ axes.t()) @ axes

    def along(self, points: Tensor) -> Components:
        """The same mean and axes, with the variance that other points (n, units) have on them."""
        off = points - points.mean(0)
        count = max(len(points) - 1, 1)
        variances = (off @ self.axes.t()).square().sum(0) / count
        return replace(self, variances=variances, total=off.square().sum().item() / count)


def broken_stick(parts: int) -> list[float]:
    """Shares of a stick that is broken at random into so many parts, by falling size.

    What each component would explain if the variance fell on the units by chance: the k-th share
    is the sum of 1/i over i = k … parts, over parts (MacArthur 1957; Jackson 1993). They sum to 1.

    Returns:
        The first MOST_RATIOS of them.
    """
    tails, total = [], 0.0
    for i in range(parts, 0, -1):
        total += 1 / i
        tails.append(total / parts)
    return tails[::-1][:MOST_RATIOS]


def principal_components(points: Tensor, start: Tensor | None = None) -> Components:
    """PCA by the eigenvectors of the covariance matrix.

    Args:
        points: (n, units), float64.
        start: axes of an earlier, similar analysis; wide layers start their iteration there.
    """
    mean = points.mean(0)
    centred = points - mean
    count = max(len(points) - 1, 1)
    total = centred.square().sum().item() / count
    if points.shape[1] > DENSE_LIMIT and len(points) > MOST_RATIOS:
        values, axes = leading(centred, MOST_RATIOS, start)
        return Components(mean, axes, values.square() / count, total, None)
    variances, vectors = torch.linalg.eigh(centred.t() @ centred / count)
    variances, axes = variances.flip(0).clamp(min=0), vectors.t().flip(0)
    tolerance = variances[0] * max(points.shape) * torch.finfo(points.dtype).eps
    return Components(mean, axes, variances, total, int((variances > tolerance).sum()))


class Basis:
    """The components of one layer from frame to frame."""

    def __init__(self) -> None:
        self._axes: Tensor | None = None

    def follow(self, points: Tensor) -> Components:
        """The components of these points (n, units), with signs and order as before."""
        before = self._axes
        found = principal_components(points, before)
        axes, variances = found.axes.clone(), found.variances.clone()
        if before is None:
            # The largest loading of each component is made positive.
            largest = axes.abs().argmax(1, keepdim=True)
            axes *= torch.where(axes.gather(1, largest) < 0, -1.0, 1.0)
        else:
            # The last one shown may trade places with the first one that is not.
            for i in range(min(SHOWN, len(axes) - 1)):
                close = variances[i] < HYSTERESIS * variances[i + 1]
                straight = (axes[i] @ before[i]).abs() + (axes[i + 1] @ before[i + 1]).abs()
                crossed = (axes[i] @ before[i + 1]).abs() + (axes[i + 1] @ before[i]).abs()
                if close and crossed > straight:
                    axes[[i, i + 1]] = axes[[i + 1, i]]
                    variances[[i, i + 1]] = variances[[i + 1, i]]
            agreement = (axes * before).sum(1, keepdim=True)
            axes *= torch.where(agreement < 0, -1.0, 1.0)
        self._axes = axes
        return Components(found.mean, axes, variances, found.total, found.rank)


def exact_components(points: Tensor, number: int, *, centred: bool = True) -> Components:
    """The first components of any points (n, units), of however many units, by the smaller side.

    Where there are fewer points than units, the eigenvectors of the points' Gram matrix (n, n) give
    those of the covariance matrix (Sirovich 1987). Components without variance are left out.

    Args:
        points: float64.
        number: how many axes are wanted; variances are of MOST_RATIOS at least.
        centred: measure from the mean; else from 0, as of points that are centred already.
    """
    mean = points.mean(0) if centred else torch.zeros_like(points[0])
    off, count = points - mean, max(len(points) - 1, 1)
    wide = points.shape[1] > len(points)
    square = off @ off.t() if wide else off.t() @ off
    variances, vectors = torch.linalg.eigh(square / count)
    variances, vectors = variances.flip(0).clamp(min=0), vectors.flip(1)
    tolerance = variances[0] * max(points.shape) * torch.finfo(points.dtype).eps
    rank = int((variances > tolerance).sum())
    axes = vectors[:, : min(number, rank)]
    if wide:
        axes = (
            torch.linalg.qr(off.t() @ axes).Q
            if axes.shape[1]
            else axes.new_empty(points.shape[1], 0)
        )
    kept = variances[: max(number, MOST_RATIOS)]
    return Components(mean, axes.t(), kept, off.square().sum().item() / count, rank)
