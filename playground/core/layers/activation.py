"""An activation as a block of its own, for a place of its own: behind a normalisation, say."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.activations import code_of, module_of
from playground.core.layers.base import Activated
from playground.core.shapes import Shape, need_numbers

if TYPE_CHECKING:
    import torch
    from torch import nn


class ActivationBlock(Activated):
    """f(x) for every value. A dense block in front of it is usually linear."""

    icon: ClassVar[str] = ":material/show_chart:"
    main: ClassVar[tuple[str, ...]] = ("activation",)

    kind: Literal["activation"] = "activation"

    def output_shape(self, shape: Shape) -> Shape:
        need_numbers(shape)
        return shape

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        return [module_of(self.activation, self.formula)]

    def code(self, shape: Shape) -> str:
        return code_of(self.activation, self.formula)
