"""Small copies of the data's pictures, sent once with the scene: what plotted points look like."""

from __future__ import annotations

import math

import numpy as np

SIDE = 20  # px, at most


def thumbnails(pictures: np.ndarray) -> np.ndarray:
    """Pictures (n, channels, height, width) uint8 with no side longer than SIDE.

    Larger ones are reduced by a whole factor, each pixel the mean of a square; what is left over at
    the right and at the bottom is cut off.
    """
    height, width = pictures.shape[2:]
    factor = math.ceil(max(height, width) / SIDE)
    if factor == 1:
        return np.ascontiguousarray(pictures)
    rows, columns = max(height // factor, 1), max(width // factor, 1)
    tall, wide = min(factor, height), min(factor, width)
    cut = pictures[:, :, : rows * tall, : columns * wide]
    squares = cut.reshape(*cut.shape[:2], rows, tall, columns, wide)
    return np.round(squares.mean((3, 5))).astype(np.uint8)
