"""Branches: two dense layers side by side on the same inputs, their outputs joined."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import field_validator

from playground.core.activations import ACTIVATIONS, code_of, module_of
from playground.core.layers.base import LinearMap
from playground.core.layers.dense import linear_code
from playground.core.settings import setting
from playground.core.shapes import Shape, need_values, with_width

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class Branches(LinearMap):
    """[f(W x + b), g(V x + c)]: half of the outputs have one activation, half another."""

    icon: ClassVar[str] = ":material/call_split:"
    main: ClassVar[tuple[str, ...]] = ("units", "activation", "second")

    kind: Literal["branches"] = "branches"
    units: int = setting(4, ge=1, le=256)
    second: str = setting("sine", live=True, rebuilds=True)

    @field_validator("second")
    @classmethod
    def _known_second(cls, name: str) -> str:
        if name not in ACTIVATIONS:
            raise ValueError(f"unknown activation {name!r}")
        return name

    def output_shape(self, shape: Shape) -> Shape:
        need_values(shape)
        return with_width(shape, 2 * self.units)

    def linear_shape(self, shape: Shape) -> tuple[int, int]:
        return 2 * self.units, shape[-1]

    def parameter_count(self, shape: Shape) -> int:
        return super().parameter_count(shape) + ACTIVATIONS[self.second].learned

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        return [_fork(shape[-1], self)]

    def code(self, shape: Shape) -> str:
        linear = linear_code(shape[-1], self.units, self.bias)
        arms = ", ".join(
            f"nn.Sequential({linear}, {code_of(name, self.formula)})"
            for name in (self.activation, self.second)
        )
        return f"Concatenate({arms})"


def _fork(inputs: int, settings: Branches) -> nn.Module:
    import torch
    from torch import nn

    class Fork(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            # One linear map for both arms: the rows of the first stand above the second's.
            self.linear = nn.Linear(inputs, 2 * settings.units)
            self.first = module_of(settings.activation, settings.formula)
            self.second = module_of(settings.second, settings.formula)

        def forward(self, values: Tensor) -> Tensor:
            first, second = self.linear(values).chunk(2, dim=-1)
            return torch.cat((self.first(first), self.second(second)), -1)

    return Fork()
