"""Sequences of which no two are alike."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

_MOST_ROUNDS = 400


def distinct(draw: Callable[[int], np.ndarray], count: int) -> np.ndarray:
    """Rows of which no two are alike, so that a test set shares none with the training set.

    Args:
        draw: makes so many rows at random; the same row may come again.
        count: how many different ones are wanted; there must be as many.

    Returns:
        (count, …) in the order in which they were drawn first.

    Raises:
        ValueError: there seem not to be so many.
    """
    rows = draw(count)
    for _ in range(_MOST_ROUNDS):
        flat = rows.reshape(len(rows), -1)
        _, first = np.unique(flat, axis=0, return_index=True)
        rows = rows[np.sort(first)]
        if len(rows) >= count:
            return rows[:count]
        missing = count - len(rows)
        rows = np.concatenate((rows, draw(min(max(8 * missing, 64), count))))
    raise ValueError(f"no {count} different sequences were found")
