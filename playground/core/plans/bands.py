"""The curves of many networks: quantiles over them at each moment, and every one's own.

A row is (epoch, steps, seconds, then for train loss, test loss, train score and test score the
quantiles LEVELS over the networks).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from playground.core.history import MOST_POINTS, Rows, single
from playground.core.population import Scores

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
MEASURES = ("train_loss", "test_loss", "train_score", "test_score")
HEAD = 3  # columns in front of the quantiles
COLUMNS = HEAD + len(LEVELS) * len(MEASURES)
LARGEST = 1e300
MOST_BYTES = MOST_POINTS * len(MEASURES) * 4  # of one network's own curves


class Bands(Rows):
    """Rows as the module says."""

    def __init__(self) -> None:
        super().__init__(COLUMNS)
        self._each: list[np.ndarray] = []

    def append(self, epoch: float, step: int, seconds: float, scores: Scores) -> None:
        """Adds one moment; a second measurement of the same moment replaces the first."""
        if self._rows and self._rows[-1][1] == step:
            self._rows.pop()
            self._each.pop()
            self.version += 1
        each = np.stack([getattr(scores, name) for name in MEASURES])
        found = quantiles(each)
        self._rows.append((epoch, float(step), seconds, *found.ravel().tolist()))
        self._each.append(single(each))
        keep = self._thin()
        if keep is not None:
            self._each = [one for one, kept in zip(self._each, keep, strict=True) if kept]

    def snapshot(self) -> dict[str, torch.Tensor]:
        """All of it, to go on from: `restore` takes it."""
        rows = torch.tensor(self._rows, dtype=torch.float64)
        return {"rows": rows, "each": torch.from_numpy(np.stack(self._each))}

    def restore(self, kept: Mapping[str, torch.Tensor]) -> None:
        """Goes on from what `snapshot` gave."""
        self._rows = [tuple(row) for row in kept["rows"].tolist()]
        self._each = list(kept["each"].numpy())
        self.version += 1

    def of(self, member: int, most: int) -> np.ndarray:
        """One network's own curves, float32 (n, 1 + measures): the epoch, then MEASURES.

        Args:
            most: about how many rows; the first and the last are among them.
        """
        count = len(self._rows)
        places = np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))
        rows = [(self._rows[at][0], *self._each[at][:, member]) for at in places]
        return np.asarray(rows, dtype=np.float32).reshape(-1, 1 + len(MEASURES))


def quantiles(values: np.ndarray) -> np.ndarray:
    """LEVELS over the last axis, (..., networks) to (..., levels), between neighbours linearly.

    A value that is not there counts for nothing, an infinite one as the largest; NaN where there
    is none at all.
    """
    values = np.clip(values, -LARGEST, LARGEST)
    if not np.isnan(values).any():
        return np.moveaxis(np.quantile(values, LEVELS, axis=-1), 0, -1)
    rows = values.reshape(-1, values.shape[-1])
    found = np.full((len(rows), len(LEVELS)), np.nan)
    for row, into in zip(rows, found, strict=True):
        known = row[~np.isnan(row)]
        if len(known):
            into[:] = np.quantile(known, LEVELS)
    return found.reshape(*values.shape[:-1], len(LEVELS))
