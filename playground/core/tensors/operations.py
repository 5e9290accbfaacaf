"""Operations on tensors: computed by torch, with their line of code and where each cell comes from.

Where a cell of the result comes from is one rule for all of them. Output place o and term s read
the place `o · out + s · sums + offset` of each operand's numbers in row order: an elementwise
operation has one term, a dimension that is stretched has the step 0, a transposition permutes the
steps, a sum runs over the terms. Tests compute every result once more by this rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from playground.core.errors import PlaygroundError
from playground.core.tensors import fitting
from playground.core.tensors.einsum import Contraction, read_einsum
from playground.core.tensors.offers import TAKES
from playground.core.tensors.typed import (
    Number,
    read_number,
    read_whole_numbers,
)

MAX_RESULT = 2_000_000
MAX_WORK = 50_000_000
"""Most multiplications of one operation; beyond, other visitors would wait."""

How = Literal["copy", "add", "multiply", "products", "norm", "add_number", "times_number"]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """Where the cells of a result come from.

    Attributes:
        how: what is done with what is read.
        sums: sides of the box of terms of each cell; () for one term.
        steps: of each operand (steps by output dimension, steps by dimension of the box).
    """

    how: How
    sums: Shape
    steps: tuple[tuple[Shape, Shape], ...]


@dataclass(frozen=True, eq=False)
class Result:
    """What an operation gave.

    Attributes:
        tensor: itself.
        code: the line of PyTorch, over A and B, without the name it is given to.
        reading: where its cells come from.
        number: the number that took part, if one did.
        power: of a norm.
    """

    tensor: Tensor
    code: str
    reading: Reading
    number: Number | None = None
    power: float | None = None


Run = Callable[[Sequence[Tensor], dict[str, str]], Result]
"""Computes an operation: tensors, and what the visitor typed beside."""


def operate(name: str, tensors: Sequence[Tensor], settings: dict[str, str]) -> Result:
    """Computes an operation.

    Args:
        name: one of OPERATIONS.
        tensors: A, or A and B; more than it needs are left alone.
        settings: what the visitor typed.

    Raises:
        fitting.Misfit: shapes that do not go together, with what would.
        PlaygroundError: anything else that cannot be.
    """
    if name not in OPERATIONS:
        raise PlaygroundError("tensor_operation", name=str(name)[:40])
    given = {key: str(settings.get(key, "")) for key in TAKES[name][1]}
    try:
        return OPERATIONS[name](tensors, given)
    except RuntimeError as error:  # torch has a reason that is not foreseen here
        reason = str(error).strip().splitlines()[0][:200]
        raise PlaygroundError("tensor_torch", reason=reason) from error


# ---- one number for one number ---------------------------------------------------------------


def _elementwise(name: str, sign: str) -> Run:
    def run(tensors: Sequence[Tensor], _settings: dict[str, str]) -> Result:
        a, b = tensors
        shape = fitting.broadcast(tuple(a.shape), tuple(b.shape))
        _bound(math.prod(shape), math.prod(shape))
        tensor = a + b if name == "add" else a * b
        how: How = "add" if name == "add" else "multiply"
        steps = tuple((_stretched(tuple(each.shape), shape), ()) for each in (a, b))
        return Result(tensor, f"A {sign} B", Reading(how, (), steps))

    return run


def _stretched(shape: Shape, out: Shape) -> Shape:
    """Steps in row order by output dimension: 0 where a side of 1, or none, is stretched."""
    steps = row_steps(shape)
    sides = zip(steps, shape, strict=True)
    kept = [0 if side == 1 else step for step, side in sides]
    return (0,) * (len(out) - len(shape)) + tuple(kept)


def row_steps(shape: Shape) -> Shape:
    """How far apart in row order the neighbours along each dimension are."""
    return tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))


def _with_number(name: str) -> Run:
    def run(tensors: Sequence[Tensor], settings: dict[str, str]) -> Result:
        number = read_number(settings["number"])
        a = tensors[0]
        shown = _written_number(number)
        tensor = a + number if name == "add_number" else number * a
        code = f"A + {shown}" if name == "add_number" else f"{shown} * A"
        how: How = "add_number" if name == "add_number" else "times_number"
        reading = Reading(how, (), ((row_steps(tuple(a.shape)), ()),))
        return Result(tensor, code, reading, number=number)

    return run


def _written_number(number: Number) -> str:
    from playground.core.tensors.sources import written

    text = written(number)
    bare = isinstance(number, complex) and "(" not in text
    return f"({text})" if bare or text.startswith("-") else text


# ---- the same numbers, otherwise arranged ----------------------------------------------------


def _transpose(tensors: Sequence[Tensor], _settings: dict[str, str]) -> Result:
    a = tensors[0]
    if a.dim() < 2:
        raise fitting.transpose_misfit(tuple(a.shape))
    order = (*range(a.dim() - 2), a.dim() - 1, a.dim() - 2)
    return Result(a.mT, "A.T" if a.dim() == 2 else "A.mT", _permuted(a, order))


def _permute(tensors: Sequence[Tensor], settings: dict[str, str]) -> Result:
    a = tensors[0]
    order = read_whole_numbers(settings["order"])
    fitting.check_order(order, tuple(a.shape))
    order = tuple(place % a.dim() for place in order)
    code = f"A.permute({', '.join(map(str, order))})"
    return Result(a.permute(order), code, _permuted(a, order))


def _permuted(a: Tensor, order: Shape) -> Reading:
    steps = row_steps(tuple(a.shape))
    return Reading("copy", (), ((tuple(steps[place] for place in order), ()),))


def _reshape(tensors: Sequence[Tensor], settings: dict[str, str]) -> Result:
    a = tensors[0]
    wanted = read_whole_numbers(settings["shape"])
    shape = fitting.reshaped(wanted, tuple(a.shape))
    sides = ", ".join(map(str, wanted))
    code = f"A.reshape({sides})" if wanted else "A.reshape(())"
    return Result(a.reshape(shape), code, Reading("copy", (), ((row_steps(shape), ()),)))


def _expand(tensors: Sequence[Tensor], settings: dict[str, str]) -> Result:
    a = tensors[0]
    wanted = read_whole_numbers(settings["shape"])
    fitting.check_expand(wanted, tuple(a.shape))
    _bound(math.prod(wanted), 0)
    code = f"A.expand({', '.join(map(str, wanted))})"
    reading = Reading("copy", (), ((_stretched(tuple(a.shape), wanted), ()),))
    return Result(a.expand(wanted), code, reading)


# ---- sums of products ------------------------------------------------------------------------


def _matmul(tensors: Sequence[Tensor], _settings: dict[str, str]) -> Result:
    a, b = tensors
    shape = fitting.matmul(tuple(a.shape), tuple(b.shape))
    fitting.same_kind(a, b)
    inner = a.shape[-1]
    _bound(math.prod(shape), math.prod(shape) * inner)
    step_a, step_b = row_steps(tuple(a.shape)), row_steps(tuple(b.shape))
    batch = shape[: len(shape) - (a.dim() > 1) - (b.dim() > 1)]
    batch_a = _stretched_batch(tuple(a.shape), batch)
    batch_b = _stretched_batch(tuple(b.shape), batch)
    row = (step_a[-2],) if a.dim() > 1 else ()
    column = (step_b[-1],) if b.dim() > 1 else ()
    steps = (
        ((*batch_a, *row, *(0 for _ in column)), (step_a[-1],)),
        ((*batch_b, *(0 for _ in row), *column), (step_b[-2] if b.dim() > 1 else step_b[-1],)),
    )
    return Result(a @ b, "A @ B", Reading("products", (inner,), steps))


def _stretched_batch(shape: Shape, batch: Shape) -> Shape:
    """Steps along the dimensions before the matrices."""
    before = shape[:-2] if len(shape) > 1 else ()
    steps = row_steps(shape)[: len(before)]
    kept = tuple(0 if side == 1 else step for step, side in zip(steps, before, strict=True))
    return (0,) * (len(batch) - len(kept)) + kept


def _einsum(tensors: Sequence[Tensor], settings: dict[str, str]) -> Result:
    shapes = [tuple(each.shape) for each in tensors]
    found = read_einsum(settings["expression"], shapes)
    taken = tensors[: len(found.inputs)]
    if len(taken) > 1:
        fitting.same_kind(*taken[:2])
    _bound(math.prod(found.shape), math.prod(found.shape) * math.prod(found.sums))
    names = ", ".join("AB"[: len(taken)])
    tensor = torch.einsum(found.expression, *taken)
    steps = tuple(_by_labels(found, i) for i in range(len(taken)))
    code = f"torch.einsum('{found.expression}', {names})"
    how: How = "products" if len(taken) > 1 or found.sums else "copy"
    return Result(tensor, code, Reading(how, found.sums, steps))


def _by_labels(found: Contraction, operand: int) -> tuple[Shape, Shape]:
    """A label's step is the sum of those of the dimensions that bear it: `ii` is a diagonal."""
    labels = found.inputs[operand]
    shape = tuple(found.sides[label] for label in labels)
    by_label: dict[str, int] = {}
    for label, step in zip(labels, row_steps(shape), strict=True):
        by_label[label] = by_label.get(label, 0) + step
    out = tuple(by_label.get(label, 0) for label in found.output)
    return out, tuple(by_label.get(label, 0) for label in found.summed)


def _norm(tensors: Sequence[Tensor], settings: dict[str, str]) -> Result:
    a = tensors[0]
    fitting.needs_fractions(a)
    power = read_number(settings["power"] or "2")
    if isinstance(power, complex) or power not in (1, 2, math.inf):
        raise PlaygroundError("tensor_norm_power", power=str(power))
    power = float(power)
    along = read_whole_numbers(settings["along"]) if settings["along"].strip() else ()
    fitting.check_along(along, tuple(a.shape))
    dims: Shape = tuple(sorted({place % a.dim() for place in along} or range(a.dim())))
    steps, shape = row_steps(tuple(a.shape)), tuple(a.shape)
    kept = [i for i in range(a.dim()) if i not in dims]
    reading = Reading(
        "norm",
        tuple(shape[i] for i in dims),
        ((tuple(steps[i] for i in kept), tuple(steps[i] for i in dims)),),
    )
    order = "torch.inf" if math.isinf(power) else f"{power:g}"
    tail = f", dim={dims if len(dims) > 1 else min(dims)}" if along else ""
    tensor = torch.linalg.vector_norm(a, ord=power, dim=dims if along else None)
    code = f"torch.linalg.vector_norm(A, ord={order}{tail})"
    return Result(tensor, code, reading, power=power)


def _bound(cells: int, work: int) -> None:
    if cells > MAX_RESULT:
        raise PlaygroundError("tensor_too_large", count=cells, limit=MAX_RESULT)
    if work > MAX_WORK:
        raise PlaygroundError("tensor_too_much_work", count=work, limit=MAX_WORK)


OPERATIONS: dict[str, Run] = {
    "matmul": _matmul,
    "add": _elementwise("add", "+"),
    "multiply": _elementwise("multiply", "*"),
    "einsum": _einsum,
    "add_number": _with_number("add_number"),
    "times_number": _with_number("times_number"),
    "transpose": _transpose,
    "permute": _permute,
    "reshape": _reshape,
    "expand": _expand,
    "norm": _norm,
}


def terms_of(reading: Reading, place: Shape, most: int) -> tuple[list[list[int]], int]:
    """What one cell of a result reads.

    Args:
        place: of the cell.
        most: terms that are listed at most; the last one always is.

    Returns:
        For each listed term the place in row order in each operand; the number of all terms.
    """
    total = math.prod(reading.sums)
    listed = list(range(total)) if total <= most else [*range(most - 1), total - 1]
    terms = []
    for number in listed:
        inner = _place(number, reading.sums)
        terms.append([_dot(out, place) + _dot(sums, inner) for out, sums in reading.steps])
    return terms, total


def _place(number: int, shape: Shape) -> Shape:
    place = []
    for step, side in zip(row_steps(shape), shape, strict=True):
        place.append(number // step % side)
    return tuple(place)


def _dot(steps: Shape, place: Shape) -> int:
    return sum(step * i for step, i in zip(steps, place, strict=True))


def place_of(number: int, shape: Shape) -> Shape:
    """The indices of the cell that stands at a place in row order."""
    return _place(number, shape)
