"""Dense: every unit sees every input."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.activations import code_of, module_of
from playground.core.layers.base import LinearMap
from playground.core.settings import setting
from playground.core.shapes import Shape, need_values, with_width

if TYPE_CHECKING:
    import torch
    from torch import nn


class Dense(LinearMap):
    """A linear map with a bias, and an activation: a = f(W x + b)."""

    icon: ClassVar[str] = ":material/grid_view:"
    main: ClassVar[tuple[str, ...]] = ("units", "activation")

    kind: Literal["dense"] = "dense"
    units: int = setting(4, ge=1, le=512)

    def output_shape(self, shape: Shape) -> Shape:
        need_values(shape)
        return with_width(shape, self.units)

    def linear_shape(self, shape: Shape) -> tuple[int, int]:
        return self.units, shape[-1]

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from torch import nn

        return [nn.Linear(shape[-1], self.units), module_of(self.activation, self.formula)]

    def code(self, shape: Shape) -> str:
        linear = linear_code(shape[-1], self.units, self.bias)
        if self.activation == "linear":
            return linear
        return f"{linear}, {code_of(self.activation, self.formula)}"


def linear_code(inputs: int, outputs: int, bias: bool) -> str:
    """The line of PyTorch that makes a linear map."""
    return f"nn.Linear({inputs}, {outputs}{'' if bias else ', bias=False'})"
