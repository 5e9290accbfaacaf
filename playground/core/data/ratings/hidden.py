"""Ratings made from a hidden structure: tastes of users, qualities of items, noise and gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from playground.core.data.model import Raw, Schema
from playground.core.random import Stream
from playground.core.shapes import Tokens

if TYPE_CHECKING:
    from playground.core.data.ratings.settings import RatingSettings
    from playground.core.experiment import Data

LOWEST, HIGHEST = 1.0, 5.0
_MIDDLE = 3.2  # people rate what they chose themselves
_USER_SPREAD = 0.35  # of kind and of strict users
_ITEM_SPREAD = 0.45  # of good and of bad items


@dataclass(frozen=True, eq=False)
class Hidden:
    """Everything that was drawn.

    Attributes:
        truth: what each user thinks of each item, without noise, (users, items).
        known: places of the known ratings in the flattened matrix, in random order.
        ratings: those ratings, noise and rounding included, (known,).
        new: which of them are a new user's or a new item's, bool (known,).
    """

    truth: np.ndarray
    known: np.ndarray
    ratings: np.ndarray
    new: np.ndarray


def draw(settings: RatingSettings, stream: Stream) -> Hidden:
    """Draws a matrix of low rank, its noise and its gaps.

    What user u thinks of item i is 3.2 + b_u + b_i + p_u · q_i / √rank, cut to the scale, with
    all of b, p and q normal. Users and items are numbered along their first hidden factor, so
    that neighbours in the picture think alike. How many ratings a user gives, and an item gets,
    is as uneven as `uneven` says: weights are log-normal, pairs drawn without replacement.

    Args:
        settings: sizes, rank, noise and share known.
        stream: one number of it seeds all draws.
    """
    generator = np.random.default_rng(int(stream.random() * 2**53))
    users, items, rank = settings.users, settings.items, settings.rank
    tastes = generator.normal(size=(users, rank))
    traits = generator.normal(size=(items, rank))
    tastes, traits = tastes[np.argsort(tastes[:, 0])], traits[np.argsort(traits[:, 0])]
    kindness = _USER_SPREAD * generator.normal(size=(users, 1))
    quality = _ITEM_SPREAD * generator.normal(size=(1, items))
    truth = _MIDDLE + kindness + quality + tastes @ traits.T / np.sqrt(rank)
    truth = np.clip(truth, LOWEST, HIGHEST)

    activity = generator.normal(size=(users, 1))
    fame = generator.normal(size=(1, items))
    noise = generator.normal(size=(users, items))
    # The largest of weights plus Gumbel noise: a sample without replacement, by those weights.
    keys = settings.uneven / 100 * (activity + fame) + generator.gumbel(size=(users, items))
    known = np.argsort(-keys, axis=None, kind="stable")[: known_count(settings)]
    known = known[generator.permutation(len(known))]
    ratings = np.clip(truth + settings.noise / 100 * noise, LOWEST, HIGHEST).reshape(-1)[known]
    if settings.stars == "whole":
        ratings = np.rint(ratings)
    rows, columns = np.divmod(known, items)
    new_users = _newcomers(generator, np.bincount(rows, minlength=users), settings.newcomers)
    new_items = _newcomers(generator, np.bincount(columns, minlength=items), settings.newcomers)
    return Hidden(truth, known, ratings, new_users[rows] | new_items[columns])


def _newcomers(generator: np.random.Generator, ratings: np.ndarray, percent: int) -> np.ndarray:
    """So many percent, drawn from the half with the fewest ratings: bool (count,).

    Those of fewer percent are among those of more.
    """
    count = len(ratings)
    quiet = np.argsort(ratings, kind="stable")[: count // 2]
    chosen = generator.permutation(quiet)[: round(count * percent / 100)]
    return np.isin(np.arange(count), chosen)


def known_count(settings: RatingSettings) -> int:
    """How many pairs have a rating."""
    return round(settings.users * settings.items * settings.known / 100)


def schema(data: Data, _own: object = None) -> Schema:
    settings = data.ratings
    users = tuple(f"U{number}" for number in range(1, settings.users + 1))
    items = tuple(f"I{number}" for number in range(1, settings.items + 1))
    return rating_schema(users, items, known_count(settings))


def make(data: Data, stream: Stream, _own: object = None) -> Raw:
    """Pairs and ratings; all of newcomers are for the test, of the others what is too many for the
    training part."""
    hidden = draw(data.ratings, stream)
    pairs = np.stack(np.divmod(hidden.known, data.ratings.items), axis=1)
    if not hidden.new.any():
        return Raw(pairs.astype(np.int64), hidden.ratings)
    count = len(hidden.known) * data.train_percent // 100
    # The known pairs are in random order.
    test = hidden.new | (np.cumsum(~hidden.new) > count)
    return Raw(pairs.astype(np.int64), hidden.ratings, test)


def rating_schema(
    users: tuple[str, ...], items: tuple[str, ...], samples: int, *, dropped: int = 0
) -> Schema:
    """The schema of ratings: a point is a user and an item, the target a number of stars.

    The vocabulary is the users' names and then the items'.
    """
    return Schema(
        task="regression",
        columns=(),
        class_names=(),
        samples=samples,
        target="rating",
        dropped=dropped,
        free=True,
        kind="ratings",
        shape=Tokens(2, (len(users), len(items))),
        vocabulary=(*users, *items),
    )


def sides(schema: Schema) -> tuple[int, int]:
    """How many users and how many items there are."""
    assert isinstance(schema.shape, Tokens)
    users, items = schema.shape.vocabularies
    return users, items
