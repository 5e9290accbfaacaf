"""The linear map inside a block of several."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import linear


class Affine(nn.Module):
    """W x + b on the last axis, as nn.Linear.

    It is none itself: an nn.Linear is the one map of its block that the drawing shows and that a
    visitor's hands hold, and an attention, say, has four.

    Attributes:
        weight: (outputs, inputs), zeros until its layer draws it.
        bias: (outputs,), zeros.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, values: Tensor) -> Tensor:
        return linear(values, self.weight, self.bias)
