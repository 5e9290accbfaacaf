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

from playground.core.activations import Call, Kernel

if TYPE_CHECKING:
    from playground.core.engine.dense import DenseEngine

Masks = Sequence[Tensor]


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
        self._drops: list[Drop | None] = [None] * len(rows)
        self._thinned = [
            like.new_ones(matrix.shape[1], points) if training and any(rates) else like[:0]
            for matrix, rates in zip(engine.matrices, engine.rates, strict=True)
        ]
        for index, (thinned, rates) in enumerate(zip(self._thinned, engine.rates, strict=True)):
            if len(thinned):
                self._drops[index] = Drop(thinned[:-1], rates, [generator])
        if training:
            self._slope_calls, slopes = slopes_of(engine.kernels, rows, flat, kept)
            self._slopes = [None if part is None else part[:-1] for part in slopes]
            self._deltas = [torch.empty_like(value) for value in self.values]

    @property
    def drops(self) -> list[Drop]:
        """Dropout in front of any linear map, in the order in which a step draws."""
        return [drop for drop in self._drops if drop is not None]

    def forward(self, columns: Tensor, masks: Masks = ()) -> list[Call]:
        """The calls that take inputs (features + 1, points), the last row ones, to the output.

        Args:
            masks: of all `drops`, to be drawn by others; none where the calls draw them.
        """
        given = iter(masks)
        calls: list[Call] = []
        source = columns
        for index, (_, kernel) in enumerate(self._engine.kernels):
            drop, z, value = self._drops[index], self._inputs[index], self.values[index]
            if drop is not None:
                mask = next(given, None)
                calls.append(drop.call(source[:-1], mask))
                source = self._thinned[index]
            calls.append(partial(torch.mm, self._engine.matrices[index], source, out=z))
            calls += kernel.forward(z, value)
            source = self._parts[index]
        return calls

    def backward(self, rows: Tensor, targets: Tensor, masks: Masks = ()) -> list[Call]:
        """The calls that fill the gradients of every matrix, summed over points.

        Args:
            rows: the inputs that `forward` took, as (points, features + 1).
            targets: encoded targets, (units, points).
            masks: as in `forward`.
        """
        given = iter(reversed(masks))
        engine, deltas = self._engine, self._deltas
        calls = list(engine.loss.gradient(self.values[-1], targets, deltas[-1], 0))
        calls += self._slope_calls
        last = self._slopes[-1]
        if last is not None:
            calls.append(partial(deltas[-1].mul_, last))
        for index in range(len(deltas) - 1, -1, -1):
            drop, delta = self._drops[index], deltas[index]
            source = self._parts[index - 1].t() if index > 0 else rows
            mask = None
            if drop is not None:
                mask = next(given, drop.mask)
                source = self._thinned[index].t()
            calls.append(partial(torch.mm, delta, source, out=engine.gradients[index]))
            if index == 0:
                break
            below, slope = deltas[index - 1], self._slopes[index - 1]
            transposed = engine.matrices[index][:, :-1].t()
            calls.append(partial(torch.mm, transposed, delta, out=below))
            if mask is not None:
                calls.append(partial(below.mul_, mask))
            if slope is not None:
                calls.append(partial(below.mul_, slope))
        return calls


def slopes_of(
    kernels: Sequence[tuple[str, Kernel]], rows: Sequence[int], flat: Tensor, kept: Tensor
) -> tuple[list[Call], list[Tensor | None]]:
    """The derivatives of all activations: one set of calls for each run of equal ones.

    Args:
        kernels: name and kernel of each linear map's activation.
        rows: how many rows of the buffers are of each map.
        flat: values behind the activations, (sum of rows, points).
        kept: values in front of them where a kernel needs those, else `flat`.

    Returns:
        The calls, and where they write the slopes of each map, (rows, points); None for 1.
    """
    slopes = flat.new_ones(flat.shape)
    calls: list[Call] = []
    bent: list[bool] = []
    start = 0
    for _, group in groupby(zip(kernels, rows, strict=True), key=lambda layer: layer[0][0]):
        members = list(group)
        kernel = members[0][0][1]
        stop = start + sum(count for _, count in members)
        if kernel.derivative is not None:
            source = kept if kernel.keeps_input else flat
            calls += kernel.derivative(source[start:stop], slopes[start:stop])
        bent += [kernel.derivative is not None] * len(members)
        start = stop
    parts = torch.split(slopes, list(rows))
    return calls, [part if curved else None for part, curved in zip(parts, bent, strict=True)]


class Drop:
    """Dropout in front of one linear map: one mask a step and network, each from its generator.

    Args:
        values: where the thinned values go, (units, points), or (K, units, points) of K networks.
        rates: of the dropout blocks that follow each other there.
        generators: one for each network.

    Attributes:
        mask: what was drawn last, scaled so that means stay, of the shape of `values`.
    """

    def __init__(
        self, values: Tensor, rates: Sequence[float], generators: Sequence[torch.Generator]
    ) -> None:
        self._thinned = values
        self.mask = torch.empty_like(values, memory_format=torch.contiguous_format)
        self._drawn = torch.empty(values.shape, dtype=values.dtype)  # generators are the CPU's
        parts = [self._drawn] if values.ndim == 2 else self._drawn.unbind(0)
        self._draws = list(zip(parts, generators, strict=True))
        self._rates = [rate for rate in rates if rate > 0]

    def call(self, source: Tensor, mask: Tensor | None) -> Call:
        """The call that thins values, by a mask that others draw or by one of its own."""
        if mask is None:
            return partial(self.draw, source)
        return partial(torch.mul, source, mask, out=self._thinned)

    def draw(self, source: Tensor) -> None:
        """Draws a new mask and thins the values with it."""
        self.sample(self.mask)
        torch.mul(source, self.mask, out=self._thinned)

    def sample(self, mask: Tensor) -> None:
        """Draws a new mask into a tensor of the shape of `mask`, on any device."""
        for index, rate in enumerate(self._rates):
            for part, generator in self._draws:
                part.bernoulli_(1 - rate, generator=generator)
            drawn = self._drawn.mul_(1 / (1 - rate))
            if index == 0:
                mask.copy_(drawn)
            else:
                mask.mul_(drawn.to(mask.device))
