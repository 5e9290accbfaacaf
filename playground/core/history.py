"""The curves of a run: what was measured, at which epoch, in bounded memory."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOST_POINTS = 2000
COLUMNS = 9


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

    def row(self, epoch: float, *more: float) -> tuple[float, ...]:
        values = (self.train_loss, self.test_loss, self.penalty, self.train_score, self.test_score)
        return (epoch, *(math.nan if value is None else value for value in values), *more)


class History:
    """Rows of (epoch, train loss, test loss, penalty, train score, test score, learning rate,
    steps, seconds of training).

    When there are more than MOST_POINTS they are thinned; `version` then changes, and whoever
    keeps a copy takes all of it again.
    """

    def __init__(self) -> None:
        self.version = 0
        self._rows: list[tuple[float, ...]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def append(
        self,
        epoch: float,
        metrics: Metrics,
        rate: float = math.nan,
        step: float = math.nan,
        seconds: float = math.nan,
    ) -> None:
        """Adds one moment; a second measurement of the same moment replaces the first."""
        self.forget_after(epoch)
        if self._rows and self._rows[-1][0] == epoch:
            self._rows.pop()
            self.version += 1
        self._rows.append(metrics.row(epoch, rate, step, seconds))
        if len(self._rows) > MOST_POINTS:
            self._rows = _thinned(self._rows)
            self.version += 1

    def forget_after(self, epoch: float) -> None:
        """Drops what was measured later than this."""
        if self._rows and self._rows[-1][0] > epoch:
            self._rows = [row for row in self._rows if row[0] <= epoch]
            self.version += 1

    def since(self, start: int) -> np.ndarray:
        """Rows from an index on, float32 (n, COLUMNS); NaN where it cannot hold a value too."""
        rows = np.asarray(self._rows[start:], dtype=np.float64).reshape(-1, COLUMNS)
        rows[np.abs(rows) > np.finfo(np.float32).max] = np.nan
        return rows.astype(np.float32)

    def state(self) -> list[list[float]]:
        return [list(row) for row in self._rows]

    def load_state(self, rows: list[list[float]]) -> None:
        self._rows = [tuple(row) for row in rows]
        self.version += 1


def _thinned(rows: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """At most about half of the rows, the first and the last among them."""
    keep = well_spread([row[0] for row in rows], MOST_POINTS // 2)
    return [row for row, kept in zip(rows, keep, strict=True) if kept]


def well_spread(epochs: Sequence[float], about: int) -> list[bool]:
    """Which moments to keep so that about so many are left, the first and the last among them.

    They stay spread over a linear and over a logarithmic axis alike: the early epochs, in which
    the most happens, must not wear away while a run grows long.

    Args:
        epochs: rising.
    """
    if not epochs or epochs[-1] <= 0:
        return [True] * len(epochs)
    at = np.asarray(epochs)
    place = at / at[-1] + np.log1p(at) / np.log1p(at[-1])  # 0 to 2
    cell = np.floor(place * (about / 2))
    keep = np.append(True, cell[1:] != cell[:-1])
    keep[-1] = True
    return keep.tolist()
