"""Normalisation: values brought to mean 0 and variance 1, then scaled and shifted as learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.layers.base import Freezable
from playground.core.settings import setting
from playground.core.shapes import Shape, need_row

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class Norm(Freezable):
    """What both normalisations share: a gain and a shift for every unit."""

    icon: ClassVar[str] = ":material/equalizer:"

    def output_shape(self, shape: Shape) -> Shape:
        need_row(shape)
        return shape

    def parameter_count(self, shape: Shape) -> int:
        return 2 * shape[0]


class BatchNorm(Norm):
    """Every unit over the minibatch (Ioffe & Szegedy 2015), as nn.BatchNorm1d.

    Outside training, and for a minibatch of a single point, which has no spread, the running mean
    and variance are used.
    """

    kind: Literal["batch_norm"] = "batch_norm"
    momentum: float = setting(0.1, live=True, gt=0, le=1)

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        return [_batch_norm(shape[0], self.momentum)]

    def configure(self, modules: nn.Sequential) -> None:
        modules[0].momentum = self.momentum  # type: ignore[assignment]

    def code(self, shape: Shape) -> str:
        return f"nn.BatchNorm1d({shape[0]}, momentum={self.momentum:g})"


class LayerNorm(Norm):
    """Every point over its units (Ba, Kiros & Hinton 2016), as nn.LayerNorm."""

    kind: Literal["layer_norm"] = "layer_norm"

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from torch import nn

        return [nn.LayerNorm(shape[0])]

    def code(self, shape: Shape) -> str:
        return f"nn.LayerNorm({shape[0]})"


def _batch_norm(units: int, momentum: float) -> nn.Module:
    from torch import nn
    from torch.nn.functional import batch_norm

    class BatchNorm1d(nn.BatchNorm1d):
        def forward(self, input: Tensor) -> Tensor:
            if self.training and len(input) == 1:
                mean, variance = self.running_mean, self.running_var
                return batch_norm(input, mean, variance, self.weight, self.bias, eps=self.eps)
            return super().forward(input)

    return BatchNorm1d(units, momentum=momentum)
