"""What can be chosen of data that are ratings."""

from __future__ import annotations

from typing import Literal

from playground.core.settings import Settings, setting

MOST_SIDE = 200  # users, and items, of a generated matrix
MOST_RANK = 8


class RatingSettings(Settings):
    """How ratings are made, and where a visitor's table has them.

    `noise` is the deviation of the noise in hundredths of a star, `known` the share of all pairs
    of a user and an item that have a rating, in percent. `newcomers` is the share of users, and of
    items, none of whose ratings are for training. A column that is None is found by its
    name.
    """

    users: int = setting(60, ge=10, le=MOST_SIDE)
    items: int = setting(40, ge=10, le=MOST_SIDE)
    rank: int = setting(2, ge=1, le=MOST_RANK)
    noise: int = setting(30, live=True, ge=0, le=150)
    known: int = setting(40, live=True, ge=5, le=95)
    uneven: int = setting(80, live=True, ge=0, le=200)
    newcomers: int = setting(5, live=True, ge=0, le=30)
    stars: Literal["whole", "exact"] = setting("whole", live=True)
    user_column: str | None = setting(None, max_length=200)
    item_column: str | None = setting(None, max_length=200)
    rating_column: str | None = setting(None, max_length=200)
