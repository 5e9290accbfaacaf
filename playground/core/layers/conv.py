"""Convolution: one small kernel slides over the whole picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.activations import code_of, module_of
from playground.core.layers.base import Weighted, units_of
from playground.core.layers.modules import bare, draw
from playground.core.settings import setting
from playground.core.shapes import Shape, ShapeError, need_picture, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor, nn

    from playground.core.initializers import Initializer


class Conv2d(Weighted):
    """f(kernel ∗ x + b) at every place (LeCun et al. 1989), as nn.Conv2d."""

    icon: ClassVar[str] = ":material/apps:"
    main: ClassVar[tuple[str, ...]] = ("channels", "kernel", "activation")
    kinds: ClassVar[tuple[str, ...]] = ("pictures",)

    kind: Literal["conv2d"] = "conv2d"
    channels: int = setting(8, ge=1, le=128)
    kernel: int = setting(3, ge=1, le=11)
    stride: int = setting(1, ge=1, le=4)
    padding: Literal["same", "none"] = setting("same")
    dilation: int = setting(1, ge=1, le=4)
    groups: int = setting(1, ge=1, le=128)
    activation: str = setting("relu", live=True, rebuilds=True)

    def output_shape(self, shape: Shape) -> Shape:
        need_picture(shape)
        if shape[0] % self.groups or self.channels % self.groups:
            channels = f"{shape[0]}, {self.channels}"
            raise ShapeError("shape_groups", channels=channels, groups=self.groups)
        sides = (self._side(side) for side in shape[1:])
        found = (self.channels, *sides)
        if min(found) < 1:
            window = f"{self._reach}×{self._reach}"
            raise ShapeError("shape_too_small", window=window, came=written(shape[1:]))
        return found

    @property
    def _reach(self) -> int:
        """Pixels from one end of the kernel to the other."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def _pad(self) -> int:
        return self._reach // 2 if self.padding == "same" else 0

    def _side(self, side: int) -> int:
        return (side + 2 * self._pad - self._reach) // self.stride + 1

    def parameter_count(self, shape: Shape) -> int:
        each = shape[0] // self.groups * self.kernel**2 + self.bias
        return self.channels * each + super().parameter_count(shape)

    def flops(self, shape: Shape) -> int:
        channels, height, width = self.output_shape(shape)
        return 2 * channels * height * width * (shape[0] // self.groups) * self.kernel**2

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from torch import nn

        conv = bare(
            nn.Conv2d,
            shape[0],
            self.channels,
            self.kernel,
            stride=self.stride,
            padding=self._pad,
            dilation=self.dilation,
            groups=self.groups,
            bias=self.bias,
        )
        return [conv, module_of(self.activation, self.formula)]

    def begin(self, modules: nn.Sequential, rule: Initializer, generator: torch.Generator) -> None:
        draw(modules[0].weight, modules[0].bias, rule, generator)  # type: ignore[arg-type]

    def links(self, own: Mapping[str, Tensor]) -> Tensor | None:
        kernels = own["0.weight"]
        if self.groups > 1:
            return None
        # How much of a channel comes through: the kernel's sum, on the scale of one weight.
        return kernels.sum((2, 3)) / self.kernel

    def sources(self, shape: Shape) -> list[range]:
        each, share = self.channels // self.groups, units_of(shape) // self.groups
        return [
            range(unit // each * share, (unit // each + 1) * share) for unit in range(self.channels)
        ]

    def code(self, shape: Shape) -> str:
        said = [f"nn.Conv2d({shape[0]}, {self.channels}, {self.kernel}"]
        said += [f"stride={self.stride}"] if self.stride > 1 else []
        said += [f"padding={self._pad}"] if self._pad else []
        said += [f"dilation={self.dilation}"] if self.dilation > 1 else []
        said += [f"groups={self.groups}"] if self.groups > 1 else []
        said += [] if self.bias else ["bias=False"]
        conv = ", ".join(said) + ")"
        if self.activation == "linear":
            return conv
        return f"{conv}, {code_of(self.activation, self.formula)}"
