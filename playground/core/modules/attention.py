"""Attention: every place asks all that it may see, and takes a mean of their values.

Vaswani et al. 2017. A sequence with a part to read and a part to write (`source` places are read)
is one tensor; what may look at what is said here, once, by masks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, scaled_dot_product_attention

from playground.core.modules.affine import Affine
from playground.core.modules.padding import Padding, seen


@dataclass(frozen=True, eq=False)
class Looking:
    """Who looked at whom in one attention.

    Attributes:
        name: "self", or "cross" where what is written looks at what was read.
        weights: (n, heads, places that ask, places that are asked); every row adds up to 1.
        asking: first place of the sequence that asks.
        asked: first place of the sequence that is asked.
        mask: (places that ask, places that are asked), or one for each point, (n, 1, …); True where
            one may look, None for everywhere.
    """

    name: str
    weights: Tensor
    asking: int = 0
    asked: int = 0
    mask: Tensor | None = None


class Attention(nn.Module):
    """softmax(Q Kᵀ / √(width / heads)) V for each head, joined and mapped once more.

    Attributes:
        projections: (3 · width, width): queries, keys and values one below the other.
        out: the map behind the heads.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.width, self.heads = width, heads
        self.projections = Affine(width, 3 * width)
        self.out = Affine(width, width)

    def forward(self, asking: Tensor, asked: Tensor, mask: Tensor | None = None) -> Tensor:
        """
        Args:
            asking: (n, Q, width).
            asked: (n, K, width).
            mask: (Q, K) or (n, 1, Q, K), True where a place may look; None for everywhere.

        Returns:
            (n, Q, width).
        """
        queries, keys, values = self._project(asking, asked)
        if torch.is_grad_enabled() and not self.training:
            # Views differentiate twice, which torch's fused kernels cannot.
            joined = self._weights(queries, keys, mask) @ values
        else:
            joined = scaled_dot_product_attention(queries, keys, values, mask)
        return self.out(joined.transpose(1, 2).flatten(2))

    def weights(self, asking: Tensor, asked: Tensor, mask: Tensor | None = None) -> Tensor:
        """Who looks at whom: (n, heads, Q, K)."""
        queries, keys, _ = self._project(asking, asked)
        return self._weights(queries, keys, mask)

    @staticmethod
    def _weights(queries: Tensor, keys: Tensor, mask: Tensor | None) -> Tensor:
        scores = queries @ keys.transpose(-2, -1) / math.sqrt(queries.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask, -math.inf)
        return scores.softmax(-1)

    def _project(self, asking: Tensor, asked: Tensor) -> list[Tensor]:
        """Queries, keys and values: (n, heads, places, width of a head) each."""
        weight, bias, width = self.projections.weight, self.projections.bias, self.width
        if asking is asked:
            parts = self.projections(asking).chunk(3, -1)
        else:
            queries = linear(asking, weight[:width], bias[:width])
            parts = (queries, *linear(asked, weight[width:], bias[width:]).chunk(2, -1))
        return [part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts]


def earlier(places: int, device: torch.device, source: int = 0) -> Tensor:
    """Which place may look at which, (places, places): itself and those before it, and what is
    read (the first `source` places) is read as a whole.
    """
    mask = torch.ones(places, places, dtype=torch.bool, device=device).tril_()
    mask[:source, :source] = True
    return mask


class SelfAttention(nn.Module):
    """The places of one sequence look at each other.

    What is read never sees what is written. Of such a sequence a causal attention is that of a
    prefix language model (Raffel et al. 2020): what is read sees all that is read, what is written
    sees that too, and what was written before. One that is not causal is an encoder's: it leaves
    what is written as it is (None of it comes out of `forward`'s sum).

    Args:
        width, heads: of `Attention`.
        causal: no place sees a later one.
        source: places that are read, see the module; 0 for one sequence.

    Attributes:
        padded: knows the places that nobody looks at.
    """

    def __init__(self, width: int, heads: int, causal: bool, source: int) -> None:
        super().__init__()
        self.attention = Attention(width, heads)
        self.causal, self.source = causal, source
        self.padded: Padding | None = None

    @property
    def reads_only(self) -> bool:
        """Whether it works on the part that is read, and on nothing else."""
        return self.source > 0 and not self.causal

    def part(self, values: Tensor) -> Tensor:
        """The places that take part: (n, places, width)."""
        return values[:, : self.source] if self.reads_only else values

    def joined(self, part: Tensor, values: Tensor) -> Tensor:
        """What became of the part, and behind it what stayed as it was."""
        return torch.cat((part, values[:, self.source :]), 1) if self.reads_only else part

    def mask(self, part: Tensor) -> Tensor | None:
        count = part.shape[1]
        mask = earlier(count, part.device, self.source) if self.causal else None
        # A sequence that is read and written keeps its places from block to block.
        real = self.padded and self.padded.real(len(part), None if self.source else count)
        return seen(mask, None if real is None else real[:, :count], own=True)

    def forward(self, part: Tensor) -> Tensor:
        """Of the places that take part, (n, places, width) to the same."""
        return self.attention(part, part, self.mask(part))

    def looking(self, part: Tensor) -> Looking:
        mask = self.mask(part)
        return Looking("self", self.attention.weights(part, part, mask), mask=mask)


class AttentionBlock(nn.Module):
    """Self-attention alone: x + A(x), or A(x)."""

    def __init__(
        self, width: int, heads: int, *, causal: bool, residual: bool, source: int
    ) -> None:
        super().__init__()
        self.own = SelfAttention(width, heads, causal, source)
        self.residual = residual

    def forward(self, values: Tensor) -> Tensor:
        part = self.own.part(values)
        found = self.own(part)
        return self.own.joined(part + found if self.residual else found, values)

    def lookings(self, values: Tensor) -> list[Looking]:
        return [self.own.looking(self.own.part(values))]


class CrossBlock(nn.Module):
    """What is written looks at what was read: x + A(x, read). What was read goes on unchanged."""

    def __init__(self, width: int, heads: int, *, residual: bool, source: int) -> None:
        super().__init__()
        self.cross = Attention(width, heads)
        self.residual, self.source = residual, source
        self.padded: Padding | None = None

    def forward(self, values: Tensor) -> Tensor:
        read, written = values[:, : self.source], values[:, self.source :]
        found = self.cross(written, read, read_mask(self.padded, values, self.source))
        return torch.cat((read, written + found if self.residual else found), 1)

    def lookings(self, values: Tensor) -> list[Looking]:
        read, written = values[:, : self.source], values[:, self.source :]
        mask = read_mask(self.padded, values, self.source)
        return [Looking("cross", self.cross.weights(written, read, mask), self.source, 0, mask)]


def read_mask(padding: Padding | None, values: Tensor, source: int) -> Tensor | None:
    """What may be looked at of the part that was read, (n, 1, 1, source); None for all of it."""
    real = padding and padding.real(*values.shape[:2])
    return seen(None, None if real is None else real[:, :source], own=False)


def attention_maps(module: nn.Module, values: Tensor) -> list[Looking]:
    """Who looks at whom in a block, computed directly from its weights.

    Args:
        module: a block's modules, as `network.build` or a replica has them.
        values: what comes into the block, (n, places, width).

    Returns:
        One for each attention of the block, self before cross; none for other blocks.
    """
    for part in module if isinstance(module, nn.Sequential) else (module,):
        if hasattr(part, "lookings"):
            return part.lookings(values)  # type: ignore[operator]
        values = part(values)
    return []
