"""The curves of a run: what was measured, at which epoch, in bounded memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

MOST_POINTS = 2000


@dataclass(frozen=True)
class Metrics:
    """What is measured of a network at one moment; None where it cannot be.

    Attributes:
        train_loss, test_loss: mean loss, without the penalty.
        penalty: what L1 and L2 add to the training objective.
        train_score, test_score: accuracy for classes, R² for values.
    """

    train_loss: float | None
    test_loss: float | None
    penalty: float
    train_score: float | None
    test_score: float | None

    def row(self, epoch: float) -> tuple[float, ...]:
        values = (self.train_loss, self.test_loss, self.penalty, self.train_score, self.test_score)
        return (epoch, *(math.nan if value is None else value for value in values))


class History:
    """Rows of (epoch, train loss, test loss, penalty, train score, test score).

    When there are more than MOST_POINTS, every second one goes; `version` then changes, and
    whoever keeps a copy takes all of it again.
    """

    def __init__(self) -> None:
        self.version = 0
        self._rows: list[tuple[float, ...]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, epoch: float, metrics: Metrics) -> None:
        """Adds one moment; a second measurement of the same moment replaces the first."""
        row = metrics.row(epoch)
        if self._rows and self._rows[-1][0] >= epoch:
            while self._rows and self._rows[-1][0] >= epoch:
                self._rows.pop()
            self.version += 1
        self._rows.append(row)
        if len(self._rows) > MOST_POINTS:
            self._rows = [self._rows[0], *self._rows[-1::-2][::-1]]
            self.version += 1

    def since(self, start: int) -> np.ndarray:
        """Rows from an index on, float32 (n, 6)."""
        return np.asarray(self._rows[start:], dtype=np.float32).reshape(-1, 6)

    def state(self) -> list[list[float]]:
        return [list(row) for row in self._rows]

    def load_state(self, rows: list[list[float]]) -> None:
        self._rows = [tuple(row) for row in rows]
        self.version += 1
