"""What turns tokens into vectors, tells vectors where they stand, and compares two of them."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding

from playground.core.modules.padding import Padding


class Tables(nn.Module):
    """Each token becomes its row of a table that is learned: (n, T) to (n, T, width).

    Args:
        vocabularies: sizes: one table for all places, or one for each place.
        width: numbers of a row.

    Attributes:
        padded: is told of what comes in.
    """

    def __init__(self, vocabularies: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.tables = nn.ParameterList(torch.zeros(size, width) for size in vocabularies)

        self.padded: Padding | None = None

    def forward(self, tokens: Tensor) -> Tensor:
        tokens = tokens.long()
        if self.padded is not None:
            self.padded.note(tokens)
        if len(self.tables) == 1:
            return embedding(tokens, self.tables[0])
        places = [embedding(tokens[:, i], table) for i, table in enumerate(self.tables)]
        return torch.stack(places, 1)


def embedding_tables(module: nn.Module) -> list[Tensor]:
    """The tables (vocabulary, width) of an embedding block; none of other blocks."""
    return [table for part in module.modules() if isinstance(part, Tables) for table in part.tables]


def sinusoids(places: int, width: int) -> Tensor:
    """Sines and cosines in turn, of wavelengths from 2π to 10000 · 2π (Vaswani et al. 2017):
    (places, width), float64.
    """
    place = torch.arange(places, dtype=torch.float64).unsqueeze(1)
    slow = torch.arange(0, width, 2, dtype=torch.float64) * (-math.log(10000.0) / width)
    angle = place * slow.exp()
    return torch.stack((angle.sin(), angle.cos()), -1).flatten(1)[:, :width]


class Positions(nn.Module):
    """Adds to the vector of each place what says which place it is.

    Args:
        places: of a sequence, the read part and the written one together.
        width: of its vectors.
        learned: a table that is learned, in place of `sinusoids`. It is zero until its layer
            fills it.
        source: places that are read: behind them the sinusoids begin again.
    """

    table: Tensor

    def __init__(self, places: int, width: int, *, learned: bool, source: int) -> None:
        super().__init__()
        if learned:
            self.table = nn.Parameter(torch.zeros(places, width))
        else:
            parts = [sinusoids(source, width), sinusoids(places - source, width)]
            # Not among the buffers: it is no state, and stays in float64.
            self.__dict__["table"] = torch.cat(parts)
        self.learned = learned

    def forward(self, values: Tensor) -> Tensor:
        table = self.table[: values.shape[1]]
        return values + table.to(values.device, values.dtype)


class DotProduct(nn.Module):
    """u · v of the two places of (n, 2, width): (n, 1).

    Args:
        biased: the last number of each vector is added and not multiplied, a bias of the user and
            one of the item (Koren, Bell & Volinsky 2009).
    """

    def __init__(self, biased: bool) -> None:
        super().__init__()
        self.biased = biased

    def forward(self, values: Tensor) -> Tensor:
        product = values[:, 0] * values[:, 1]
        if self.biased:
            product = torch.cat((product[:, :-1], values[:, :, -1]), -1)
        return product.sum(-1, keepdim=True)


class GlobalPool(nn.Module):
    """The mean or the greatest of every channel: (n, C, H, W) or (n, T, C) to (n, C)."""

    def __init__(self, greatest: bool) -> None:
        super().__init__()
        self.greatest = greatest

    def forward(self, values: Tensor) -> Tensor:
        over = (2, 3) if values.ndim == 4 else (1,)
        return values.amax(over) if self.greatest else values.mean(over)
