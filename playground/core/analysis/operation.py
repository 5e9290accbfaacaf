"""The arithmetic of one number of a convolution's or pooling's output, taken apart.

A convolution: what lies under the kernel times the kernel, summed per channel, the channels'
sums, the bias. A pooling: what lies under the window, and which of it won or what it was divided
by. Held against what torch's own module gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from playground.core.analysis.receptive import (
    ADAPTIVE,
    AVERAGES,
    CONVOLUTIONS,
    MAXIMA,
    Taps,
    taps_of,
)
from playground.core.modules.embedding import GlobalPool

Kind = Literal["conv", "max", "average"]


@dataclass(frozen=True)
class Operation:
    """One number, and how it comes about. All values in float64.

    Attributes:
        kind: what the operator does.
        rows, columns: places in the operator's input under each row and column of the window,
            those in the padding too.
        channels: the input channels that are read, first and behind the last.
        patch: (channels, rows, columns), 0 in the padding.
        inside: (rows, columns), False in the padding.
        kernel: (channels, rows, columns) of a convolution, else None.
        products: patch × kernel; of an average the patch over `divisor`; of a maximum the patch.
        sums: (channels,) of the products; of a maximum the largest.
        bias: of a convolution that has one.
        divisor: what an average divides by.
        winner: row and column in the window of a maximum, the first where several are as large.
        ties: how many cells of the window are as large as the winner, itself included.
        value: what comes of it, in front of any activation.
    """

    kind: Kind
    rows: list[int]
    columns: list[int]
    channels: tuple[int, int]
    patch: Tensor
    inside: Tensor
    kernel: Tensor | None
    products: Tensor
    sums: Tensor
    bias: float | None
    divisor: int | None
    winner: tuple[int, int] | None
    ties: int
    value: float


def is_operator(module: nn.Module) -> bool:
    """Whether a module's numbers can be taken apart here."""
    return isinstance(module, (*CONVOLUTIONS, *MAXIMA, *AVERAGES, *ADAPTIVE, GlobalPool))


def operation(module: nn.Module, values: Tensor, place: Sequence[int]) -> Operation:
    """Takes apart one number of an operator's output.

    Args:
        module: for which `is_operator` is true.
        values: its input, (channels, height, width), or (channels, length) as one row.
        place: channel, row and column of the number; 0 in dimensions that it does not have.
    """
    values = values.detach().double()
    flat = values.dim() == 2
    values = values[:, None] if flat else values
    channel, row, column = place
    size = (values.shape[1], values.shape[2])
    if isinstance(module, GlobalPool):
        module = (nn.AdaptiveMaxPool2d if module.greatest else nn.AdaptiveAvgPool2d)(1)
    if isinstance(module, ADAPTIVE):
        rows, columns = _shares(module, size, (row, column))
    else:
        taps = taps_of(module, 1 if flat else 2) or []
        both = [Taps(1), *taps] if flat else taps
        rows, columns = (one.read(at) for one, at in zip(both, (row, column), strict=True))
    if isinstance(module, CONVOLUTIONS):
        return _convolution(module, values, channel, rows, columns)
    patch, inside = _patch(values[channel : channel + 1], rows, columns)
    shared = {"rows": rows, "columns": columns, "channels": (channel, channel + 1),
              "patch": patch, "inside": inside, "kernel": None, "bias": None}  # fmt: skip
    if isinstance(module, AVERAGES) or "Avg" in type(module).__name__:
        divisor = _divisor(module, rows, columns, inside, size)
        products = patch / divisor
        sums = products.sum((1, 2))
        return Operation("average", products=products, sums=sums, divisor=divisor, winner=None,
                         ties=0, value=sums.item(), **shared)  # fmt: skip
    masked = patch[0].masked_fill(~inside, -torch.inf)
    best = masked.max()
    at = int(masked.flatten().argmax())
    return Operation("max", products=patch, sums=best[None], divisor=None,
                     winner=(at // len(columns), at % len(columns)),
                     ties=int(((masked == best) & inside).sum()), value=best.item(),
                     **shared)  # fmt: skip


def _convolution(
    module: Any, values: Tensor, channel: int, rows: list[int], columns: list[int]
) -> Operation:
    each = module.in_channels // module.groups
    group = channel // (module.out_channels // module.groups)
    channels = (group * each, (group + 1) * each)
    patch, inside = _patch(values[channels[0] : channels[1]], rows, columns)
    kernel = module.weight[channel].detach().double().view(patch.shape)
    bias = None if module.bias is None else module.bias[channel].item()
    products = patch * kernel
    sums = products.sum((1, 2))
    return Operation(
        "conv", rows, columns, channels, patch, inside, kernel, products, sums, bias,
        None, None, 0, sums.sum().item() + (bias or 0.0),
    )  # fmt: skip


def _patch(values: Tensor, rows: list[int], columns: list[int]) -> tuple[Tensor, Tensor]:
    """The values under a window, 0 where it hangs over the border, and where it does not."""
    height, width = values.shape[1:]
    row, column = torch.tensor(rows), torch.tensor(columns)
    inside = ((row >= 0) & (row < height))[:, None] & ((column >= 0) & (column < width))[None]
    found = values[:, row.clamp(0, height - 1)][:, :, column.clamp(0, width - 1)]
    return found.where(inside, torch.zeros((), dtype=values.dtype)), inside


def _shares(
    module: nn.Module, size: tuple[int, int], place: tuple[int, int]
) -> tuple[list[int], list[int]]:
    """Rows and columns that adaptive pooling reads for one place."""
    wanted: Any = module.output_size
    wanted = wanted if isinstance(wanted, tuple | list) else (wanted, wanted)
    counts = (1, *wanted[-1:]) if "1d" in type(module).__name__ else wanted
    found = []
    for length, count, at in zip(size, counts, place, strict=True):
        parts = length if count is None else int(count)
        found.append(list(range(at * length // parts, -(-(at + 1) * length // parts))))
    return found[0], found[1]


def _divisor(
    module: Any, rows: list[int], columns: list[int], inside: Tensor, size: tuple[int, int]
) -> int:
    """What an average divides by: torch counts the padding, but not what `ceil_mode` adds."""
    given = getattr(module, "divisor_override", None)
    if given:
        return int(given)
    if isinstance(module, ADAPTIVE) or not module.count_include_pad:
        return int(inside.sum())
    taps = taps_of(module, 1 if isinstance(module, nn.AvgPool1d) else 2) or []
    pads = [0] * (2 - len(taps)) + [one.padding for one in taps]
    counts = [
        sum(at < length + pad for at in places)
        for places, length, pad in zip((rows, columns), size, pads, strict=True)
    ]
    return counts[0] * counts[1]
