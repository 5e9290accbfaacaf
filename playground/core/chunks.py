"""Training by the clock, in chunks of minibatches."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 0.0015  # of one chunk
MOST = 2000  # minibatches in one


class Chunks:
    """Chunks long enough that looking at the clock costs nothing, short enough that a click is
    heard at once. How long they are is learned from those before.
    """

    def __init__(self) -> None:
        self._size = 1

    def train(
        self, seconds: float, advance: Callable[[int], int], going: Callable[[], bool]
    ) -> int:
        """As many minibatches as fit, at least one.

        Args:
            seconds: when to stop.
            advance: takes so many minibatches, and says how many it has taken.
            going: whether there is anything to train, asked before each chunk.

        Returns:
            How many were taken.
        """
        begin = now = time.perf_counter()
        taken = 0
        while going():
            done = advance(self._size)
            taken += done
            before, now = now, time.perf_counter()
            wanted = SECONDS / max(now - before, 1e-9) * done
            self._size = int(min(max(wanted, 1), 2 * self._size, MOST))
            if now - begin >= seconds:
                break
        return taken
