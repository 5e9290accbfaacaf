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


class Rows:
    """What was measured, a row for each moment, in bounded memory.

    When there are more than MOST_POINTS they are thinned; `version` then changes, and whoever
    keeps a copy takes all of it again.

    Args:
        columns: of a row.
        rows: those to go on from.
    """

    def __init__(self, columns: int, rows: Sequence[Sequence[float]] = ()) -> None:
        self.version = 0
        self._columns = columns
        self._rows = [tuple(row) for row in rows]

    def __len__(self) -> int:
        return len(self._rows)

    def told(self, history_from: tuple[int, int]) -> dict[str, int]:
        """What a frame's header says of the rows that come with it.

        Args:
            history_from: (version, rows) that the viewer has.
        """
        version, start = history_from
        if version != self.version or not 0 <= start <= len(self):
            start = 0
        return {"version": self.version, "start": start, "total": len(self)}

    def since(self, start: int) -> np.ndarray:
        """Rows from an index on, float32 (n, columns); NaN where it cannot hold a value too."""
        rows = np.asarray(self._rows[start:], dtype=np.float64).reshape(-1, self._columns)
        return single(rows)

    def state(self) -> list[list[float]]:
        return [list(row) for row in self._rows]

    @staticmethod
    def _epoch(row: Sequence[float]) -> float:
        """When a row was measured."""
        return row[0]

    def _thin(self) -> list[bool] | None:
        """Leaves about half of the rows where there are too many.

        Returns:
            Which of them stayed; None where all did.
        """
        if len(self._rows) <= MOST_POINTS:
            return None
        keep = well_spread([self._epoch(row) for row in self._rows], MOST_POINTS // 2)
        self._rows = [row for row, kept in zip(self._rows, keep, strict=True) if kept]
        self.version += 1
        return keep


class History(Rows):
    """Rows of (epoch, train loss, test loss, penalty, train score, test score, learning rate,
    steps, seconds of training).
    """

    def __init__(self) -> None:
        super().__init__(COLUMNS)

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
        self._thin()

    def forget_after(self, epoch: float) -> None:
        """Drops what was measured later than this."""
        if self._rows and self._rows[-1][0] > epoch:
            self._rows = [row for row in self._rows if row[0] <= epoch]
            self.version += 1

    def load_state(self, rows: list[list[float]]) -> None:
        self._rows = [tuple(row) for row in rows]
        self.version += 1


def single(values: np.ndarray) -> np.ndarray:
    """As float32; NaN where that cannot hold a value too."""
    return np.where(np.abs(values) > np.finfo(np.float32).max, np.nan, values).astype(np.float32)


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
