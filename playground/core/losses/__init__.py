"""The losses of the field: one entry each, with value, gradient and the tasks it fits.

Outputs and targets are two-dimensional. `dim` is the axis of the output units: 1 for the
usual (points, units), 0 for the dense engine's (units, points). Values are means over points.
Targets are encoded once, by `encode_targets`, so that every loss sees floats of the output's
shape. This package loads without torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.core.losses.base import ALL_TASKS, CLASSIFICATION, Loss, LossSettings, Task
from playground.core.losses.classification import SCORES
from playground.core.losses.distances import DISTANCES

if TYPE_CHECKING:
    from torch import Tensor

LOSSES: dict[str, Loss] = {loss.name: loss for loss in (*DISTANCES, *SCORES)}


def fits(loss: str, task: Task, output_activation: str) -> str | None:
    """Why the loss does not fit, as a code of the `[reasons]` words; None where it fits."""
    entry = LOSSES[loss]
    if task not in entry.tasks:
        return f"loss_{loss}_{task}"
    if entry.logits and output_activation != "linear":
        return "loss_needs_logits"
    return None


def encode_targets(targets: Tensor, task: Task, classes: int, loss: Loss) -> Tensor:
    """Class indices or values (n,) as the floats (n, units) that the loss compares with; values
    (n, units) are that already."""
    import torch

    if task == "regression":
        return targets if targets.ndim > 1 else targets.unsqueeze(1)
    if task == "binary":
        low, high = loss.binary_targets
        return torch.where(targets > 0, float(high), float(low)).to(torch.float64).unsqueeze(1)
    return torch.nn.functional.one_hot(targets.long(), classes).to(torch.float64)


__all__ = [
    "ALL_TASKS",
    "CLASSIFICATION",
    "LOSSES",
    "Loss",
    "LossSettings",
    "Task",
    "encode_targets",
    "fits",
]
