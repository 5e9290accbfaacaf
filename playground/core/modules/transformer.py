"""Transformer blocks: attention and a small network at every place, each added to what came in.

Vaswani et al. 2017; with the norm in front of each part, Xiong et al. 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from playground.core.modules.affine import Affine
from playground.core.modules.attention import (
    Attention,
    Looking,
    SelfAttention,
    earlier,
    read_mask,
)
from playground.core.modules.dropout import SeededDropout
from playground.core.modules.padding import Padding, seen

Part = Callable[[Tensor], Tensor]


class FeedForward(nn.Module):
    """W₂ f(W₁ x + b₁) + b₂ at every place.

    Args:
        width: of what comes and goes.
        factor: so many times wider is what lies between.
        bend: name of f, "relu" or "gelu".
    """

    def __init__(self, width: int, factor: int, bend: str) -> None:
        super().__init__()
        self.widen = Affine(width, factor * width)
        self.bend = nn.GELU() if bend == "gelu" else nn.ReLU()
        self.narrow = Affine(factor * width, width)

    def forward(self, values: Tensor) -> Tensor:
        return self.narrow(self.bend(self.widen(values)))


class _Parts(nn.Module):
    """What both blocks share: each part is added to what came in, with a norm and dropout."""

    def __init__(
        self,
        width: int,
        attentions: Mapping[str, nn.Module],
        *,
        factor: int,
        bend: str,
        norm_first: bool,
        rate: float,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        for name, attention in attentions.items():
            self.add_module(name, attention)
        self.feed = FeedForward(width, factor, bend)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(len(attentions) + 1))
        self.dropout = SeededDropout(rate, generator)
        self.norm_first = norm_first

    def add(self, number: int, values: Tensor, part: Part) -> Tensor:
        """x + part(norm(x)), or norm(x + part(x))."""
        norm = self.norms[number]
        if self.norm_first:
            return values + self.dropout(part(norm(values)))
        return norm(values + self.dropout(part(values)))

    def ahead(self, number: int, values: Tensor) -> Tensor:
        """What the part is given of what comes in."""
        return self.norms[number](values) if self.norm_first else values


class TransformerBlock(_Parts):
    """Self-attention, then the network at every place, as nn.TransformerEncoderLayer.

    Its dropout is that of what each part adds (Vaswani's "residual dropout"). Of sequences with a
    part to read see `SelfAttention`.
    """

    own: SelfAttention

    def __init__(self, width: int, heads: int, *, causal: bool, source: int, **parts) -> None:  # noqa: ANN003
        super().__init__(width, {"own": SelfAttention(width, heads, causal, source)}, **parts)

    def forward(self, values: Tensor) -> Tensor:
        part = self.add(0, self.own.part(values), self.own)
        return self.own.joined(self.add(1, part, self.feed), values)

    def lookings(self, values: Tensor) -> list[Looking]:
        return [self.own.looking(self.ahead(0, self.own.part(values)))]


class DecoderBlock(_Parts):
    """What is written looks at what was written before, then at what was read, then the network at
    every place, as nn.TransformerDecoderLayer. What was read goes on unchanged.
    """

    own: Attention
    cross: Attention

    def __init__(self, width: int, heads: int, *, source: int, **parts) -> None:  # noqa: ANN003
        both = {"own": Attention(width, heads), "cross": Attention(width, heads)}
        super().__init__(width, both, **parts)
        self.source = source
        self.padded: Padding | None = None

    def forward(self, values: Tensor) -> Tensor:
        read, written = values[:, : self.source], values[:, self.source :]
        before, readable = self._masks(values)
        written = self.add(0, written, lambda part: self.own(part, part, before))
        written = self.add(1, written, lambda part: self.cross(part, read, readable))
        return torch.cat((read, self.add(2, written, self.feed)), 1)

    def _masks(self, values: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """What may be looked at of what was written before, and of what was read."""
        points, places = values.shape[:2]
        real = self.padded and self.padded.real(points, places)
        before = earlier(places - self.source, values.device)
        before = seen(before, None if real is None else real[:, self.source :], own=True)
        return before, read_mask(self.padded, values, self.source)

    def lookings(self, values: Tensor) -> list[Looking]:
        read, written = values[:, : self.source], values[:, self.source :]
        before, readable = self._masks(values)
        part = self.ahead(0, written)
        own = self.own.weights(part, part, before)
        after = self.add(0, written, lambda part: self.own(part, part, before))
        cross = self.cross.weights(self.ahead(1, after), read, readable)
        return [
            Looking("self", own, self.source, self.source, before),
            Looking("cross", cross, self.source, 0, readable),
        ]
