"""Formulas that a visitor types, such as `sin(3*x)*y` or `x**2 + y > 1`.

The text is read by Python's own parser and walked by a whitelist: what is not listed here cannot
be said, and nothing is ever executed. What comes out computes on NumPy arrays and, with
derivatives by autograd, on torch tensors. This module loads without torch.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from playground.core.errors import PlaygroundError
from playground.core.formula_functions import FUNCTIONS, numpy_calls, torch_calls
from playground.core.formula_latex import written_number

MAX_LENGTH = 200
MAX_DEPTH = 64
MAX_NUMBER = 1e9
MAX_EXPONENT = 32
CONSTANTS = {"pi": math.pi, "e": math.e}

# What people write for the signs of the language, among them a Chinese keyboard's.
_SIGNS = str.maketrans(
    {
        "^": "**", "²": "**2", "³": "**3", "×": "*", "·": "*", "⋅": "*", "÷": "/", "−": "-",
        "–": "-", "≤": "<=", "≥": ">=", "≠": "!=", "π": "pi", "（": "(", "）": ")", "，": ",",
        "＋": "+", "－": "-", "＊": "*", "／": "/", "＝": "=", "＜": "<", "＞": ">", "\t": " ",
        "\n": " ", "\r": " ", "\u00a0": " ", "\u3000": " ",
    }
)  # fmt: skip
_CHARACTERS = re.compile(r"[^0-9A-Za-z_ .+\-*/%()<>=!,]")
_NUMBER = re.compile(r"(?<![A-Za-z_0-9.])(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


class Scope:
    """What a formula is computed on: its variables, the calls for their kind, one of them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values
        self.like = next(iter(values.values()))
        self.torch = not isinstance(self.like, np.ndarray | np.generic | float | int)
        self.calls = torch_calls() if self.torch else numpy_calls()

    def number(self, truth: Any) -> Any:
        """True and false as 1 and 0."""
        return truth.to(self.like.dtype) if self.torch else np.asarray(truth, dtype=np.float64)

    def full(self, value: float) -> Any:
        """A constant wherever the variables are."""
        if self.torch:
            return self.like.new_full(self.like.shape, value)
        return np.full(np.shape(self.like), value)


@dataclass(frozen=True)
class Part:
    """A part of a formula.

    Attributes:
        value: the number or truth itself where no variable takes part, else None.
        compute: its value for a scope.
        truth: whether it is true or false rather than a number.
        latex: how it is written.
        strength: how tightly it binds, for parentheses: 0 or … 8 atom.
    """

    compute: Callable[[Scope], Any]
    latex: str
    strength: int = 8
    truth: bool = False
    value: float | bool | None = None


@dataclass(frozen=True, eq=False)
class Formula:
    """A formula ready to compute. Equal texts over equal variables are equal.

    Attributes:
        text: as the visitor typed it.
        offered: the variables it might have used.
        variables: those that it does use, in the order offered.
        latex: for display.
        truth: whether it is a condition (true or false) rather than a number.
    """

    text: str
    offered: tuple[str, ...]
    variables: tuple[str, ...]
    latex: str
    truth: bool
    _part: Part

    def __call__(self, **values: Any) -> Any:
        """Its value wherever the variables are given.

        Args:
            **values: one NumPy array (float64) or torch tensor for every offered variable, all
                of one shape.

        Returns:
            The same kind and shape: numbers, or booleans for a condition. Where it has no value,
            as log(-1), it is NaN or infinite.
        """
        scope = Scope(values)
        if self._part.value is not None:
            constant = scope.full(float(self._part.value))
            return constant > 0.5 if self.truth else constant
        if scope.torch:
            return self._part.compute(scope)
        with np.errstate(all="ignore"):
            return self._part.compute(scope)

    def numbers(self, **values: Any) -> Any:
        """As a call, a condition's true and false as 1 and 0."""
        found = self(**values)
        return Scope(values).number(found) if self.truth else found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Formula):
            return NotImplemented
        return (self.text, self.offered) == (other.text, other.offered)

    def __hash__(self) -> int:
        return hash((self.text, self.offered))


@lru_cache(maxsize=512)
def parse(text: str, offered: tuple[str, ...] = ("x", "y")) -> Formula:
    """Reads a formula.

    Args:
        text: what the visitor typed.
        offered: the variables it may use.

    Raises:
        PlaygroundError: empty, too long, too deep, not a formula, an unknown name, or a part
            that has no value; the code says which.
    """
    reader = _Reader(offered)
    part = reader.read(_tree(text), 0)
    used = tuple(name for name in offered if name in reader.used)
    return Formula(text, offered, used, part.latex, part.truth, part)


def _tree(text: str) -> ast.expr:
    """The syntax tree of a text that holds nothing but what formulas are made of."""
    if len(text) > MAX_LENGTH:
        raise PlaygroundError("formula_too_long", limit=MAX_LENGTH)
    plain = text.translate(_SIGNS).strip()
    if not plain:
        raise PlaygroundError("formula_empty")
    strange = _CHARACTERS.search(plain)
    if strange:
        raise PlaygroundError("formula_character", character=strange[0])
    for number in _NUMBER.finditer(plain):
        after = plain[number.end() : number.end() + 1]
        if after.isalpha() or after == "_":
            raise PlaygroundError("formula_times", number=number[0])
    try:
        return ast.parse(plain, mode="eval").body
    except SyntaxError as error:
        place = max(0, min((error.offset or 1) - 1, len(plain) - 1))
        raise PlaygroundError(
            "formula_syntax", near=plain[max(0, place - 5) : place + 6]
        ) from error
    except (ValueError, MemoryError, RecursionError) as error:
        raise PlaygroundError("formula_too_deep", limit=MAX_DEPTH) from error


_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Mod: "mod",
    ast.FloorDiv: "floordiv", ast.Pow: "pow",
}  # fmt: skip
_COMPARE: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("lt", "<"), ast.LtE: ("le", r"\le"), ast.Gt: ("gt", ">"), ast.GtE: ("ge", r"\ge"),
    ast.Eq: ("eq", "="), ast.NotEq: ("ne", r"\ne"),
}  # fmt: skip


class _Reader:
    """Turns the nodes of a tree into parts; what it does not list is refused."""

    def __init__(self, offered: tuple[str, ...]) -> None:
        self.offered = offered
        self.used: set[str] = set()

    def read(self, node: ast.expr, depth: int) -> Part:
        if depth > MAX_DEPTH:
            raise PlaygroundError("formula_too_deep", limit=MAX_DEPTH)
        readers: dict[type[ast.expr], Callable[[Any, int], Part]] = {
            ast.Constant: self._constant, ast.Name: self._name, ast.UnaryOp: self._unary,
            ast.BinOp: self._binary, ast.Compare: self._compare, ast.BoolOp: self._join,
            ast.Call: self._call, ast.IfExp: self._choice,
        }  # fmt: skip
        reader = readers.get(type(node))
        if reader is None:
            raise PlaygroundError("formula_not_offered", part=_words(node))
        return reader(node, depth + 1)

    def _constant(self, node: ast.Constant, _depth: int) -> Part:
        value = node.value
        if isinstance(value, bool):
            return _fixed(value, rf"\mathrm{{{str(value).lower()}}}")
        if not isinstance(value, int | float):
            raise PlaygroundError("formula_not_offered", part=_words(node))
        if abs(value) > MAX_NUMBER:
            raise PlaygroundError("formula_number", limit=f"{MAX_NUMBER:g}")
        return _fixed(float(value), written_number(float(value)))

    def _name(self, node: ast.Name, _depth: int) -> Part:
        name = node.id
        if name in self.offered:
            self.used.add(name)
            return Part(lambda scope: scope.values[name], name)
        if name in CONSTANTS:
            return _fixed(CONSTANTS[name], {"pi": r"\pi"}.get(name, name))
        if name in FUNCTIONS:
            raise PlaygroundError("formula_needs_arguments", name=name)
        raise PlaygroundError(
            "formula_unknown_name", name=name[:40], known=", ".join((*self.offered, *CONSTANTS))
        )

    def _unary(self, node: ast.UnaryOp, depth: int) -> Part:
        inner = self.read(node.operand, depth)
        if isinstance(node.op, ast.Not):
            return _made("not", [_truth(inner)], rf"\lnot {_in(inner, 7)}", 2, truth=True)
        inner = _number(inner)
        if isinstance(node.op, ast.UAdd):
            return inner
        if isinstance(node.op, ast.USub):
            return _made("neg", [inner], f"-{_in(inner, 5)}", 4)
        raise PlaygroundError("formula_not_offered", part=_words(node))

    def _binary(self, node: ast.BinOp, depth: int) -> Part:
        name = _BINARY.get(type(node.op))
        if name is None:
            raise PlaygroundError("formula_not_offered", part=_words(node))
        left, right = (_number(self.read(side, depth)) for side in (node.left, node.right))
        if name == "pow" and right.value is not None and abs(right.value) > MAX_EXPONENT:
            raise PlaygroundError("formula_exponent", limit=MAX_EXPONENT)
        latex, strength = _operation(name, left, right)
        return _made(name, [left, right], latex, strength)

    def _compare(self, node: ast.Compare, depth: int) -> Part:
        sides = [_number(self.read(side, depth)) for side in (node.left, *node.comparators)]
        links: list[Part] = []
        latex = _in(sides[0], 4)
        for operator, left, right in zip(node.ops, sides[:-1], sides[1:], strict=True):
            if type(operator) not in _COMPARE:
                raise PlaygroundError("formula_not_offered", part=_words(node))
            name, sign = _COMPARE[type(operator)]
            links.append(_made(name, [left, right], "", 3, truth=True))
            latex += f" {sign} {_in(right, 4)}"
        if len(links) == 1:
            return _made(name, [left, right], latex, 3, truth=True)
        return _made("and", links, latex, 3, truth=True)

    def _join(self, node: ast.BoolOp, depth: int) -> Part:
        conjunction = isinstance(node.op, ast.And)
        name, sign, strength = ("and", r"\land", 1) if conjunction else ("or", r"\lor", 0)
        parts = [_truth(self.read(value, depth)) for value in node.values]
        latex = f" {sign} ".join(_in(part, strength + 1) for part in parts)
        return _made(name, parts, latex, strength, truth=True)

    def _call(self, node: ast.Call, depth: int) -> Part:
        if not isinstance(node.func, ast.Name):
            raise PlaygroundError("formula_not_offered", part=_words(node))
        name = node.func.id
        function = FUNCTIONS.get(name)
        if function is None and (name in self.offered or name in CONSTANTS):
            raise PlaygroundError("formula_times", number=name)
        if function is None:
            raise PlaygroundError(
                "formula_unknown_function", name=name[:40], known=", ".join(FUNCTIONS)
            )
        given = len(node.args)
        if node.keywords or not function.least <= given <= function.most:
            raise PlaygroundError(
                "formula_arguments", name=name, expected=function.expected, given=given
            )
        parts = [_number(self.read(argument, depth)) for argument in node.args]
        latex = function.written(*(part.latex for part in parts))
        return _made(function.call, parts, latex, 6 if name == "exp" else 8)

    def _choice(self, node: ast.IfExp, depth: int) -> Part:
        test = _truth(self.read(node.test, depth))
        yes, no = (_spread(_number(self.read(part, depth))) for part in (node.body, node.orelse))
        latex = (
            rf"\begin{{cases}} {yes.latex} & {test.latex} \\ {no.latex} & \text{{else}}"
            r" \end{cases}"
        )
        if test.value is not None:
            return yes if test.value else no
        return _made("where", [test, yes, no], latex, 0)


def _fixed(value: float | bool, latex: str) -> Part:
    return Part(lambda _scope: value, latex, 8, isinstance(value, bool), value)


def _spread(part: Part) -> Part:
    """A constant as an array, so that a choice between two constants has the variables' kind."""
    value = part.value
    if value is None:
        return part
    return replace(part, compute=lambda scope: scope.full(value))


def _made(name: str, parts: list[Part], latex: str, strength: int, *, truth: bool = False) -> Part:
    """An operation on parts; without any variable it is worked out at once."""
    if all(part.value is not None for part in parts):
        with np.errstate(all="ignore"):
            values = [np.float64(p.value) if not p.truth else np.bool_(p.value) for p in parts]
            value = numpy_calls()[name](*values)
        if truth:
            return Part(lambda _scope: bool(value), latex, strength, True, bool(value))
        number = float(value)
        if not math.isfinite(number):
            raise PlaygroundError("formula_no_value")
        return Part(lambda _scope: number, latex, strength, value=number)
    computes = tuple(part.compute for part in parts)
    if len(computes) == 1:
        (one,) = computes
        return Part(lambda scope: scope.calls[name](one(scope)), latex, strength, truth)
    if len(computes) == 2:
        left, right = computes
        return Part(
            lambda scope: scope.calls[name](left(scope), right(scope)), latex, strength, truth
        )
    return Part(
        lambda scope: scope.calls[name](*(part(scope) for part in computes)),
        latex,
        strength,
        truth,
    )


def _number(part: Part) -> Part:
    """A condition among numbers counts as 1 or 0."""
    if not part.truth:
        return part
    latex = rf"\left[{part.latex}\right]"
    if part.value is not None:
        return _fixed(float(part.value), latex)
    return Part(lambda scope: scope.number(part.compute(scope)), latex)


def _truth(part: Part) -> Part:
    if not part.truth:
        raise PlaygroundError("formula_needs_condition")
    return part


def _in(part: Part, strength: int) -> str:
    """A part inside a stronger operation, in parentheses where it needs them."""
    return part.latex if part.strength >= strength else rf"\left({part.latex}\right)"


def _operation(name: str, left: Part, right: Part) -> tuple[str, int]:
    if name == "div":
        return rf"\frac{{{left.latex}}}{{{right.latex}}}", 7
    if name == "pow":
        return f"{{{_in(left, 8)}}}^{{{right.latex}}}", 6
    if name == "floordiv":
        return rf"\left\lfloor\frac{{{left.latex}}}{{{right.latex}}}\right\rfloor", 8
    if name == "mod":
        return rf"{_in(left, 5)} \bmod {_in(right, 6)}", 5
    if name == "mul":
        second = _in(right, 6)
        joint = r" \cdot " if second[:1].isdigit() or right.value is not None else r" \, "
        return f"{_in(left, 5)}{joint}{second}", 5
    sign, least = ("+", 4) if name == "add" and right.latex[:1] != "-" else ("+-"[name != "add"], 5)
    return f"{_in(left, 4)} {sign} {_in(right, least)}", 4


def _words(node: ast.AST) -> str:
    """The piece of the formula as it was written, as far as it can be told."""
    try:
        return ast.unparse(node)[:40]
    except (AttributeError, ValueError, RecursionError):
        return type(node).__name__
