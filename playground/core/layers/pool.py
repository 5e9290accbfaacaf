"""Pooling: a window of a picture becomes one number."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.layers.base import Layer
from playground.core.settings import setting
from playground.core.shapes import Shape, ShapeError, need_picture, written

if TYPE_CHECKING:
    import torch
    from torch import nn


class Pool2d(Layer):
    """What is left of each window: its greatest value or its mean; windows do not overlap unless
    the stride is smaller."""

    icon: ClassVar[str] = ":material/compress:"
    main: ClassVar[tuple[str, ...]] = ("window", "how")
    kinds: ClassVar[tuple[str, ...]] = ("pictures",)

    kind: Literal["pool2d"] = "pool2d"
    window: int = setting(2, ge=1, le=8)
    how: Literal["max", "average"] = setting("max")
    stride: int = setting(0, ge=0, le=8)  # 0: as the window

    def output_shape(self, shape: Shape) -> Shape:
        need_picture(shape)
        if min(shape[1:]) < self.window:
            window = f"{self.window}×{self.window}"
            raise ShapeError("shape_too_small", window=window, came=written(shape[1:]))
        stride = self.stride or self.window
        return (shape[0], *((side - self.window) // stride + 1 for side in shape[1:]))

    def flops(self, shape: Shape) -> int:
        channels, height, width = self.output_shape(shape)
        return channels * height * width * self.window**2

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from torch import nn

        kind = nn.MaxPool2d if self.how == "max" else nn.AvgPool2d
        return [kind(self.window, self.stride or self.window)]

    def code(self, shape: Shape) -> str:
        name = "MaxPool2d" if self.how == "max" else "AvgPool2d"
        stride = f", stride={self.stride}" if self.stride else ""
        return f"nn.{name}({self.window}{stride})"
