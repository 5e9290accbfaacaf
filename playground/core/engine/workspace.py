"""The dense engine's buffers for one number of points, and the calls recorded on them.

Every tensor is allocated once for each batch size and every call is bound to the tensors that
it reads and writes. A pass is then a list of calls without arguments: nothing is looked up,
sliced or allocated while a network trains.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from playground.core.activations import Call

if TYPE_CHECKING:
    from playground.core.engine.dense import DenseEngine


class Workspace:
    """Forward and backward pass for a fixed number of points.

    Attributes:
        values: activations behind every linear map, (units, points); the last is the output.
    """

    def __init__(
        self, engine: DenseEngine, points: int, training: bool, generator: torch.Generator
    ) -> None:
        self._engine = engine
        like, kernels = engine.matrices[0], [kernel for _, kernel in engine.kernels]
        rows = [matrix.shape[0] + 1 for matrix in engine.matrices]
        # One flat buffer holds every layer's values, a row of ones under each: the bias
        # multiplies that row, and layers with one activation share one call for all slopes.
        flat = like.new_ones(sum(rows), points)
        keeps = any(kernel.keeps_input for kernel in kernels)
        kept = like.new_ones(sum(rows), points) if keeps else flat
        self._parts = list(torch.split(flat, rows))
        self.values = [part[:-1] for part in self._parts]
        self._inputs = [
            part[:-1] if kernel.keeps_input else value
            for part, kernel, value in zip(
                torch.split(kept, rows), kernels, self.values, strict=True
            )
        ]
        self._drops = [
            _Drop(like, matrix.shape[1] - 1, points, rates, generator)
            if training and any(rates)
            else None
            for matrix, rates in zip(engine.matrices, engine.rates, strict=True)
        ]
        if training:
            self._record_slopes(flat, kept, rows)
            self._deltas = [torch.empty_like(value) for value in self.values]

    def forward(self, columns: Tensor) -> list[Call]:
        """The calls that take inputs (features + 1, points), the last row ones, to the output."""
        calls: list[Call] = []
        source = columns
        for index, (_, kernel) in enumerate(self._engine.kernels):
            drop, z, value = self._drops[index], self._inputs[index], self.values[index]
            if drop is not None:
                calls.append(partial(drop.draw, source[:-1]))
                source = drop.values
            calls.append(partial(torch.mm, self._engine.matrices[index], source, out=z))
            calls += kernel.forward(z, value)
            source = self._parts[index]
        return calls

    def backward(self, rows: Tensor, targets: Tensor) -> list[Call]:
        """The calls that fill the gradients of every matrix, summed over points.

        Args:
            rows: the inputs that `forward` took, as (points, features + 1).
            targets: encoded targets, (units, points).
        """
        engine, deltas = self._engine, self._deltas
        calls = list(engine.loss.gradient(self.values[-1], targets, deltas[-1], 0))
        calls += self._slope_calls
        last = self._slopes[-1]
        if last is not None:
            calls.append(partial(deltas[-1].mul_, last))
        for index in range(len(deltas) - 1, -1, -1):
            drop, delta = self._drops[index], deltas[index]
            source = self._parts[index - 1].t() if index > 0 else rows
            if drop is not None:
                source = drop.values.t()
            calls.append(partial(torch.mm, delta, source, out=engine.gradients[index]))
            if index == 0:
                break
            below, slope = deltas[index - 1], self._slopes[index - 1]
            transposed = engine.matrices[index][:, :-1].t()
            calls.append(partial(torch.mm, transposed, delta, out=below))
            if drop is not None:
                calls.append(partial(below.mul_, drop.mask))
            if slope is not None:
                calls.append(partial(below.mul_, slope))
        return calls

    def _record_slopes(self, flat: Tensor, kept: Tensor, rows: Sequence[int]) -> None:
        """The derivatives of all activations: one set of calls for each run of equal ones."""
        slopes = flat.new_ones(flat.shape)
        self._slope_calls: list[Call] = []
        bent: list[bool] = []
        start = 0
        layers = zip(self._engine.kernels, rows, strict=True)
        for _, group in groupby(layers, key=lambda layer: layer[0][0]):
            members = list(group)
            kernel = members[0][0][1]
            stop = start + sum(count for _, count in members)
            if kernel.derivative is not None:
                source = kept if kernel.keeps_input else flat
                self._slope_calls += kernel.derivative(source[start:stop], slopes[start:stop])
            bent += [kernel.derivative is not None] * len(members)
            start = stop
        self._slopes = [
            part[:-1] if curved else None
            for part, curved in zip(torch.split(slopes, list(rows)), bent, strict=True)
        ]


class _Drop:
    """Dropout in front of one linear map: one mask a step, from the run's generator."""

    def __init__(
        self,
        like: Tensor,
        units: int,
        points: int,
        rates: Sequence[float],
        generator: torch.Generator,
    ) -> None:
        self.values = like.new_ones(units + 1, points)
        self.mask = like.new_empty(units, points)
        self._thinned = self.values[:-1]
        self._drawn = torch.empty(units, points, dtype=like.dtype)
        self._rates = [rate for rate in rates if rate > 0]
        self._generator = generator

    def draw(self, source: Tensor) -> None:
        """Draws a new mask and thins the values (units, points) with it."""
        for index, rate in enumerate(self._rates):
            drawn = self._drawn.bernoulli_(1 - rate, generator=self._generator)
            drawn.mul_(1 / (1 - rate))
            if index == 0:
                self.mask.copy_(drawn)
            else:
                self.mask.mul_(drawn.to(self.mask.device))
        torch.mul(source, self.mask, out=self._thinned)
