"""Residual: a dense layer that adds to what came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.activations import code_of, module_of
from playground.core.errors import PlaygroundError
from playground.core.layers.base import Shape, Weighted
from playground.core.layers.dense import linear_code

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class Residual(Weighted):
    """x + f(W x + b), as wide as what comes in (He et al. 2016, with one linear map)."""

    icon: ClassVar[str] = ":material/alt_route:"
    main: ClassVar[tuple[str, ...]] = ("activation",)

    kind: Literal["residual"] = "residual"

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise PlaygroundError("dense_needs_vector", shape=str(shape))
        return shape

    def linear_shape(self, shape: Shape) -> tuple[int, int]:
        return shape[0], shape[0]

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        return [_skip(shape[0], module_of(self.activation, self.formula))]

    def code(self, shape: Shape) -> str:
        linear = linear_code(shape[0], shape[0], self.bias)
        bend = code_of(self.activation, self.formula)
        return f"Residual(nn.Sequential({linear}, {bend}))"


def _skip(units: int, activation: nn.Module) -> nn.Module:
    from torch import nn

    class Skip(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(units, units)
            self.activation = activation

        def forward(self, values: Tensor) -> Tensor:
            return values + self.activation(self.linear(values))

    return Skip()
