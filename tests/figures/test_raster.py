"""Decision maps as images: read back with a decoder written from the format."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode

import numpy as np
import pytest

from playground.figures.palette import CLASSES, MIDDLE, NEGATIVE, POSITIVE
from playground.figures.raster import map_image, png


def read_png(content: bytes) -> np.ndarray:
    """Pixels (rows, columns, 3) of a PNG without filters; every checksum is verified."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    at, parts = 8, {}
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", content, at + 8 + length)[0] == zlib.crc32(kind + body)
        parts[kind] = body
        at += 12 + length
    columns, rows, depth, color, *_ = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    assert (depth, color) == (8, 2)
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(rows, -1)
    assert (lines[:, 0] == 0).all()
    return lines[:, 1:].reshape(rows, columns, 3)


def color(name: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(name[1:]))


def seen(values: np.ndarray) -> np.ndarray:
    head, _, body = map_image(values).partition(",")
    assert head == "data:image/png;base64"
    return read_png(b64decode(body))


def test_a_png_comes_back() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    np.testing.assert_array_equal(read_png(png(pixels)), pixels)


def test_two_classes_run_from_orange_to_blue_and_row_0_is_the_bottom() -> None:
    found = seen(np.array([[0, 255], [127, 128]], dtype=np.uint8))
    assert tuple(found[1, 0]) == color(NEGATIVE)
    assert tuple(found[1, 1]) == color(POSITIVE)
    np.testing.assert_allclose(found[0, 0], color(MIDDLE), atol=2)


@pytest.mark.parametrize("best", [0, 2])
def test_of_more_classes_the_most_probable_gives_its_colour(best: int) -> None:
    values = np.zeros((3, 2, 2), dtype=np.uint8)
    values[best] = 255
    assert {tuple(pixel) for pixel in seen(values).reshape(-1, 3)} == {color(CLASSES[best])}
    even = np.full((3, 2, 2), 85, dtype=np.uint8)
    np.testing.assert_allclose(seen(even)[0, 0], color(MIDDLE), atol=2)
