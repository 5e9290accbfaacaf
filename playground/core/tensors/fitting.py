"""Shapes that go together, and those that do not: why, and what would.

What would fit is found by trying: turned round, given another shape, or another operation. Each
proposal carries the change that makes it so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations
from typing import Any

from torch import Tensor

from playground.core.errors import PlaygroundError
from playground.core.tensors.dtypes import name_of
from playground.core.tensors.typed import written_shape

Shape = tuple[int, ...]
MAX_FITS = 4
MAX_ORDER = 8


@dataclass(frozen=True)
class Fit:
    """What would fit.

    Attributes:
        code: as PyTorch writes it.
        change: what to change of what was asked: {"then": {"A" or "B": …}}, {"settings": {…}},
            {"dtype": {"A" or "B": name}}, {"operation": name}; joined where several are needed.
        shape: of the result, where it is known.
    """

    code: str
    change: dict[str, Any]
    shape: Shape | None = None


class Misfit(PlaygroundError):
    """Shapes that do not go together.

    Attributes:
        fits: what would.
        clash: {"A" or "B": places of the dimensions that do not agree}.
    """

    def __init__(
        self, code: str, fits: Sequence[Fit], clash: dict[str, list[int]] | None = None,
        **params: object,
    ) -> None:  # fmt: skip
        super().__init__(code, **params)
        self.fits = list(fits)[:MAX_FITS]
        self.clash = clash or {}


@dataclass(frozen=True)
class _Turned:
    """A tensor's shape as it could be brought to."""

    shape: Shape
    code: str
    then: dict[str, Any] | None = field(default=None)


# ---- broadcasting ----------------------------------------------------------------------------


def broadcast(a: Shape, b: Shape) -> Shape:
    """The shape that two shapes are stretched to.

    Raises:
        Misfit: they cannot be.
    """
    found = _broadcast(a, b)
    if found is None:
        clash = _clash(a, b)
        raise Misfit(
            "tensor_broadcast", _broadcast_fits(a, b), clash,
            a=written_shape(a), b=written_shape(b),
            left=a[clash["A"][0]], right=b[clash["B"][0]],
        )  # fmt: skip
    return found


def _broadcast(a: Shape, b: Shape) -> Shape | None:
    order = max(len(a), len(b))
    sides = []
    for x, y in zip(_padded(a, order), _padded(b, order), strict=True):
        if x != y and 1 not in (x, y):
            return None
        sides.append(max(x, y))
    return tuple(sides)


def _padded(shape: Shape, order: int) -> Shape:
    return (1,) * (order - len(shape)) + shape


def _clash(a: Shape, b: Shape) -> dict[str, list[int]]:
    """Places, counted from the front, at which the sides differ; the last ones first."""
    found: dict[str, list[int]] = {"A": [], "B": []}
    for back in range(1, min(len(a), len(b)) + 1):
        x, y = a[-back], b[-back]
        if x != y and 1 not in (x, y):
            found["A"].append(len(a) - back)
            found["B"].append(len(b) - back)
    return found


def _broadcast_fits(a: Shape, b: Shape) -> list[Fit]:
    """With sides of 1 put in, or turned round: the smallest results first."""
    found = []
    for name, shape, other in (("B", b, a), ("A", a, b)):
        for turned in _turned(shape, name):
            together = _broadcast(turned.shape, other)
            if together is not None:
                code = f"A + {turned.code}" if name == "B" else f"{turned.code} + B"
                found.append(Fit(code, {"then": {name: turned.then}}, together))
    return sorted(found, key=lambda fit: math.prod(fit.shape or ()))


def _turned(shape: Shape, name: str) -> list[_Turned]:
    """Shapes that a tensor can be brought to in one step, itself not among them."""
    found = []
    if len(shape) == 2 and shape[0] != shape[1]:
        found.append(_Turned(shape[::-1], f"{name}.T", {"transpose": True}))
    for ones in range(1, 3):
        for places in combinations(range(len(shape) + ones), ones):
            sides = list(shape)
            for place in places:
                sides.insert(place, 1)
            if 1 not in (sides[0],):  # a 1 in front changes nothing
                code = f"{name}.reshape{written_shape(tuple(sides))}"
                found.append(_Turned(tuple(sides), code, {"reshape": sides}))
    return found


def check_expand(wanted: Shape, shape: Shape) -> None:
    """
    Raises:
        Misfit: the shape cannot be stretched to the one wanted.
    """
    if not wanted or min(wanted) < 1 or len(wanted) > MAX_ORDER:
        raise PlaygroundError("tensor_shape", shape=written_shape(wanted))
    if len(wanted) >= len(shape) and _broadcast(shape, wanted) == wanted:
        return
    fits = []
    for ahead in (2, 3):
        fits.append(_expand_fit((ahead, *shape)))
    if 1 in shape:
        fits.insert(0, _expand_fit(tuple(4 if side == 1 else side for side in shape)))
    clash = {"A": _clash(shape, wanted)["A"]}
    raise Misfit(
        "tensor_expand", fits, clash, shape=written_shape(shape), wanted=written_shape(wanted)
    )


def _expand_fit(wanted: Shape) -> Fit:
    sides = ", ".join(map(str, wanted))
    return Fit(f"A.expand({sides})", {"settings": {"shape": sides}}, wanted)


# ---- the matrix product ----------------------------------------------------------------------


def matmul(a: Shape, b: Shape) -> Shape:
    """The shape of A @ B.

    Raises:
        Misfit: the inner sides differ, or one is a single number.
    """
    if not a or not b:
        raise Misfit(
            "tensor_matmul_scalar",
            [Fit("A * B", {"operation": "multiply"}, a or b)],
            a=written_shape(a), b=written_shape(b),
        )  # fmt: skip
    found = _matmul(a, b)
    if found is not None:
        return found
    inner = b[-2:][0]
    if a[-1] == inner:  # only what stands before the matrices differs
        clash = _clash(a[:-2], b[:-2])
        raise Misfit(
            "tensor_matmul_batch", _matmul_fits(a, b), clash,
            a=written_shape(a), b=written_shape(b),
        )  # fmt: skip
    clash = {"A": [len(a) - 1], "B": [max(0, len(b) - 2)]}
    raise Misfit(
        "tensor_matmul", _matmul_fits(a, b), clash,
        a=written_shape(a), b=written_shape(b), columns=a[-1], rows=inner,
        wanted=_wanted(a[-1], b),
    )  # fmt: skip


def _wanted(columns: int, b: Shape) -> str:
    """The shape that B would need."""
    if len(b) == 1:
        return f"({columns},)"
    return f"(…, {columns}, n)" if len(b) > 2 else f"({columns}, n)"


def _matmul(a: Shape, b: Shape) -> Shape | None:
    if not a or not b:
        return None
    if a[-1] != b[-2:][0]:
        return None
    batch = _broadcast(a[:-2], b[:-2])
    if batch is None:
        return None
    return batch + a[:-1][-1:] * (len(a) > 1) + b[-1:] * (len(b) > 1)


def _matmul_fits(a: Shape, b: Shape) -> list[Fit]:
    fits = []
    turned_a = [_Turned(a, "A"), *_matrices(a, "A")]
    turned_b = [_Turned(b, "B"), *_matrices(b, "B")]
    for left in turned_a:
        for right in turned_b:
            shape = _matmul(left.shape, right.shape)
            if shape is not None:
                then = {n: t.then for n, t in (("A", left), ("B", right)) if t.then}
                fits.append(Fit(f"{left.code} @ {right.code}", {"then": then}, shape))
    if a == b or _broadcast(a, b) is not None:
        fits.append(Fit("A * B", {"operation": "multiply"}, _broadcast(a, b)))
    return fits


def _matrices(shape: Shape, name: str) -> list[_Turned]:
    """A matrix turned round, a vector as a column or a row."""
    if len(shape) == 2 and shape[0] != shape[1]:
        return [_Turned(shape[::-1], f"{name}.T", {"transpose": True})]
    if len(shape) == 1:
        sides = [[shape[0], 1], [1, shape[0]]]
        return [_Turned((x, y), f"{name}.reshape({x}, {y})", {"reshape": [x, y]}) for x, y in sides]
    return []


def same_kind(a: Tensor, b: Tensor) -> None:
    """Products of matrices take one kind of numbers on both sides.

    Raises:
        Misfit: they are of two kinds, or only true and false.
    """
    import torch

    if a.dtype == torch.bool and b.dtype == torch.bool:
        change = {"dtype": {"A": "int64", "B": "int64"}}
        raise Misfit("tensor_kinds_bool", [Fit("A.to(torch.int64), B.to(torch.int64)", change)])
    if a.dtype == b.dtype:
        return
    wide = name_of(torch.promote_types(a.dtype, b.dtype))
    change = {"dtype": {n: wide for n, t in (("A", a), ("B", b)) if name_of(t.dtype) != wide}}
    code = "; ".join(f"{n} = {n}.to(torch.{wide})" for n in change["dtype"])
    raise Misfit("tensor_kinds", [Fit(code, change)], a=name_of(a.dtype), b=name_of(b.dtype))


# ---- other arrangements ----------------------------------------------------------------------


def transpose_misfit(shape: Shape) -> Misfit:
    """Why a vector or a number has no transposed."""
    fits = []
    if len(shape) == 1:
        for sides in ((shape[0], 1), (1, shape[0])):
            change = {"operation": "reshape", "settings": {"shape": f"{sides[0]}, {sides[1]}"}}
            fits.append(Fit(f"A.reshape({sides[0]}, {sides[1]})", change, sides))
    return Misfit("tensor_transpose", fits, shape=written_shape(shape), order=len(shape))


def check_order(order: Shape, shape: Shape) -> None:
    """
    Raises:
        Misfit: it does not name every dimension once.
    """
    dims = len(shape)
    inside = all(-dims <= place < dims for place in order)
    if inside and sorted(place % dims for place in order) == [*range(dims)]:
        return
    fits = []
    for found in [*permutations(range(min(dims, 4)))][::-1][:3] if dims <= 4 else []:
        text = ", ".join(map(str, found))
        change = {"settings": {"order": text}}
        fits.append(Fit(f"A.permute({text})", change, tuple(shape[i] for i in found)))
    raise Misfit(
        "tensor_permute", fits, shape=written_shape(shape), order=dims,
        given=", ".join(map(str, order)), last=max(dims - 1, 0),
    )  # fmt: skip


def reshaped(wanted: Shape, shape: Shape) -> Shape:
    """The shape with its one −1 worked out.

    Raises:
        Misfit: it holds another number of numbers.
    """
    count = math.prod(shape)
    if any(side < -1 or side == 0 for side in wanted) or len(wanted) > MAX_ORDER:
        raise PlaygroundError("tensor_shape", shape=written_shape(wanted))
    if wanted.count(-1) > 1:
        fits = _reshape_fits(count, len(wanted))
        raise Misfit("tensor_reshape_open", fits, shape=written_shape(wanted))
    known = math.prod(side for side in wanted if side != -1)
    if -1 in wanted and count % known == 0:
        return tuple(count // known if side == -1 else side for side in wanted)
    if -1 not in wanted and known == count:
        return wanted
    raise Misfit(
        "tensor_reshape" if -1 not in wanted else "tensor_reshape_share",
        _reshape_fits(count, len(wanted)),
        shape=written_shape(shape), count=count, wanted=written_shape(wanted), product=known,
    )  # fmt: skip


def _reshape_fits(count: int, order: int) -> list[Fit]:
    """Shapes of this order with so many numbers, the evenest first; and the plain row."""
    found = _factors(count, min(order, 3)) if count <= 100_000 else []
    found.sort(key=lambda sides: max(sides) - min(sides))
    shapes = [*found[:3], (count,)] if order != 1 else [(count,), *_factors(count, 2)[1:3]]
    return [
        Fit(f"A.reshape({text})", {"settings": {"shape": text}}, sides)
        for sides in dict.fromkeys(shapes)
        for text in [", ".join(map(str, sides))]
    ]


def _factors(count: int, order: int) -> list[Shape]:
    if order <= 1:
        return [(count,)]
    sides = [side for side in range(1, min(count, 1000) + 1) if count % side == 0]
    return [(side, *rest) for side in sides for rest in _factors(count // side, order - 1)]


def needs_fractions(a: Tensor) -> None:
    """
    Raises:
        Misfit: a norm of whole numbers, which torch does not take.
    """
    if not (a.is_floating_point() or a.is_complex()):
        code = "torch.linalg.vector_norm(A.to(torch.float32))"
        raise Misfit(
            "tensor_norm_kind", [Fit(code, {"dtype": {"A": "float32"}})], dtype=name_of(a.dtype)
        )


def check_along(along: Shape, shape: Shape) -> None:
    """
    Raises:
        Misfit: a dimension that the tensor does not have.
    """
    dims = len(shape)
    bad = [place for place in along if not -dims <= place < dims]
    if bad:
        fits = [
            Fit(f"dim={i}", {"settings": {"along": str(i)}}, shape[:i] + shape[i + 1 :])
            for i in range(dims)
        ]
        last = max(dims - 1, 0)
        raise Misfit("tensor_dimension", fits, place=bad[0], shape=written_shape(shape), last=last)
