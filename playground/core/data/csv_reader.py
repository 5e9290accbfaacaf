"""Reads a visitor's CSV file: bytes in, a `Table` or a plain sentence out.

Encoding, delimiter, header and the kind of each column are found by looking. Nothing here loads
pandas, torch or scikit-learn, and no bytes may raise anything but a `PlaygroundError`.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from playground.core.data.decoding import decoded, printable
from playground.core.data.table import (
    LARGEST_NUMBER,
    LIMITS,
    Column,
    Limits,
    Table,
    number_text,
    text_column,
)
from playground.core.errors import PlaygroundError

if TYPE_CHECKING:
    from _csv import Reader

# Where two delimiters cut all rows alike, the earlier one wins: "1,5;2,5" is two numbers.
_DELIMITERS = ("\t", ";", "|", ",", " ")
_SNIFFED_ROWS = 50
_SNIFFED_CHARACTERS = 200_000
_MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "?"})
_MISSING_NUMBER = frozenset({"-", "--", ".", "none"})

_EXPONENT = r"(?:[eE][+-]?[0-9]+)?"
_PLAIN = re.compile(rf"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+){_EXPONENT}")
_COMMA_THOUSANDS = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?")
_COMMA_DECIMAL = re.compile(
    rf"[+-]?(?:[0-9]{{1,3}}(?:\.[0-9]{{3}})+(?:,[0-9]+)?|[0-9]*,[0-9]+|[0-9]+){_EXPONENT}"
)

Rows = list[list[str]]


def read_table(content: bytes, filename: str, limits: Limits = LIMITS) -> Table:
    """Reads a CSV file.

    Args:
        content: the file's bytes, whatever they are.
        filename: what the visitor calls it.
        limits: how much is taken.

    Raises:
        PlaygroundError: the file is empty, too large, no text, or no table; the code says which.
    """
    if len(content) > limits.file_bytes:
        raise PlaygroundError(
            "csv_too_large",
            size=f"{len(content) / 1024**2:.1f}",
            limit=f"{limits.file_bytes / 1024**2:.1f}",
        )
    text = decoded(content, "csv_not_text", "csv_spreadsheet")
    declared, text = _declared_delimiter(text)
    if not text.strip("".join(_DELIMITERS) + "\r\n"):
        raise PlaygroundError("csv_empty")
    delimiter = declared or _sniffed_delimiter(text)
    rows = _rows(text, delimiter, limits)
    header = _header_of(rows)
    names = _names(header or [""] * len(rows[0]), limits)
    body = rows[1:] if header else rows
    if not body:
        raise PlaygroundError("csv_only_header")
    columns = tuple(
        _column(name, [row[place] for row in body], delimiter) for place, name in enumerate(names)
    )
    return Table(printable(filename)[:200] or "table.csv", columns)


def _declared_delimiter(text: str) -> tuple[str | None, str]:
    """The delimiter that a first line such as `sep=;` declares, and the text after that line."""
    declared = re.match(r"sep=([\t;|,])\r?\n", text)
    return (declared[1], text[declared.end() :]) if declared else (None, text)


def _sniffed_delimiter(text: str) -> str:
    """The delimiter that cuts most of the first rows into the same number of cells.

    Raises:
        PlaygroundError: no delimiter cuts anything; the file has one column.
    """
    best, best_score, readable = ",", (False, 0.0), False
    for delimiter in _DELIMITERS:
        widths, sound = _widths(text, delimiter)
        if not widths:
            continue
        readable = True
        width, agreeing = Counter(widths).most_common(1)[0]
        score = (sound, agreeing / len(widths))
        if width > 1 and score > best_score:
            best, best_score = delimiter, score
    if readable and not best_score[1]:
        raise PlaygroundError("csv_one_column")
    return best


def _widths(text: str, delimiter: str) -> tuple[list[int], bool]:
    """How many cells each of the first rows has, and whether all quotes were in order."""
    widths: list[int] = []
    try:
        for row in _reader(text[:_SNIFFED_CHARACTERS], delimiter):
            if any(cell.strip() for cell in row):
                widths.append(len(row))
            if len(widths) == _SNIFFED_ROWS:
                return widths, True
    except csv.Error:  # the delimiter is another one, or the file is broken
        return widths, False
    cut_off = len(text) > _SNIFFED_CHARACTERS  # in the middle of the last row
    return widths[:-1] if cut_off else widths, True


def _reader(text: str, delimiter: str) -> Reader:
    if delimiter == " ":
        # Columns are lined up with several spaces, which csv would read as empty cells.
        text = re.sub(r" +(?=[\r\n]|$)|(?<![^\r\n]) +|(?<= ) +", "", text)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _rows(text: str, delimiter: str, limits: Limits) -> Rows:
    """All rows that say something, of one width, their cells stripped.

    Raises:
        PlaygroundError: too many rows or columns, a row of another width, broken quotes.
    """
    rows: Rows = []
    reader = _reader(text, delimiter)
    try:
        for cells in reader:
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            if rows:
                row = _fitted(row, len(rows[0]), reader.line_num)
            elif len(row) > limits.columns:
                raise PlaygroundError("csv_too_wide", columns=len(row), limit=limits.columns)
            if any(len(cell) > limits.cell_characters for cell in row):
                raise PlaygroundError("csv_cell_too_long", line=reader.line_num)
            if len(rows) > limits.rows:
                raise PlaygroundError("csv_too_long", limit=limits.rows)
            rows.append(row)
    except csv.Error as error:
        raise PlaygroundError("csv_broken_quotes", line=reader.line_num) from error
    if not rows:
        raise PlaygroundError("csv_empty")
    if len(rows[0]) < 2:
        raise PlaygroundError("csv_one_column")
    return rows


def _fitted(row: list[str], width: int, line: int) -> list[str]:
    """The row, without empty cells past the table's width.

    Raises:
        PlaygroundError: it has fewer cells than the first row, or more that are not empty.
    """
    if len(row) < width or any(row[width:]):
        raise PlaygroundError("csv_ragged", line=line, found=len(row), expected=width)
    return row[:width]


def _header_of(rows: Rows) -> list[str] | None:
    """The first row where it names the columns: it is text above numbers, or text throughout."""
    first, body = rows[0], rows[1:]
    if not any(_is_number(cell) for cell in first):
        return first
    for place, cell in enumerate(first):
        below = [row[place] for row in body[:_SNIFFED_ROWS]]
        values = [value for value in below if not _is_missing(value)]
        named = not _is_missing(cell) and not _is_number(cell)
        if named and values and all(_is_number(value) for value in values):
            return first
    return None


def _names(header: Sequence[str], limits: Limits) -> list[str]:
    """Unique printable names; a column without one is called by its place, "#3"."""
    names: list[str] = []
    for place, cell in enumerate(header, start=1):
        wanted = printable(cell)[: limits.name_characters - 10] or f"#{place}"
        name, copy = wanted, 2
        while name in names:
            name, copy = f"{wanted} ({copy})", copy + 1
        names.append(name)
    return names


def _is_missing(cell: str) -> bool:
    return cell.lower() in _MISSING


def _is_number(cell: str) -> bool:
    return any(pattern.fullmatch(cell) for pattern in (_PLAIN, _COMMA_THOUSANDS, _COMMA_DECIMAL))


def _column(name: str, cells: list[str], delimiter: str) -> Column:
    """The column as numbers if every cell that is not missing is one, else as text."""
    numbers = _numbers(name, cells, delimiter)
    if numbers is not None:
        return Column(name, "number", numbers)
    return text_column(name, [_word(cell) for cell in cells])


def _word(cell: str) -> str | None:
    return None if _is_missing(cell) else printable(cell) or None


def _numbers(name: str, cells: list[str], delimiter: str) -> np.ndarray | None:
    """The cells as float64 with NaN where missing; None where one of them is no number.

    Raises:
        PlaygroundError: a number is too large to compute with.
    """
    unlike = _MISSING | _MISSING_NUMBER
    texts = [None if cell.lower() in unlike else cell for cell in cells]
    values = [text.replace("\u2212", "-") for text in texts if text is not None]
    if not values and any(not _is_missing(cell) for cell in cells):
        return None  # "none" throughout is a word
    # A semicolon between the cells leaves the comma to the decimals.
    foreign = [_comma_thousands, _comma_decimal]
    if delimiter == ";":
        foreign.reverse()
    for parse in (_plain, *foreign):
        parsed = parse(values)
        if parsed is not None:
            break
    else:
        return None
    result = np.full(len(cells), np.nan)
    result[[text is not None for text in texts]] = parsed
    too_large = np.abs(result) > LARGEST_NUMBER
    if too_large.any():
        value = cells[int(np.argmax(too_large))][:40]
        limit = number_text(LARGEST_NUMBER)
        raise PlaygroundError("csv_number_too_large", column=name, value=value, limit=limit)
    return result


def _plain(values: list[str]) -> list[float] | None:
    if not all(_PLAIN.fullmatch(value) for value in values):
        return None
    return [float(value) for value in values]


def _comma_thousands(values: list[str]) -> list[float] | None:
    """1,234.5"""
    if not all(_COMMA_THOUSANDS.fullmatch(value) for value in values):
        return None
    return [float(value.replace(",", "")) for value in values]


def _comma_decimal(values: list[str]) -> list[float] | None:
    """3,14 or 1.234,5"""
    if not all(value and _COMMA_DECIMAL.fullmatch(value) for value in values):
        return None
    return [float(value.replace(".", "").replace(",", ".")) for value in values]
