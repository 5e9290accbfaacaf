"""The input plane's grid, and the points, as each layer of a network bends them.

The plane is laid out in lines of equal u and of equal v. Every point of every line goes through
the network, and at each stage, before and behind every activation, its values are pictured in
two dimensions: two chosen units, or the stage's first two principal components. One raw input
gives one line.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.maps import as_bytes, single
from playground.core.analysis.pca import Basis
from playground.core.analysis.plane import Plane
from playground.core.run import Run
from playground.core.want import Want

LINES = 11  # of equal u, and as many of equal v
SAMPLES = 51  # points along one line
LINE_SAMPLES = 201  # points along the only line of one raw input
MOST_POINTS = (400, 200)  # training and test points that are shown
LARGEST = 1e100  # squares of larger numbers leave the range of float64


def lattice(plane: Plane) -> np.ndarray:
    """Coordinates (points, 2) in the plane, line after line; (LINE_SAMPLES, 2) on a line.

    First the lines of equal u, each from the lowest v up, then those of equal v.
    """
    u0, u1, v0, v1 = plane.domain
    if plane.kind == "line":
        along = np.linspace(u0, u1, LINE_SAMPLES)
        return np.stack((along, np.zeros_like(along)), axis=1)
    u, v = np.linspace(u0, u1, LINES), np.linspace(v0, v1, LINES)
    upright = np.stack(np.meshgrid(u, np.linspace(v0, v1, SAMPLES), indexing="ij"), axis=-1)
    level = np.stack(np.meshgrid(v, np.linspace(u0, u1, SAMPLES), indexing="ij"), axis=-1)
    return np.concatenate((upright.reshape(-1, 2), level[:, :, ::-1].reshape(-1, 2)))


class Sheet:
    """The plane's grid and some data points, ready to go through one run's network.

    Attributes:
        prepared: all of them, in the engine's layout: the grid, then training, then test points.
        inputs: the same as (features, points), on the engine's device.
        places: the same in the plane, (points, 2), float64.
        count: points of the grid.
        train: training points.
        line: whether there is one raw input only.
    """

    def __init__(self, run: Run, plane: Plane, limits: tuple[float, float]) -> None:
        """`limits` are the values between which the colours of a regression run."""
        self._run = run
        self._limits = limits
        self.train = min(len(run.data.inputs_train), MOST_POINTS[0])
        test = min(len(run.data.inputs_test), MOST_POINTS[1])
        places = lattice(plane)
        self.count = len(places)
        flat = places[:, : len(plane.axes)] @ plane.axes + plane.origin
        inputs = (
            run.data.to_inputs(flat),
            run.data.inputs_train[: self.train],
            run.data.inputs_test[:test],
        )
        values = torch.from_numpy(np.concatenate(inputs))
        self.prepared = run.engine.prepare(values)
        self.inputs = values.t().to(self.prepared.device, self.prepared.dtype)
        raw = (run.data.raw_train[: self.train], run.data.raw_test[:test])
        shown = plane.project(np.concatenate(raw))
        self.line = plane.kind == "line"
        if self.line:
            shown = np.concatenate((shown, np.zeros_like(shown)), axis=1)
        self.places = torch.from_numpy(np.concatenate((places, shown)))

    def header(self) -> dict[str, Any]:
        """How many lines, points along each, and training points behind them."""
        return {
            "lines": 1 if self.line else 2 * LINES,
            "samples": LINE_SAMPLES if self.line else SAMPLES,
            "train": self.train,
        }

    def chosen(self, points: Tensor) -> Tensor:
        """Those rows of (points, …) to which pictures are fitted: the training points; before
        there are two of them, the grid itself."""
        few = self.train < 2
        return points[: self.count] if few else points[self.count : self.count + self.train]

    def colors(self, output: Tensor) -> np.ndarray:
        """The answer on the grid as bytes: (points,), or (classes, points)."""
        output = output[:, : self.count]
        if self._run.schema.task == "regression":
            values = output * self._run.data.target_std + self._run.data.target_mean
            return as_bytes(values[0], *self._limits)
        shares = self._run.loss.probability(output, 0)
        return as_bytes(shares[0] if len(shares) == 1 else shares, 0.0, 1.0)


class Warp:
    """The bent grid of one run over one plane, from frame to frame."""

    def __init__(self, run: Run, sheet: Sheet) -> None:
        self._run = run
        self._sheet = sheet
        self._bent = run.data.input_labels != run.schema.columns
        self._bases: dict[tuple[int, str], Basis] = {}
        self._sides: dict[tuple[int, str], Tensor] = {}

    @torch.no_grad()
    def paint(self, want: Want, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Adds all stages to a frame.

        `header["warp"]["stages"]` says of each: its block, its part ("plane", "input", "z" in
        front of an activation, "a" behind it), how many units there are, and either the two
        units that are shown or the shares of the variance along the two components.
        `arrays["warp"]` is (stages, points, 2): the grid, then training, then test points.
        `arrays["warp_color"]` is the network's answer on the grid, coloured as the map is.
        """
        values = self._run.engine.activations(self._sheet.prepared)
        pairs = {block: (first, second) for block, first, second in want.pairs}
        stages: list[dict[str, Any]] = [
            {"block": 0, "part": "plane", "units": 2, "pair": [0, 1], "ratios": None}
        ]
        places = [self._sheet.places]
        for block, part, rows in self._stages(values):
            stage, found = self._project(block, part, rows, pairs.get(block))
            places.append(self._turned((block, part), found, places[-1], stage["ratios"]))
            stages.append({"block": block, "part": part, "units": len(rows), **stage})
        header["warp"] = {**self._sheet.header(), "stages": stages}
        arrays["warp"] = single(torch.stack(places)).numpy()
        arrays["warp_color"] = self._sheet.colors(values[-1])

    def _stages(self, values: list[Tensor]) -> list[tuple[int, str, Tensor]]:
        """Block, part and values (units, points) of every stage behind the plane."""
        found: list[tuple[int, str, Tensor]] = []
        if self._bent:
            found.append((0, "input", self._sheet.inputs.double()))
        parameters = iter(self._run.engine.parameters())
        before = self._sheet.inputs
        for index, (block, behind) in enumerate(zip(self._run.blocks[1:], values, strict=True), 1):
            if block.linear is not None:
                weight, bias = next(parameters)
                # A skip or a fork has no one activation between its linear map and its values.
                if block.kind in ("dense", "head") and block.activation != "linear":
                    z = weight.double() @ before.double() + bias.double()[:, None]
                    found.append((index, "z", z))
            if block.drawn:
                found.append((index, "a", behind.double()))
            before = behind
        return [(index, part, rows.clamp(-LARGEST, LARGEST).cpu()) for index, part, rows in found]

    def _project(
        self, block: int, part: str, rows: Tensor, pair: tuple[int, int] | None
    ) -> tuple[dict[str, Any], Tensor]:
        """How a stage is pictured, and its values (units, points) as places (points, 2)."""
        last = len(rows) - 1
        if pair is None and last <= 1:
            pair = (0, 1)
        if pair is not None:
            first, second = min(pair[0], last), min(pair[1], last)
            if last == 0:
                one = torch.stack((rows[0], torch.zeros_like(rows[0])), dim=1)
                return {"pair": [0], "ratios": None}, one
            return {"pair": [first, second], "ratios": None}, rows[[first, second]].t()
        basis = self._bases.setdefault((block, part), Basis())
        points = rows.t()
        found = basis.follow(self._sheet.chosen(points))
        return {"pair": None, "ratios": found.ratios[:2]}, found.scores(points)[:, :2]

    def _turned(
        self, key: tuple[int, str], places: Tensor, before: Tensor, ratios: object
    ) -> Tensor:
        """Components mirrored, once and for all, so that they lie as the stage before does.

        A component has no sign of its own, and a picture that moves from stage to stage should
        not turn over where the network does not.
        """
        if ratios is None:
            return places
        if key not in self._sides:
            agreement = ((places - places.mean(0)) * (before - before.mean(0))).sum(0)
            self._sides[key] = torch.where(agreement < 0, -1.0, 1.0).to(places)
        return places * self._sides[key]
