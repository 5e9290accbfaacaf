"""Buffers of K networks for one number of points, and the calls recorded on them.

As `workspace.py`, with one axis more: (K, units, points). Every buffer that a batched product
writes is dense in memory; one that is not is written network by network, five times as slowly.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from playground.core.activations import Call, Kernel
from playground.core.engine.workspace import Drop, Masks, slopes_of


class ManyWorkspace:
    """Forward and backward pass of K networks for a fixed number of points.

    Args:
        like: of the numbers' type and device.
        size: (K, points).
        shapes: (outputs, inputs) of each linear map.
        kinds: name and kernel of the activation behind each, and rates of the dropout in front.
        generators: of the networks, for a workspace that trains; None for one that does not.

    Attributes:
        values: activations behind every linear map, (K, units, points); the last is the output.
        delta: where the loss's gradient with respect to the output goes.
    """

    def __init__(
        self,
        like: Tensor,
        size: tuple[int, int],
        shapes: Sequence[tuple[int, int]],
        kinds: tuple[Sequence[tuple[str, Kernel]], Sequence[tuple[float, ...]]],
        generators: Sequence[torch.Generator] | None,
    ) -> None:
        (count, points), (kernels, rates) = size, kinds
        self._kernels = kernels
        self._rows = [count * outputs for outputs, _ in shapes]
        flat = like.new_empty(sum(self._rows), points)
        keeps = any(kernel.keeps_input for _, kernel in kernels)
        kept = like.new_empty(flat.shape) if keeps else flat

        def parts(buffer: Tensor) -> list[Tensor]:
            pieces = torch.split(buffer, self._rows)
            return [piece.view(count, -1, points) for piece in pieces]

        self.values = parts(flat)
        self._inputs = [
            before if kernel.keeps_input else value
            for before, value, (_, kernel) in zip(parts(kept), self.values, kernels, strict=True)
        ]
        self._thinned: list[Tensor | None] = [None] * len(shapes)
        self._drops: list[Drop | None] = [None] * len(shapes)
        if generators is None:
            return
        for index, ((_, inputs), own) in enumerate(zip(shapes, rates, strict=True)):
            if any(own):
                thinned = self._thinned[index] = like.new_empty(count, inputs, points)
                self._drops[index] = Drop(thinned, own, generators)
        self._slope_calls, slopes = slopes_of(kernels, self._rows, flat, kept)
        self._slopes = [None if one is None else one.view(count, -1, points) for one in slopes]
        self._flowing = like.new_empty(flat.shape)
        self._deltas = parts(self._flowing)
        self.delta = self._deltas[-1]

    @property
    def drops(self) -> list[Drop]:
        """Dropout in front of any linear map, in the order in which a step draws."""
        return [drop for drop in self._drops if drop is not None]

    def forward(
        self,
        weights: Sequence[Tensor],
        biases: Sequence[Tensor],
        source: Tensor,
        masks: Masks = (),
        *,
        rough: bool = False,
    ) -> list[Call]:
        """The calls that take inputs (K, features, points) to the output.

        Args:
            masks: of all `drops`, to be drawn by others; none where the calls draw them.
            rough: float32 need be right to 10⁻⁶ alone, which is enough to be pictured.
        """
        given = iter(masks)
        calls: list[Call] = []
        for index, (name, kernel) in enumerate(self._kernels):
            drop, z, value = self._drops[index], self._inputs[index], self.values[index]
            if drop is not None:
                calls.append(drop.call(source, next(given, None)))
                source = self._thinned[index]  # type: ignore[assignment]
            product = partial(torch.baddbmm, biases[index], weights[index], source, out=z)
            if rough and name == "tanh" and z.dtype == torch.float32:
                # tanh z = 2 σ(2 z) − 1, near 0 not to its last digit, in a third of the time
                calls += [partial(product, beta=2, alpha=2), z.sigmoid_]
                calls.append(partial(torch.add, z.new_full((), -1.0), z, alpha=2, out=z))
            else:
                calls += [product, *kernel.forward(z, value)]
            source = value
        return calls

    def backward(
        self,
        weights: Sequence[Tensor],
        rows: Tensor,
        into: Sequence[Tensor],
        biases_into: Tensor,
        masks: Masks = (),
    ) -> list[Call]:
        """The calls that take `delta` back and fill the gradients, summed over points.

        Args:
            weights: (K, outputs, inputs) of each linear map.
            rows: the inputs that `forward` took, as (K, points, features).
            into: gradients of the weights.
            biases_into: gradients of all biases, one map behind the other.
            masks: as in `forward`.
        """
        given = iter(reversed(masks))
        deltas, calls = self._deltas, list(self._slope_calls)
        last = self._slopes[-1]
        if last is not None:
            calls.append(partial(deltas[-1].mul_, last))
        for index in range(len(deltas) - 1, -1, -1):
            drop, delta, thinned = self._drops[index], deltas[index], self._thinned[index]
            source = self.values[index - 1].transpose(1, 2) if index > 0 else rows
            mask = next(given, drop.mask) if drop is not None else None
            if thinned is not None:
                source = thinned.transpose(1, 2)
            calls.append(partial(torch.bmm, delta, source, out=into[index]))
            if index == 0:
                break
            below, slope = deltas[index - 1], self._slopes[index - 1]
            transposed = weights[index].transpose(1, 2)
            # Of a single output the product is an outer one, and quicker as what it is.
            product = torch.mul if weights[index].shape[1] == 1 else torch.bmm
            calls.append(partial(product, transposed, delta, out=below))
            if mask is not None:
                calls.append(partial(below.mul_, mask))
            if slope is not None:
                calls.append(partial(below.mul_, slope))
        calls.append(partial(torch.sum, self._flowing, 1, out=biases_into))
        return calls
