"""Pictures of every class to choose from: a few of the test part, in a fixed order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.analysis.views import Arrays
from playground.core.data.pictures.steps import resized

if TYPE_CHECKING:
    from playground.core.run import Run

OF_EACH = 10  # as many as stand side by side
MOST = 120
SIDE = 32


def add_sheet(run: Run, arrays: Arrays) -> dict[str, Any]:
    """Adds `sheet` u1 (n, side, side, channels), the pictures as they were made.

    Returns:
        {"part", "indices": places in the part, "labels": their classes}, class by class.
    """
    part = "test" if len(run.data.raw_test) else "train"
    raw = getattr(run.data, f"raw_{part}")
    labels = np.asarray(getattr(run.data, f"targets_{part}"))
    classes = len(run.schema.class_names)
    each = max(1, min(OF_EACH, MOST // max(classes, 1)))
    found = [np.flatnonzero(labels == label)[:each] for label in range(classes)]
    indices = np.concatenate(found)
    pictures = raw[indices]
    if pictures.shape[2] > SIDE:
        pictures = resized(pictures, SIDE)
    arrays["sheet"] = np.ascontiguousarray(pictures.transpose(0, 2, 3, 1))
    return {"part": part, "indices": indices.tolist(), "labels": labels[indices].tolist()}
