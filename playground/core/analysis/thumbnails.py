"""Small copies of the data's pictures, sent once with the scene: what plotted points look like."""

from __future__ import annotations

import math

import numpy as np

SIDE = 20  # px, at most


def thumbnails(pictures: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Pictures (n, channels, height, width) uint8 with no side longer than `side`.

    Larger ones are reduced by a whole factor, each pixel the mean of a square; what is left over at
    the right and at the bottom is cut off.
    """
    height, width = pictures.shape[2:]
    factor = math.ceil(max(height, width) / side)
    if factor == 1:
        return np.ascontiguousarray(pictures)
    rows, columns = max(height // factor, 1), max(width // factor, 1)
    tall, wide = min(factor, height), min(factor, width)
    cut = pictures[:, :, : rows * tall, : columns * wide]
    squares = cut.reshape(*cut.shape[:2], rows, tall, columns, wide)
    return np.round(squares.mean((3, 5))).astype(np.uint8)


def as_given(raw: np.ndarray, given: np.ndarray) -> np.ndarray:
    """A picture in bytes with the pixels that the network is given: under what is said of them.

    Args:
        raw: as it was made, (channels, height, width) uint8.
        given: what preprocessing made of it, (channels, height, width).

    Returns:
        Uint8 in the shape of `given`: the raw picture where preprocessing left its shape, else what
        is given, from its smallest value to its greatest.
    """
    if raw.shape == given.shape:
        return np.ascontiguousarray(raw)
    low, high = float(given.min()), float(given.max())
    return np.round((given - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)
