"""What in a picture speaks for a class: attributions of one score to the numbers of one input.

- The gradient: Simonyan, Vedaldi, Zisserman: Deep Inside Convolutional Networks, 2013.
- Integrated gradients and completeness: Sundararajan, Taly, Yan: Axiomatic Attribution for Deep
  Networks, ICML 2017.
- Occlusion: Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, ECCV 2014.
- Grad-CAM: Selvaraju et al.: Grad-CAM, ICCV 2017.

A score is a function of inputs (n, …) to (n,), differentiable; a point is (…) without the n.
What needs many passes is a generator that yields how far it came, from 0 to 1, and is bounded to
so many points in one pass.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

Score = Callable[[Tensor], Tensor]

LEVELS = (32, 96, 288)  # points of the midpoint rule; each has those of the one before
ENOUGH = 1e-3  # of the difference of outputs: a smaller gap asks for no finer rule


def gradient(score: Score, points: Tensor) -> Tensor:
    """d score / d point, for each of the points (n, …), in their shape."""
    with torch.inference_mode(False), torch.enable_grad():
        points = points.detach().clone().requires_grad_()
        (found,) = torch.autograd.grad(score(points).sum(), points)
    return found.detach()


def gradient_times_input(score: Score, point: Tensor, baseline: Tensor) -> Tensor:
    """The gradient times what the point differs from the baseline by."""
    return gradient(score, point[None])[0] * (point - baseline)


@dataclass(frozen=True)
class Integrated:
    """Integrated gradients, with their proof.

    Attributes:
        shares: of each number of the point, in its shape.
        total: their sum.
        start: score of the baseline.
        difference: score of the point less `start`; what `total` must be.
        steps: points of the rule.
    """

    shares: Tensor
    total: float
    start: float
    difference: float
    steps: int

    @property
    def gap(self) -> float:
        """What is missing, as a share of the difference; of rounding noise, of the scores."""
        scores = max(abs(self.start), abs(self.start + self.difference))
        return abs(self.total - self.difference) / max(abs(self.difference), 1e-6 * scores, 1e-12)


def integrated_gradients(
    score: Score,
    point: Tensor,
    baseline: Tensor,
    *,
    at_once: int = 16,
    levels: tuple[int, ...] = LEVELS,
    enough: float = ENOUGH,
) -> Generator[float, None, Integrated]:
    """(x − x′) · ∫ ∂score(x′ + t (x − x′)) dt over 0 ≤ t ≤ 1, by the midpoint rule.

    Three times as many midpoints hold those of before, so a finer rule begins where the coarser
    one ended.

    Args:
        point, baseline: x and x′, of one shape.
        at_once: points in one pass.
        levels: how many points the rule has, each three times the one before.
        enough: the share of the difference that may be missing.
    """
    way = point - baseline
    with torch.no_grad():
        ends = score(torch.stack((baseline, point))).double()
    start, difference = ends[0].item(), (ends[1] - ends[0]).item()
    sums = torch.zeros_like(point, dtype=torch.float64)
    found, done = Integrated(sums, 0.0, start, difference, 0), 0
    for level in levels:
        places = (torch.arange(level, dtype=torch.float64) + 0.5) / level
        if done:
            places = places[torch.arange(level) % 3 != 1]
        for part in places.split(at_once):
            shape = (-1, *[1] * point.dim())
            slopes = gradient(score, baseline + part.to(point.dtype).view(shape) * way)
            sums = sums + slopes.double().sum(0)
            done += len(part)
            yield done / levels[-1]
        shares = way.double() * sums / level
        found = Integrated(shares, shares.sum().item(), start, difference, level)
        if found.gap <= enough:
            break
    return found


@dataclass(frozen=True)
class Occluded:
    """What is lost where a window is covered.

    Attributes:
        drops: (rows, columns) score less score with that window covered.
        pixels: (height, width) the mean drop of the windows that cover each pixel.
        rows, columns: first row and column of each window.
        size: side of the window.
    """

    drops: Tensor
    pixels: Tensor
    rows: list[int]
    columns: list[int]
    size: int


def windows(length: int, size: int, stride: int) -> list[int]:
    """Where windows of a size begin along an axis, the last one at its end."""
    last = max(length - size, 0)
    return sorted({*range(0, last + 1, stride), last})


def occlusion(
    score: Score, point: Tensor, baseline: Tensor, size: int, stride: int, *, at_once: int = 32
) -> Generator[float, None, Occluded]:
    """The score's drop where a window of a picture (channels, height, width) is the baseline's."""
    _, height, width = point.shape
    size = min(size, height, width)
    rows, columns = windows(height, size, stride), windows(width, size, stride)
    places = [(row, column) for row in rows for column in columns]
    with torch.no_grad():
        whole = score(point[None])[0].double()
    drops: list[Tensor] = []
    for first in range(0, len(places), at_once):
        some = places[first : first + at_once]
        covered = point.repeat(len(some), 1, 1, 1)
        for one, (row, column) in zip(covered, some, strict=True):
            window = (slice(None), slice(row, row + size), slice(column, column + size))
            one[window] = baseline[window]
        with torch.no_grad():
            drops.append(whole - score(covered).double())
        yield min(first + at_once, len(places)) / len(places)
    drop = torch.cat(drops)
    total, times = torch.zeros(2, height, width, dtype=torch.float64)
    for (row, column), value in zip(places, drop, strict=True):
        total[row : row + size, column : column + size] += value
        times[row : row + size, column : column + size] += 1
    pixels = total / times.clamp(min=1)
    return Occluded(drop.view(len(rows), len(columns)), pixels, rows, columns, size)


@dataclass(frozen=True)
class Cam:
    """Grad-CAM of one block.

    Attributes:
        coarse: (height, width) of the block's maps: the weighted sum, below 0 too.
        weights: (channels,) the mean gradient of the score over each map.
    """

    coarse: Tensor
    weights: Tensor

    def over(self, height: int, width: int) -> Tensor:
        """What is above 0, stretched over the picture (bilinear)."""
        return functional.interpolate(
            self.coarse.clamp(min=0)[None, None], (height, width), mode="bilinear"
        )[0, 0]


def grad_cam(score: Score, maps: Tensor) -> Cam:
    """Maps weighted by the mean gradient of the score over each.

    Args:
        score: of the block's maps (n, channels, height, width), through the rest of the network.
        maps: (channels, height, width) of the chosen picture.
    """
    weights = gradient(score, maps[None])[0].mean((1, 2))
    return Cam((weights[:, None, None] * maps).sum(0), weights)
