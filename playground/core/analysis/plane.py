"""The plane in which a network is pictured, whatever the number of its raw inputs.

Points of the plane have coordinates (u, v) and stand for raw inputs origin + u·a + v·b. Two
raw inputs are their own plane; of more, two columns are chosen (the others at their mean over
the training part), or the first two principal components of the standardised columns. One raw
input gives a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from playground.core.data.prepare import Prepared
from playground.core.experiment import View

Kind = Literal["line", "xy", "columns", "pca"]
MARGIN = 0.08


@dataclass(frozen=True, eq=False)
class Plane:
    """See the module.

    Attributes:
        kind: how it lies in the space of raw inputs.
        labels: names of its two axes.
        domain: (u0, u1, v0, v1), the window that is pictured.
        origin: raw inputs (d,) at (0, 0).
        axes: raw inputs per unit of u and of v, (2, d); (1, d) for a line.
        readers: (d, 2) or (d, 1): coordinates are (raw − origin) @ readers.
        explained: shares of the variance along u and v, for principal components.
    """

    kind: Kind
    labels: tuple[str, str]
    domain: tuple[float, float, float, float]
    origin: np.ndarray
    axes: np.ndarray
    readers: np.ndarray
    explained: tuple[float, float] | None = None

    def grid(self, resolution: int) -> np.ndarray:
        """Raw inputs (resolution², d) row by row from the lowest v up; (resolution, d) on a line.

        The ends of the window are included.
        """
        u = np.linspace(self.domain[0], self.domain[1], resolution)
        if self.kind == "line":
            return self.origin + u[:, None] * self.axes[0]
        v = np.linspace(self.domain[2], self.domain[3], resolution)
        columns, rows = np.meshgrid(u, v)
        flat = np.stack((columns.ravel(), rows.ravel()), axis=1)
        return self.origin + flat @ self.axes

    def project(self, raw: np.ndarray) -> np.ndarray:
        """Coordinates (n, 2) of raw inputs (n, d); (n, 1) on a line."""
        return (raw - self.origin) @ self.readers


def plane_for(data: Prepared, view: View) -> Plane:
    """The plane for these data, as the view asks for it."""
    columns = data.schema.columns
    if len(columns) == 1:
        return _line(data)
    if len(columns) == 2:
        window = data.domain
        domain = None if window is None else (*window[0], *window[1])
        return _columns(data, 0, 1, "xy", domain)
    if view.plane == "columns":
        last = len(columns) - 1
        first, second = min(view.x_column, last), min(view.y_column, last)
        return _columns(data, first, second, "columns", None)
    return _principal(data)


def _line(data: Prepared) -> Plane:
    raw = np.concatenate((data.raw_train, data.raw_test))
    values = np.concatenate((data.targets_train, data.targets_test))
    window = data.domain
    low, high = window[0] if window else _padded(raw[:, 0])
    one = np.ones((1, 1))
    domain = (low, high, *_padded(values.astype(float)))
    return Plane("line", (data.schema.columns[0], data.schema.target), domain, one[0] * 0, one, one)


def _columns(
    data: Prepared,
    first: int,
    second: int,
    kind: Kind,
    domain: tuple[float, float, float, float] | None,
) -> Plane:
    size = len(data.schema.columns)
    axes = np.zeros((2, size))
    axes[0, first] = axes[1, second] = 1
    origin = data.raw_train.mean(axis=0) if len(data.raw_train) else np.zeros(size)
    origin[[first, second]] = 0
    raw = np.concatenate((data.raw_train, data.raw_test))
    if domain is None:
        domain = (*_padded(raw[:, first]), *_padded(raw[:, second]))
    names = data.schema.columns
    return Plane(kind, (names[first], names[second]), domain, origin, axes, axes.T.copy())


def _principal(data: Prepared) -> Plane:
    """The first two principal components of the columns, standardised on the training part."""
    mean, spread = data.raw_train.mean(axis=0), data.raw_train.std(axis=0)
    spread[spread == 0] = 1
    standard = (data.raw_train - mean) / spread
    _, lengths, rows = np.linalg.svd(standard, full_matrices=False)
    if len(rows) < 2:
        rows, lengths = np.vstack((rows, np.zeros_like(rows))), np.append(lengths, 0.0)
    rows = rows[:2]
    # An SVD leaves the signs open: the largest loading of each component is made positive.
    signs = np.sign(rows[np.arange(2), np.abs(rows).argmax(axis=1)])
    rows = rows * np.where(signs == 0, 1, signs)[:, None]
    total = max(float((lengths**2).sum()), 1e-300)
    shares = (float(lengths[0] ** 2 / total), float(lengths[1] ** 2 / total))
    readers = (rows / spread).T
    scores = (np.concatenate((data.raw_train, data.raw_test)) - mean) @ readers
    domain = (*_padded(scores[:, 0]), *_padded(scores[:, 1]))
    return Plane("pca", ("PC1", "PC2"), domain, mean, rows * spread, readers, shares)


def _padded(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = (high - low) * MARGIN or 1.0
    return low - room, high + room
