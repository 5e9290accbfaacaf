"""A visitor's table of user, item and rating as a data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from playground.core.data.model import Raw, Schema
from playground.core.data.ratings.hidden import rating_schema
from playground.core.data.table import Column, Table
from playground.core.errors import PlaygroundError

if TYPE_CHECKING:
    from playground.core.data.ratings.settings import RatingSettings
    from playground.core.experiment import Data
    from playground.core.random import Stream

MOST = 1000  # different users, and different items
FEWEST = 20  # ratings

ROLES = ("user", "item", "rating")
# What such columns are called, most telling first; a name counts without its case, "_" and "id".
_NAMES = {
    "user": ("user", "username", "reviewer", "customer", "person", "viewer", "reader", "用户"),
    "item": ("item", "movie", "film", "product", "book", "title", "song", "物品", "电影", "商品"),
    "rating": ("rating", "stars", "score", "rate", "grade", "mark", "value", "评分", "打分"),
}


@dataclass(frozen=True, eq=False)
class Known:
    """The ratings of a table.

    Attributes:
        users, items: their names.
        pairs: int64 (ratings, 2), user and item by their numbers; no pair twice.
        ratings: float64 (ratings,).
        dropped: rows that had a gap, or a pair that came again.
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    pairs: np.ndarray
    ratings: np.ndarray
    dropped: int


def guessed(table: Table, chosen: Mapping[str, str] | None = None) -> dict[str, str]:
    """Which column is the user's, the item's and the rating: by name, else by place.

    A column that no name speaks for is the first one left over; for the rating the first one of
    numbers.

    Args:
        table: the visitor's.
        chosen: columns that have their role already.
    """
    found = dict(chosen or {})
    left = [column for column in table.columns if column.name not in found.values()]
    for role in ROLES:
        known = _by_name(left, role) if role not in found else None
        if known is not None:
            found[role] = known.name
            left.remove(known)
    if "rating" not in found:
        # Of a user's, an item's and a rating's column the last one is the rating, as it is written.
        places = len(ROLES) - len(found)
        numbers = [column for column in left[places - 1 :] or left if column.kind == "number"]
        if numbers:
            found["rating"] = numbers[0].name
            left.remove(numbers[0])
    for role in ROLES:
        if role not in found and left:
            found[role] = left.pop(0).name
    return found


def _by_name(columns: list[Column], role: str) -> Column | None:
    plain = {_plain(column.name): column for column in reversed(columns)}
    return next((plain[name] for name in _NAMES[role] if name in plain), None)


def _plain(name: str) -> str:
    """userId, user_id and User ID are all "user"."""
    letters = "".join(letter for letter in name.lower() if letter.isalpha())
    return letters.removesuffix("id") if letters != "id" else letters


def roles(settings: RatingSettings, table: Table) -> dict[str, Column]:
    """The chosen columns, or those found.

    Raises:
        PlaygroundError: the table is too narrow, has no such column, or one has two roles.
    """
    if len(table.columns) < len(ROLES):
        raise PlaygroundError("ratings_need_columns", count=len(table.columns))
    chosen = {role: getattr(settings, f"{role}_column") for role in ROLES}
    names = guessed(table, {role: name for role, name in chosen.items() if name is not None})
    for role, other in (("item", "user"), ("rating", "user"), ("rating", "item")):
        if names[role] == names[other]:
            raise PlaygroundError("ratings_same_column", column=names[role])
    return {role: table.column(name) for role, name in names.items()}


def read(data: Data, table: Table | None) -> Known:
    """The ratings in a visitor's table. Of a pair that comes again the last rating counts.

    Raises:
        PlaygroundError: there is no table or another one, a rating is no number, or there are
            too few ratings, all ratings are alike, or there are too many users or items.
    """
    if not isinstance(table, Table) or (data.upload and data.upload.sha256 != table.sha256):
        raise PlaygroundError(
            "table_wanted", filename=data.upload.filename if data.upload else "CSV"
        )
    columns = roles(data.ratings, table)
    rating = columns["rating"]
    if rating.kind == "text":
        raise PlaygroundError("ratings_are_text", column=rating.name, example=_example(rating))
    there = ~np.logical_or.reduce([column.absent for column in columns.values()])
    if int(there.sum()) < FEWEST:
        raise PlaygroundError("ratings_too_few", count=int(there.sum()), least=FEWEST)
    (users, first), (items, second) = (
        _numbered(columns[role], there, role) for role in ("user", "item")
    )
    places = first * len(items) + second
    # The last one of each pair is the first one from the end.
    kept = len(places) - 1 - np.unique(places[::-1], return_index=True)[1]
    kept.sort()
    ratings = rating.values[there][kept].astype(np.float64)
    if np.ptp(ratings) == 0:
        raise PlaygroundError("ratings_alike", column=rating.name)
    pairs = np.stack((first[kept], second[kept]), axis=1).astype(np.int64)
    return Known(users, items, pairs, ratings, table.rows - len(kept))


def _numbered(column: Column, there: np.ndarray, role: str) -> tuple[tuple[str, ...], np.ndarray]:
    """The different names in a column, in their order, and each row's number among them."""
    different, first, numbers = np.unique(
        column.values[there], return_index=True, return_inverse=True
    )
    if len(different) > MOST:
        raise PlaygroundError(f"ratings_many_{role}s", count=len(different), limit=MOST)
    if len(different) < 2:
        raise PlaygroundError("ratings_one_name", column=column.name)
    rows = np.flatnonzero(there)[first]
    return tuple(column.cell(row) for row in rows), numbers.reshape(-1)


def _example(column: Column) -> str:
    """A cell that is no number, for the sentence that says so."""
    for category in column.categories:
        try:
            float(category)
        except ValueError:
            return category[:40]
    return column.categories[0][:40]


def schema(data: Data, own: Table | None = None) -> Schema:
    known = read(data, own)
    return rating_schema(known.users, known.items, len(known.ratings), dropped=known.dropped)


def make(data: Data, _stream: Stream, own: Table | None = None) -> Raw:
    known = read(data, own)
    return Raw(known.pairs, known.ratings)
