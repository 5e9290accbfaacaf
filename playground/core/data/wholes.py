"""Data whose points are whole pictures, sequences or ratings: made, split, brought into form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from playground.core.data.model import Raw, Schema
from playground.core.data.pictures.form import pipeline_of
from playground.core.errors import PlaygroundError
from playground.core.random import TorchStream

if TYPE_CHECKING:
    from playground.core.experiment import Data

Form = Callable[[np.ndarray], np.ndarray]


def parts_of(made: Raw, order: np.ndarray, data: Data) -> tuple[Raw, Raw]:
    """The points to train on and those to test on.

    Args:
        made: all of them; what it says itself about the split holds.
        order: in which they are dealt.

    Raises:
        PlaygroundError: one part would be empty.
    """
    if made.test is not None:
        parts = order[~made.test[order]], order[made.test[order]]
    else:
        count = len(order) * data.train_percent // 100
        parts = order[:count], order[count:]
    if not all(map(len, parts)):
        raise PlaygroundError("split_empty", samples=len(order), percent=data.train_percent)
    train, test = (Raw(made.inputs[part], made.targets[part]) for part in parts)
    return train, test


def sample_stream(data: Data, seed: int) -> TorchStream:
    """The stream of a fresh sample."""
    return TorchStream(seed, f"data {data.draw}")


def form_for(schema: Schema, data: Data, train: np.ndarray) -> Form:
    """How raw points become what the network is given, as the training part teaches it.

    Pictures of bytes go through their steps; everything else stays as it is.
    """
    if schema.kind == "pictures":
        return pipeline_of(data.pictures, train)
    return lambda raw: raw


def spread_of(schema: Schema, targets: np.ndarray) -> tuple[float, float]:
    """Mean and deviation by which targets are standardised; 0 and 1 where they are not."""
    if schema.task != "regression" or not schema.free:
        return 0.0, 1.0
    known = targets[np.isfinite(targets)]
    return float(known.mean()), float(known.std()) or 1.0
