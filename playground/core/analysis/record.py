"""A record of numbers through time that grows, is thinned when long, and is told as deltas.

A view keeps one while it is open. Whoever draws it says in the view's options what it `has`: the
record's version and how many rows; it gets the rows behind those, or all of another version.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import count

import numpy as np

from playground.core.history import well_spread

MOST_ROWS = 600

# No two records share a version, not even those of a worker that was started again.
# Small enough for an option of a view (see `want.py`).
_versions = count(time.time_ns() // 1_000_000 % 500_000_000)


class Record:
    """Rows of (epoch, 1 where nobody looked since the row before, values …).

    Attributes:
        version: another one where rows have changed that were told before.
    """

    def __init__(self) -> None:
        self.version = next(_versions)
        self._rows: list[tuple[float, ...]] = []
        self._frame = 0

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, epoch: float, values: Iterable[float], frame: int) -> None:
        """Adds one moment.

        Of several with the same epoch the first and the last stay: what a hand did at once is
        seen as a jump. A moment earlier than the last one drops what came after it.

        Args:
            frame: number of the frame it belongs to; numbers left out were not looked at.
        """
        rows = self._rows
        if rows and rows[-1][0] > epoch:
            self._rows = rows = [row for row in rows if row[0] <= epoch]
            self.version = next(_versions)
        moved = bool(rows) and epoch > rows[-1][0]
        broken = float(moved and frame > self._frame + 1)
        self._frame = frame
        if len(rows) > 1 and rows[-2][0] == rows[-1][0] == epoch:
            rows.pop()
        rows.append((epoch, broken, *values))
        if len(rows) > MOST_ROWS:
            self._rows = _thinned(rows)
            self.version = next(_versions)

    def since(self, has: object) -> tuple[int, np.ndarray]:
        """What somebody lacks, from the row before on: that one may have been replaced.

        Args:
            has: [version, rows]; anything else has nothing.

        Returns:
            Number of the first row told, and the rows as float32.
        """
        start = 0
        if isinstance(has, list | tuple) and len(has) == 2 and has[0] == self.version:
            start = max(0, min(int(has[1]), len(self._rows)) - 1)
        width = len(self._rows[0]) if self._rows else 2
        return start, np.asarray(self._rows[start:], dtype=np.float32).reshape(-1, width)


def _thinned(rows: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """About half of the rows; the breaks of those left out are the next one's."""
    keep = well_spread([row[0] for row in rows], MOST_ROWS // 2)
    found, broken = [], 0.0
    for row, kept in zip(rows, keep, strict=True):
        broken = max(broken, row[1])
        if kept:
            found.append((row[0], broken, *row[2:]))
            broken = 0.0
    return found
