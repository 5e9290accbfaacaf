"""Attention as a block: the places of a sequence look at each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from playground.core.layers.base import Drawn, Family
from playground.core.settings import setting
from playground.core.shapes import Shape, ShapeError, need_sequence, source_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor, nn

    from playground.core.initializers import Initializer


class Headed(Drawn):
    """A block with attention of several heads."""

    kinds: ClassVar[tuple[str, ...]] = ("sequences",)
    family: ClassVar[Family] = "attention"

    crosses: ClassVar[bool] = False  # its links are those from what was read

    heads: int = setting(2, ge=1, le=16)

    def output_shape(self, shape: Shape) -> Shape:
        need_sequence(shape)
        if shape[1] % self.heads:
            raise ShapeError("shape_heads", width=shape[1], heads=self.heads)
        return shape

    def sources(self, shape: Shape) -> list[range]:
        return [range(shape[1])] * shape[1]

    def links(self, own: Mapping[str, Tensor]) -> Tensor | None:
        """What of a place that is looked at arrives: the maps of values and output in one."""
        side = "0.cross." if self.crosses else "0.own."
        if f"{side}attention.out.weight" in own:
            side += "attention."
        values = own[f"{side}projections.weight"].chunk(3)[2]
        return own[f"{side}out.weight"] @ values

    def begin(self, modules: nn.Sequential, rule: Initializer, generator: torch.Generator) -> None:
        from playground.core.modules.first import draw_all

        draw_all(modules, rule, generator)


def map_parameters(width: int) -> int:
    """Of the four maps of one attention, with their biases."""
    return 4 * width * (width + 1)


def attention_flops(width: int, asking: int, asked: int) -> int:
    """Of one attention: its four maps, the products of queries and keys, the mean of the values."""
    return 4 * width * width * (asking + asked) + 4 * asking * asked * width


def own_flops(shape: Shape, causal: bool) -> int:
    """Of self-attention, which leaves what is written alone if it is an encoder's."""
    places = shape[0] if causal else source_of(shape) or shape[0]
    return attention_flops(shape[1], places, places)


class SelfAttention(Headed):
    """x + A(x), or A(x): every place takes a mean of all places' values, weighted by how well its
    query fits their keys (Vaswani et al. 2017).
    """

    icon: ClassVar[str] = ":material/hub:"
    main: ClassVar[tuple[str, ...]] = ("heads", "causal")

    kind: Literal["attention"] = "attention"
    causal: bool = setting(False)
    residual: bool = setting(True)

    def parameter_count(self, shape: Shape) -> int:
        return map_parameters(shape[1])

    def flops(self, shape: Shape) -> int:
        return own_flops(shape, self.causal)

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.attention import AttentionBlock

        more = {"causal": self.causal, "residual": self.residual, "source": source_of(shape)}
        return [AttentionBlock(shape[1], self.heads, **more)]

    def ahead(self, shape: Shape) -> dict[str, Any] | None:
        return None if self.causal or source_of(shape) else {"causal": True}

    def suggested(self, shape: Shape, steps: int) -> dict[str, Any]:
        return {"causal": True} if steps and not source_of(shape) else {}

    def code(self, shape: Shape) -> str:
        source = f", source={source_of(shape)}" if source_of(shape) else ""
        inner = f"nn.MultiheadAttention({shape[1]}, {self.heads}, batch_first=True)"
        more = f"causal={self.causal}, residual={self.residual}{source}"
        return f"SelfAttention({inner}, {more})"


class CrossAttention(Headed):
    """x + A(x, read): what is written looks at what was read (Bahdanau, Cho & Bengio 2015; in the
    form of Vaswani et al. 2017).
    """

    icon: ClassVar[str] = ":material/compare_arrows:"
    main: ClassVar[tuple[str, ...]] = ("heads",)
    reads: ClassVar[bool] = True
    crosses: ClassVar[bool] = True

    kind: Literal["cross_attention"] = "cross_attention"
    residual: bool = setting(True)

    def output_shape(self, shape: Shape) -> Shape:
        found = super().output_shape(shape)
        need_source(shape)
        return found

    def parameter_count(self, shape: Shape) -> int:
        return map_parameters(shape[1])

    def flops(self, shape: Shape) -> int:
        source = source_of(shape)
        return attention_flops(shape[1], shape[0] - source, source)

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.attention import CrossBlock

        more = {"residual": self.residual, "source": source_of(shape)}
        return [CrossBlock(shape[1], self.heads, **more)]

    def code(self, shape: Shape) -> str:
        inner = f"nn.MultiheadAttention({shape[1]}, {self.heads}, batch_first=True)"
        return f"CrossAttention({inner}, residual={self.residual}, source={source_of(shape)})"


def need_source(shape: Shape) -> None:
    """
    Raises:
        ShapeError: nothing is read before something is written.
    """
    if not source_of(shape):
        raise ShapeError("shape_needs_source", mends=())
