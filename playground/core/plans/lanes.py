"""The maps of a race: every lane's answer over one plane, and where two of them disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.maps import as_bytes, single
from playground.core.analysis.plane import Plane
from playground.core.analysis.views import Arrays, Header
from playground.core.picture import LINE_POINTS, answer, as_map, value_range
from playground.core.plans.crowd import resolution_for
from playground.core.run import Run
from playground.core.want import Want


class LaneMaps:
    """Pictures the lanes over one plane, all at one resolution.

    Two lanes are chosen by the wishes "a" and "b" of the plan, as indices.
    """

    def __init__(self, lanes: Sequence[Run], plane: Plane) -> None:
        self._lanes = lanes
        self._plane = plane
        self._line = plane.kind == "line"
        self._limits = value_range(lanes[0], plane)
        self._inputs: tuple[int, Tensor] = (0, torch.zeros(0))

    @torch.no_grad()
    def paint(self, want: Want, header: Header, arrays: Arrays) -> None:
        """Adds `maps`, bytes (lanes, side, side) or (lanes, classes, side, side), of a line
        float32 (lanes, points); and `difference`, see `difference`."""
        count = len(self._lanes)
        side = LINE_POINTS if self._line else resolution_for(count, want.resting)
        shape = (side,) if self._line else (side, side)
        said = [self._said(run, side) for run in self._lanes]
        if self._line:
            arrays["maps"] = single(torch.stack([one[0] for one in said])).numpy()
        else:
            maps = [
                as_map(run, one, self._limits, shape)
                for run, one in zip(self._lanes, said, strict=True)
            ]
            arrays["maps"] = np.stack(maps)
        a, b = _pair(want.of("plan"), count)
        regression = self._lanes[0].schema.task == "regression"
        span = self._limits[1] - self._limits[0] if regression else 1.0
        found, signed = difference(said[a], said[b])
        header["difference"] = {
            "a": a,
            "b": b,
            "signed": signed,
            "mean": float(found.abs().mean()),
            "top": span,
        }
        if self._line:
            arrays["difference"] = single(found).numpy()
        else:
            low = -span if signed else 0.0
            arrays["difference"] = as_bytes(found, low, span).reshape(shape)

    def _said(self, run: Run, side: int) -> Tensor:
        """What a lane answers, (units, points)."""
        if self._inputs[0] != side:
            raw = self._plane.grid(side)
            self._inputs = (side, torch.from_numpy(self._lanes[0].data.to_inputs(raw)))
        output = run.engine.output(run.engine.prepare(self._inputs[1]))
        return answer(run, output).cpu().double()


def difference(one: Tensor, other: Tensor) -> tuple[Tensor, bool]:
    """How far two answers (units, points) are apart, (points,), and whether it has a sign.

    Of one unit the first answer less the second; of the probabilities of several classes half the
    sum of their distances (total variation), the share of the answer that would have to move.
    """
    if len(one) == 1:
        return (one - other)[0], True
    return (one - other).abs().sum(0) / 2, False


def _pair(wishes: Mapping[str, Any], count: int) -> tuple[int, int]:
    """The two lanes that are compared; the first two where none are named."""

    def index(key: str, usual: int) -> int:
        value = wishes.get(key)
        fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count
        return value if fits else usual  # type: ignore[return-value]

    return index("a", 0), index("b", 1)
