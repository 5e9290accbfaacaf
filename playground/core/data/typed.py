"""A set whose target the visitor types, and an empty plane for points of the visitor's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from playground.core.data import generators
from playground.core.data.features import check
from playground.core.data.model import Domain, Raw, Schema, Task
from playground.core.errors import PlaygroundError
from playground.core.formula import Formula, parse
from playground.core.random import Stream

if TYPE_CHECKING:
    from playground.core.data.table import Table
    from playground.core.experiment import Data

_REACH = 6.0
_LARGEST = 1e6
_PLASTIC = 1.324717957244746  # the real root of p³ = p + 1
_SIGNS = ("−1", "+1")
_LETTERS = ("A", "B", "C", "D", "E", "F")


def formula_schema(data: Data, _table: Table | None = None) -> Schema:
    """A condition makes two classes, a number is predicted."""
    task: Task = "binary" if parse(data.formula).truth else "regression"
    names, target = (_SIGNS, "class") if task == "binary" else ((), "z")
    free = task == "regression"
    return Schema(task, ("x", "y"), names, data.samples, target, generators.PLANE, free=free)


def check_target(text: str) -> None:
    """Says at once, without drawing a sample, that nothing can be learned from a target.

    Raises:
        PlaygroundError: not a formula, no value somewhere in the window, the same everywhere.
    """
    formula = parse(text)
    _check_values(text, *_asked(formula, spread(generators.PLANE)))


def check_feature(text: str, schema: Schema) -> None:
    """Says at once that a feature has no value somewhere in the window of a set.

    Raises:
        PlaygroundError: not a formula over the set's inputs, or no value somewhere.
    """
    assert schema.domain is not None
    parse(text, schema.columns)
    check(spread(schema.domain)[:, : len(schema.columns)], (text,), schema)


def spread(window: Domain, count: int = 1000) -> np.ndarray:
    """Places all over a window, (count, 2): even, and on no line that a formula might single out.

    They are multiples of the plastic number's powers, modulo 1 (Roberts' R2 sequence).
    """
    steps = np.outer(np.arange(1, count + 1), 1 / _PLASTIC ** np.array([1.0, 2.0])) % 1
    low, high = np.array(window).T
    return low + steps * (high - low)


def _asked(formula: Formula, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The places (n, 2), and the formula's value or truth at each, (n,)."""
    targets = formula(x=places[:, 0], y=places[:, 1])
    return places, targets.astype(np.int64) if formula.truth else targets


def _check_values(text: str, places: np.ndarray, targets: np.ndarray) -> None:
    bad = np.flatnonzero(~(np.abs(targets) <= _LARGEST))
    if len(bad):
        x, y = places[bad[0]]
        raise PlaygroundError("formula_no_value_at", formula=text, x=f"{x:.2f}", y=f"{y:.2f}")
    if (targets == targets[0]).all():
        raise PlaygroundError("formula_constant", formula=text)


def formula_points(data: Data, stream: Stream, _table: Table | None = None) -> Raw:
    """Points all over the window; noise moves where the formula is asked, as in `reg_plane`.

    Raises:
        PlaygroundError: the formula has no value at one of the points, or the same at all.
    """
    formula, level = parse(data.formula), data.noise / 100
    drawn = np.array(
        [[stream.uniform(-_REACH, _REACH) for _ in range(4)] for _ in range(data.samples)]
    )
    inputs = np.ascontiguousarray(drawn[:, :2])
    asked = inputs + drawn[:, 2:] * level
    _, targets = _asked(formula, asked)
    _check_values(data.formula, asked, targets)
    return Raw(inputs, targets)


def own_schema(data: Data, _table: Table | None = None) -> Schema:
    """Nothing is drawn: the points are those that the visitor paints."""
    if data.own_values:
        return Schema("regression", ("x", "y"), (), 0, "z", generators.PLANE)
    task, names = ("binary", _SIGNS) if data.classes == 2 else ("multiclass", _LETTERS)
    names = names[: data.classes]
    return Schema(task, ("x", "y"), names, 0, "class", generators.PLANE)


def own_points(data: Data, _stream: Stream, _table: Table | None = None) -> Raw:
    kind = np.float64 if data.own_values else np.int64
    return Raw(np.empty((0, 2)), np.empty(0, dtype=kind))


def painted(data: Data, schema: Schema) -> Raw:
    """The points that the visitor painted, as far as this set can use them: (n, 2) and (n,).

    A class that there is not any more, and a plane that is not the visitor's, take none.
    """
    kind = np.float64 if schema.task == "regression" else np.int64
    rows = data.points if can_paint(schema) else ()
    if schema.task != "regression":
        names = range(len(schema.class_names))
        rows = tuple(row for row in rows if row[2] in names)
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return Raw(np.ascontiguousarray(table[:, :2]), table[:, 2].astype(kind))


def can_paint(schema: Schema) -> bool:
    """Whether points may be painted: sets over x and y, and no tables."""
    return schema.domain is not None and len(schema.columns) == 2
