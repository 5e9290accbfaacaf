"""The handwritten digits in other roles: in two halves, and as their own targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.data.model import DataSet, Raw, Schema
from playground.core.data.pictures.common import only
from playground.core.data.pictures.digits import COUNTS, DIGITS, SIDE, every_digit
from playground.core.data.pictures.form import shape_of

if TYPE_CHECKING:
    from playground.core.experiment import Data
    from playground.core.random import Stream

HALVES = {"digits_low": (range(5), 901), "digits_high": (range(5, 10), 896)}
"""Two sets of the same shape and as many classes: which digits, and how many pictures there are."""

SHAPE = (1, SIDE, SIDE)


def _half(name: str) -> DataSet:
    digits, samples = HALVES[name]

    def schema(data: Data, _own: Any = None) -> Schema:
        names = tuple(str(digit) for digit in digits)
        shape = shape_of(data.pictures, SHAPE)
        return Schema("multiclass", (), names, samples, "class", kind="pictures", shape=shape)

    def make(_data: Data, _stream: Stream, _own: Any = None) -> Raw:
        return only(*every_digit(), digits)

    # A head right on feature maps of 4×4: what a body knows of strokes is all there for it.
    proposal = {
        "data": {"train_percent": 70},
        "layers": [
            {"kind": "conv2d", "channels": 16},
            {"kind": "pool2d"},
            {"kind": "conv2d", "channels": 32},
            {"kind": "flatten"},
        ],
        "optimizer": {"name": "adam", "learning_rate": 0.003},
        "training": {"batch_size": 10},
    }
    return DataSet(name, "pictures", DIGITS.knobs, schema, make, proposal)


def _code_schema(data: Data, _own: Any = None) -> Schema:
    shape, outputs = shape_of(data.pictures, SHAPE), SIDE * SIDE
    return Schema(
        "regression", (), (), sum(COUNTS), "picture", kind="pictures", shape=shape, outputs=outputs
    )


def _code_make(_data: Data, _stream: Stream, _own: Any = None) -> Raw:
    pictures, _ = every_digit()
    return Raw(pictures, pictures.reshape(len(pictures), -1) / 255)


def digit_of(pictures: np.ndarray, data: Data) -> np.ndarray:
    """Which digit each of these pictures (n, *shape) shows, int64 (n,); −1 of a stranger."""
    known = {one.tobytes(): int(digit) for one, digit in zip(*every_digit(), strict=True)}
    return np.array([known.get(one.tobytes(), -1) for one in pictures], dtype=np.int64)


def _dense(*units: int, activation: str) -> list[dict[str, Any]]:
    return [{"kind": "dense", "units": count, "activation": activation} for count in units]


CODE = DataSet(
    name="digits_code",
    family="pictures",
    knobs=DIGITS.knobs,
    schema=_code_schema,
    make=_code_make,
    proposal={
        "data": {"train_percent": 70},
        "layers": [
            {"kind": "flatten"},
            *_dense(64, 32, activation="tanh"),
            {"kind": "bottleneck", "units": 2},
            *_dense(32, 64, activation="tanh"),
        ],
        "optimizer": {"name": "adam", "learning_rate": 0.003},
        "training": {"batch_size": 32},
    },
)

SETS: tuple[DataSet, ...] = (*(_half(name) for name in HALVES), CODE)
