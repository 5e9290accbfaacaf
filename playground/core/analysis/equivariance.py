"""What convolution and pooling promise, measured on the network's own operators.

Sparse interactions, shared parameters, equivariance to translation and pooling's approximate
invariance to small ones, as in Goodfellow, Bengio, Courville: Deep Learning, 2016, chapter 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from playground.core.analysis.receptive import (
    CONVOLUTIONS,
    Reach,
    Shape,
    reach,
    taps_of,
)

SAME = 1e-6  # of the largest value: nearer than this is unchanged


def shifted(values: Tensor, rows: int, columns: int) -> Tensor:
    """Pictures (…, height, width) moved down and to the right, 0 where nothing comes from."""
    found = torch.zeros_like(values)
    height, width = values.shape[-2:]
    if abs(rows) >= height or abs(columns) >= width:
        return found
    to = (
        slice(max(rows, 0), height + min(rows, 0)),
        slice(max(columns, 0), width + min(columns, 0)),
    )
    of = (
        slice(max(-rows, 0), height - max(rows, 0)),
        slice(max(-columns, 0), width - max(columns, 0)),
    )
    found[(..., *to)] = values[(..., *of)]
    return found


@dataclass(frozen=True)
class Equivariance:
    """How the maps of a shifted picture differ from the shifted maps.

    Attributes:
        shift: pixels of the input, to the right.
        moved: places of the map, or None where the shift is no whole number of them.
        jump: pixels of the input per place of the map.
        error: largest difference over places that see no border and nothing that was shifted
            in, over the largest value of the maps; None where there is no such place.
        places: how many those are, per map.
        border: the same error over all other places; None without any.
    """

    shift: int
    moved: int | None
    jump: int
    error: float | None
    places: int
    border: float | None


def equivariance(modules: Sequence[nn.Module], pictures: Tensor, shift: int) -> Equivariance | None:
    """Compares the maps of shifted pictures with the shifted maps.

    Args:
        modules: from the picture to maps (n, channels, height, width), in evaluation mode.
        pictures: (n, channels, height, width).
        shift: pixels to the right, above 0.

    Returns:
        None where some module looks at everything at once.
    """
    reaches = reach(modules, 2)
    if reaches is None:
        return None
    with torch.no_grad():
        maps, later = (_through(modules, one) for one in (pictures, shifted(pictures, 0, shift)))
    jump = reaches[1].jump
    moved = shift // jump if shift % jump == 0 else None
    # Not a whole number of places: the nearest one, so that the difference can be seen at all.
    expected = shifted(maps, 0, round(shift / jump) if moved is None else moved)
    size = maps.abs().max().clamp(min=1e-30)
    gaps = (later - expected).abs().amax((0, 1)) / size
    inside = clear(reaches, tuple(pictures.shape[-2:]), tuple(maps.shape[-2:]), shift)
    return Equivariance(
        shift, moved, jump,
        gaps[inside].max().item() if inside.any() else None,
        int(inside.sum()),
        gaps[~inside].max().item() if not inside.all() else None,
    )  # fmt: skip


def clear(reaches: Sequence[Reach], picture: Shape, maps: Shape, shift: int) -> Tensor:
    """Places (height, width) of a map that, shift or not, see neither a border nor what came in."""
    found = torch.ones(maps, dtype=torch.bool)
    for axis, (one, size, count) in enumerate(zip(reaches, picture, maps, strict=True)):
        for place in range(count):
            first, last = one.span(place)
            least = shift if axis == 1 else 0
            # Of the place that it is compared with, the field lies by the shift to the left.
            back = -(-shift // one.jump) * one.jump if axis == 1 else 0
            if first < max(least, back) or last >= size:
                found.narrow(axis, place, 1).fill_(False)
    return found


@dataclass(frozen=True)
class Invariance:
    """How much of a pooling's output stays where its input moves by one place.

    Attributes:
        inputs: share of the input's numbers that are the same afterwards.
        outputs: share of the output's.
        change: mean change of the output over mean change of the input; None where nothing
            changed.
    """

    inputs: float
    outputs: float
    change: float | None


def invariance(pool: nn.Module, maps: Tensor) -> Invariance:
    """Moves what a pooling reads by one place to the right and counts what stays.

    Args:
        maps: what it reads, (n, channels, height, width). The column that comes in is the first
            one repeated, so that no edge is made.
    """
    later = torch.cat((maps[..., :1], maps[..., :-1]), -1)
    with torch.no_grad():
        before, after = pool(maps), pool(later)
    read, given = (maps - later).abs(), (before - after).abs()
    size = SAME * maps.abs().max()
    moved = read.mean()
    return Invariance(
        (read <= size).float().mean().item(),
        (given <= size).float().mean().item(),
        (given.mean() / moved).item() if moved > 0 else None,
    )


@dataclass(frozen=True)
class Connections:
    """What a convolution links and learns, and what a dense layer in its place would.

    Attributes:
        links: pairs of an input and an output number that are linked; padding counts for none.
        weights: numbers that it learns, biases included.
        dense_links, dense_weights: the same of a dense layer between the same numbers.
        uses: links per weight of the kernel, on average: how often a weight is used.
    """

    links: int
    weights: int
    dense_links: int
    dense_weights: int
    uses: float


def connections(module: nn.Module, shape: Shape, after: Shape) -> Connections:
    """Counts a convolution's or pooling's links.

    Args:
        shape, after: of one point before and behind, (channels, height, width).
    """
    taps = taps_of(module, len(shape) - 1)
    assert taps is not None
    links = after[0]
    if isinstance(module, CONVOLUTIONS):
        links *= shape[0] // module.groups
    for one, before, behind in zip(taps, shape[1:], after[1:], strict=True):
        links *= one.links(behind, before)
    inputs, outputs = torch.Size(shape).numel(), torch.Size(after).numel()
    kernel = getattr(module, "weight", None)
    return Connections(
        links,
        sum(one.numel() for one in module.parameters()),
        inputs * outputs,
        inputs * outputs + (outputs if getattr(module, "bias", None) is not None else 0),
        links / kernel.numel() if isinstance(kernel, Tensor) else 0.0,
    )


def _through(modules: Sequence[nn.Module], values: Tensor) -> Tensor:
    for module in modules:
        values = module(values)
    return values
