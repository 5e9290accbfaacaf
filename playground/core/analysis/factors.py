"""A dense layer as turn, stretch, turn: its singular value decomposition W = U Σ Vᵀ at work.

Two directions are pictured: the layer's first two right singular vectors in front of it, the left
ones behind it. Vᵀ turns the first onto the axes, Σ stretches along these, U turns on; then come
the bias and the activation. Of a layer with more than two inputs or units the picture is the
plane of those directions, and says how much of the layer it shows.

A plane within more than two dimensions has no axes of its own. Its picture gets those closest to
the axes of two units that lie best in it, so that it keeps still while the layer learns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from playground.core.analysis.pca import HYSTERESIS

STAGES = ("input", "turned", "stretched", "back", "bias", "activation")
LEVEL = 0.2  # below which two axes are nearly one within the plane, and others are chosen


@dataclass(frozen=True, eq=False)
class Factors:
    """The first two singular directions of a matrix, and the axes in which they are pictured.

    Attributes:
        values: the two singular values, (2,); a second one that is not there is 0.
        right: (2, inputs): orthonormal rows; a second one that is not there is 0.
        left: (2, outputs), likewise.
        before: (2, 2): the picture's axes in front of the layer, as columns in the coordinates
            along `right`. Orthogonal, with determinant 1.
        behind: (2, 2): those behind it, in the coordinates along `left`. Orthogonal.
        axes: the two inputs and the two units that the picture's axes are closest to.
        share: of the sum of squares of all singular values.
    """

    values: Tensor
    right: Tensor
    left: Tensor
    before: Tensor
    behind: Tensor
    axes: tuple[tuple[int, int], tuple[int, int]]
    share: float

    @property
    def mirrored(self) -> bool:
        """Whether the way back is a turn and a mirror."""
        return bool(torch.linalg.det(self.behind) < 0)

    @property
    def angles(self) -> tuple[float, float]:
        """By how much is turned in front of the stretch and behind it, in radians.

        A mirror, where there is one, turns the second axis over before the second turn.
        """
        back = self.behind.t()
        first = math.atan2(self.before[1, 0].item(), self.before[0, 0].item())
        return first, math.atan2(back[1, 0].item(), back[0, 0].item())


class Held:
    """The factors of one layer from frame to frame: signs, order and axes held steady."""

    def __init__(self) -> None:
        self._last: Factors | None = None

    def follow(self, weight: Tensor, bias: Tensor, inputs: Tensor) -> Factors:
        """The factors of a finite weight matrix (outputs, inputs), float64.

        Args:
            bias: (outputs,); a layer with one input is pictured in the plane of its bias too.
            inputs: what comes in, (points, inputs); a layer with one unit is pictured in the
                plane in which this varies most.
        """
        left, values, right = torch.linalg.svd(weight, full_matrices=False)
        total = values.square().sum().item()
        left, right = left.t()[:3], right[:3]
        order = self._order(values, left, right)
        values, left, right = values[order], left[order], right[order]
        share = values.square().sum().item() / total if total > 0 else 0.0
        if len(order) < 2:
            values = torch.cat((values, torch.zeros_like(values)))
            right = torch.cat((right, _other(right[0], inputs)[None]))
            left = torch.cat((left, _other(left[0], bias[None])[None]))
        left, right = self._signed(left, right)
        axes = tuple(self._axes(side, vectors) for side, vectors in enumerate((right, left)))
        before, behind = (_picture(v, a) for v, a in zip((right, left), axes, strict=True))
        if torch.linalg.det(before) < 0:  # the first turn is one
            flip = torch.tensor([[1.0], [-1.0]], dtype=weight.dtype)
            left, right, before, behind = (flip * part for part in (left, right, before, behind))
        found = Factors(values, right, left, before, behind, (axes[0], axes[1]), share)
        if self._last is None:
            # Half a turn more in front and half a turn less behind come to the same.
            parts = (-found.right, -found.left, -found.before, -found.behind)
            other = Factors(values, *parts, found.axes, share)
            found = min(found, other, key=lambda one: sum(map(abs, one.angles)))
        self._last = found
        return found

    def _order(self, values: Tensor, left: Tensor, right: Tensor) -> list[int]:
        """Which singular directions are the first two; nearly equal ones stay where they were."""
        order = list(range(min(3, len(values))))
        last = self._last
        if last is None:
            return order[:2]
        for i in range(min(2, len(order) - 1)):
            a, b = order[i], order[i + 1]
            close = values[a] < HYSTERESIS * values[b]
            likeness = [abs(_likeness(last, i, left[k], right[k])) for k in (a, b)]
            if close and likeness[1] > likeness[0]:
                order[i], order[i + 1] = b, a
        return order[:2]

    def _signed(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        """Both vectors of a direction turned over where they point away from where they did."""
        signs = torch.ones(2, 1, dtype=left.dtype)
        for i in range(2):
            if self._last is None:
                signs[i] = -1.0 if right[i][right[i].abs().argmax()] < 0 else 1.0
            elif _likeness(self._last, i, left[i], right[i]) < 0:
                signs[i] = -1.0
        return signs * left, signs * right

    def _axes(self, side: int, vectors: Tensor) -> tuple[int, int]:
        """The two units whose axes lie best in the plane of `vectors` (2, units)."""
        if vectors.shape[1] < 3:
            return (0, vectors.shape[1] - 1)
        if self._last is not None:
            kept = self._last.axes[side]
            if abs(_area(vectors, kept)) > LEVEL:
                return kept
        lengths = vectors.square().sum(0)
        first = int(lengths.argmax())
        areas = [abs(_area(vectors, (first, k))) for k in range(vectors.shape[1])]
        second = max(range(len(areas)), key=areas.__getitem__)
        return (min(first, second), max(first, second))


def _likeness(last: Factors, place: int, left: Tensor, right: Tensor) -> float:
    """How much a direction is the one that was in this place; below 0 with the sign turned."""
    return (last.left[place] @ left + last.right[place] @ right).item()


def _area(vectors: Tensor, axes: tuple[int, int]) -> float:
    """Of the parallelogram that two units' axes are within the plane of `vectors`."""
    return torch.linalg.det(vectors[:, list(axes)]).item()


def _other(first: Tensor, rows: Tensor) -> Tensor:
    """A unit vector at a right angle to the first: where the rows have most; else any. 0 where
    there is one dimension only."""
    if len(first) == 1:
        return torch.zeros_like(first)
    rest = rows - (rows @ first)[:, None] * first
    if len(rest) and rest.abs().max() > 1e-12:
        found = torch.linalg.eigh(rest.t() @ rest).eigenvectors[:, -1]
        found = found - (found @ first) * first
        return found / found.norm()
    found = torch.zeros_like(first)
    found[first.abs().argmin()] = 1.0
    found = found - (found @ first) * first
    return found / found.norm()


def _picture(vectors: Tensor, axes: tuple[int, int]) -> Tensor:
    """The orthonormal pair in the plane of `vectors` nearest to two units' own axes."""
    if vectors.shape[1] == 1:
        return torch.diag(torch.tensor([1.0, 1.0], dtype=vectors.dtype) * vectors[0].sign())
    shown = vectors[:, list(axes)]
    left, _, right = torch.linalg.svd(shown)
    return left @ right


def places(
    factors: Factors, weight: Tensor, bias: Tensor, inputs: Tensor, outputs: Tensor
) -> Tensor:
    """Where points are at each of STAGES: (stages, points, 2).

    Args:
        weight, bias: of the layer, (outputs, inputs) and (outputs,), float64.
        inputs: (points, inputs), what comes in.
        outputs: (points, outputs), behind the activation.
    """
    turned = inputs @ factors.right.t()
    stretched = turned * factors.values
    behind = factors.left.t() @ factors.behind  # the picture's axes among all units
    return torch.stack(
        (
            turned @ factors.before,
            turned,
            stretched,
            stretched @ factors.behind,
            (inputs @ weight.t() + bias) @ behind,
            outputs @ behind,
        )
    )


def seen(factors: Factors, weight: Tensor, inputs: Tensor) -> float | None:
    """Which share of the squares of what the layer makes of inputs lies in the picture."""
    made = inputs @ weight.t()
    total = made.square().sum().item()
    return (made @ factors.left.t()).square().sum().item() / total if total > 0 else None


def header(factors: Factors, bias: Tensor) -> dict[str, Any]:
    """What the picture's steps are made of, as plain numbers.

    `right` and `left` are the singular vectors in the picture's axes, in front and behind.
    """
    moved = (factors.left @ bias) @ factors.behind
    return {
        "values": factors.values.tolist(),
        "angles": list(factors.angles),
        "mirrored": factors.mirrored,
        "right": factors.before.tolist(),
        "left": factors.behind.tolist(),
        "bias": moved.tolist(),
        "axes": [list(pair) for pair in factors.axes],
        "share": factors.share,
    }
