"""Residual: a dense layer that adds to what came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.activations import code_of, module_of
from playground.core.layers.base import LinearMap
from playground.core.layers.dense import linear_code
from playground.core.shapes import Shape, need_values

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class Residual(LinearMap):
    """x + f(W x + b), as wide as what comes in (He et al. 2016, with one linear map)."""

    icon: ClassVar[str] = ":material/alt_route:"
    main: ClassVar[tuple[str, ...]] = ("activation",)

    kind: Literal["residual"] = "residual"

    def output_shape(self, shape: Shape) -> Shape:
        need_values(shape)
        return shape

    def linear_shape(self, shape: Shape) -> tuple[int, int]:
        return shape[-1], shape[-1]

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        return [_skip(shape[-1], module_of(self.activation, self.formula))]

    def code(self, shape: Shape) -> str:
        linear = linear_code(shape[-1], shape[-1], self.bias)
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
