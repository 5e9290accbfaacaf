"""The visitor's own pictures: squares of one size, each of a class.

They travel to the worker as bytes, never pickled, as a table does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from playground.core.data.model import Brought, Holds, parted
from playground.core.errors import PlaygroundError


@dataclass(frozen=True)
class AlbumLimits:
    """How much a visitor may bring.

    Attributes:
        file_bytes: of the zip, or of all files of a folder.
        unpacked_bytes: of all files in it, unpacked.
        members: entries of the zip, folders and other files included.
        pictures: those that are read.
        classes: different folders.
        name_characters: of a class.
        side: pixels of the squares that are kept.
    """

    file_bytes: int = 32 * 2**20
    unpacked_bytes: int = 256 * 2**20
    members: int = 10_000
    pictures: int = 3000
    classes: int = 20
    name_characters: int = 60
    side: int = 64


ALBUM_LIMITS = AlbumLimits()


@dataclass(frozen=True, eq=False)
class Album(Brought):
    """Pictures by class, as they were read.

    Attributes:
        filename: what the visitor called the zip or folder.
        class_names: sorted, at least two.
        pictures: uint8 (n, 1 or 3, side, side).
        labels: int64 (n,), places in `class_names`.
    """

    holds: ClassVar[Holds] = "pictures"

    filename: str
    class_names: tuple[str, ...]
    pictures: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many pictures each class has."""
        return tuple(np.bincount(self.labels, minlength=len(self.class_names)).tolist())

    def parts(self, filename: str) -> list[bytes]:
        """One line of JSON, the labels as int32, the pictures."""
        header = {
            "kind": self.holds,
            "filename": filename,
            "class_names": self.class_names,
            "shape": self.pictures.shape,
        }
        labels = self.labels.astype("<i4").tobytes()
        return [json.dumps(header).encode() + b"\n", labels, self.pictures.tobytes()]

    @classmethod
    def from_bytes(cls, content: bytes) -> Album:
        """What `to_bytes` wrote.

        Raises:
            PlaygroundError: these bytes are no album.
        """
        try:
            header, body = parted(content)
            count, channels, height, width = (int(side) for side in header["shape"])
            labels = np.frombuffer(body, "<i4", count).astype(np.int64)
            pictures = np.frombuffer(body, np.uint8, -1, labels.size * 4)
            album = cls(
                str(header["filename"]),
                tuple(str(name) for name in header["class_names"]),
                pictures.reshape(count, channels, height, width),
                labels,
            )
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise PlaygroundError("album_broken") from error
        album.check()
        return album

    def check(self) -> None:
        """
        Raises:
            PlaygroundError: it cannot be learned from.
        """
        count, channels, height, width = self.pictures.shape
        names = self.class_names
        sound = channels in (1, 3) and height == width >= 1 and count >= 1
        if not sound or self.labels.min() < 0 or self.labels.max() >= len(names):
            raise PlaygroundError("album_broken")
        if len(names) < 2:
            raise PlaygroundError("album_one_class", name=names[0] if names else "")


def album_of(
    filename: str, found: list[tuple[str, np.ndarray]], limits: AlbumLimits = ALBUM_LIMITS
) -> Album:
    """An album of squares of different sizes, brought to one.

    Args:
        filename: of the zip or folder.
        found: class and picture, uint8 (side, side, 3), each with a side of its own.

    Raises:
        PlaygroundError: no pictures, one class only, or too many classes.
    """
    from playground.core.data.pictures.steps import resized

    if not found:
        raise PlaygroundError("album_empty")
    names = tuple(sorted({name for name, _ in found}))
    if len(names) > limits.classes:
        raise PlaygroundError("album_classes", count=len(names), limit=limits.classes)
    place = {name: k for k, name in enumerate(names)}
    side = min(max(len(picture) for _, picture in found), limits.side)
    pictures = np.empty((len(found), 3, side, side), np.uint8)
    for k, (_, picture) in enumerate(found):
        pictures[k] = resized(np.moveaxis(picture, 2, 0)[None], side)[0]
    if (pictures[:, :1] == pictures[:, 1:]).all():
        pictures = np.ascontiguousarray(pictures[:, :1])
    labels = np.array([place[name] for name, _ in found], dtype=np.int64)
    album = Album(filename[:200], names, pictures, labels)
    album.check()
    return album
