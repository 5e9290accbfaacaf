"""What the page "PCA from nothing" asks a worker for. Entries of `requests.ANSWERS`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from playground.core.data import DATASETS
from playground.core.errors import PlaygroundError
from playground.live.job import Observation


def components(
    values: Sequence[Sequence[float]] | None = None,
    bundled: str | None = None,
    centre: bool = True,
    scale: bool = False,
    row: int = 0,
) -> Observation:
    """Principal components of a table of numbers, by eigenvectors and by singular values.

    Args:
        values: rows of numbers; or
        bundled: the name of a bundled table, whose columns are taken.
        centre, scale: see `analyse`.
        row: of which every reconstruction is told.

    Returns:
        header: `components.facts`, "errors" by count of components, "row", and of a bundled table
        "names" and "classes"; arrays f4: `points` (n, d) as they are, `labels` (n,), `covariance`
        (d, d), `axes` (m, d), `scores` (n, m), `kept` (m + 1, d) the row given back.
    """
    import torch

    from playground.core.experiment import Data
    from playground.core.linalg import components as core
    from playground.core.random import TorchStream

    about: dict[str, Any] = {}
    labels = np.zeros(0, np.float32)
    if bundled is not None:
        entry = DATASETS.get(bundled)
        if entry is None or entry.family != "table":
            raise PlaygroundError("unknown_request", name=bundled[:40])
        data = Data(name=bundled)
        schema, raw = entry.schema(data, None), entry.make(data, TorchStream(0, "data"), None)
        points, labels = torch.from_numpy(raw.inputs), raw.targets.astype(np.float32)
        about = {"names": list(schema.columns), "classes": list(schema.class_names)}
    else:
        points = core.read_points(values or [])
    found = core.analyse(points, centre, scale)
    axes = found.found.axes
    row = min(max(row, 0), len(points) - 1)
    kept = [found.kept(points[row : row + 1], count)[0] for count in range(len(axes) + 1)]
    arrays = {
        "points": points,
        "covariance": found.covariance,
        "axes": axes,
        "scores": found.standard @ axes.t(),
        "kept": torch.stack(kept),
    }
    header = {**core.facts(found), **about, "errors": core.errors(found, points), "row": row}
    shown = {name: array.float().contiguous().numpy() for name, array in arrays.items()}
    return header, {**shown, "labels": labels}


def digits(seed: int = 0, scale: bool = False) -> Observation:
    """Principal components of handwritten digits, and ten of them given back by every count.

    Returns:
        header: `components.facts`, "errors" by count, "labels" of the ten; arrays f4: `mean`
        (64,), `axes` (m, 64), `shown` (10, 64), `kept` (m + 1, 10, 64).
    """
    import torch

    from playground.core.linalg import components as core

    points, labels = core.digits_table()
    found = core.analyse(points, True, scale)
    drawn = core.digits_drawn(labels, seed)
    shown = points[drawn]
    kept = [found.kept(shown, count) for count in range(len(found.found.axes) + 1)]
    arrays = {
        "mean": found.mean,
        "axes": found.found.axes,
        "shown": shown,
        "kept": torch.stack(kept),
    }
    header = {
        **core.facts(found),
        "errors": core.errors(found, points),
        "labels": labels[drawn].tolist(),
    }
    return header, {name: array.float().contiguous().numpy() for name, array in arrays.items()}
