"""Flatten: all numbers of a picture or sequence in one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.layers.base import Family, Layer
from playground.core.shapes import Shape, need_numbers, size_of

if TYPE_CHECKING:
    import torch
    from torch import nn


class Flatten(Layer):
    """The same numbers, in a row: what a dense block wants of a picture."""

    icon: ClassVar[str] = ":material/view_week:"
    family: ClassVar[Family] = "shape"
    drawn: ClassVar[bool] = False
    kinds: ClassVar[tuple[str, ...]] = ("pictures", "sequences", "ratings")

    kind: Literal["flatten"] = "flatten"

    def output_shape(self, shape: Shape) -> Shape:
        need_numbers(shape)
        return (size_of(shape),)

    def flops(self, shape: Shape) -> int:
        return 0

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from torch import nn

        return [nn.Flatten()]

    def code(self, shape: Shape) -> str:
        return "nn.Flatten()"
