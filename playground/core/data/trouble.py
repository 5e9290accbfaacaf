"""What makes a sample harder to learn from: wrong labels, outliers, a rare class.

All of it is drawn from streams of its own, so that a sample without trouble stays bit for bit
what it was, and the points of little trouble are among those of more.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from playground.core.data.model import Schema
from playground.core.random import Stream, TorchStream

if TYPE_CHECKING:
    from playground.core.experiment import Data

FAR = 5.0  # standard deviations that an outlier of a table lies away
FAR_VALUE = 4.0  # standard deviations that an outlying value lies away
RIM = 0.97  # of the window: outliers of a plane stay in sight


def thinned(indices: np.ndarray, targets: np.ndarray, share: int) -> np.ndarray:
    """The indices without so many of the first class that `share` % of it are left, at least one.

    Args:
        indices: of points, in their shuffled order.
        targets: class indices of all points.
    """
    first = np.flatnonzero(targets[indices] == 0)
    kept = max(math.ceil(len(first) * share / 100), 1)
    return np.delete(indices, first[kept:])


def troubled(
    data: Data, schema: Schema, seed: int, raw: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Training points with outliers and wrong labels, as far as the settings ask for them.

    Args:
        data: `outliers` and `label_noise`, each a share in percent.
        schema: what the set holds.
        seed: the experiment's.
        raw: (n, d), nothing missing.
        targets: (n,).
    """
    if data.outliers and len(targets):
        stream = TorchStream(seed, "outliers")
        chosen = _chosen(stream, len(targets), data.outliers)
        raw, targets = _thrown(stream, schema, raw.copy(), targets.copy(), chosen)
    if data.label_noise:
        stream = TorchStream(seed, "label noise")
        chosen = _chosen(stream, len(targets), data.label_noise)
        targets = _mislabelled(stream, schema, targets.copy(), chosen)
    return raw, targets


def _chosen(stream: Stream, count: int, percent: int) -> list[int]:
    return stream.shuffle_indices(count)[: round(count * percent / 100)]


def _mislabelled(
    stream: Stream, schema: Schema, targets: np.ndarray, chosen: list[int]
) -> np.ndarray:
    """Another class, each of the others as likely; a value changes place with another's."""
    classes = len(schema.class_names)
    before = targets.copy()
    for index in chosen:
        draw = stream.random()
        if classes:
            targets[index] = (before[index] + 1 + int(draw * (classes - 1))) % classes
        else:
            targets[index] = before[int(draw * len(before))]
    return targets


def _thrown(
    stream: Stream, schema: Schema, raw: np.ndarray, targets: np.ndarray, chosen: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Points of classes far from their place, values far from theirs."""
    spread = targets.std() if schema.task == "regression" else raw.std(axis=0)
    for index in chosen:
        if schema.task == "regression":
            targets[index] += math.copysign(FAR_VALUE, stream.random() - 0.5) * spread
        elif schema.domain is not None:
            raw[index] = _on_rim(stream, schema)
        else:
            signs = np.array([stream.random() < 0.5 for _ in range(raw.shape[1])])
            raw[index] += np.where(signs, -FAR, FAR) * spread
    return raw, targets


def _on_rim(stream: Stream, schema: Schema) -> tuple[float, float]:
    """A place on the rim of the window."""
    assert schema.domain is not None
    along, side = stream.uniform(-1, 1), int(stream.uniform(0, 4))
    place = [(along, 1.0), (along, -1.0), (1.0, along), (-1.0, along)][side]
    found = [
        (low + high) / 2 + RIM * where * (high - low) / 2
        for where, (low, high) in zip(place, schema.domain, strict=True)
    ]
    return found[0], found[1]
