"""A visitor's table: named columns of numbers or text, with holes.

It travels to the worker as bytes and inside an experiment's JSON as plain data, never pickled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from playground.core.data.model import Brought, Holds, parted
from playground.core.errors import PlaygroundError

LARGEST_NUMBER = 1e30
"""float32 ends at 3.4e38; beyond this, means and variances would overflow."""


@dataclass(frozen=True)
class Limits:
    """How much a visitor may bring."""

    file_bytes: int = 5 * 1024 * 1024
    rows: int = 50_000
    columns: int = 200
    cell_characters: int = 10_000
    name_characters: int = 100
    categories: int = 20
    inputs: int = 500


LIMITS = Limits()


@dataclass(frozen=True, eq=False)
class Column:
    """One column.

    Attributes:
        name: unique in its table.
        kind: "number" or "text".
        values: (rows,) float64 with NaN where missing; or int32 places in `categories`, −1 where
            missing.
        categories: the different texts, sorted; () for numbers.
    """

    name: str
    kind: Literal["number", "text"]
    values: np.ndarray
    categories: tuple[str, ...] = ()

    @cached_property
    def absent(self) -> np.ndarray:
        """Where a value is missing: bool (rows,)."""
        return np.isnan(self.values) if self.kind == "number" else self.values < 0

    @property
    def missing(self) -> int:
        return int(self.absent.sum())

    def cell(self, row: int) -> str:
        """The value as text; "" where missing."""
        if self.absent[row]:
            return ""
        if self.kind == "text":
            return self.categories[self.values[row]]
        return number_text(float(self.values[row]))


@dataclass(frozen=True, eq=False)
class Table(Brought):
    """A table as it was read.

    Attributes:
        filename: what the visitor called it.
        columns: at least one, all of one length.
    """

    holds: ClassVar[Holds] = "table"

    filename: str
    columns: tuple[Column, ...]

    @property
    def rows(self) -> int:
        return len(self.columns[0].values)

    @property
    def missing(self) -> int:
        """How many values are missing, all columns together."""
        return sum(column.missing for column in self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """
        Raises:
            PlaygroundError: no column has this name.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise PlaygroundError("table_no_such_column", column=name)

    def preview(self, rows: int = 5) -> list[tuple[str, ...]]:
        """The first rows as text, a missing value as ""."""
        shown = range(min(rows, self.rows))
        return [tuple(column.cell(row) for column in self.columns) for row in shown]

    def parts(self, filename: str) -> list[bytes]:
        columns = [
            {"name": column.name, "kind": column.kind, "categories": column.categories}
            for column in self.columns
        ]
        header = {"filename": filename, "rows": self.rows, "columns": columns}
        values = [column.values.astype(_TYPES[column.kind]).tobytes() for column in self.columns]
        return [json.dumps(header).encode() + b"\n", *values]

    @classmethod
    def from_bytes(cls, content: bytes) -> Table:
        """What `to_bytes` wrote.

        Raises:
            PlaygroundError: these bytes are no table.
        """
        try:
            header, body = parted(content)
            columns, start = [], 0
            for entry in header["columns"]:
                values = np.frombuffer(body, _TYPES[entry["kind"]], header["rows"], start)
                start += values.nbytes
                categories = tuple(entry["categories"])
                columns.append(Column(entry["name"], entry["kind"], values, categories))
            return cls(header["filename"], tuple(columns))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise PlaygroundError("table_broken") from error

    def to_dict(self) -> dict[str, Any]:
        """The table as JSON can hold it: numbers, texts, and null where missing."""
        columns = [
            {"name": column.name, "kind": column.kind, "values": _plain_values(column)}
            for column in self.columns
        ]
        return {"filename": self.filename, "columns": columns}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], limits: Limits = LIMITS) -> Table:
        """What `to_dict` wrote, checked value by value: it may come from anybody's file.

        Raises:
            PlaygroundError: this is no table, or one beyond the limits.
        """
        try:
            filename, entries = _sound_text(content["filename"]), content["columns"]
            columns = tuple(_column_from(entry, limits) for entry in entries[: limits.columns])
            sound = (
                len(columns) == len(entries) > 0
                and len({column.name for column in columns}) == len(columns)
                and len({len(column.values) for column in columns}) == 1
                and 0 < len(columns[0].values) <= limits.rows
            )
        except (ValueError, KeyError, TypeError) as error:
            raise PlaygroundError("table_broken") from error
        if not sound:
            raise PlaygroundError("table_broken")
        return cls(filename[:200], columns)


_TYPES = {"number": "<f8", "text": "<i4"}


def text_column(name: str, cells: Sequence[str | None]) -> Column:
    """A column of text from its cells, None where missing."""
    categories = tuple(sorted({cell for cell in cells if cell is not None}))
    place = {category: k for k, category in enumerate(categories)}
    codes = [-1 if cell is None else place[cell] for cell in cells]
    return Column(name, "text", np.array(codes, dtype=np.int32), categories)


def number_text(value: float) -> str:
    """A number as a person would write it: 3 and not 3.0."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _plain_values(column: Column) -> list[Any]:
    pairs = zip(column.values.tolist(), column.absent.tolist(), strict=True)
    if column.kind == "number":
        return [None if absent else value for value, absent in pairs]
    return [None if absent else column.categories[value] for value, absent in pairs]


def _column_from(entry: Mapping[str, Any], limits: Limits) -> Column:
    name, kind, values = entry["name"], entry["kind"], entry["values"]
    if not name or len(_sound_text(name)) > limits.name_characters:
        raise ValueError("a column needs a name")
    if not isinstance(values, list) or len(values) > limits.rows:
        raise ValueError("a column needs a list of values")
    if kind == "text":
        return text_column(name, [None if cell is None else _sound_text(cell) for cell in values])
    if kind != "number":
        raise ValueError("a column holds numbers or text")
    for value in values:
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("a column of numbers holds numbers")
        if not abs(value) <= LARGEST_NUMBER:
            raise ValueError("a number is too large")
    numbers = [np.nan if value is None else float(value) for value in values]
    return Column(name, "number", np.array(numbers, dtype=np.float64))


def _sound_text(value: object) -> str:
    """Text that can be written as UTF-8; ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError("not a text")
    value.encode()
    return value
