"""The handwritten digits in other roles: in two halves, and as their own targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.data.model import DataSet, Raw, Schema
from playground.core.data.pictures.digits import DIGITS, SIDE

if TYPE_CHECKING:
    from playground.core.experiment import Data
    from playground.core.random import Stream

HALVES = {"digits_low": (range(5), 901), "digits_high": (range(5, 10), 896)}
"""Two sets of the same shape and as many classes: which digits, and how many pictures there are."""

SHAPE = (1, SIDE, SIDE)


def _half(name: str) -> DataSet:
    digits, samples = HALVES[name]

    def schema(_data: Data, _own: Any = None) -> Schema:
        names = tuple(str(digit) for digit in digits)
        return Schema("multiclass", (), names, samples, "class", kind="pictures", shape=SHAPE)

    def make(data: Data, stream: Stream, own: Any = None) -> Raw:
        every = DIGITS.make(data, stream, own)
        wanted = np.isin(every.targets, digits)
        return Raw(every.inputs[wanted], every.targets[wanted] - digits[0])

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


def _code_schema(data: Data, own: Any = None) -> Schema:
    samples = DIGITS.schema(data, own).samples
    outputs = SIDE * SIDE
    return Schema(
        "regression", (), (), samples, "picture", kind="pictures", shape=SHAPE, outputs=outputs
    )


def _code_make(data: Data, stream: Stream, own: Any = None) -> Raw:
    every = DIGITS.make(data, stream, own)
    return Raw(every.inputs, every.inputs.reshape(len(every.inputs), -1) / 255)


def digit_of(pictures: np.ndarray, data: Data) -> np.ndarray:
    """Which digit each of these pictures (n, *shape) shows, int64 (n,); −1 of a stranger."""
    from playground.core.random import TorchStream

    every = DIGITS.make(data, TorchStream(0, "digits"), None)
    known = {
        one.tobytes(): int(digit) for one, digit in zip(every.inputs, every.targets, strict=True)
    }
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
