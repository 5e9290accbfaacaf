"""A small decision map as an image: bytes to the colours of the palette, as a PNG."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode

import numpy as np

from playground.figures.palette import CLASSES, MIDDLE, NEGATIVE, POSITIVE


def map_image(values: np.ndarray) -> str:
    """The address of an image of a decision map.

    Args:
        values: u1 (side, side), from 0 (orange) to 255 (blue), row 0 at the bottom; or
            (classes, side, side) probabilities, where the most probable class gives its colour,
            the paler the less it leads.
    """
    pixels = _of_classes(values) if values.ndim == 3 else _of_signs(values)
    return f"data:image/png;base64,{b64encode(png(pixels[::-1])).decode()}"


def picture_image(pixels: np.ndarray) -> str:
    """The address of an image of u1 (rows, columns, 3), row 0 at the top."""
    return f"data:image/png;base64,{b64encode(png(pixels)).decode()}"


def _rgb(color: str) -> np.ndarray:
    return np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)], dtype=np.float64)


def _of_signs(values: np.ndarray) -> np.ndarray:
    share = values.astype(np.float64)[..., None] / 127.5 - 1
    middle, end = _rgb(MIDDLE), np.where(share < 0, _rgb(NEGATIVE), _rgb(POSITIVE))
    return (middle + (end - middle) * np.abs(share)).round().astype(np.uint8)


def _of_classes(values: np.ndarray) -> np.ndarray:
    colors = np.stack([_rgb(color) for color in CLASSES])
    best, top = values.argmax(0) % len(CLASSES), values.max(0).astype(np.float64)
    floor = 255 / len(values)
    share = ((top - floor) / (255 - floor)).clip(0, 1)[..., None]
    middle = _rgb(MIDDLE)
    return (middle + (colors[best] - middle) * share).round().astype(np.uint8)


def png(pixels: np.ndarray) -> bytes:
    """A PNG of u1 (rows, columns, 3), row 0 at the top; the format of RFC 2083."""
    rows, columns, _ = pixels.shape
    head = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    lines = np.zeros((rows, 1 + 3 * columns), dtype=np.uint8)  # each begins with filter type 0
    lines[:, 1:] = pixels.reshape(rows, -1)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
