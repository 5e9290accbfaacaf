"""What every unit of a network computes over the plane: one row of values for each, its map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from playground.core.network import Block

MOST_SHOWN = 8
MOST_VALUES = 3_000_000  # numbers of one layer held at a time; more points go in parts


def shown_units(block: Block) -> list[int]:
    """The units of a block that are drawn: all of them, or an even sample of a wide one."""
    count = block.units
    if count <= MOST_SHOWN:
        return list(range(count))
    return sorted({round(i * (count - 1) / (MOST_SHOWN - 1)) for i in range(MOST_SHOWN)})


def unit_values(
    engine: object, prepared: Tensor, wanted: Sequence[Sequence[int]], widest: int
) -> list[Tensor]:
    """Values of chosen units over many points.

    Args:
        engine: the run's engine.
        prepared: points in the engine's own layout, from `Engine.prepare`.
        wanted: for every block behind the inputs, the units that are asked for.
        widest: units of the widest block, which bounds how many points go at once.

    Returns:
        For every block (units, points); the engine's own buffers where all points went at once,
        good until it is asked for as many points again.
    """
    from playground.core.engine import Engine

    assert isinstance(engine, Engine)
    # The dense engine holds points in columns, the autograd engine in rows.
    axis = 1 if engine.name == "dense" else 0
    step = max(1, MOST_VALUES // max(widest, 1))
    parts: list[list[Tensor]] = [[] for _ in wanted]
    total = prepared.shape[axis]
    for start in range(0, total, step):
        length = min(step, total - start)
        piece = prepared if length == total else prepared.narrow(axis, start, length)
        for found, units, values in zip(
            parts, wanted, engine.activations(piece.contiguous()), strict=True
        ):
            whole = list(units) == list(range(values.shape[0]))
            part = values if whole else values[list(units)]
            found.append(part.clone() if whole and length < total else part)
    return [torch.cat(pieces, 1) if len(pieces) > 1 else pieces[0] for pieces in parts]


def as_bytes(values: Tensor, low: float, high: float) -> np.ndarray:
    """Values between low and high as 0 to 255, clipped; uint8 of the same shape."""
    span = high - low or 1.0
    scaled = ((values - low) * (255 / span)).clamp_(0, 255).round_()
    return scaled.to(torch.uint8).cpu().numpy()


def signed_bytes(values: Tensor, scales: Tensor) -> np.ndarray:
    """Rows of values (units, points) as 128 + 127·v/scale, clipped to 1 … 255; uint8."""
    scaled = (values * (127 / scales)[:, None]).add_(128).clamp_(1, 255).round_()
    return scaled.to(torch.uint8).cpu().numpy()


def single(values: Tensor) -> Tensor:
    """Values as float32 on the CPU, as pictures hold them.

    A float64 run can go on where float32 overflows; its pictures then show the largest number
    there is.
    """
    if values.dtype == torch.float64:
        largest = torch.finfo(torch.float32).max
        values = values.clamp(-largest, largest)
    return values.float().cpu()
