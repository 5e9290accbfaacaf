"""Convolution: one small kernel slides over a whole picture, or over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from playground.core.activations import ACTIVATIONS, code_of, module_of
from playground.core.layers.base import Family, Weighted, units_of
from playground.core.layers.modules import bare
from playground.core.settings import setting
from playground.core.shapes import (
    Sequence,
    Shape,
    ShapeError,
    need_picture,
    need_sequence,
    source_of,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor, nn

    from playground.core.initializers import Initializer


class Convolution(Weighted):
    """What convolutions share: the kernel, and how it slides."""

    main: ClassVar[tuple[str, ...]] = ("channels", "kernel", "activation")
    family: ClassVar[Family] = "convolution"

    channels: int = setting(8, ge=1, le=256)
    kernel: int = setting(3, ge=1, le=11)
    stride: int = setting(1, ge=1, le=4)
    dilation: int = setting(1, ge=1, le=4)
    groups: int = setting(1, ge=1, le=256)
    activation: str = setting("relu", live=True, rebuilds=True)

    def _sides(self, shape: Shape) -> tuple[int, ...]:
        """What the kernel slides over."""
        raise NotImplementedError

    def _pads(self) -> tuple[int, int]:
        """Zeros in front and behind. "same" keeps the size at stride 1; where an even kernel would
        take one more behind, and at greater strides, both sides get as many.
        """
        padding: str = self.padding  # type: ignore[attr-defined]
        if padding == "causal":
            return self._span - 1, 0
        if padding == "same":
            less = (self._span - 1) // 2
            return (less, self._span - 1 - less) if self.stride == 1 else (less, less)
        count = 0 if padding == "none" else int(padding)
        return count, count

    @property
    def _span(self) -> int:
        """Places from one end of the kernel to the other."""
        return self.dilation * (self.kernel - 1) + 1

    def _slid(self, shape: Shape) -> tuple[int, ...]:
        """The sides behind the kernel.

        Raises:
            ShapeError: the kernel does not fit, or the channels do not fall into the groups.
        """
        inputs = self._inputs(shape)
        if inputs % self.groups or self.channels % self.groups:
            channels = f"{inputs}, {self.channels}"
            raise ShapeError("shape_groups", channels=channels, groups=self.groups)
        sides = self._sides(shape)
        found = tuple((side + sum(self._pads()) - self._span) // self.stride + 1 for side in sides)
        if min(found) < 1:
            window = written((self._span,) * len(sides))
            raise ShapeError("shape_too_small", window=window, came=written(sides))
        return found

    def _inputs(self, shape: Shape) -> int:
        return units_of(shape)

    def _taps(self, shape: Shape) -> int:
        """Weights that meet in one number of the output."""
        return self._inputs(shape) // self.groups * self.kernel ** len(self._sides(shape))

    def parameter_count(self, shape: Shape) -> int:
        return self.channels * (self._taps(shape) + self.bias) + super().parameter_count(shape)

    def flops(self, shape: Shape) -> int:
        places = 1
        for side in self._slid(shape):
            places *= side
        return 2 * self.channels * places * self._taps(shape)

    def _convolution(self, kind: str, shape: Shape, padding: Any) -> nn.Module:
        from torch import nn

        return bare(
            getattr(nn, kind),
            self._inputs(shape),
            self.channels,
            self.kernel,
            stride=self.stride,
            padding=padding,
            dilation=self.dilation,
            groups=self.groups,
            bias=self.bias,
        )

    def begin(self, modules: nn.Sequential, rule: Initializer, generator: torch.Generator) -> None:
        from playground.core.modules.first import draw_all

        draw_all(modules, rule, generator)

    def sources(self, shape: Shape) -> list[range]:
        each, share = self.channels // self.groups, self._inputs(shape) // self.groups
        return [
            range(unit // each * share, (unit // each + 1) * share) for unit in range(self.channels)
        ]

    def _said(self, kind: str, shape: Shape, padding: object) -> str:
        """The line of torch for the convolution alone."""
        said = [f"nn.{kind}({self._inputs(shape)}, {self.channels}, {self.kernel}"]
        said += [f"stride={self.stride}"] if self.stride > 1 else []
        said += [f"padding={padding!r}"] if padding else []
        said += [f"dilation={self.dilation}"] if self.dilation > 1 else []
        said += [f"groups={self.groups}"] if self.groups > 1 else []
        said += [] if self.bias else ["bias=False"]
        return ", ".join(said) + ")"


class Conv2d(Convolution):
    """f(kernel ∗ x + b) at every place (LeCun et al. 1989), as nn.Conv2d."""

    icon: ClassVar[str] = ":material/apps:"
    kinds: ClassVar[tuple[str, ...]] = ("pictures",)

    kind: Literal["conv2d"] = "conv2d"
    padding: Literal["same", "none", "1", "2", "3", "4", "5"] = setting("same")

    def output_shape(self, shape: Shape) -> Shape:
        need_picture(shape)
        return (self.channels, *self._slid(shape))

    def _sides(self, shape: Shape) -> tuple[int, ...]:
        return shape[1:]

    def _padding(self) -> int | str:
        before, after = self._pads()
        return before if before == after else "same"

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        conv = self._convolution("Conv2d", shape, self._padding())
        return [conv, module_of(self.activation, self.formula)]

    def links(self, own: Mapping[str, Tensor]) -> Tensor | None:
        if self.groups > 1:
            return None
        # How much of a channel comes through: the kernel's sum, on the scale of one weight.
        return own["0.weight"].sum((2, 3)) / self.kernel

    def code(self, shape: Shape) -> str:
        return _with_activation(self, self._said("Conv2d", shape, self._padding()))


class Conv1d(Convolution):
    """f(kernel ∗ x + b) over time, as nn.Conv1d on (channels, places).

    Causal, the kernel sees nothing that comes later (van den Oord et al. 2016). What is read and
    what is written go through it apart, and what is written always as a causal one does.
    """

    icon: ClassVar[str] = ":material/view_column:"
    kinds: ClassVar[tuple[str, ...]] = ("sequences",)

    kind: Literal["conv1d"] = "conv1d"
    padding: Literal["same", "causal", "none", "1", "2", "3", "4", "5"] = setting("same")

    def output_shape(self, shape: Shape) -> Shape:
        need_sequence(shape)
        (places,) = self._slid(shape)
        if source_of(shape) and not (self.stride == 1 and sum(self._pads()) == self._span - 1):
            raise ShapeError("shape_keeps_places", came=shape[0], left=places)
        return Sequence(places, self.channels, source_of(shape))

    def _sides(self, shape: Shape) -> tuple[int, ...]:
        return shape[:1]

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.convolution import OverTime

        conv = OverTime(
            self._convolution("Conv1d", shape, 0), *self._pads(), source=source_of(shape)
        )
        return [conv, module_of(self.activation, self.formula)]

    def links(self, own: Mapping[str, Tensor]) -> Tensor | None:
        return None if self.groups > 1 else own["0.inner.weight"].sum(2) / self.kernel**0.5

    def ahead(self, shape: Shape) -> dict[str, Any] | None:
        if source_of(shape):
            return None
        before, mend = self._pads()[0], {"padding": "causal"}
        if self.output_shape(shape)[0] != shape[0]:
            return mend if before < self._span - 1 else None
        # With a stride too as many places may come out as go in, if both ends are padded.
        causal = mend if self.stride == 1 else {**mend, "stride": 1}
        return causal if self._overtakes(shape[0], before) else None

    def _overtakes(self, places: int, before: int) -> bool:
        """Whether a place reads a later one."""
        taps = range(0, self._span, self.dilation)
        read = (
            (place, self.stride * place - before + tap) for place in range(places) for tap in taps
        )
        return any(place < source < places for place, source in read)

    def suggested(self, shape: Shape, steps: int) -> dict[str, Any]:
        return {"padding": "causal"} if steps and not source_of(shape) else {}

    def code(self, shape: Shape) -> str:
        before, after = self._pads()
        pads = f", pad=({before}, {after})" if before or after else ""
        source = f", source={source_of(shape)}" if source_of(shape) else ""
        return _with_activation(self, f"OverTime({self._said('Conv1d', shape, 0)}{pads}{source})")


class ResidualConv(Weighted):
    """f(x' + C₂(f(C₁ x))), two convolutions and a way past them (He et al. 2016); x' is x, or where
    channels or size change, x through a 1×1 convolution. With a batch norm behind each convolution
    their bias has nothing to do and is left out.
    """

    icon: ClassVar[str] = ":material/alt_route:"
    main: ClassVar[tuple[str, ...]] = ("channels", "stride", "activation")
    kinds: ClassVar[tuple[str, ...]] = ("pictures",)
    family: ClassVar[Family] = "convolution"

    kind: Literal["residual_conv"] = "residual_conv"
    channels: int = setting(16, ge=1, le=256)
    kernel: Literal["3", "5", "7"] = setting("3")
    stride: int = setting(1, ge=1, le=4)
    normalize: bool = setting(True)
    activation: str = setting("relu", live=True, rebuilds=True)

    def output_shape(self, shape: Shape) -> Shape:
        need_picture(shape)
        return (self.channels, *((side - 1) // self.stride + 1 for side in shape[1:]))

    def _changes(self, shape: Shape) -> bool:
        return shape[0] != self.channels or self.stride > 1

    def sources(self, shape: Shape) -> list[range]:
        return [range(shape[0])] * self.channels

    @property
    def _biased(self) -> bool:
        return self.bias and not self.normalize

    def parameter_count(self, shape: Shape) -> int:
        taps = int(self.kernel) ** 2
        weights = [shape[0] * taps, self.channels * taps]
        weights += [shape[0]] if self._changes(shape) else []
        more = 2 * self.normalize + self._biased
        own = self.channels * sum(weight + more for weight in weights)
        return own + 2 * ACTIVATIONS[self.activation].learned

    def flops(self, shape: Shape) -> int:
        channels, height, width = self.output_shape(shape)
        taps = int(self.kernel) ** 2 * (shape[0] + channels)
        taps += shape[0] if self._changes(shape) else 0
        return 2 * channels * height * width * taps

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.convolution import residual_convolutions

        both = residual_convolutions(
            shape[0],
            self.channels,
            kernel=int(self.kernel),
            stride=self.stride,
            bend=module_of(self.activation, self.formula),
            normalize=self.normalize,
            biased=self._biased,
        )
        return [both, module_of(self.activation, self.formula)]

    def links(self, own: Mapping[str, Tensor]) -> Tensor | None:
        """How much of a channel comes through both kernels and past them, were nothing bent: the
        kernels' sums, on the scale of one weight."""
        import torch

        names = [name for name, part in own.items() if part.ndim == 4]
        first, second, *past = (own[name].sum((2, 3)) for name in names)
        through = second @ first / int(self.kernel) ** 2
        return through + (past[0] if past else torch.eye(*through.shape).to(through))

    def begin(self, modules: nn.Sequential, rule: Initializer, generator: torch.Generator) -> None:
        from playground.core.modules.first import draw_all

        draw_all(modules, rule, generator)

    def code(self, shape: Shape) -> str:
        bias = "" if self._biased else ", bias=False"
        stride = f", stride={self.stride}" if self.stride > 1 else ""
        norm = f", nn.BatchNorm2d({self.channels})" if self.normalize else ""
        bend = code_of(self.activation, self.formula)
        pad = f", padding={int(self.kernel) // 2}"

        def conv(inputs: int, rest: str) -> str:
            return f"nn.Conv2d({inputs}, {self.channels}, {rest}{bias}){norm}"

        first = conv(shape[0], f"{self.kernel}{stride}{pad}")
        second = conv(self.channels, f"{self.kernel}{pad}")
        inner = f"nn.Sequential({first}, {bend}, {second})"
        past = f"nn.Sequential({conv(shape[0], f'1{stride}')})"
        line = f"Residual({inner}{f', {past}' if self._changes(shape) else ''})"
        return _with_activation(self, line)


def _with_activation(layer: Weighted, line: str) -> str:
    if layer.activation == "linear":
        return line
    return f"{line}, {code_of(layer.activation, layer.formula)}"
