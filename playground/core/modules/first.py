"""The first values of blocks made of several maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

from playground.core.layers.modules import draw
from playground.core.modules.affine import Affine
from playground.core.modules.attention import Attention
from playground.core.modules.recurrent import GATES, Recurrent

if TYPE_CHECKING:
    import torch

    from playground.core.initializers import Initializer


def draw_all(
    modules: nn.Module, rule: Initializer, generator: torch.Generator, forget: float = 0.0
) -> None:
    """Draws the maps of a block by the rule, each for itself: every gate of a recurrent cell, and
    queries, keys and values of an attention, so that what the rule says of rows and columns holds
    for what is applied.

    Args:
        modules: of one block, in float64, without gradients.
        rule: of the first weights.
        generator: the run's, for weights.
        forget: what is added to the bias of an LSTM's forget gate (Jozefowicz et al. 2015: 1 keeps
            the memory open at first).
    """
    shared: set[int] = set()
    for part in modules.modules():
        if isinstance(part, Attention):
            projections = part.projections
            _parts(projections.weight, projections.bias, 3, rule, generator)
            shared.add(id(projections))
        elif isinstance(part, Recurrent):
            for cell in (part.cell, part.writer):
                if cell is not None:
                    _cell(cell, part.kind, rule, generator, forget)
        elif isinstance(part, Affine | nn.Conv1d | nn.Conv2d) and id(part) not in shared:
            draw(part.weight, part.bias, rule, generator)


def _parts(
    weight: Tensor, bias: Tensor, count: int, rule: Initializer, generator: torch.Generator
) -> None:
    for rows, shifts in zip(weight.chunk(count), bias.chunk(count), strict=True):
        draw(rows, shifts, rule, generator)


def _cell(
    cell: nn.RNNBase, kind: str, rule: Initializer, generator: torch.Generator, forget: float
) -> None:
    for name, weight in cell.named_parameters():
        if not name.startswith("weight_"):
            continue
        bias = getattr(cell, name.replace("weight_", "bias_"))
        _parts(weight, bias, GATES[kind], rule, generator)
        if name.startswith("weight_hh"):
            bias.zero_()  # torch has two where one would do
        elif kind == "lstm":
            bias.chunk(4)[1].add_(forget)
