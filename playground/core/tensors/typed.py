"""Tensors that a visitor types, such as `[[1, 2], [3, 4]]`.

Read by Python's own parser and walked by a whitelist of lists and numbers; nothing is executed.
Rows without brackets are read too, as they come out of a spreadsheet: values apart by spaces or
commas, rows by lines or semicolons. This module loads without torch.
"""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from playground.core.errors import PlaygroundError

MAX_LENGTH = 20_000
MAX_ELEMENTS = 4_096
MAX_ORDER = 6
MAX_WHOLE = 2**53
"""Whole numbers beyond are not exact in a browser."""

Kind = Literal["bool", "integer", "float", "complex"]
Number = bool | int | float | complex
Nested = Number | list["Nested"]

_KINDS: tuple[tuple[type, Kind], ...] = (
    (complex, "complex"), (float, "float"), (int, "integer"), (bool, "bool"),
)  # fmt: skip
_NAMES: dict[str, Number] = {
    "nan": math.nan, "inf": math.inf, "pi": math.pi, "e": math.e, "true": True, "false": False,
}  # fmt: skip
_SIGNS = str.maketrans(
    {
        "【": "[", "】": "]", "［": "[", "］": "]", "（": "(", "）": ")", "，": ",", "、": ",",
        "；": ";", "．": ".", "－": "-", "−": "-", "–": "-", "＋": "+", "∞": "inf", "π": "pi",
        "\u00a0": " ", "\u3000": " ", "\r": "\n", "\t": " ",
    }
)  # fmt: skip
_STRANGE = re.compile(r"[^0-9A-Za-z_ .+\-*()\[\],;\n]")


@dataclass(frozen=True)
class Typed:
    """A tensor as it was typed.

    Attributes:
        nested: its numbers in lists, as `torch.tensor` takes them; one number for a scalar.
        shape: () for a scalar.
        kind: the least of the kinds that holds every number.
    """

    nested: Nested
    shape: tuple[int, ...]
    kind: Kind


def read_tensor(text: str) -> Typed:
    """Reads a tensor.

    Raises:
        PlaygroundError: empty, too large, no tensor, rows of unequal length; the code says which.
    """
    if len(text) > MAX_LENGTH:
        raise PlaygroundError("tensor_too_long", limit=MAX_LENGTH)
    plain = text.translate(_SIGNS).strip().strip(";").strip()
    if not plain:
        raise PlaygroundError("tensor_empty")
    strange = _STRANGE.search(plain)
    if strange:
        raise PlaygroundError("tensor_character", character=strange[0])
    nested = _nested(plain)
    shape = _shape(nested, ())
    if 0 in shape:
        raise PlaygroundError("tensor_empty")
    if math.prod(shape) > MAX_ELEMENTS:
        raise PlaygroundError("tensor_typed_large", count=math.prod(shape), limit=MAX_ELEMENTS)
    kinds = {type(number) for number in flat(nested)}
    return Typed(nested, shape, next(kind for type_, kind in _KINDS if type_ in kinds))


def read_number(text: str) -> Number:
    """Reads one number, such as `2`, `-0.5` or `1+2j`.

    Raises:
        PlaygroundError: it is none.
    """
    found = read_tensor(text)
    if found.shape != ():
        raise PlaygroundError("tensor_not_one_number", shape=written_shape(found.shape))
    return next(iter(flat(found.nested)))


def read_whole_numbers(text: str) -> tuple[int, ...]:
    """Reads a shape or an order of dimensions, such as `(2, 3)`, `2 3` or `-1`.

    Raises:
        PlaygroundError: it is none.
    """
    found = read_tensor(text)
    if found.kind != "integer" or len(found.shape) > 1:
        raise PlaygroundError("tensor_not_whole", text=text[:40])
    return tuple(int(number.real) for number in flat(found.nested))


def flat(nested: Nested) -> list[Number]:
    """All numbers, row by row."""
    if isinstance(nested, list):
        return [number for part in nested for number in flat(part)]
    return [nested]


def written_shape(shape: tuple[int, ...]) -> str:
    """As PyTorch writes it: `(2, 3)`, `(2,)`, `()`."""
    return str(tuple(int(side) for side in shape))


def _nested(plain: str) -> Nested:
    if plain[0] not in "[(" or plain[-1] not in "])":
        return _rows(plain)
    if _deepest(plain) > MAX_ORDER:
        raise PlaygroundError("tensor_too_deep", limit=MAX_ORDER)
    spaced = re.sub(r"\s+", " ", plain)
    for attempt in (spaced, _with_commas(spaced)):
        try:
            tree = ast.parse(attempt, mode="eval").body
        except SyntaxError:
            continue
        return _read(tree)
    if sum(_turns(plain)) != 0:
        raise PlaygroundError("tensor_brackets")
    raise PlaygroundError("tensor_syntax", text=spaced[:60])


def _turns(plain: str) -> list[int]:
    """+1 for each bracket that opens, −1 for each that closes."""
    return [1 if sign in "[(" else -1 for sign in plain if sign in "[()]"]


def _deepest(plain: str) -> int:
    return max(accumulate(_turns(plain)), default=0)


def _with_commas(spaced: str) -> str:
    """NumPy prints `[[1 2] [3 4]]`: what stands apart by a space gets its comma."""
    return re.sub(r"(?<=[^\s\[(,]) (?=[^\s\]),])", ", ", spaced)


def _rows(plain: str) -> Nested:
    """Rows without brackets: one number is a scalar, one row a vector, several a matrix."""
    rows = [row for row in re.split(r"[;\n]", plain) if row.strip(" ,")]
    found = [[_one(part) for part in re.split(r"[\s,]+", row.strip(" ,"))] for row in rows]
    if len(found) == 1:
        return found[0][0] if len(found[0]) == 1 else [*found[0]]
    return [[*row] for row in found]


def _one(part: str) -> Number:
    try:
        tree = ast.parse(part, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise PlaygroundError("tensor_syntax", text=part[:60]) from error
    found = _read(tree)
    if isinstance(found, list):
        raise PlaygroundError("tensor_syntax", text=part[:60])
    return found


def _read(node: ast.expr) -> Nested:
    if isinstance(node, ast.List | ast.Tuple):
        return [_read(element) for element in node.elts]
    return _number(node)


def _number(node: ast.expr) -> Number:
    """A number: a literal, a name, a sign before one, or the sum of real and imaginary part."""
    match node:
        case ast.Constant(value=bool() | int() | float() | complex() as value):
            if isinstance(value, int) and abs(value) > MAX_WHOLE:
                raise PlaygroundError("tensor_number_large", limit="2⁵³")
            return value
        case ast.Name(id=name) if name.lower() in _NAMES:
            return _NAMES[name.lower()]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return +_number(operand)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as sign, right=right):
            imaginary = _number(right)
            if isinstance(imaginary, complex):
                real = _number(left)
                return real - imaginary if isinstance(sign, ast.Sub) else real + imaginary
    raise PlaygroundError("tensor_syntax", text=ast.unparse(node)[:60])


def _shape(nested: Nested, place: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of nested lists, if all at one depth are equally long.

    Raises:
        PlaygroundError: they are not.
    """
    if not isinstance(nested, list):
        return ()
    if not nested:
        return (0,)
    shapes = [_shape(part, (*place, i)) for i, part in enumerate(nested)]
    for i, shape in enumerate(shapes):
        if shape == shapes[0]:
            continue
        if len(shape) == 0 or len(shapes[0]) == 0:
            raise PlaygroundError("tensor_mixed", place=_index((*place, i)))
        raise PlaygroundError(
            "tensor_ragged",
            place=_index((*place, i)), found=written_shape(shape),
            first=_index((*place, 0)), expected=written_shape(shapes[0]),
        )  # fmt: skip
    return (len(nested), *shapes[0])


def _index(place: tuple[int, ...]) -> str:
    return f"[{', '.join(str(i) for i in place)}]"
