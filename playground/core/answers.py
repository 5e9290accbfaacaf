"""Which numbers of an output are answers, and to what: one a point, or one at each asked place.

Losses, scores and views compare rows: an answer each. A point that is a whole sequence may have
many of them, and places at which nothing is asked have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from playground.core.losses import Loss, encode_targets

if TYPE_CHECKING:
    from playground.core.data.model import Schema
    from playground.core.engine.base import Pairing

MEASURED = 2e8  # additions and multiplications that measuring one part may take
LEAST_MEASURED = 32


def asked(targets: Tensor) -> Tensor:
    """Where an answer is wanted, bool: −1 and NaN say that none is."""
    return torch.isfinite(targets) if targets.is_floating_point() else targets >= 0


def rows(output: Tensor, places: Tensor | None) -> Tensor:
    """The answers in an output.

    Args:
        output: (units, points), or (T, units, points).
        places: bool (points, T), those that are asked; None where each point is one answer.

    Returns:
        (units, rows), point by point, place by place.
    """
    if places is None:
        return output
    return output.permute(2, 0, 1)[places].t()


def pairing_for(schema: Schema, loss: Loss) -> Pairing | None:
    """What a minibatch's loss compares, see `Problem`."""
    if not schema.steps:
        return None
    classes = len(schema.class_names)

    def pair(output: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        places = asked(targets)
        return output[places], encode_targets(targets[places], schema.task, classes, loss).to(
            output.dtype
        )

    return pair


def measured(points: int, flops: int) -> int:
    """How many points of a part are measured: all, or as many as a frame has time for."""
    return min(points, max(LEAST_MEASURED, int(MEASURED // max(flops, 1))))
