"""Maxout: neighbouring units compete, and the greatest of each group goes on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.layers.base import Layer
from playground.core.settings import setting
from playground.core.shapes import Shape, need_row

if TYPE_CHECKING:
    import torch
    from torch import nn


class Maxout(Layer):
    """The greatest of every `pieces` neighbours (Goodfellow et al. 2013); what is left over at the
    end is a smaller group.

    Behind a linear dense block it is their maxout unit: an activation that the network learns, made
    of as many straight pieces.
    """

    icon: ClassVar[str] = ":material/vertical_align_top:"
    main: ClassVar[tuple[str, ...]] = ("pieces",)

    kind: Literal["maxout"] = "maxout"
    pieces: int = setting(2, ge=2, le=8)

    def output_shape(self, shape: Shape) -> Shape:
        need_row(shape)
        return (math.ceil(shape[0] / self.pieces),)

    def sources(self, shape: Shape) -> list[range]:
        return [
            range(first, min(first + self.pieces, shape[0]))
            for first in range(0, shape[0], self.pieces)
        ]

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        return [_pool(self.pieces)]

    def code(self, shape: Shape) -> str:
        return f"nn.MaxPool1d({self.pieces}, ceil_mode=True)"


def _pool(pieces: int) -> nn.Module:
    from torch import nn
    from torch.nn.functional import max_pool1d

    class Pool(nn.MaxPool1d):
        """Of (points, 1, units): without the axis of length 1 there has to be a point."""

        def forward(self, input: torch.Tensor) -> torch.Tensor:
            pooled = max_pool1d(input.unsqueeze(1), pieces, ceil_mode=True)
            return pooled.squeeze(1)

    return Pool(pieces, ceil_mode=True)
