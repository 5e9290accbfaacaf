"""The chosen point on its way through the network: what every drawn unit makes of it.

Where data are points in a plane, a neuron's picture is its map over that plane. Of a picture it is
the feature map, of a sequence its value at each place from left to right, of numbers in a row the
number's colour.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.maps import signed_bytes, single
from playground.core.links import Links
from playground.core.picture import NEURON_PIXELS, unbounded
from playground.core.run import Run
from playground.core.sample import Sample
from playground.core.shapes import Tokens, is_tokens
from playground.core.want import Want


class Tiles:
    """Paints the drawn units of one run for one point; the same arrays as `picture.Picture`."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._links = Links(run)

    @torch.no_grad()
    def paint(
        self, want: Want, sample: Sample, header: dict[str, Any], arrays: dict[str, np.ndarray]
    ) -> None:
        """Adds tiles and links, and the unit in focus at full size, as far as they are wanted.

        Arrays: `neurons` (units, side, side) uint8, the lowest row first; `neuron_scale` (units,);
        `links`; `focus` (height, width) uint8, the lowest row first.
        """
        run = self._run
        behind = run.engine.activations(run.engine.prepare(sample.inputs))
        values = [self._inputs(sample), *(one[..., 0].cpu() for one in behind)]
        if want.neurons:
            rows, limits = [], []
            for block, units, found in zip(run.blocks, self._links.shown, values, strict=True):
                if block.drawn:
                    rows.append(laid_out(found, units))
                    limits.append(_scales(found, rows[-1]))
            scales = torch.cat(limits)
            pixels = torch.cat([_resized(one) for one in rows])
            arrays["neuron_scale"] = single(scales).numpy()
            painted = signed_bytes(single(pixels.flatten(1)), single(scales))
            arrays["neurons"] = painted.reshape(pixels.shape)
            arrays["links"] = self._links.values()
            header["tokens"] = self._tokens(sample)
            if run.hands.any_cut:
                arrays["cut"] = self._links.cuts()
        if want.focus is not None:
            self._focus(want.focus, values, header, arrays)

    def _inputs(self, sample: Sample) -> Tensor:
        """What comes in as numbers to colour; of tokens, which are no quantities, nothing."""
        values = sample.inputs[0].double()
        shape = self._run.blocks[0].after
        return torch.zeros_like(values) if is_tokens(shape) else values

    def _tokens(self, sample: Sample) -> list[str] | None:
        """What stands at the places of the input that are drawn; None of other than tokens."""
        schema, shape = self._run.schema, self._run.blocks[0].after
        if not isinstance(shape, Tokens):
            return None
        shown = self._links.shown[0]
        numbers = [int(sample.inputs[0, place]) for place in shown]
        if schema.vocabulary:
            # Places with a vocabulary each, as of users and items: their names follow one another.
            sizes = shape.vocabularies if len(shape.vocabularies) > 1 else (0,) * shape[0]
            starts = [sum(sizes[:place]) for place in shown]
            return [schema.vocabulary[a + b] for a, b in zip(starts, numbers, strict=True)]
        return [str(number + 1) for number in numbers]

    def _focus(
        self,
        focus: tuple[int, int],
        values: list[Tensor],
        header: dict[str, Any],
        arrays: dict[str, np.ndarray],
    ) -> None:
        index, unit = focus
        blocks = self._run.blocks
        if not (0 <= index < len(blocks) and 0 <= unit < blocks[index].units):
            return
        if not blocks[index].drawn:
            return
        one = laid_out(values[index], [unit])
        flat, scale = one.flatten(1), _scales(values[index], one)
        header["focus"] = {"block": index, "unit": unit, "scale": scale[0].item()}
        painted = signed_bytes(single(flat), single(scale)).reshape(one.shape[1:])
        arrays["focus"] = np.ascontiguousarray(painted[::-1])


def _scales(values: Tensor, pictures: Tensor) -> Tensor:
    """The value that is coloured in full, for each picture: of feature maps each its own greatest,
    of everything else the greatest of the whole block, or every single number would be one."""
    if values.ndim == 3:
        return unbounded(pictures.flatten(1))[1]
    return values.abs().amax().clamp(min=1e-9).expand(len(pictures))


def laid_out(values: Tensor, units: list[int]) -> Tensor:
    """Values of one point behind a block, (*shape), as pictures (units, height, width) of some of
    its units, the first row on top."""
    if values.ndim == 3:
        return values[units]
    if values.ndim == 2:
        return values[:, units].t().unsqueeze(1)
    return values[units].view(-1, 1, 1)


def _resized(pictures: Tensor) -> Tensor:
    """Pictures (units, height, width) as tiles (units, side, side), the lowest row first; every
    pixel stays a plain square, or what is small would look like something smooth."""
    height, width = pictures.shape[1:]
    rows = torch.arange(NEURON_PIXELS).mul(height).div(NEURON_PIXELS, rounding_mode="floor")
    columns = torch.arange(NEURON_PIXELS).mul(width).div(NEURON_PIXELS, rounding_mode="floor")
    return pictures[:, rows.flip(0)][:, :, columns]
