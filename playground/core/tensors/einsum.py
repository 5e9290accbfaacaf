"""Expressions of Einstein's summation, such as `ij,jk->ik`, read before torch computes them."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from playground.core.errors import PlaygroundError
from playground.core.tensors.fitting import Fit, Misfit
from playground.core.tensors.typed import written_shape

MAX_LENGTH = 60
MAX_SUMMED = 6

_SIGNS = str.maketrans({"，": ",", "→": "->", "＞": ">", "－": "-", "−": "-", "\u3000": " "})
_LETTERS = "ijklmnpq"
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Contraction:
    """An expression that fits its tensors.

    Attributes:
        expression: with its arrow, as torch takes it.
        inputs: labels of the dimensions of each operand.
        output: labels of the result's.
        summed: labels that are summed over, in the order in which they come.
        sides: of each label.
    """

    expression: str
    inputs: tuple[str, ...]
    output: str
    summed: str
    sides: dict[str, int]

    @property
    def shape(self) -> Shape:
        return tuple(self.sides[label] for label in self.output)

    @property
    def sums(self) -> Shape:
        return tuple(self.sides[label] for label in self.summed)


def read_einsum(text: str, shapes: Sequence[Shape]) -> Contraction:
    """Reads an expression over A, or over A and B.

    Raises:
        Misfit: it does not fit the shapes; says what would.
        PlaygroundError: it is no expression.
    """
    inputs, output = _split(text)
    if len(inputs) > len(shapes):
        raise PlaygroundError("einsum_operands", count=len(inputs))
    names = "AB"
    for labels, shape, name in zip(inputs, shapes, names, strict=False):
        if len(labels) != len(shape):
            raise Misfit(
                "einsum_order",
                _by_order(shapes[: len(inputs)]),
                part=labels, count=len(labels), name=name, order=len(shape),
                shape=written_shape(shape),
            )  # fmt: skip
    sides: dict[str, int] = {}
    homes: dict[str, str] = {}
    for labels, shape, name in zip(inputs, shapes, names, strict=False):
        for label, side in zip(labels, shape, strict=True):
            if sides.setdefault(label, side) != side:
                raise Misfit(
                    "einsum_side",
                    _relabelled(inputs, output, shapes),
                    label=label, first=sides[label], first_name=homes[label],
                    second=side, second_name=name,
                )  # fmt: skip
            homes.setdefault(label, name)
    summed = "".join(dict.fromkeys(label for label in "".join(inputs) if label not in output))
    if len(summed) > MAX_SUMMED:
        raise PlaygroundError("einsum_long", limit=MAX_LENGTH)
    return Contraction(f"{','.join(inputs)}->{output}", inputs, output, summed, sides)


def _split(text: str) -> tuple[tuple[str, ...], str]:
    """The labels of the operands and of the result."""
    plain = re.sub(r"\s+", "", text.translate(_SIGNS)).strip("'\"")
    if not plain:
        raise PlaygroundError("einsum_empty")
    if len(plain) > MAX_LENGTH:
        raise PlaygroundError("einsum_long", limit=MAX_LENGTH)
    if "." in plain:
        raise PlaygroundError("einsum_dots")
    left, arrow, output = plain.partition("->")
    strange = re.search(r"[^A-Za-z,]", left) or re.search(r"[^A-Za-z]", output)
    if strange:
        raise PlaygroundError("einsum_character", character=strange[0])
    inputs = tuple(left.split(","))
    if not arrow:
        # Without an arrow, what comes once is kept, in the order of the alphabet.
        counts = Counter(left.replace(",", ""))
        output = "".join(sorted(label for label, number in counts.items() if number == 1))
    for label in output:
        if label not in left:
            known = ", ".join(dict.fromkeys(left.replace(",", "")))
            raise PlaygroundError("einsum_unknown", label=label, known=known)
        if output.count(label) > 1:
            raise PlaygroundError("einsum_twice", label=label)
    return inputs, output


def _by_order(shapes: Sequence[Shape]) -> list[Fit]:
    """Expressions for tensors of these orders: contracted where a side of both agrees."""
    labels, used = [], 0
    for shape in shapes:
        labels.append(_LETTERS[used : used + len(shape)])
        used += len(shape)
    if used > len(_LETTERS) or not labels:
        return []
    if len(shapes) == 1:
        return [_fit([labels[0]], labels[0]), _fit([labels[0]], "")]
    found = []
    for i, side in enumerate(shapes[0]):
        for j, other in enumerate(shapes[1]):
            if side == other:
                second = labels[1][:j] + labels[0][i] + labels[1][j + 1 :]
                kept = [label for label in labels[0] + second if label != labels[0][i]]
                found.append(_fit([labels[0], second], "".join(kept)))
    outer = _fit(labels, "".join(labels))
    return [*found[:2], outer] if math.prod(map(math.prod, shapes)) < 1000 else found[:3]


def _relabelled(inputs: tuple[str, ...], output: str, shapes: Sequence[Shape]) -> list[Fit]:
    """The same expression with the labels of one operand turned round, where that fits."""
    found = []
    for i, labels in enumerate(inputs):
        turned = [*inputs]
        turned[i] = labels[::-1]
        if labels[::-1] != labels and _agrees(turned, shapes):
            found.append(_fit(turned, output))
    return found or _by_order(shapes[: len(inputs)])


def _agrees(inputs: Sequence[str], shapes: Sequence[Shape]) -> bool:
    sides: dict[str, int] = {}
    return all(
        sides.setdefault(label, side) == side
        for labels, shape in zip(inputs, shapes, strict=False)
        for label, side in zip(labels, shape, strict=True)
    )


def _fit(inputs: Sequence[str], output: str) -> Fit:
    expression = f"{','.join(inputs)}->{output}"
    return Fit(f"torch.einsum('{expression}', …)", {"settings": {"expression": expression}})
