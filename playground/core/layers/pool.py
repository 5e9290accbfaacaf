"""Pooling: a window becomes one number, its greatest or its mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.layers.base import Family, Layer, units_of
from playground.core.settings import setting
from playground.core.shapes import (
    Sequence,
    Shape,
    ShapeError,
    is_row,
    need_numbers,
    need_picture,
    need_sequence,
    size_of,
    source_of,
    written,
)

if TYPE_CHECKING:
    import torch
    from torch import nn


class Pooling(Layer):
    """What is left of each window; windows do not overlap unless the stride is smaller."""

    icon: ClassVar[str] = ":material/compress:"
    main: ClassVar[tuple[str, ...]] = ("window", "how")
    family: ClassVar[Family] = "convolution"

    window: int = setting(2, ge=1, le=16)
    how: Literal["max", "average"] = setting("max")
    stride: int = setting(0, ge=0, le=16)  # 0: as the window

    def _slid(self, sides: Shape) -> tuple[int, ...]:
        """The sides behind the window.

        Raises:
            ShapeError: it does not fit.
        """
        if min(sides) < self.window:
            window = written((self.window,) * len(sides))
            raise ShapeError("shape_too_small", window=window, came=written(sides))
        return tuple((side - self.window) // self._stride + 1 for side in sides)

    @property
    def _stride(self) -> int:
        return self.stride or self.window

    def _kind(self, axes: int) -> str:
        return f"{'Max' if self.how == 'max' else 'Avg'}Pool{axes}d"

    def _said(self, axes: int) -> str:
        stride = f", stride={self.stride}" if self.stride else ""
        return f"nn.{self._kind(axes)}({self.window}{stride})"


class Pool2d(Pooling):
    """Of every window of a picture, channel by channel, as nn.MaxPool2d and nn.AvgPool2d."""

    kinds: ClassVar[tuple[str, ...]] = ("pictures",)

    kind: Literal["pool2d"] = "pool2d"

    def output_shape(self, shape: Shape) -> Shape:
        need_picture(shape)
        return (shape[0], *self._slid(shape[1:]))

    def flops(self, shape: Shape) -> int:
        return size_of(self.output_shape(shape)) * self.window**2

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from torch import nn

        return [getattr(nn, self._kind(2))(self.window, self._stride)]

    def code(self, shape: Shape) -> str:
        return self._said(2)


class Pool1d(Pooling):
    """Of every window of a sequence, as nn.MaxPool1d and nn.AvgPool1d: fewer places go on."""

    kinds: ClassVar[tuple[str, ...]] = ("sequences",)

    kind: Literal["pool1d"] = "pool1d"

    def output_shape(self, shape: Shape) -> Shape:
        need_sequence(shape)
        (places,) = self._slid(shape[:1])
        if source_of(shape) and places != shape[0]:
            raise ShapeError("shape_keeps_places", came=shape[0], left=places)
        return Sequence(places, shape[1], source_of(shape))

    def flops(self, shape: Shape) -> int:
        return size_of(self.output_shape(shape)) * self.window

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from torch import nn

        from playground.core.modules.convolution import OverTime

        pool = getattr(nn, self._kind(1))(self.window, self._stride)
        return [OverTime(pool, 0, 0, source=source_of(shape))]

    def code(self, shape: Shape) -> str:
        return f"OverTime({self._said(1)})"


class GlobalPool(Layer):
    """One number for each channel of a picture, or for each number of a sequence's places: the mean
    or the greatest of all (Lin, Chen & Yan 2014). Position is forgotten, and what came in may be of
    any size.
    """

    icon: ClassVar[str] = ":material/adjust:"
    main: ClassVar[tuple[str, ...]] = ("how",)
    kinds: ClassVar[tuple[str, ...]] = ("pictures", "sequences")
    family: ClassVar[Family] = "shape"

    kind: Literal["global_pool"] = "global_pool"
    how: Literal["average", "max"] = setting("average")

    def output_shape(self, shape: Shape) -> Shape:
        need_numbers(shape)
        if is_row(shape):
            raise ShapeError("shape_is_row", came=written(shape))
        return (units_of(shape),)

    def flops(self, shape: Shape) -> int:
        return size_of(shape)

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.embedding import GlobalPool as Module

        return [Module(self.how == "max")]

    def code(self, shape: Shape) -> str:
        kind = "Max" if self.how == "max" else "Avg"
        if len(shape) == 3:
            return f"nn.Adaptive{kind}Pool2d(1), nn.Flatten()"
        return f"OverTime(nn.Adaptive{kind}Pool1d(1)), nn.Flatten()"
