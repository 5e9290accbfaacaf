"""The network over the plane: its answer, every drawn unit's own map, the links between them."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from playground.core.activations import ACTIVATIONS
from playground.core.analysis.maps import as_bytes, signed_bytes, single, unit_values
from playground.core.analysis.plane import Plane
from playground.core.data.model import Schema
from playground.core.data.prepare import Prepared
from playground.core.links import Links
from playground.core.losses.base import Loss
from playground.core.network import Block
from playground.core.run import Run
from playground.core.want import Want

LINE_POINTS = 201
NEURON_PIXELS = 34


class Answering(Protocol):
    """What has answers to picture: a run, or a population of networks."""

    @property
    def schema(self) -> Schema: ...
    @property
    def data(self) -> Prepared: ...
    @property
    def loss(self) -> Loss: ...


def value_range(run: Answering, plane: Plane) -> tuple[float, float]:
    """The values between which the colours of a regression run."""
    if run.schema.task != "regression":
        return -1.0, 1.0
    if run.data.domain is not None and plane.kind != "line" and not run.schema.free:
        return -1.0, 1.0
    values = np.concatenate((run.data.targets_train, run.data.targets_test))
    low, high = float(values.min()), float(values.max())
    return (low, high) if high > low else (low - 1, high + 1)


def answer(run: Answering, output: Tensor, dim: int = 0) -> Tensor:
    """What an output (units, points) says: probabilities, or values in their own units.

    Args:
        dim: along which the units lie.
    """
    if run.schema.task == "regression":
        values = run.loss.prediction(output)
        return values * run.data.target_std + run.data.target_mean
    return run.loss.probability(output, dim)


def as_map(
    run: Answering, said: Tensor, limits: tuple[float, float], shape: tuple[int, ...]
) -> np.ndarray:
    """What a network says over a plane (units, points) as bytes: (*shape), or (classes, *shape).

    Args:
        limits: the values between which the colours of a regression run, see `value_range`.
    """
    low, high = limits if run.schema.task == "regression" else (0.0, 1.0)
    painted = as_bytes(said, low, high).reshape(-1, *shape)
    return painted[0] if len(painted) == 1 else painted


class Picture:
    """Paints one run over one plane, at whatever resolution is asked for."""

    def __init__(self, run: Run, plane: Plane) -> None:
        self._run = run
        self._plane = plane
        self._line = plane.kind == "line"
        self._range = value_range(run, plane)
        self._links = Links(run)
        self._shown = self._links.shown
        self._widest = max(block.units for block in run.blocks)
        self._resolution = 0

    def paint(self, want: Want, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Adds map, neurons, links and focus to a frame, as far as they are wanted."""
        self._prepare_grid(LINE_POINTS if self._line else want.resolution)
        focus = want.focus if want.focus and self._exists(want.focus) else None
        values = unit_values(self._run.engine, self._grid, self._wanted(focus), self._widest)
        output = answer(self._run, values[-1])
        if want.map and self._line:
            arrays["curve"] = single(output[0]).numpy()
        elif want.map:
            arrays["map"] = self._map(output)
        if want.neurons:
            self._neurons(values, output, arrays)
            arrays["links"] = self._links.values()
            if self._run.hands.any_cut:
                arrays["cut"] = self._links.cuts()
        if focus is not None:
            self._focus(focus, values, output, header, arrays)

    def _prepare_grid(self, resolution: int) -> None:
        if self._resolution == resolution:
            return
        inputs = torch.from_numpy(self._run.data.to_inputs(self._plane.grid(resolution)))
        self._grid = self._run.engine.prepare(inputs)
        self._grid_inputs = inputs.t().contiguous()
        self._input_rows = unbounded(self._grid_inputs[self._shown[0]])
        self._resolution = resolution
        self._shape = (resolution,) if self._line else (resolution, resolution)

    def _exists(self, focus: tuple[int, int]) -> bool:
        blocks = self._run.blocks
        return 0 <= focus[0] < len(blocks) and 0 <= focus[1] < blocks[focus[0]].units

    def _wanted(self, focus: tuple[int, int] | None) -> list[list[int]]:
        """Units of every block behind the inputs whose values are needed."""
        wanted = [list(units) for units in self._shown[1:]]
        wanted[-1] = list(range(self._run.blocks[-1].units))
        if focus is not None and focus[0] > 0 and focus[1] not in wanted[focus[0] - 1]:
            wanted[focus[0] - 1].append(focus[1])
        return wanted

    def _map(self, output: Tensor) -> np.ndarray:
        return as_map(self._run, output, self._range, self._shape)

    def _head_rows(self, output: Tensor) -> Tensor:
        """The network's answer between −1 and 1, as the decision map is coloured."""
        if self._run.schema.task != "regression":
            return output * 2 - 1
        low, high = self._range
        return (output - low) * (2 / (high - low)) - 1

    def _neurons(self, values: list[Tensor], output: Tensor, arrays: dict[str, np.ndarray]) -> None:
        rows = [self._input_rows]
        for block, units, found in zip(
            self._run.blocks[1:-1], self._shown[1:-1], values[:-1], strict=True
        ):
            if block.drawn:
                rows.append(_scaled(found[: len(units)], block))
        head = self._head_rows(output)[self._shown[-1]]
        rows.append((head, torch.ones(len(head))))
        scales = torch.cat([single(scale) for _, scale in rows])
        arrays["neuron_scale"] = scales.numpy()
        if self._line:
            stacked = torch.cat([single(found) for found, _ in rows])
            arrays["neurons"] = np.ascontiguousarray(stacked[:, ::2].numpy())
            return
        step = math.ceil(self._resolution / NEURON_PIXELS)
        pixels = torch.cat(
            [single(found.view(-1, *self._shape)[:, ::step, ::step]) for found, _ in rows]
        )
        arrays["neurons"] = signed_bytes(pixels.flatten(1), scales).reshape(pixels.shape)

    def _focus(
        self,
        focus: tuple[int, int],
        values: list[Tensor],
        output: Tensor,
        header: dict[str, Any],
        arrays: dict[str, np.ndarray],
    ) -> None:
        index, unit = focus
        block = self._run.blocks[index]
        if index == 0:
            row, scale = unbounded(self._grid_inputs[unit : unit + 1])
        elif block.kind == "head":
            row, scale = self._head_rows(output)[unit : unit + 1], torch.ones(1)
        elif not block.drawn:
            return
        else:
            place = self._wanted(focus)[index - 1].index(unit)
            row, scale = _scaled(values[index - 1][place : place + 1], block)
        header["focus"] = {"block": index, "unit": unit, "scale": scale[0].item()}
        row, scale = single(row), single(scale)
        arrays["focus"] = (
            row[0].numpy() if self._line else signed_bytes(row, scale).reshape(self._shape)
        )


def unbounded(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Rows with the scale of each taken from its own largest value."""
    return rows, rows.abs().amax(1).clamp(min=1e-9)


def _scaled(rows: Tensor, block: Block) -> tuple[Tensor, Tensor]:
    """Rows with a fixed scale where the activation is bounded, else each with its own."""
    name = block.activation if block.kind in ("dense", "activation") else None
    if name is not None and ACTIVATIONS[name].bounds is not None:
        return rows, torch.ones(len(rows))
    return unbounded(rows)
