"""The shape of one point between two blocks: plain tuples, told apart by their length.

(d,) is d numbers in a row; (channels, height, width) a picture; (T, d) a sequence of T places with
d numbers each. What a network reads as whole numbers, tokens, says so by a class of its own, and
so does a sequence that has a part to read and a part to write. Both are tuples to everybody else.
"""

from __future__ import annotations

from playground.core.errors import PlaygroundError

Shape = tuple[int, ...]


class Tokens(tuple[int, ...]):
    """(T,): T places, each with a whole number from 0 to below its vocabulary.

    Attributes:
        vocabularies: one size for all places, or one for each of them, as of users and items.
        source: so many places are read, the rest is written; 0 where there is no such parting.
        padding: the token that fills places where nothing stands; None where there is no such one.
    """

    vocabularies: tuple[int, ...]
    source: int
    padding: int | None

    def __new__(
        cls,
        places: int,
        vocabularies: tuple[int, ...],
        source: int = 0,
        padding: int | None = None,
    ) -> Tokens:
        made = super().__new__(cls, (places,))
        made.vocabularies, made.source, made.padding = vocabularies, source, padding
        return made


class Sequence(tuple[int, ...]):
    """(T, d): T places with d numbers each; `source` as in `Tokens`."""

    source: int

    def __new__(cls, places: int, width: int, source: int = 0) -> Sequence:
        made = super().__new__(cls, (places, width))
        made.source = source
        return made


class ShapeError(PlaygroundError):
    """A block cannot take what comes in.

    Args:
        code: as of any error.
        mends: kinds of blocks that would mend it, put in front; the best first.
        **params: what the sentence names.
    """

    def __init__(self, code: str, mends: tuple[str, ...] = (), **params: object) -> None:
        super().__init__(code, **params)
        self.mends = mends


def source_of(shape: Shape) -> int:
    """How many places are read before the written ones; 0 where there is no such parting."""
    return shape.source if isinstance(shape, Tokens | Sequence) else 0


def is_tokens(shape: Shape) -> bool:
    return isinstance(shape, Tokens)


def is_row(shape: Shape) -> bool:
    """Whether it is numbers in a row."""
    return len(shape) == 1 and not is_tokens(shape)


def written(shape: Shape) -> str:
    """The shape as people write it: 16×8×8."""
    return "×".join(str(side) for side in shape)


def size_of(shape: Shape) -> int:
    """How many numbers it holds."""
    product = 1
    for side in shape:
        product *= side
    return product


def with_width(shape: Shape, width: int) -> Shape:
    """The same places with another number of values each: what acts on the last axis makes this."""
    if len(shape) == 2:
        return Sequence(shape[0], width, source_of(shape))
    return (*shape[:-1], width)


def need_row(shape: Shape) -> None:
    """
    Raises:
        ShapeError: these are no numbers in a row.
    """
    if is_tokens(shape):
        raise ShapeError("shape_tokens", mends=("embedding",), came=written(shape))
    if len(shape) != 1:
        mends = ("flatten", "global_pool")
        raise ShapeError("shape_needs_row", mends=mends, came=written(shape))


def need_values(shape: Shape) -> None:
    """Numbers in a row, or at each place of a sequence.

    Raises:
        ShapeError: tokens, or a picture.
    """
    if is_tokens(shape) or len(shape) > 2:
        need_row(shape)


def need_numbers(shape: Shape) -> None:
    """
    Raises:
        ShapeError: tokens.
    """
    if is_tokens(shape):
        need_row(shape)


def need_picture(shape: Shape) -> None:
    """
    Raises:
        ShapeError: this is no picture.
    """
    if len(shape) != 3:
        raise ShapeError("shape_needs_picture", came=written(shape))


def need_sequence(shape: Shape) -> None:
    """
    Raises:
        ShapeError: this is no sequence of values.
    """
    if is_tokens(shape):
        raise ShapeError("shape_tokens", mends=("embedding",), came=written(shape))
    if len(shape) != 2:
        raise ShapeError("shape_needs_sequence", came=written(shape))


def need_tokens(shape: Shape) -> None:
    """
    Raises:
        ShapeError: these are no tokens.
    """
    if not is_tokens(shape):
        raise ShapeError("shape_needs_tokens", came=written(shape))
