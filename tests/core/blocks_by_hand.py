"""What the blocks' lines of code name beside torch.nn, written with torch's own modules.

A line of code together with these is a second implementation of each block, which the tests hold
against the first.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn


class Residual(nn.Module):
    def __init__(self, inner: nn.Module, past: nn.Module | None = None) -> None:
        super().__init__()
        self.inner, self.past = inner, past or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.past(x) + self.inner(x)


class Concatenate(nn.Module):
    def __init__(self, *arms: nn.Module) -> None:
        super().__init__()
        self.arms = nn.ModuleList(arms)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([arm(x) for arm in self.arms], -1)


class GaussianNoise(nn.Module):
    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def forward(self, x: Tensor) -> Tensor:
        return x + self.deviation * torch.randn_like(x) if self.training else x


class Sine(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.sin()


class OverTime(nn.Module):
    def __init__(self, inner: nn.Module, pad: tuple[int, int] = (0, 0), source: int = 0) -> None:
        super().__init__()
        self.inner, self.pad, self.source = inner, pad, source

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(1, 2)
        if not self.source:
            return self._through(x, self.pad).transpose(1, 2)
        read = self._through(x[:, :, : self.source], self.pad)
        written = self._through(x[:, :, self.source :], (sum(self.pad), 0))
        return torch.cat((read, written), 2).transpose(1, 2)

    def _through(self, x: Tensor, pad: tuple[int, int]) -> Tensor:
        return self.inner(nn.ConstantPad1d(pad, 0.0)(x))


class PerPlace(nn.Module):
    """One module for every place, or one of several for each."""

    def __init__(self, *inner: nn.Module) -> None:
        super().__init__()
        self.inner = nn.ModuleList(inner)

    def forward(self, x: Tensor) -> Tensor:
        count = len(self.inner)
        return torch.stack([self.inner[i % count](x[:, i]) for i in range(x.shape[1])], 1)


class SinusoidalPositions(nn.Module):
    def __init__(self, places: int, width: int, source: int = 0) -> None:
        super().__init__()
        rows = [place - source if place >= source else place for place in range(places)]
        self.table = torch.tensor([[self._at(row, i, width) for i in range(width)] for row in rows])

    @staticmethod
    def _at(place: int, column: int, width: int) -> float:
        angle = place / 10000 ** ((column - column % 2) / width)
        return math.cos(angle) if column % 2 else math.sin(angle)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table


class LearnedPositions(nn.Module):
    def __init__(self, places: int, width: int, source: int = 0) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(places, width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.table


class DotProduct(nn.Module):
    def __init__(self, biases: bool) -> None:
        super().__init__()
        self.biases = biases

    def forward(self, x: Tensor) -> Tensor:
        one, other = x[:, 0], x[:, 1]
        if not self.biases:
            return (one * other).sum(1, keepdim=True)
        product = (one[:, :-1] * other[:, :-1]).sum(1, keepdim=True)
        return product + one[:, -1:] + other[:, -1:]


class LastState(nn.Module):
    def __init__(self, cell: nn.RNNBase) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor) -> Tensor:
        _, last = self.cell(x)
        last = last[0] if isinstance(last, tuple) else last
        return torch.cat(tuple(last), 1)


class AllStates(nn.Module):
    def __init__(self, cell: nn.RNNBase) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor) -> Tensor:
        return self.cell(x)[0]


class ReadAndWrite(nn.Module):
    def __init__(self, reader: nn.RNNBase, writer: nn.RNNBase, source: int) -> None:
        super().__init__()
        self.reader, self.writer, self.source = reader, writer, source

    def forward(self, x: Tensor) -> Tensor:
        read, last = self.reader(x[:, : self.source])
        state: Any = last if isinstance(last, tuple) else (last,)
        state = tuple(torch.cat(tuple(part), 1).unsqueeze(0) for part in state)
        written, _ = self.writer(x[:, self.source :], state if len(state) > 1 else state[0])
        return torch.cat((read, written), 1)


def hidden(places: int, source: int = 0) -> Tensor:
    """True where a place may not look."""
    mask = torch.triu(torch.ones(places, places, dtype=torch.bool), 1)
    mask[:source, :source] = False
    return mask


class SelfAttention(nn.Module):
    def __init__(
        self, inner: nn.MultiheadAttention, causal: bool, residual: bool, source: int = 0
    ) -> None:
        super().__init__()
        self.inner, self.causal, self.residual, self.source = inner, causal, residual, source

    def forward(self, x: Tensor) -> Tensor:
        read = self.source if self.source and not self.causal else x.shape[1]
        part, rest = x[:, :read], x[:, read:]
        mask = hidden(x.shape[1], self.source) if self.causal else None
        found, _ = self.inner(part, part, part, attn_mask=mask)
        return torch.cat((part + found if self.residual else found, rest), 1)


class CrossAttention(nn.Module):
    def __init__(self, inner: nn.MultiheadAttention, residual: bool, source: int) -> None:
        super().__init__()
        self.inner, self.residual, self.source = inner, residual, source

    def forward(self, x: Tensor) -> Tensor:
        read, written = x[:, : self.source], x[:, self.source :]
        found, _ = self.inner(written, read, read)
        return torch.cat((read, written + found if self.residual else found), 1)


class Encoder(nn.Module):
    def __init__(self, layer: nn.TransformerEncoderLayer, causal: bool, source: int = 0) -> None:
        super().__init__()
        self.layer, self.causal, self.source = layer, causal, source

    def forward(self, x: Tensor) -> Tensor:
        if self.causal:
            return self.layer(x, src_mask=hidden(x.shape[1], self.source))
        read = self.source or x.shape[1]
        return torch.cat((self.layer(x[:, :read]), x[:, read:]), 1)


class Decoder(nn.Module):
    def __init__(self, layer: nn.TransformerDecoderLayer, source: int) -> None:
        super().__init__()
        self.layer, self.source = layer, source

    def forward(self, x: Tensor) -> Tensor:
        read, written = x[:, : self.source], x[:, self.source :]
        mask = hidden(written.shape[1])
        return torch.cat((read, self.layer(written, read, tgt_mask=mask)), 1)


NAMES: dict[str, Any] = {
    "nn": nn,
    **{kind.__name__: kind for kind in list(globals().values()) if isinstance(kind, type)},
}
