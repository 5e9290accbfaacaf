"""An order by numbers that change while one looks: what is to be pointed at does not run away."""

from __future__ import annotations

import time

import numpy as np

CALM = 1.5  # s for which an order stays as it is while the networks train


class Ranking:
    """The largest first."""

    def __init__(self) -> None:
        self._key: object = None
        self._until = 0.0
        self._order: list[int] = []

    def of(self, key: object, values: np.ndarray, resting: bool) -> list[int]:
        """Places of the values (n,) in order; those that are not finite come last.

        Args:
            key: what is ordered; another one is put in order at once.
            resting: so is everything while the networks rest.
        """
        now = time.perf_counter()
        if resting or key != self._key or now >= self._until or len(values) != len(self._order):
            ranked = np.where(np.isfinite(values), values, -np.inf)
            self._order = np.argsort(-ranked, kind="stable").tolist()
            self._key, self._until = key, now + CALM
        return self._order
