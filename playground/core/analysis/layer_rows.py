"""A layer's values with one row for each point: what its principal components and t-SNE are of.

Of points that are whole pictures a layer may have thousands of numbers, and a forward pass of all
points would take longer than a frame: the first points of both parts are taken, as many as there
is time for. Feature maps go in flat, or each as its mean.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from playground.core.replica import Replica
    from playground.core.run import Run

WORK = 1e8  # additions and multiplications of one pass
NUMBERS = 4e5  # of one layer, over all points
LEAST, MOST = 100, 1500  # points
PIECE = 5e7  # additions and multiplications between two turns of a study
COLUMNS = 1024  # of wide rows, between two turns


def counts_of(run: Run, most: int = MOST, *, frame: bool = True) -> tuple[int, int]:
    """How many points of both parts are taken, in the measured points' proportion.

    Args:
        most: points in all.
        frame: they go through the network within one frame.
    """
    train, test = run.meter.counts
    if run.schema.kind == "points":
        return train, test
    cost = sum(block.flops for block in run.blocks)
    room = max(LEAST, int(WORK / max(cost, 1))) if frame else most
    widest = max(math.prod(block.after) for block in run.blocks)
    room = min(room, most, max(LEAST, int(NUMBERS / widest)) if frame else most)
    share = min(1.0, room / max(train + test, 1))
    return math.ceil(train * share), math.ceil(test * share)


def part_counts(run: Run) -> tuple[int, int]:
    """How many points of both parts views of single points know, the first ones of each."""
    return counts_of(run, frame=False)


def inputs_of(run: Run, counts: tuple[int, int]) -> Tensor:
    """The first points of both parts as the network is given them, training points first."""
    train, test = run.data.inputs_train[: counts[0]], run.data.inputs_test[: counts[1]]
    return torch.from_numpy(np.concatenate((train, test)))


def as_rows(values: Tensor, pooled: bool) -> Tensor:
    """One row for each point.

    Args:
        values: (points, …).
        pooled: each feature map as its mean.
    """
    if pooled and values.dim() == 4:
        values = values.mean((2, 3))
    return values.flatten(1)


def gathered(
    replica: Replica, run: Run, inputs: Tensor, block: int, pooled: bool
) -> Generator[float, None, Tensor]:
    """The rows (points, numbers) behind one block, a piece at a time.

    Args:
        block: its place among the run's, the input being 0.
    """
    cost = sum(one.flops for one in run.blocks[: block + 1])
    pieces = []
    parts = inputs.split(max(1, int(PIECE / max(cost, 1))))
    for number, part in enumerate(parts, 1):
        with torch.no_grad():
            values = replica.inputs(part)
            for module in replica.modules[:block]:
                values = module(values)
            pieces.append(as_rows(values, pooled))
        yield number / len(parts)
    return torch.cat(pieces)


def condensed(rows: Tensor) -> Generator[float, None, Tensor]:
    """Points around their mean, in no more dimensions than there are points.

    All distances stay: the points' inner products are taken apart into eigenvectors (classical
    scaling, Torgerson 1952). A layer of 30,000 numbers costs its inner products once.

    Args:
        rows: (points, numbers), finite.

    Returns:
        (points, numbers or points), float64.
    """
    count, width = rows.shape
    if width <= count:
        yield 1.0
        points = rows.double()
        return points - points.mean(0)
    products = torch.zeros(count, count, dtype=torch.float64)
    for first in range(0, width, COLUMNS):
        part = rows[:, first : first + COLUMNS].double()
        part = part - part.mean(0)
        products += part @ part.t()
        yield min(first + COLUMNS, width) / width
    values, vectors = torch.linalg.eigh(products)
    return vectors * values.clamp(min=0).sqrt()
