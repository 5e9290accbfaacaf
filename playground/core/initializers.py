"""How weights and biases start: one entry each.

Every initializer draws in float64 from the run's own generator, so that the same seed gives
the same start in float32 and in float64. This module loads without torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True)
class Initializer:
    """A rule for the first weights of one linear map.

    Attributes:
        name: its key in experiments, links and language catalogs.
        formula: LaTeX of the distribution, n and m being the numbers of inputs and outputs.
        fill: writes weights (outputs, inputs) and biases (outputs,), both float64, in place.
    """

    name: str
    formula: str
    fill: Callable[[Tensor, Tensor, torch.Generator], object]


def _pytorch(weight: Tensor, bias: Tensor, generator: torch.Generator) -> None:
    # nn.Linear's own default: Kaiming uniform with a = sqrt(5), the same bound for the bias
    bound = 1 / math.sqrt(weight.shape[1])
    weight.uniform_(-bound, bound, generator=generator)
    bias.uniform_(-bound, bound, generator=generator)


def _xavier(weight: Tensor, bias: Tensor, generator: torch.Generator) -> None:
    bound = math.sqrt(6 / (weight.shape[0] + weight.shape[1]))
    weight.uniform_(-bound, bound, generator=generator)
    bias.zero_()


def _he(weight: Tensor, bias: Tensor, generator: torch.Generator) -> None:
    weight.normal_(0, math.sqrt(2 / weight.shape[1]), generator=generator)
    bias.zero_()


def _tfplayground(weight: Tensor, bias: Tensor, generator: torch.Generator) -> None:
    weight.uniform_(-0.5, 0.5, generator=generator)
    bias.fill_(0.1)


def _orthogonal(weight: Tensor, bias: Tensor, generator: torch.Generator) -> None:
    # As torch.nn.init.orthogonal_ (Saxe et al. 2014): rows or columns at right angles, length 1
    import torch

    drawn = torch.empty_like(weight).normal_(0, 1, generator=generator)
    tall = drawn if drawn.shape[0] >= drawn.shape[1] else drawn.t()
    q, r = torch.linalg.qr(tall)
    q *= r.diagonal().sign()
    weight.copy_(q if drawn.shape[0] >= drawn.shape[1] else q.t())
    bias.zero_()


def _zeros(weight: Tensor, bias: Tensor, generator: torch.Generator) -> None:
    weight.zero_()
    bias.zero_()


INITIALIZERS: dict[str, Initializer] = {
    entry.name: entry
    for entry in (
        Initializer("pytorch", r"U(-1/\sqrt{n},\, 1/\sqrt{n})", _pytorch),
        Initializer("xavier", r"U(-\sqrt{6/(n+m)},\, \sqrt{6/(n+m)})", _xavier),
        Initializer("he", r"N(0,\, 2/n)", _he),
        Initializer("orthogonal", r"W^\top W = I \text{ or } W W^\top = I", _orthogonal),
        Initializer("tfplayground", r"U(-0.5,\, 0.5),\; b = 0.1", _tfplayground),
        Initializer("zeros", r"w = 0,\; b = 0", _zeros),
    )
}
