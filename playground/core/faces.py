"""What data look like at a glance, where they are no points in a plane: for cards and tiles."""

from __future__ import annotations

import numpy as np

from playground.core.data.model import Schema
from playground.core.data.prepare import Prepared, prepare
from playground.core.experiment import Experiment
from playground.core.random import TorchStream
from playground.core.shapes import is_tokens

ACROSS = 5  # pictures along one side
ROWS = 14  # sequences beneath one another
PIXELS = 120  # along one side


def face(experiment: Experiment) -> np.ndarray:
    """A look at some training points.

    Returns:
        Of pictures u1 (rows, columns, 3), the first row on top. Of tokens and ratings u1 (rows,
        columns): their numbers, spread over the bytes, the first row at the bottom. Of series f4
        (places,): the first one.
    """
    data = prepare(experiment, None, TorchStream(experiment.training.seed, "data"))
    if data.schema.kind == "pictures":
        return _mosaic(data.raw_train)
    if data.schema.kind == "ratings":
        return _matrix(data)
    shape = data.schema.shape
    if shape is not None and is_tokens(shape):
        return _cells(data.inputs_train[:ROWS], data.schema)
    return data.inputs_train[0, :, 0].astype(np.float32)


def _mosaic(pictures: np.ndarray) -> np.ndarray:
    """Pictures (n, channels, height, width) side by side, with a line between them."""
    count, channels, height, width = pictures.shape
    found = np.full((ACROSS * (height + 1) - 1, ACROSS * (width + 1) - 1, 3), 128, dtype=np.uint8)
    for k in range(min(ACROSS**2, count)):
        row, column = divmod(k, ACROSS)
        one = pictures[k].transpose(1, 2, 0)
        one = one if channels == 3 else one[..., :1].repeat(3, 2)
        top, left = row * (height + 1), column * (width + 1)
        found[top : top + height, left : left + width] = one
    return _larger(found)


def _cells(tokens: np.ndarray, schema: Schema) -> np.ndarray:
    most = max(int(tokens.max()), len(schema.vocabulary) - 1, 1)
    return _larger((tokens[::-1] * (255 / most)).astype(np.uint8))


def _matrix(data: Prepared) -> np.ndarray:
    """The known ratings as a matrix users × items; what is not known lies in the middle."""
    users, items = (int(k) for k in data.inputs_train.max(0) + 1)
    low, high = data.targets_train.min(), data.targets_train.max()
    found = np.full((users, items), 128, dtype=np.uint8)
    share = (data.targets_train - low) / (high - low or 1.0)
    found[data.inputs_train[:, 0], data.inputs_train[:, 1]] = (share * 255).astype(np.uint8)
    return _larger(found)


def _larger(pixels: np.ndarray) -> np.ndarray:
    """Every pixel as a square, so that a card shows them plainly."""
    times = max(1, PIXELS // max(pixels.shape[:2]))
    return np.ascontiguousarray(pixels.repeat(times, 0).repeat(times, 1))
