"""A visitor's table as a data set: what is predicted, from which columns, on which rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.data.model import DataSet, Raw, Schema, Task
from playground.core.data.table import LIMITS, Column, Table, number_text
from playground.core.errors import Notice, PlaygroundError

if TYPE_CHECKING:
    from playground.core.experiment import Data
    from playground.core.random import Stream

_FEW_VALUES = 10
_ROWS_PER_VALUE = 5


def input_problem(column: Column) -> Notice | None:
    """Why a column cannot be an input; None if it can."""
    if column.missing == len(column.values):
        return Notice("table_column_empty", {"column": column.name})
    if len(column.categories) > LIMITS.categories:
        facts = {"column": column.name, "count": len(column.categories), "limit": LIMITS.categories}
        return Notice("table_too_many_categories", facts)
    return None


def usable_inputs(table: Table, target: str) -> tuple[str, ...]:
    """The columns that are taken as inputs where the visitor names none."""
    others = (column for column in table.columns if column.name != target)
    return tuple(column.name for column in others if input_problem(column) is None)


def guessed_kind(column: Column) -> str:
    """Whether a target reads as "classes" or as a "number".

    Text is classes. So are whole numbers if there are two of them, or at most ten and each
    about five times over.
    """
    if column.kind == "text":
        return "classes"
    values = column.values[~column.absent]
    different = np.unique(values)
    if len(different) > _FEW_VALUES or np.any(different != np.floor(different)):
        return "number"
    often = len(different) * _ROWS_PER_VALUE <= len(values)
    return "classes" if len(different) == 2 or often else "number"


@dataclass(frozen=True, eq=False)
class _Selection:
    """What of a table is learned from.

    Attributes:
        target: the column that is predicted.
        kind: "classes" or "number".
        inputs: the columns that it is predicted from.
        rows: bool (rows of the table,): which rows are used.
        classes: the different targets, sorted: numbers, or places in the target's categories;
            empty for numbers.
    """

    target: Column
    kind: str
    inputs: tuple[Column, ...]
    rows: np.ndarray
    classes: np.ndarray

    @property
    def task(self) -> Task:
        if self.kind == "number":
            return "regression"
        return "binary" if len(self.classes) == 2 else "multiclass"


def _select(data: Data, table: Table | None) -> _Selection:
    """
    Raises:
        PlaygroundError: no table or another one, an unknown or unusable column, a target that
            cannot be learned, or no rows left.
    """
    if table is None or (data.upload is not None and data.upload.sha256 != table.sha256):
        raise PlaygroundError(
            "table_wanted", filename=data.upload.filename if data.upload else "CSV"
        )
    target = table.column(data.target) if data.target is not None else table.columns[-1]
    if target.missing == table.rows:
        raise PlaygroundError("table_column_empty", column=target.name)
    inputs = _inputs(data, table, target)
    kind = guessed_kind(target) if data.target_kind == "auto" else data.target_kind
    if kind == "number" and target.kind == "text":
        raise PlaygroundError("table_target_is_text", column=target.name)
    rows = ~target.absent
    if data.missing == "drop":
        for column in inputs:
            rows &= ~column.absent
    if not rows.any():
        raise PlaygroundError("table_no_rows_left")
    different = np.unique(target.values[rows])
    if len(different) < 2:
        raise PlaygroundError("table_one_target", column=target.name)
    if kind == "classes" and len(different) > LIMITS.categories:
        raise PlaygroundError(
            "table_too_many_classes",
            column=target.name,
            count=len(different),
            limit=LIMITS.categories,
        )
    return _Selection(target, kind, inputs, rows, different if kind == "classes" else different[:0])


def _inputs(data: Data, table: Table, target: Column) -> tuple[Column, ...]:
    """The chosen columns in the table's order; the target among them is passed over."""
    wanted = usable_inputs(table, target.name) if data.columns is None else data.columns
    for name in wanted:
        problem = input_problem(table.column(name))
        if problem is not None and name != target.name:
            raise PlaygroundError(problem.code, **problem.params)
    inputs = tuple(c for c in table.columns if c.name in wanted and c.name != target.name)
    if not inputs:
        raise PlaygroundError("table_no_inputs")
    width = sum(max(1, len(column.categories)) for column in inputs)
    if width > LIMITS.inputs:
        raise PlaygroundError("table_too_many_inputs", count=width, limit=LIMITS.inputs)
    return inputs


def _schema(data: Data, table: Table | None) -> Schema:
    selection = _select(data, table)
    rows, target = selection.rows, selection.target
    columns: list[str] = []
    one_hot: list[tuple[int, int]] = []
    for column in selection.inputs:
        start = len(columns)
        columns += _encoded_names(column)
        if column.kind == "text":
            one_hot.append((start, len(columns)))
    return Schema(
        task=selection.task,
        columns=tuple(columns),
        class_names=tuple(_class_name(target, value) for value in selection.classes.tolist()),
        samples=int(rows.sum()),
        target=target.name,
        one_hot=tuple(one_hot),
        dropped=int((~rows).sum()),
        imputed=sum(int(column.absent[rows].sum()) for column in selection.inputs),
    )


def _make(data: Data, _stream: Stream, table: Table | None) -> Raw:
    selection = _select(data, table)
    rows = selection.rows
    inputs = np.concatenate([_encoded(column, rows) for column in selection.inputs], axis=1)
    targets = selection.target.values[rows]
    if selection.kind == "number":
        return Raw(inputs, targets.astype(np.float64))
    return Raw(inputs, np.searchsorted(selection.classes, targets).astype(np.int64))


def _encoded_names(column: Column) -> list[str]:
    if column.kind == "number":
        return [column.name]
    return [f"{column.name} = {category}" for category in column.categories]


def _encoded(column: Column, rows: np.ndarray) -> np.ndarray:
    """The column as float64 (chosen rows, 1 or number of categories), NaN where missing."""
    values = column.values[rows]
    if column.kind == "number":
        return values[:, None].astype(np.float64)
    encoded = (values[:, None] == np.arange(len(column.categories))).astype(np.float64)
    encoded[values < 0] = np.nan
    return encoded


def _class_name(target: Column, value: float) -> str:
    return target.categories[int(value)] if target.kind == "text" else number_text(float(value))


def csv_entry(proposal: Mapping[str, Any]) -> DataSet:
    """The data set `csv`: whatever table the visitor brings."""
    return DataSet(
        name="csv",
        family="csv",
        brings="table",
        knobs=frozenset({"upload", "target", "target_kind", "columns", "missing"}),
        schema=_schema,
        make=_make,
        proposal=proposal,
    )
