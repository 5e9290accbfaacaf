"""What the page asks a worker for about pictures: a visitor's zip read, sets looked at."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from playground.core.data import DATASETS
from playground.core.data.pictures.archive import read_archive
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data
from playground.core.random import TorchStream
from playground.live.job import Observation
from playground.live.tasks import Steps

TILE = 3  # pictures along a side of a set's tile
TILE_PIXELS = 18  # of each of them
DRAWN = 800  # pictures that a sheet is picked from, where they are drawn


def album(filename: str, content: str) -> Steps:
    """Reads a visitor's zip of pictures.

    Args:
        content: the zip in base64.

    Yields:
        {"done", "total"}: files.

    Returns:
        header: {"class_names", "filename", "others", "broken", "reasons": [[name, notice]]};
        arrays: `pictures` u1 (n, channels, side, side), `labels` i4 (n,).

    Raises:
        PlaygroundError: see `read_archive`.
    """
    try:
        decoded = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PlaygroundError("album_no_zip") from error
    steps = read_archive(decoded, filename)
    while True:
        try:
            done, total = next(steps)
        except StopIteration as ended:
            made, left_out = ended.value
            break
        yield {"done": done, "total": total}
    header = {
        "class_names": list(made.class_names),
        "filename": made.filename,
        "others": left_out.others,
        "broken": left_out.broken,
        "reasons": [[name, notice.as_dict()] for name, notice in left_out.reasons],
    }
    return header, {"pictures": made.pictures, "labels": made.labels.astype(np.int32)}


def picture_tiles(names: Sequence[str] | None = None) -> Observation:
    """A few pictures of each set, side by side as a small picture shows them.

    Args:
        names: sets of pictures; all that are here by default.

    Returns:
        `<name>` u1 (side, side, 3).
    """
    arrays = {}
    for name, entry in DATASETS.items():
        if entry.family == "pictures" and (names is None or name in names):
            try:
                pictures, labels = _some(Data(name=name).model_dump_json())
            except PlaygroundError:
                continue  # not fetched, or not brought
            arrays[name] = _tile(pictures, labels)
    return {}, arrays


def _tile(pictures: np.ndarray, labels: np.ndarray) -> np.ndarray:
    from playground.core.data.pictures.steps import colored, resized

    count = TILE * TILE
    places = [np.flatnonzero(labels == label)[0] for label in np.unique(labels)][:count]
    places += [place for place in range(len(labels)) if place not in places][: count - len(places)]
    small = resized(colored(pictures[places], "color"), TILE_PIXELS)
    grid = small.reshape(TILE, TILE, 3, TILE_PIXELS, TILE_PIXELS)
    side = TILE * TILE_PIXELS
    return np.ascontiguousarray(grid.transpose(0, 3, 1, 4, 2).reshape(side, side, 3))


def picture_sheet(data: str, columns: int) -> Observation:
    """Pictures of every class of a set, as they are before any preprocessing.

    Args:
        data: the JSON of the experiment's `Data`.
        columns: how many of each class at most.

    Returns:
        `pictures` u1 (n, channels, height, width), `labels` i4 (n,), class by class.

    Raises:
        PlaygroundError: the set is not here.
    """
    pictures, labels = _some(data)
    columns = min(max(columns, 1), 20)
    places = [np.flatnonzero(labels == label)[:columns] for label in np.unique(labels)]
    chosen = np.concatenate(places)
    return {}, {
        "pictures": np.ascontiguousarray(pictures[chosen]),
        "labels": labels[chosen].astype(np.int32),
    }


@lru_cache(maxsize=4)
def _some(data: str) -> tuple[np.ndarray, np.ndarray]:
    settings = Data.model_validate_json(data)
    entry = DATASETS[settings.name]
    settings = settings.model_copy(update={"samples": min(settings.samples, DRAWN)})
    made = entry.make(settings, TorchStream(0, "data"), None)
    labels = made.targets if made.targets.ndim == 1 else np.zeros(len(made.inputs), np.int64)
    return made.inputs, labels
