"""What the pages "Tensors" and "Compress a picture by SVD" ask a worker for.

An uploaded file is known by its hash. Its content comes along once: a worker that does not have it
says so (`file_needed`), and is asked again with it.
"""

from __future__ import annotations

import base64
import binascii
from collections import OrderedDict
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from playground.core.errors import PlaygroundError
from playground.core.photos import (
    LONG_SIDE,
    SAMPLES,
    decode_photo,
    photo_code,
    sample_photo,
)
from playground.live.tasks import Steps

if TYPE_CHECKING:
    from torch import Tensor

    from playground.core.linalg.compress import Factors

KEPT_FILES = 8
KEPT_PICTURES = 3
SIZES = (320, 640, 1536)
"""Pixels on the longer side of a picture to compress."""
SEEN_PIXELS = 320
"""On the longer side of the small pictures beside it."""
_SHORT = 32_767

Kept = TypeVar("Kept")


class Shelf(Generic[Kept]):
    """The things that were used last, by name."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def get(self, name: str) -> Kept | None:
        if name in self._kept:
            self._kept.move_to_end(name)
        return self._kept.get(name)

    def put(self, name: str, thing: Kept) -> Kept:
        self._kept[name] = thing
        self._kept.move_to_end(name)
        while len(self._kept) > self._room:
            self._kept.popitem(last=False)
        return thing

    def all(self) -> Mapping[str, Kept]:
        return self._kept


_FILES: Shelf[bytes] = Shelf(KEPT_FILES)
_PICTURES: Shelf[tuple[np.ndarray, Tensor, Factors]] = Shelf(KEPT_PICTURES)


def _take(files: Mapping[str, str] | None) -> None:
    """Keeps the files that came along.

    Raises:
        PlaygroundError: one of them is damaged.
    """
    for name, content in (files or {}).items():
        try:
            _FILES.put(name, base64.b64decode(content, validate=True))
        except (binascii.Error, ValueError) as error:
            raise PlaygroundError("photo_unreadable", formats="base64") from error


def tensors(
    a: dict[str, Any],
    b: dict[str, Any],
    operation: str,
    *,
    settings: dict[str, Any] | None = None,
    at: dict[str, Any] | None = None,
    files: dict[str, str] | None = None,
) -> Steps:
    """Tensors, an operation on them, the result: see `playground.core.tensors.workbench`."""
    from playground.core.tensors.workbench import steps

    _take(files)
    return (yield from steps(a, b, operation, settings=settings, at=at, files=_FILES.all()))


def compress(
    picture: dict[str, Any], size: int, grey: bool, files: dict[str, str] | None = None
) -> Steps:
    """Takes a picture apart.

    Args:
        picture: {"name": of a photograph} or {"file": hash, "filename"}.
        size: one of SIZES.
        grey: one channel, or three.
        files: contents in base64.

    Returns:
        header: {"channels", "rows", "columns", "terms", "exact", "mean_square" (of all numbers),
        "code" (with `{k}` for the rank)}; arrays: `picture` u1 (rows,
        columns, 3); `left` i2 (channels, terms, rows) and `right` i2 (channels, terms, columns),
        each vector in shares of its largest number, which is 32767; `scale` f8 (channels, terms):
        what the product of a place in both is to be multiplied with; `values` f8 (channels,
        terms); `energy` f8 (terms + 1,), the share that the first k terms hold.
    """
    from playground.core.linalg.compress import code_of, kept_energy

    _take(files)
    pixels, _matrices, factors = yield from _factors(picture, size, grey)
    left, left_scale = _shortened(factors.left.transpose(1, 2))
    right, right_scale = _shortened(factors.right)
    channels, rows, columns = len(factors.values), *pixels.shape[:2]
    header = {
        "channels": channels,
        "rows": rows,
        "columns": columns,
        "terms": factors.terms,
        "exact": factors.exact,
        "mean_square": factors.total.sum().item() / (channels * rows * columns),
        "code": code_of(_lines(picture, size, pixels), bool(grey), factors.exact),
    }
    return header, {
        "picture": pixels,
        "left": left,
        "right": right,
        "scale": factors.values.numpy() * left_scale * right_scale,
        "values": factors.values.numpy(),
        "energy": kept_energy(factors).numpy(),
    }


def rivals(
    picture: dict[str, Any], size: int, grey: bool, k: int, files: dict[str, str] | None = None
) -> Steps:
    """Other pictures of as few numbers as k terms have.

    Returns:
        header: {"k", "rivals": {name: {"kind", "error", "numbers", "rank"}}}, the SVD as "svd"
        among them; arrays: `<name>` u1 (rows, columns, 3), every so manyth pixel.
    """
    from playground.core.linalg.compress import RIVALS, best, relative_error

    _take(files)
    _pixels, matrices, factors = yield from _factors(picture, size, grey)
    k = max(1, min(int(k), factors.terms))
    found, arrays = {}, {}
    for name in ("svd", *RIVALS):
        kind = "rank" if name == "svd" else RIVALS[name][0]
        rival = best(matrices, factors, k) if name == "svd" else RIVALS[name][1](matrices, k)
        found[name] = {
            "kind": kind,
            "error": relative_error(matrices, rival.picture),
            "numbers": rival.numbers,
            "rank": rival.rank,
        }
        arrays[name] = _small(rival.picture)
        yield {"name": name}
    return {"k": k, "rivals": found}, arrays


def _factors(
    picture: dict[str, Any], size: int, grey: bool
) -> Generator[dict[str, Any], None, tuple[np.ndarray, Tensor, Factors]]:
    """Pixels, matrices and their factors; kept for the next question about the same picture."""
    from playground.core.linalg.compress import channels_of, factorise

    if size not in SIZES:
        raise PlaygroundError("picture_size", known=", ".join(map(str, SIZES)))
    key = f"{picture.get('name')}/{picture.get('file')}/{size}/{bool(grey)}"
    kept = _PICTURES.get(key)
    if kept is not None:
        return kept
    pixels = _pixels(picture, size)
    matrices = channels_of(pixels, bool(grey))
    factors = yield from factorise(matrices)
    return _PICTURES.put(key, (pixels, matrices, factors))


def _pixels(picture: dict[str, Any], size: int) -> np.ndarray:
    """u1 (rows, columns, 3)."""
    if "file" not in picture:
        pixels = sample_photo(str(picture.get("name")))
        step = _step_of(size, max(pixels.shape))
        return np.ascontiguousarray(pixels[::step, ::step])
    content = _FILES.get(str(picture["file"]))
    if content is None:
        raise PlaygroundError("file_needed", name=str(picture.get("filename") or "")[:120])
    return decode_photo(content, size)


def _lines(picture: dict[str, Any], size: int, pixels: np.ndarray) -> list[str]:
    """The lines of Python that make the same pixels."""
    if "file" not in picture:
        step = _step_of(size, LONG_SIDE)
        coarse = f"[::{step}, ::{step}]" if step > 1 else ""
        load = f"load_sample_image({SAMPLES[picture['name']]!r})"
        return ["from sklearn.datasets import load_sample_image", f"pixels = {load}{coarse}.copy()"]
    name = str(picture.get("filename") or "")[:120]
    imports, code = photo_code(name, size, pixels)
    return [*imports, *code, "pixels = np.array(image)"]


def _step_of(size: int, longest: int) -> int:
    return -(-longest // size)


def _shortened(vectors: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """i2, each row in shares of its largest number; f8, what one share is worth."""
    largest = vectors.abs().amax(2, keepdim=True).clamp(min=1e-300)
    short = (vectors / largest * _SHORT).round().numpy().astype(np.int16)
    return short, largest[:, :, 0].numpy() / _SHORT


def _small(matrices: Tensor) -> np.ndarray:
    """u1 (rows, columns, 3)."""
    step = _step_of(SEEN_PIXELS, max(matrices.shape[1:]))
    some = matrices[:, ::step, ::step].round().clamp(0, 255).byte().numpy()
    return np.ascontiguousarray(np.broadcast_to(some, (3, *some.shape[1:])).transpose(1, 2, 0))
