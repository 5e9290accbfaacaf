"""Dropout: units silenced at random while training."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.layers.base import Family, Layer
from playground.core.settings import setting
from playground.core.shapes import Shape, need_numbers

if TYPE_CHECKING:
    import torch
    from torch import nn


class Dropout(Layer):
    """Each value becomes 0 with probability `rate`; the others grow by 1 / (1 − rate).

    Srivastava et al. 2014, in the inverted form of nn.Dropout: nothing happens outside
    training.
    """

    icon: ClassVar[str] = ":material/blur_on:"
    family: ClassVar[Family] = "regular"
    drawn: ClassVar[bool] = False
    main: ClassVar[tuple[str, ...]] = ("rate",)

    kind: Literal["dropout"] = "dropout"
    rate: float = setting(0.2, live=True, ge=0, le=0.9)
    whole: bool = setting(
        False, live=True
    )  # channels of a picture, numbers of all places of a sequence

    def output_shape(self, shape: Shape) -> Shape:
        need_numbers(shape)
        return shape

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.dropout import SeededDropout

        return [SeededDropout(self.rate, generator, self.whole)]

    def configure(self, modules: nn.Sequential) -> None:
        modules[0].rate, modules[0].whole = self.rate, self.whole  # type: ignore[assignment]

    def code(self, shape: Shape) -> str:
        if self.whole and len(shape) == 3:
            return f"nn.Dropout2d({self.rate:g})"
        if self.whole and len(shape) == 2:
            return f"OverTime(nn.Dropout1d({self.rate:g}))"
        return f"nn.Dropout({self.rate:g})"
