"""scikit-learn's handwritten digits: 1,797 pictures of 8×8 (Alpaydin & Kaynak 1998)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.data.model import DataSet, Raw, Schema

if TYPE_CHECKING:
    from playground.core.experiment import Data
    from playground.core.random import Stream

SAMPLES = 1797
SIDE = 8
INK = 16  # the darkest value of a pixel


def _schema(_data: Data, _own: Any = None) -> Schema:
    names = tuple(str(digit) for digit in range(10))
    shape = (1, SIDE, SIDE)
    return Schema("multiclass", (), names, SAMPLES, "class", kind="pictures", shape=shape)


def _make(_data: Data, _stream: Stream, _own: Any = None) -> Raw:
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    ink = np.asarray(pixels).reshape(-1, 1, SIDE, SIDE)
    return Raw(np.round(ink * (255 / INK)).astype(np.uint8), np.asarray(labels, dtype=np.int64))


DIGITS = DataSet(
    name="digits",
    family="pictures",
    knobs=frozenset(),
    schema=_schema,
    make=_make,
    proposal={
        "data": {"train_percent": 70},
        "layers": [
            {"kind": "conv2d", "channels": 12},
            {"kind": "conv2d", "channels": 16},
            {"kind": "pool2d"},
            {"kind": "flatten"},
            {"kind": "dropout", "rate": 0.3},
        ],
        "optimizer": {"name": "adam", "learning_rate": 0.003},
        "training": {"batch_size": 32},
    },
)
