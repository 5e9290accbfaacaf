"""scikit-learn's handwritten digits: 1,797 pictures of 8×8 (Alpaydin & Kaynak 1998)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.data.model import Raw, Schema
from playground.core.data.pictures.common import chosen, entry, only, picture_schema, proposal

if TYPE_CHECKING:
    from playground.core.experiment import Data
    from playground.core.random import Stream

SIDE = 8
COUNTS = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)
"""How many pictures of each digit there are."""
NAMES = tuple(str(digit) for digit in range(10))
_INK = 16  # the darkest value of a pixel


def _schema(data: Data, _own: Any = None) -> Schema:
    def samples() -> int:
        return sum(COUNTS[place] for place in chosen(NAMES, data.pictures.classes))

    return picture_schema(data, NAMES, (1, SIDE, SIDE), samples)


def _make(data: Data, _stream: Stream, _own: Any = None) -> Raw:
    pictures, labels = every_digit()
    return only(pictures, labels, chosen(NAMES, data.pictures.classes))


def every_digit() -> tuple[np.ndarray, np.ndarray]:
    """All pictures, uint8 (1797, 1, 8, 8), and which digit each shows, int64 (1797,)."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    ink = np.asarray(pixels).reshape(-1, 1, SIDE, SIDE)
    return np.round(ink * (255 / _INK)).astype(np.uint8), np.asarray(labels, dtype=np.int64)


_LAYERS: list[dict[str, Any]] = [
    {"kind": "conv2d", "channels": 12},
    {"kind": "conv2d", "channels": 16},
    {"kind": "pool2d"},
    {"kind": "flatten"},
    {"kind": "dropout", "rate": 0.3},
]
DIGITS = entry("digits", set(), _schema, _make, proposal(_LAYERS))
