"""Embeddings: whole numbers become vectors that are learned; and what is done with two of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from playground.core.layers.base import Family, Freezable, Layer, units_of
from playground.core.settings import setting
from playground.core.shapes import (
    Sequence,
    Shape,
    ShapeError,
    Tokens,
    need_sequence,
    need_tokens,
    size_of,
    source_of,
    written,
)

if TYPE_CHECKING:
    import torch
    from torch import nn

    from playground.core.initializers import Initializer


class Embedding(Freezable):
    """Each token becomes a row of a table that is learned, as nn.Embedding.

    Where every place has a vocabulary of its own, as users and items have, each has its own table.
    """

    icon: ClassVar[str] = ":material/dataset:"
    main: ClassVar[tuple[str, ...]] = ("width",)
    kinds: ClassVar[tuple[str, ...]] = ("sequences", "ratings")
    family: ClassVar[Family] = "tokens"

    kind: Literal["embedding"] = "embedding"
    width: int = setting(16, ge=1, le=256)
    spread: float = setting(1.0, ge=0, le=2)  # deviation of the first values

    def output_shape(self, shape: Shape) -> Shape:
        need_tokens(shape)
        return Sequence(shape[0], self.width, source_of(shape))

    def sources(self, shape: Shape) -> list[range]:
        return [range(units_of(shape))] * self.width

    def parameter_count(self, shape: Shape) -> int:
        return sum(_vocabularies(shape)) * self.width

    def flops(self, shape: Shape) -> int:
        return 0  # nothing is computed: rows are looked up

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.embedding import Tables

        return [Tables(_vocabularies(shape), self.width)]

    def begin(self, modules: nn.Sequential, rule: Initializer, generator: torch.Generator) -> None:
        for table in modules.parameters():
            table.normal_(0, self.spread, generator=generator)

    def suggested(self, shape: Shape, steps: int) -> dict[str, Any]:
        # A product of two rows of deviation 1 would be as large as its width.
        return {"spread": 0.1} if len(_vocabularies(shape)) > 1 else {}

    def code(self, shape: Shape) -> str:
        sizes = _vocabularies(shape)
        if len(sizes) == 1:
            return f"nn.Embedding({sizes[0]}, {self.width})"
        tables = ", ".join(f"nn.Embedding({size}, {self.width})" for size in sizes)
        return f"PerPlace({tables})"


def _vocabularies(shape: Shape) -> tuple[int, ...]:
    return shape.vocabularies if isinstance(shape, Tokens) else ()


class Positions(Freezable):
    """Adds to each place's vector what says which place it is (Vaswani et al. 2017): attention by
    itself cannot tell.

    Of a sequence that is read and written, the sinusoids begin again with what is written.
    """

    icon: ClassVar[str] = ":material/pin:"
    main: ClassVar[tuple[str, ...]] = ("how",)
    kinds: ClassVar[tuple[str, ...]] = ("sequences",)
    family: ClassVar[Family] = "tokens"

    kind: Literal["positions"] = "positions"
    how: Literal["sinusoidal", "learned"] = setting("sinusoidal")

    def output_shape(self, shape: Shape) -> Shape:
        need_sequence(shape)
        return shape

    def parameter_count(self, shape: Shape) -> int:
        return size_of(shape) if self.how == "learned" else 0

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.embedding import Positions as Added

        return [Added(*shape, learned=self.how == "learned", source=source_of(shape))]

    def begin(self, modules: nn.Sequential, rule: Initializer, generator: torch.Generator) -> None:
        for table in modules.parameters():
            table.normal_(0, 0.02, generator=generator)

    def code(self, shape: Shape) -> str:
        source = f", source={source_of(shape)}" if source_of(shape) else ""
        name = "LearnedPositions" if self.how == "learned" else "SinusoidalPositions"
        return f"{name}({shape[0]}, {shape[1]}{source})"


class DotProduct(Layer):
    """The sum of the products of two vectors, a user's and an item's, say: how well they agree.

    With biases the last number of each is added and not multiplied.
    """

    icon: ClassVar[str] = ":material/join_inner:"
    main: ClassVar[tuple[str, ...]] = ("biases",)
    kinds: ClassVar[tuple[str, ...]] = ("ratings", "sequences")
    family: ClassVar[Family] = "tokens"

    kind: Literal["dot"] = "dot"
    biases: bool = setting(True)

    def output_shape(self, shape: Shape) -> Shape:
        need_sequence(shape)
        if shape[0] != 2:
            raise ShapeError("shape_needs_two", places=shape[0], came=written(shape))
        if self.biases and shape[1] < 2:
            raise ShapeError("shape_no_room_for_biases", came=written(shape))
        return (1,)

    def sources(self, shape: Shape) -> list[range]:
        return [range(shape[1])]

    def flops(self, shape: Shape) -> int:
        return 2 * shape[1]

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        from playground.core.modules.embedding import DotProduct as Product

        return [Product(self.biases)]

    def code(self, shape: Shape) -> str:
        return f"DotProduct(biases={self.biases})"
