"""Receptive fields: which numbers of the input one number behind some modules depends on.

By the shape rules alone: a mask of the output is led back through each module to a mask of what
stands in front of it, tap by tap of its kernel. Strides and dilations leave holes, groups leave
channels out, the border cuts off; all of that is in the mask. The same field by another way is
where the gradient of a linear copy of the modules is not zero, see `linear_copy`.

Shapes are those of one point: (channels, height, width), (channels, length) or (numbers,).
Sizes and jumps after Araujo, Norris, Sim: Computing Receptive Fields of Convolutional Neural
Networks, Distill 2019.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from playground.core.activations import ACTIVATIONS
from playground.core.layers.dropout import Dropout
from playground.core.layers.noise import GaussianNoise
from playground.core.modules.convolution import Past
from playground.core.modules.embedding import GlobalPool

Shape = tuple[int, ...]

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d)
MAXIMA = (nn.MaxPool1d, nn.MaxPool2d)
AVERAGES = (nn.AvgPool1d, nn.AvgPool2d)
ADAPTIVE = (
    nn.AdaptiveAvgPool1d,
    nn.AdaptiveAvgPool2d,
    nn.AdaptiveMaxPool1d,
    nn.AdaptiveMaxPool2d,
)


@dataclass(frozen=True)
class Taps:
    """How a window slides along one axis.

    Output place o reads the inputs o · stride − padding + t · dilation, t from 0 to kernel − 1;
    those that are not there are the padding.
    """

    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def read(self, place: int) -> list[int]:
        """Input places of one output place, those in the padding too."""
        first = place * self.stride - self.padding
        return [first + tap * self.dilation for tap in range(self.kernel)]

    def links(self, outputs: int, inputs: int) -> int:
        """How many pairs of an output place and an input place that is there are linked."""
        return sum(0 <= at < inputs for place in range(outputs) for at in self.read(place))


def taps_of(module: nn.Module, rank: int) -> list[Taps] | None:
    """The window of a convolution or pooling, for each of its `rank` axes; None for others."""
    if not isinstance(module, (*CONVOLUTIONS, *MAXIMA, *AVERAGES)):
        return None
    kernel = _each(module.kernel_size, rank)
    stride = _each(module.stride if module.stride is not None else module.kernel_size, rank)
    dilation = _each(getattr(module, "dilation", 1), rank)
    if module.padding == "same":
        # PyTorch puts the odd one behind.
        padding = [step * (size - 1) // 2 for size, step in zip(kernel, dilation, strict=True)]
    elif module.padding == "valid":
        padding = [0] * rank
    else:
        padding = _each(module.padding, rank)
    found = zip(kernel, stride, padding, dilation, strict=True)
    return [Taps(*one) for one in found]


def flat(modules: Iterable[nn.Module]) -> list[nn.Module]:
    """Modules without the sequences that hold them."""
    found: list[nn.Module] = []
    for module in modules:
        found += flat(module) if isinstance(module, nn.Sequential | nn.ModuleList) else [module]
    return found


# ---- by the shape rules


def before(module: nn.Module, shape: Shape, mask: Tensor) -> Tensor:
    """Where the input of a module is read for the marked numbers of its output.

    Args:
        module: in evaluation mode; one that no rule is known for is taken to read everything.
        shape: of its input, one point.
        mask: of its output, bool.
    """
    rank = len(shape) - 1
    taps = taps_of(module, rank)
    if taps is not None:
        groups = getattr(module, "groups", None)
        return _through_window(taps, shape, mask if groups is None else _channels(module, mask))
    if isinstance(module, ADAPTIVE):
        return _through_shares(shape, mask)
    if isinstance(module, nn.Flatten):
        return mask.reshape(shape)
    if isinstance(module, GlobalPool):
        return mask.view(-1, *[1] * rank).expand(shape).clone()
    if isinstance(module, Past):
        return _through(module.inner, shape, mask) | _through(module.past, shape, mask)
    if isinstance(module, nn.GroupNorm):
        groups = mask.reshape(module.num_groups, -1).any(1)
        channels = groups.repeat_interleave(shape[0] // len(groups))
        return channels.view(-1, *[1] * rank).expand(shape).clone()
    if isinstance(module, nn.Linear):
        return mask.any(-1, keepdim=True).expand(shape).clone()
    if pointwise(module):
        return mask
    return mask.any().expand(shape).clone()


def pointwise(module: nn.Module) -> bool:
    """Whether each number behind a module depends on the one before it alone, in evaluation."""
    kinds = (nn.Identity, nn.BatchNorm1d, nn.BatchNorm2d, nn.modules.dropout._DropoutNd)
    return isinstance(module, kinds) or _kind(module) in _standing_alone()


def _kind(module: nn.Module) -> tuple[str, str]:
    """A module's class by name: classes made in a function are new ones at each call."""
    return type(module).__module__, type(module).__qualname__


@cache
def _standing_alone() -> frozenset[tuple[str, str]]:
    """Classes of the activations that look at one number, and of what evaluation switches off."""
    found = {_kind(entry.module()) for entry in ACTIVATIONS.values() if entry.elementwise}
    own, off = torch.Generator(), (Dropout(), GaussianNoise())
    return frozenset(found | {_kind(one) for layer in off for one in layer.build((1,), own)})


def shapes_behind(modules: Sequence[nn.Module], shape: Shape) -> list[Shape]:
    """The shape of one point behind each module, by a forward pass of zeros."""
    found = []
    parameter = next((one for module in modules for one in module.parameters()), None)
    with torch.inference_mode(False), torch.no_grad():
        values = torch.zeros(1, *shape, dtype=None if parameter is None else parameter.dtype)
        for module in modules:
            values = module(values)
            found.append(tuple(values.shape[1:]))
    return found


def receptive_field(modules: Iterable[nn.Module], shape: Shape, place: Sequence[int]) -> Tensor:
    """The mask of the input that one number behind all modules depends on, by the shape rules.

    Args:
        modules: applied one after the other, in evaluation mode.
        shape: of the input, one point.
        place: of the number in the output of the last module.

    Returns:
        Bool, in the input's shape.
    """
    modules = flat(modules)
    mask = torch.zeros(shapes_behind(modules, shape)[-1] if modules else shape, dtype=torch.bool)
    mask[tuple(place)] = True
    return _led_back(modules, shape, mask)


def _led_back(modules: Sequence[nn.Module], shape: Shape, mask: Tensor) -> Tensor:
    """A mask of what the last module gives, as one of what the first is given."""
    shapes = [shape, *shapes_behind(modules, shape)]
    for module, front in zip(reversed(modules), reversed(shapes[:-1]), strict=True):
        mask = before(module, front, mask)
    return mask


def _through(module: nn.Module, shape: Shape, mask: Tensor) -> Tensor:
    return _led_back(flat([module]), shape, mask)


@dataclass(frozen=True)
class Reach:
    """The field of one output place along one axis, as if the input had no border.

    Attributes:
        size: from its first place to its last.
        jump: by how much it moves from one output place to the next.
        start: its first place for output place 0; below 0 in the padding.
    """

    size: int = 1
    jump: int = 1
    start: int = 0

    def behind(self, taps: Taps) -> Reach:
        """The field behind one more window."""
        return Reach(
            self.size + (taps.kernel - 1) * taps.dilation * self.jump,
            self.jump * taps.stride,
            self.start - taps.padding * self.jump,
        )

    def span(self, place: int) -> tuple[int, int]:
        """First and last input place of an output place."""
        first = self.start + place * self.jump
        return first, first + self.size - 1


def reach(modules: Iterable[nn.Module], rank: int) -> list[Reach] | None:
    """The reach along each axis behind all modules; None once everything depends on everything."""
    return _reached(modules, [Reach() for _ in range(rank)])


def _reached(modules: Iterable[nn.Module], found: list[Reach]) -> list[Reach] | None:
    for module in flat(modules):
        taps = taps_of(module, len(found))
        if taps is not None:
            found = [one.behind(each) for one, each in zip(found, taps, strict=True)]
        elif isinstance(module, Past):  # its kernels see all that the way past them sees
            through = _reached([module.inner], found)
            if through is None:
                return None
            found = through
        elif not pointwise(module):
            return None
    return found


# ---- by the gradient


def linear_copy(modules: Iterable[nn.Module]) -> nn.Sequential:
    """The modules with every weight 1, no activation and sums for maxima, in float64.

    No path of it cancels another and none is closed, so its gradient is not zero exactly where
    the modules can depend on their input at all.
    """
    return nn.Sequential(*(_opened(module) for module in flat(modules))).double().eval()


def gradient_field(modules: Iterable[nn.Module], shape: Shape, place: Sequence[int]) -> Tensor:
    """Where the gradient of one number behind modules is not zero, bool, in the input's shape.

    Args:
        modules: those of a `linear_copy`, for the whole field.
    """
    with torch.inference_mode(False), torch.enable_grad():
        point = torch.zeros(1, *shape, dtype=torch.float64, requires_grad=True)
        values: Tensor = point
        for module in modules:
            values = module(values)
        (found,) = torch.autograd.grad(values[0][tuple(place)], point)
    return found[0] != 0


class _Sums(nn.Module):
    """The sum of each window of a pooling."""

    def __init__(self, pool: Any) -> None:
        super().__init__()
        self._rank = 1 if isinstance(pool, nn.MaxPool1d) else 2
        self._taps = taps_of(pool, self._rank) or []
        self._ceil = bool(getattr(pool, "ceil_mode", False))

    def forward(self, values: Tensor) -> Tensor:
        pads: list[int] = []
        for taps, size in zip(self._taps, values.shape[2:], strict=True):
            more = self._more(taps, size) if self._ceil else 0
            pads = [taps.padding, taps.padding + more, *pads]
        values = functional.pad(values, pads)
        kernel = torch.ones(
            values.shape[1], 1, *(taps.kernel for taps in self._taps), dtype=values.dtype
        )
        apply: Any = functional.conv1d if self._rank == 1 else functional.conv2d
        return apply(
            values,
            kernel,
            stride=[taps.stride for taps in self._taps],
            dilation=[taps.dilation for taps in self._taps],
            groups=values.shape[1],
        )

    @staticmethod
    def _more(taps: Taps, size: int) -> int:
        """What is to be added behind, so that the last window that begins inside is whole."""
        span = taps.dilation * (taps.kernel - 1) + 1
        room = size + 2 * taps.padding - span
        count = math.ceil(room / taps.stride) + 1
        if (count - 1) * taps.stride >= size + taps.padding:
            count -= 1
        return max((count - 1) * taps.stride - room, 0)


class _GroupSums(nn.Module):
    """In place of each number the sum of its group of channels."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self._groups = groups

    def forward(self, values: Tensor) -> Tensor:
        parts = values.reshape(len(values), self._groups, -1)
        return parts.sum(2, keepdim=True).expand(parts.shape).reshape(values.shape)


def _opened(module: nn.Module) -> nn.Module:
    if isinstance(module, nn.GroupNorm):
        return _GroupSums(module.num_groups)
    if isinstance(module, MAXIMA):
        return _Sums(module)
    if isinstance(module, nn.AdaptiveMaxPool2d):
        return nn.AdaptiveAvgPool2d(module.output_size)
    if isinstance(module, nn.AdaptiveMaxPool1d):
        return nn.AdaptiveAvgPool1d(module.output_size)
    if pointwise(module):
        return nn.Identity()
    if isinstance(module, Past):
        return Past(linear_copy([module.inner]), linear_copy([module.past]))
    if isinstance(module, GlobalPool):
        return GlobalPool(greatest=False)
    found = copy.deepcopy(module)
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.fill_(1.0)
    return found


# ---- masks


def _channels(module: nn.Module, mask: Tensor) -> Tensor:
    """A mask of a convolution's outputs, as one of the input channels that they read."""
    groups, inputs = int(getattr(module, "groups", 1)), int(getattr(module, "in_channels", 1))
    rows = mask.reshape(groups, -1, *mask.shape[1:]).any(1)
    return rows.repeat_interleave(inputs // groups, 0)


def _through_window(taps: Sequence[Taps], shape: Shape, mask: Tensor) -> Tensor:
    """A mask (channels, …) led back through a window that slides over every channel alike."""
    for axis, one in enumerate(taps, start=1):
        size = shape[axis]
        wide = torch.zeros((*mask.shape[:axis], size, *mask.shape[axis + 1 :]), dtype=torch.bool)
        for place in range(mask.shape[axis]):
            for at in one.read(place):
                if 0 <= at < size:
                    wide.narrow(axis, at, 1).logical_or_(mask.narrow(axis, place, 1))
        mask = wide
    return mask


def _through_shares(shape: Shape, mask: Tensor) -> Tensor:
    """The same for adaptive pooling, whose windows share the input evenly."""
    for axis in range(1, len(shape)):
        size, count = shape[axis], mask.shape[axis]
        wide = torch.zeros((*mask.shape[:axis], size, *mask.shape[axis + 1 :]), dtype=torch.bool)
        for place in range(count):
            first, last = place * size // count, -(-(place + 1) * size // count)
            wide.narrow(axis, first, last - first).logical_or_(mask.narrow(axis, place, 1))
        mask = wide
    return mask


def _each(value: Any, rank: int) -> list[int]:
    """A setting of torch for every axis: one number stands for all."""
    return [int(value)] * rank if isinstance(value, int) else [int(one) for one in value]
