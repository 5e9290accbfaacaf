"""The sets of pictures: what each holds, and where its pictures come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.data.model import DataSet, Raw, Schema
from playground.core.data.pictures import openml
from playground.core.data.pictures.album import Album
from playground.core.data.pictures.common import (
    chosen,
    convolutions,
    entry,
    only,
    picture_schema,
    proposal,
)
from playground.core.data.pictures.digits import DIGITS
from playground.core.data.pictures.drawn import KINDS, Looks, draw
from playground.core.data.pictures.drawn import SIDE as DRAWN_SIDE
from playground.core.data.pictures.photographs import SIDE as CUT_SIDE
from playground.core.data.pictures.photographs import cuts
from playground.core.errors import PlaygroundError
from playground.core.photos import SAMPLES

if TYPE_CHECKING:
    from playground.core.experiment import Data
    from playground.core.random import Stream

_MNIST_COUNTS = (6903, 7877, 6990, 7141, 6824, 6313, 6876, 7293, 6825, 6958)


# ---- drawn shapes, cuts of photographs ---------------------------------------------------------


def _shapes_schema(data: Data, _own: Any = None) -> Schema:
    shape = (3, DRAWN_SIDE, DRAWN_SIDE)
    return picture_schema(data, tuple(KINDS), shape, lambda: data.samples)


def looks_of(data: Data) -> Looks:
    """How the shapes of an experiment are drawn."""
    of = data.pictures
    return Looks(of.colors, of.background, of.rotation, of.smallest, of.clutter, data.noise)


def _shapes(data: Data, stream: Stream, _own: Any = None) -> Raw:
    kinds = chosen(tuple(KINDS), data.pictures.classes)
    return Raw(*draw(stream.generator(), data.samples, looks_of(data), kinds))


def _cuts_schema(data: Data, _own: Any = None) -> Schema:
    plain = data.model_copy(update={"pictures": data.pictures.model_copy(update={"classes": ()})})
    return picture_schema(plain, tuple(SAMPLES), (3, CUT_SIDE, CUT_SIDE), lambda: data.samples)


def _cuts(data: Data, stream: Stream, _own: Any = None) -> Raw:
    return Raw(*cuts(stream.generator(), data.samples, data.pictures.cut))


# ---- what is fetched, what is brought ----------------------------------------------------------


def _fetched(source: openml.Source, counts: Sequence[int], layers: list[dict[str, Any]]) -> DataSet:
    def schema(data: Data, _own: Any = None) -> Schema:
        if not openml.is_here(source.name):
            raise PlaygroundError("openml_not_here", name=source.title)

        def samples() -> int:
            places = chosen(source.class_names, data.pictures.classes)
            return min(data.pictures.most, sum(counts[place] for place in places))

        return picture_schema(data, source.class_names, source.shape, samples)

    def make(data: Data, stream: Stream, _own: Any = None) -> Raw:
        pictures, labels = openml.load(source.name)
        places = chosen(source.class_names, data.pictures.classes)
        of = np.flatnonzero(np.isin(labels, places))
        # Sorted, for they are read from a disk; the split shuffles them all the same.
        picked = np.sort(stream.generator().permutation(of)[: data.pictures.most])
        return only(np.asarray(pictures[picked]), labels[picked], places)

    return entry(source.name, set(), schema, make, proposal(layers))


def _brought(data: Data, own: Any) -> Album:
    named = data.upload
    if not isinstance(own, Album) or (named is not None and named.sha256 != own.sha256):
        raise PlaygroundError("album_wanted", filename=named.filename if named else "")
    return own


def _album_schema(data: Data, own: Any = None) -> Schema:
    album = _brought(data, own)

    def samples() -> int:
        places = chosen(album.class_names, data.pictures.classes)
        return sum(album.counts[place] for place in places)

    _, channels, height, width = album.pictures.shape
    return picture_schema(data, album.class_names, (channels, height, width), samples)


def _album(data: Data, _stream: Stream, own: Any = None) -> Raw:
    album = _brought(data, own)
    places = chosen(album.class_names, data.pictures.classes)
    return only(album.pictures, album.labels, places)


LOOKS = ("colors", "background", "rotation", "smallest", "clutter")
OFFERED: dict[str, tuple[str, ...]] = {
    "digits": ("classes",),
    "shapes": ("classes", *LOOKS),
    "photographs": ("cut",),
    **dict.fromkeys(openml.SOURCES, ("classes", "most")),
    "album": ("classes",),
}
"""Which of `PictureSettings` make a set another one, besides the steps, which all sets have."""

FIRST: tuple[DataSet, ...] = (
    DIGITS,
    entry(
        "shapes",
        {"samples", "noise"},
        _shapes_schema,
        _shapes,
        proposal(convolutions(8, 16, dense=32), samples=2000, pictures={"normalize": True}),
    ),
    entry(
        "photographs",
        {"samples"},
        _cuts_schema,
        _cuts,
        proposal(convolutions(6, 8), samples=400, pictures={"channels": "grey"}),
    ),
)

LATER: tuple[DataSet, ...] = (
    _fetched(openml.SOURCES["mnist"], _MNIST_COUNTS, convolutions(8, 16, dense=32)),
    _fetched(openml.SOURCES["fashion_mnist"], (7000,) * 10, convolutions(8, 16, dense=32)),
    _fetched(openml.SOURCES["cifar10"], (6000,) * 10, convolutions(16, 32, dense=64)),
    entry("album", {"upload"}, _album_schema, _album, proposal(convolutions(8, 16, dense=32))),
)
