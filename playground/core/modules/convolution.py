"""Convolutions and poolings beyond torch.nn's: over time, and with a way past them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from playground.core.layers.modules import bare


class OverTime(nn.Module):
    """A module for (n, channels, places) used on sequences (n, places, channels).

    Args:
        inner: a convolution or pooling in one dimension without padding of its own.
        before, after: zeros (or, for a maximum, nothing: −∞) put in front and behind.
        source: of a sequence that is read and written, the places that are read. Both parts go
            through on their own; the kernel sees of what is written only what was written before.
        fill: what is put in front and behind.
    """

    def __init__(
        self,
        inner: nn.Module,
        before: int,
        after: int,
        *,
        source: int = 0,
        fill: float = 0.0,
    ) -> None:
        super().__init__()
        self.inner, self.before, self.after = inner, before, after
        self.source, self.fill = source, fill

    def forward(self, values: Tensor) -> Tensor:
        across = values.transpose(1, 2)
        if not self.source:
            return self._through(across, self.before, self.after).transpose(1, 2)
        read = self._through(across[..., : self.source], self.before, self.after)
        written = self._through(across[..., self.source :], self.before + self.after, 0)
        return torch.cat((read, written), -1).transpose(1, 2)

    def _through(self, across: Tensor, before: int, after: int) -> Tensor:
        if before or after:
            across = pad(across, (before, after), value=self.fill)
        return self.inner(across)


class Past(nn.Module):
    """past(x) + inner(x): the values that go through, and a way past them.

    Args:
        inner: what changes them.
        past: how they go past: as they are, or through what gives them the same shape.
    """

    def __init__(self, inner: nn.Module, past: nn.Module) -> None:
        super().__init__()
        self.inner, self.past = inner, past

    def forward(self, values: Tensor) -> Tensor:
        return self.past(values) + self.inner(values)


def residual_convolutions(
    inputs: int,
    outputs: int,
    *,
    kernel: int,
    stride: int,
    bend: nn.Module,
    normalize: bool,
    biased: bool,
) -> Past:
    """C₂(f(C₁ x)) and a way past, each convolution with a batch norm, if asked (He et al. 2016).

    Past go the values themselves; where channels or size change, through a 1×1 convolution.

    Args:
        inputs, outputs: channels.
        kernel: side of both kernels, odd.
        stride: of the first convolution and of the way past.
        bend: the activation between both.
        normalize: whether a batch norm follows each convolution.
        biased: whether the convolutions have a bias.
    """

    def conv(into: int, side: int, step: int) -> list[nn.Module]:
        made = bare(nn.Conv2d, into, outputs, side, stride=step, padding=side // 2, bias=biased)
        return [made, nn.BatchNorm2d(outputs)] if normalize else [made]

    inner = nn.Sequential(*conv(inputs, kernel, stride), bend, *conv(outputs, kernel, 1))
    if inputs == outputs and stride == 1:
        return Past(inner, nn.Identity())
    return Past(inner, nn.Sequential(*conv(inputs, 1, stride)))
