"""Cuts from scikit-learn's two photographs: a temple in China, and a flower."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from playground.core.data.pictures.steps import resampling
from playground.core.photos import SAMPLES, sample_photo

SIDE = 32
SHAPE = (427, 640)
"""Height and width of both."""


@lru_cache(maxsize=2)
def _photo(name: str) -> np.ndarray:
    """uint8 (3, height, width)."""
    return np.ascontiguousarray(np.moveaxis(sample_photo(name), 2, 0))


def cuts(draws: np.random.Generator, count: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Squares from anywhere in the photographs, half of them from each.

    Args:
        draws: where all chance comes from.
        count: how many.
        side: of the squares in the photographs' own pixels, at least 8.

    Returns:
        uint8 (count, 3, 32, 32), int64 (count,) places in `SAMPLES`.
    """
    labels = draws.permutation(np.arange(count) % len(SAMPLES))
    tops = draws.integers(0, SHAPE[0] - side + 1, count)
    lefts = draws.integers(0, SHAPE[1] - side + 1, count)
    rows = resampling(side, SIDE)
    made = np.empty((count, 3, SIDE, SIDE), np.uint8)
    photos = [_photo(name) for name in SAMPLES]
    for k, (label, top, left) in enumerate(zip(labels, tops, lefts, strict=True)):
        cut = photos[label][:, top : top + side, left : left + side].astype(np.float32)
        made[k] = np.round(np.clip(rows @ cut @ rows.T, 0, 255))
    return made, labels.astype(np.int64)


def whole(name: str, side: int) -> np.ndarray:
    """The middle square of a photograph as an input of a network: uint8 (3, side, side).

    Raises:
        PlaygroundError: there is none of this name.
    """
    sample_photo(name)  # says so itself
    photo = _photo(name).astype(np.float32)
    left = (SHAPE[1] - SHAPE[0]) // 2
    rows = resampling(SHAPE[0], side)
    cut = photo[:, :, left : left + SHAPE[0]]
    return np.round(np.clip(rows @ cut @ rows.T, 0, 255)).astype(np.uint8)
