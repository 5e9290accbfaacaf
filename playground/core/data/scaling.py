"""Scaling of inputs: none, standard, min–max. Fitted on the training part alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Scaler:
    """(x − shift) / unit, column by column.

    Attributes:
        shift: (f,) float64.
        unit: (f,) float64, never 0.
    """

    shift: np.ndarray
    unit: np.ndarray

    def transform(self, inputs: np.ndarray) -> np.ndarray:
        return (inputs - self.shift) / self.unit


def standard(train: np.ndarray) -> Scaler:
    """Mean 0 and standard deviation 1 (of the population). A constant column becomes 0."""
    low, high = train.min(axis=0), train.max(axis=0)
    constant = _constant(low, high)
    shift = np.where(constant, low, train.mean(axis=0))
    unit = np.where(constant, 1.0, train.std(axis=0))
    return Scaler(shift, unit)


def minmax(train: np.ndarray) -> Scaler:
    """Least value 0, greatest 1. A constant column becomes 0."""
    low, high = train.min(axis=0), train.max(axis=0)
    return Scaler(low, np.where(_constant(low, high), 1.0, high - low))


def identity(train: np.ndarray) -> Scaler:
    return Scaler(np.zeros(train.shape[1]), np.ones(train.shape[1]))


SCALINGS: dict[str, Callable[[np.ndarray], Scaler]] = {
    "none": identity,
    "standard": standard,
    "minmax": minmax,
}


def _constant(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Columns whose spread is no more than rounding: dividing by it would only blow up noise."""
    size = np.maximum(np.abs(low), np.abs(high))
    return high - low <= np.maximum(size * 1e-14, 1e-150)
