"""Dense: every unit sees every input."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import field_validator

from playground.core.activations import ACTIVATIONS
from playground.core.errors import PlaygroundError
from playground.core.layers.base import Layer, Shape
from playground.core.settings import setting

if TYPE_CHECKING:
    import torch
    from torch import nn


class Dense(Layer):
    """A linear map with a bias, and an activation: a = f(W x + b)."""

    icon: ClassVar[str] = ":material/grid_view:"

    kind: Literal["dense"] = "dense"
    units: int = setting(4, ge=1, le=512)
    activation: str = setting("tanh")

    @field_validator("activation")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in ACTIVATIONS:
            raise ValueError(f"unknown activation {name!r}")
        return name

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise PlaygroundError("dense_needs_vector", shape=str(shape))
        return (self.units,)

    def parameter_count(self, shape: Shape) -> int:
        return (shape[0] + 1) * self.units

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from torch import nn

        return [nn.Linear(shape[0], self.units), ACTIVATIONS[self.activation].module()]

    def code(self, shape: Shape) -> str:
        linear = f"nn.Linear({shape[0]}, {self.units})"
        if self.activation == "linear":
            return linear
        return f"{linear}, {ACTIVATIONS[self.activation].code}"
