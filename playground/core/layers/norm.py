"""Normalisation: values brought to mean 0 and variance 1, then scaled and shifted as learned."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.layers.base import Family, Freezable, units_of
from playground.core.settings import setting
from playground.core.shapes import Shape, ShapeError, need_numbers

if TYPE_CHECKING:
    import torch
    from torch import nn


class Norm(Freezable):
    """What the normalisations share: a gain and a shift for every unit; of a picture for every
    channel, of a sequence for every number of its places.
    """

    icon: ClassVar[str] = ":material/equalizer:"
    family: ClassVar[Family] = "regular"

    def output_shape(self, shape: Shape) -> Shape:
        need_numbers(shape)
        return shape

    def parameter_count(self, shape: Shape) -> int:
        return 2 * units_of(shape)


class BatchNorm(Norm):
    """Every unit over the minibatch (Ioffe & Szegedy 2015), as nn.BatchNorm1d; of a picture over
    all its pixels too, as nn.BatchNorm2d, and of a sequence over its places.

    Outside training, and where a minibatch has a single value for each unit, which has no spread,
    the running mean and variance are used.
    """

    kind: Literal["batch_norm"] = "batch_norm"
    momentum: float = setting(0.1, live=True, gt=0, le=1)

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.norms import BatchNorm as Module

        return [Module(units_of(shape), momentum=self.momentum)]

    def configure(self, modules: nn.Sequential) -> None:
        modules[0].momentum = self.momentum  # type: ignore[assignment]

    def code(self, shape: Shape) -> str:
        name = "BatchNorm2d" if len(shape) == 3 else "BatchNorm1d"
        norm = f"nn.{name}({units_of(shape)}, momentum={self.momentum:g})"
        return f"OverTime({norm})" if len(shape) == 2 else norm


class LayerNorm(Norm):
    """Every point over its units (Ba, Kiros & Hinton 2016), as nn.LayerNorm; of a picture over all
    its numbers, with a gain for each channel (nn.GroupNorm with one group); of a sequence at each
    place.
    """

    kind: Literal["layer_norm"] = "layer_norm"

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from torch import nn

        from playground.core.modules.norms import GroupNorm as Module

        if len(shape) == 3:
            return [Module(1, shape[0])]
        return [nn.LayerNorm(shape[-1])]

    def code(self, shape: Shape) -> str:
        if len(shape) == 3:
            return f"nn.GroupNorm(1, {shape[0]})"
        return f"nn.LayerNorm({shape[-1]})"


class GroupNorm(Norm):
    """Units in groups, each over its own group (Wu & He 2018), as nn.GroupNorm: of a picture over
    all pixels of the group's channels, of a sequence at each place.
    """

    main: ClassVar[tuple[str, ...]] = ("groups",)
    kinds: ClassVar[tuple[str, ...]] = ("pictures", "sequences", "ratings")

    kind: Literal["group_norm"] = "group_norm"
    groups: int = setting(2, ge=1, le=64)

    def output_shape(self, shape: Shape) -> Shape:
        found = super().output_shape(shape)
        if units_of(shape) % self.groups:
            raise ShapeError("shape_norm_groups", units=units_of(shape), groups=self.groups)
        return found

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.norms import GroupNorm as Module

        return [Module(self.groups, units_of(shape))]

    def code(self, shape: Shape) -> str:
        norm = f"nn.GroupNorm({self.groups}, {units_of(shape)})"
        return f"PerPlace({norm})" if len(shape) == 2 else norm
