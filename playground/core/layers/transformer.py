"""Transformer blocks: an encoder's (or, causal, a language model's), and a decoder's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from playground.core.layers.attention import (
    Headed,
    attention_flops,
    map_parameters,
    need_source,
    own_flops,
)
from playground.core.settings import setting
from playground.core.shapes import Shape, source_of

if TYPE_CHECKING:
    import torch
    from torch import nn


class TransformerBase(Headed):
    """What both share: the small network at every place, norms, and dropout."""

    icon: ClassVar[str] = ":material/layers:"
    main: ClassVar[tuple[str, ...]] = ("heads", "factor")

    factor: int = setting(4, ge=1, le=8)
    bend: Literal["gelu", "relu"] = setting("gelu")
    norm: Literal["before", "after"] = setting("before")
    dropout: float = setting(0.0, live=True, ge=0, le=0.9)

    def _parts(self, generator: torch.Generator) -> dict[str, Any]:
        return {
            "factor": self.factor,
            "bend": self.bend,
            "norm_first": self.norm == "before",
            "rate": self.dropout,
            "generator": generator,
        }

    def _network_parameters(self, width: int, norms: int) -> int:
        inner = self.factor * width
        return 2 * width * inner + inner + width + 2 * norms * width

    def _network_flops(self, width: int, places: int) -> int:
        return 4 * self.factor * width * width * places

    def configure(self, modules: nn.Sequential) -> None:
        modules[0].dropout.rate = self.dropout  # type: ignore[union-attr]

    def _torch_layer(self, name: str, width: int) -> str:
        first = self.norm == "before"
        return (
            f"nn.Transformer{name}Layer({width}, {self.heads}, {self.factor * width}, "
            f'dropout={self.dropout:g}, activation="{self.bend}", batch_first=True, '
            f"norm_first={first})"
        )


class Transformer(TransformerBase):
    """x + A(norm x), then x + F(norm x), as nn.TransformerEncoderLayer: self-attention, and a small
    network at every place. Causal, it is the block of a language model.
    """

    kind: Literal["transformer"] = "transformer"
    causal: bool = setting(False)

    def parameter_count(self, shape: Shape) -> int:
        return map_parameters(shape[1]) + self._network_parameters(shape[1], 2)

    def flops(self, shape: Shape) -> int:
        places = shape[0] if self.causal else source_of(shape) or shape[0]
        return own_flops(shape, self.causal) + self._network_flops(shape[1], places)

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.transformer import TransformerBlock

        more = {"causal": self.causal, "source": source_of(shape)}
        return [TransformerBlock(shape[1], self.heads, **more, **self._parts(generator))]

    def ahead(self, shape: Shape) -> dict[str, Any] | None:
        return None if self.causal or source_of(shape) else {"causal": True}

    def suggested(self, shape: Shape, steps: int) -> dict[str, Any]:
        return {"causal": True} if steps and not source_of(shape) else {}

    def code(self, shape: Shape) -> str:
        source = f", source={source_of(shape)}" if source_of(shape) else ""
        layer = self._torch_layer("Encoder", shape[1])
        return f"Encoder({layer}, causal={self.causal}{source})"


class Decoder(TransformerBase):
    """What is written looks at what was written before, then at what was read, then a small network
    at every place, as nn.TransformerDecoderLayer.
    """

    icon: ClassVar[str] = ":material/translate:"
    reads: ClassVar[bool] = True

    kind: Literal["decoder"] = "decoder"

    def output_shape(self, shape: Shape) -> Shape:
        found = super().output_shape(shape)
        need_source(shape)
        return found

    def parameter_count(self, shape: Shape) -> int:
        return 2 * map_parameters(shape[1]) + self._network_parameters(shape[1], 3)

    def flops(self, shape: Shape) -> int:
        width, source = shape[1], source_of(shape)
        places = shape[0] - source
        both = attention_flops(width, places, places) + attention_flops(width, places, source)
        return both + self._network_flops(width, places)

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.transformer import DecoderBlock

        source = source_of(shape)
        return [DecoderBlock(shape[1], self.heads, source=source, **self._parts(generator))]

    def code(self, shape: Shape) -> str:
        return f"Decoder({self._torch_layer('Decoder', shape[1])}, source={source_of(shape)})"
