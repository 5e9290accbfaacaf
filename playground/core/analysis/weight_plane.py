"""Planes through the space of a network's weights, in which its path and its loss are pictured.

A point of a plane has coordinates (a, b) and stands for the weights centre + a·d₁ + b·d₂. The
directions are the first two principal components of the path that the weights have taken (Lorch
2016; Li et al. 2018, section 7), or two random ones, each neuron's part as long as the neuron's
own weights ("filter normalisation", Li et al. 2018, section 4). What is cut, and the biases of
blocks without bias, is 0 all over a plane, as it is in the network.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from playground.core.analysis.pca import exact_components
from playground.core.random import stable_seed

if TYPE_CHECKING:
    from playground.core.run import Run

Window = tuple[float, float, float, float]

MARGIN = 0.22  # of the path's extent, around it
NARROWEST = 0.4  # of the longer side's extent: a straight path still shows what lies beside it
NOTHING = 1e-9  # share of the variance below which a component is none
ROUNDING = 1e-6
_numbers = itertools.count(1)


@dataclass(frozen=True, eq=False)
class WeightPlane:
    """See the module.

    Attributes:
        kind: whose directions they are.
        centre: the weights (parameters,) at (0, 0), float64: the network's when it was made.
        axes: the two directions (2, parameters). Of unit length and orthogonal for a path.
        window: (a0, a1, b0, b1), what is pictured.
        epoch: when it was made.
        ratios: shares of the path's variance along its first components; [] for random axes.
        drawn: how many of the axes are random, because the path has no second direction yet.
        number: no two planes have the same.
    """

    kind: Literal["path", "random"]
    centre: Tensor
    axes: Tensor
    window: Window
    epoch: float
    ratios: list[float]
    drawn: int
    number: int

    def place(self, a: float, b: float) -> Tensor:
        """The weights (parameters,) at one point."""
        return self.centre + a * self.axes[0] + b * self.axes[1]

    def places(self, points: Tensor) -> Tensor:
        """The weights (n, parameters) at points (n, 2)."""
        return self.centre + points.to(self.axes) @ self.axes

    @cached_property
    def _readers(self) -> Tensor:
        return torch.linalg.pinv(self.axes)

    def coordinates(self, weights: Tensor) -> Tensor:
        """Where weights (n, parameters) lie: (n, 3), the nearest point (a, b) and how far off
        the plane they are, in the weights' own unit."""
        apart = weights.cpu().double() - self.centre
        points = apart @ self._readers
        return torch.cat((points, (apart - points @ self.axes).norm(dim=1, keepdim=True)), 1)

    def through(self, window: Window) -> WeightPlane:
        """The same plane seen through another window."""
        return replace(self, window=window, number=next(_numbers))


def path_plane(run: Run, seed: int = 0, like: WeightPlane | None = None) -> WeightPlane:
    """The plane through the present weights along the path's first two principal components.

    While the path has fewer directions than two, random ones stand in.

    Args:
        run: the run.
        seed: of what stands in.
        like: an earlier plane, on whose side each axis stays.
    """
    mask, present = held_at_zero(run), _present(run)
    weights = torch.cat((run.path.points.double() * mask, present[None]))
    found = exact_components(weights, 2)
    # The path is kept in float32: what lies below its rounding is no direction.
    least = max(NOTHING * found.total, (ROUNDING * _size(present)) ** 2)
    few = int((found.variances[:2] > least).sum())
    axes = [_sided(axis, like, i) for i, axis in enumerate(found.axes[:few])]
    if few < 2:
        spread = (weights - present).norm(dim=1).max().item()
        for drawn in _random_axes(run, seed, mask)[: 2 - few]:
            aside = drawn - sum(((drawn @ axis) * axis for axis in axes), torch.zeros(1).double())
            axes.append(aside / aside.norm().clamp(min=1e-300))
        window = _around(weights, present, torch.stack(axes), spread or _size(present))
    else:
        window = _around(weights, present, torch.stack(axes), 0.0)
    return WeightPlane(
        "path", present, torch.stack(axes), window, run.exact_epoch, found.ratios, 2 - few,
        next(_numbers),
    )  # fmt: skip


def random_plane(run: Run, seed: int) -> WeightPlane:
    """The plane through the present weights along two filter-normalised random directions.

    Its window goes from −1 to 1: there a neuron's weights are changed by as much as they are long.
    """
    axes = torch.stack(_random_axes(run, seed, held_at_zero(run)))
    window = (-1.0, 1.0, -1.0, 1.0)
    return WeightPlane(
        "random", _present(run), axes, window, run.exact_epoch, [], 2, next(_numbers)
    )


def held_at_zero(run: Run) -> Tensor:
    """0 for every number (parameters,) that is cut, or the bias of a block without; else 1."""
    linear = [block for block in run.blocks if block.linear is not None]
    mask = torch.ones(run.path.size, dtype=torch.float64)
    any_cut, start = run.hands.any_cut, 0
    for index, block in enumerate(linear):
        assert block.linear is not None
        outputs, inputs = block.linear
        weights = mask[start : start + outputs * inputs]
        if any_cut:
            weights[run.hands.cuts(index).flatten()] = 0
        start += outputs * (inputs + 1)
        if not getattr(block.layer, "bias", True):
            mask[start - outputs : start] = 0
    return mask


def _present(run: Run) -> Tensor:
    return run.engine.flat().cpu().double()


def _random_axes(run: Run, seed: int, mask: Tensor) -> list[Tensor]:
    """Two directions (parameters,): every neuron's weights and bias as long as the neuron's own.

    Gains and slopes stay as they are, as in Li et al.'s code. A network that is zero all over has
    no length to take: its directions are as they were drawn.
    """
    generator = torch.Generator().manual_seed(stable_seed(seed, "directions"))
    found = []
    for _ in range(2):
        parts: list[Tensor] = []
        for weight, bias in run.engine.parameters():
            own = torch.cat((weight, bias[:, None]), 1).cpu().double()
            drawn = torch.randn(own.shape, generator=generator, dtype=torch.float64)
            scale = own.norm(dim=1, keepdim=True) / drawn.norm(dim=1, keepdim=True)
            drawn = drawn * scale if own.any() else drawn
            parts += [drawn[:, :-1].flatten(), drawn[:, -1]]
        parts += [torch.zeros(part.numel()) for part in run.engine.gains().values()]
        found.append(torch.cat([part.double() for part in parts]) * mask)
    return found


def _sided(axis: Tensor, like: WeightPlane | None, index: int) -> Tensor:
    """The axis or its opposite: as the earlier one, else with its largest entry positive."""
    if like is not None and like.axes.shape[1] == len(axis):
        return axis if axis @ like.axes[index] >= 0 else -axis
    return axis if axis[axis.abs().argmax()] >= 0 else -axis


def _around(weights: Tensor, centre: Tensor, axes: Tensor, least: float) -> Window:
    """A window around these weights (n, parameters), no side of it shorter than `least`."""
    points = (weights - centre) @ axes.t()
    low, high = points.min(0).values.tolist(), points.max(0).values.tolist()
    longest = max(high[0] - low[0], high[1] - low[1], least)
    sides: list[float] = []
    for one, other in zip(low, high, strict=True):
        half = max((other - one) * (0.5 + MARGIN), longest * NARROWEST / 2, least / 2)
        middle = (one + other) / 2
        sides += [middle - half, middle + half]
    return sides[0], sides[1], sides[2], sides[3]


def _size(weights: Tensor) -> float:
    """A length for a window where there is no path: that of the weights, or 1."""
    return weights.norm().item() or 1.0


def lattice(plane: WeightPlane, side: int) -> Tensor:
    """Points (side², 2) row by row from the lowest b up, the window's edges included."""
    a0, a1, b0, b1 = plane.window
    a = torch.linspace(a0, a1, side, dtype=torch.float64)
    b = torch.linspace(b0, b1, side, dtype=torch.float64)
    rows, columns = torch.meshgrid(b, a, indexing="ij")
    return torch.stack((columns.flatten(), rows.flatten()), 1)


def split(flat: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    """Flat weights (n, parameters) as batches (n, *shape) of the tensors of `Engine.learned`."""
    parts = flat.split([part.numel() for part in like], dim=1)
    return [part.reshape(len(flat), *one.shape) for part, one in zip(parts, like, strict=True)]
