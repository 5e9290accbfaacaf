"""Torch modules without first weights: torch's own would come from its process-wide generator."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from playground.core.initializers import Initializer


def bare(kind: type[nn.Module], *args: Any, **kwargs: Any) -> Any:
    """A module of this kind whose parameters are 0: `Layer.begin` draws the first ones."""
    import torch

    # Not nn.utils.skip_init, which recurrent modules do not fit
    module = kind(*args, **kwargs, device="meta").to_empty(device="cpu")
    with torch.no_grad():
        for part in module.parameters():
            part.zero_()
    return module


def draw(
    weight: Tensor, bias: Tensor | None, rule: Initializer, generator: torch.Generator
) -> None:
    """Fills a weight of any shape as the rule fills the matrix it stands for, (outputs, rest).

    Args:
        weight: (outputs, ...); of a kernel the inputs are what one output sees of it.
        bias: (outputs,) or None.
    """
    import torch

    matrix = weight.detach().reshape(weight.shape[0], math.prod(weight.shape[1:]))
    spare = torch.empty(weight.shape[0], dtype=weight.dtype)
    rule.fill(matrix, spare if bias is None else bias.detach(), generator)
    weight.detach().copy_(matrix.view_as(weight))
