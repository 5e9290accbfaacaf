"""A set whose target the visitor types, and an empty plane for points of the visitor's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from playground.core.data import generators
from playground.core.data.model import Raw, Schema, Task
from playground.core.errors import PlaygroundError
from playground.core.formula import parse
from playground.core.random import Stream

if TYPE_CHECKING:
    from playground.core.data.table import Table
    from playground.core.experiment import Data

_REACH = 6.0
_LARGEST = 1e6
_SIGNS = ("−1", "+1")
_LETTERS = ("A", "B", "C", "D", "E", "F")


def formula_schema(data: Data, _table: Table | None = None) -> Schema:
    """A condition makes two classes, a number is predicted."""
    task: Task = "binary" if parse(data.formula).truth else "regression"
    names, target = (_SIGNS, "class") if task == "binary" else ((), "z")
    free = task == "regression"
    return Schema(task, ("x", "y"), names, data.samples, target, generators.PLANE, free=free)


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
    targets = formula(x=asked[:, 0], y=asked[:, 1])
    if formula.truth:
        targets = targets.astype(np.int64)
    bad = np.flatnonzero(~(np.abs(targets) <= _LARGEST))
    if len(bad):
        x, y = asked[bad[0]]
        raise PlaygroundError(
            "formula_no_value_at", formula=data.formula, x=f"{x:.2f}", y=f"{y:.2f}"
        )
    if (targets == targets[0]).all():
        raise PlaygroundError("formula_constant", formula=data.formula)
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
