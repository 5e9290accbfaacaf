"""What the sets of pictures have in common: classes to choose from, a schema, what suits them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.data.model import DataSet, Raw, Schema
from playground.core.data.pictures.form import shape_of
from playground.core.errors import PlaygroundError

if TYPE_CHECKING:
    from playground.core.experiment import Data
    from playground.core.random import Stream


def chosen(names: Sequence[str], wanted: Sequence[str]) -> tuple[int, ...]:
    """The places of the wanted classes among all; all where none is named.

    Raises:
        PlaygroundError: fewer than two of them are there.
    """
    if not wanted:
        return tuple(range(len(names)))
    places = tuple(place for place, name in enumerate(names) if name in wanted)
    if len(places) < 2:
        raise PlaygroundError("pictures_two_classes", known=", ".join(names))
    return places


def picture_schema(
    data: Data, names: Sequence[str], shape: tuple[int, int, int], samples: Callable[[], int]
) -> Schema:
    """
    Args:
        data: the settings.
        names: of all classes.
        shape: of a picture before any preprocessing.
        samples: how many pictures the chosen classes have.
    """
    places = chosen(names, data.pictures.classes)
    return Schema(
        "multiclass",
        (),
        tuple(names[place] for place in places),
        samples(),
        "class",
        kind="pictures",
        shape=shape_of(data.pictures, shape),
    )


def only(pictures: np.ndarray, labels: np.ndarray, places: Sequence[int]) -> Raw:
    """The pictures of some classes, whose labels are counted anew."""
    anew = np.full(max(int(labels.max(initial=0)), *places) + 1, -1)
    anew[list(places)] = np.arange(len(places))
    kept = np.flatnonzero(anew[labels] >= 0)
    return Raw(pictures[kept], anew[labels[kept]].astype(np.int64))


def convolutions(*channels: int, dense: int = 0) -> list[dict[str, Any]]:
    """Convolutions with pools behind them, and perhaps a dense layer on all that is left."""
    layers: list[dict[str, Any]] = []
    for count in channels:
        layers += [{"kind": "conv2d", "channels": count}, {"kind": "pool2d"}]
    layers.append({"kind": "flatten"})
    if dense:
        layers.append({"kind": "dense", "units": dense, "activation": "relu"})
    return layers


def proposal(
    layers: list[dict[str, Any]], *, rate: float = 0.003, batch: int = 32, **data: Any
) -> dict[str, Any]:
    """A stack of blocks with Adam, and settings of the data, as `DataSet.proposal`."""
    return {
        "data": {"train_percent": 70, **data},
        "layers": layers,
        "optimizer": {"name": "adam", "learning_rate": rate},
        "training": {"batch_size": batch},
    }


def entry(
    name: str,
    knobs: set[str],
    schema: Callable[[Data, Any], Schema],
    make: Callable[[Data, Stream, Any], Raw],
    suits: dict[str, Any],
) -> DataSet:
    return DataSet(
        name,
        "pictures",
        frozenset({"pictures", *knobs}),
        schema,
        make,
        suits,
        brings="pictures" if name == "album" else None,
    )
