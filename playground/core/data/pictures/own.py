"""A picture that a visitor draws, photographs or picks, as a point like those of a set.

It comes as bytes in base64: ink (one byte a pixel) or colour (three), of a square.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.core.data.pictures.hand import Form, formed
from playground.core.data.pictures.photographs import whole
from playground.core.data.pictures.steps import colored, resized
from playground.core.photos import SAMPLES

MOST_SIDE = 64
MOST_CHARACTERS = 4 * MOST_SIDE**2  # three bytes a pixel, four characters for three bytes
_DIGITS = ("digits", "digits_low", "digits_high", "digits_code")
FORMS: dict[str, Form] = {**dict.fromkeys(_DIGITS, "blocks"), "mnist": "centered"}
"""Sets whose pictures have a form of their own: ink on a blank ground, cut out and put in place."""


def own_picture(
    options: Mapping[str, Any], name: str, shape: tuple[int, int, int]
) -> np.ndarray | None:
    """
    Args:
        options: {"own": "ink" or "color", "pixels": in base64} or {"own": "photo", "name"}.
        name: of the set that it is to look like.
        shape: channels, height and width of the set's pictures before any preprocessing.

    Returns:
        uint8 (channels, height, width); None where the options hold no picture.
    """
    picture = _found(options, shape[1])
    if picture is None:
        return None
    if name in FORMS:
        grey = colored(picture[None], "grey")[0, 0]
        ink = grey if options.get("own") == "ink" else as_ink(grey)
        return formed(ink, FORMS[name], shape[1])[None]
    sized = resized(picture[None], shape[1])
    return colored(sized, "grey" if shape[0] == 1 else "color")[0]


def _found(options: Mapping[str, Any], side: int) -> np.ndarray | None:
    """uint8 (1 or 3, side, side)."""
    own = options.get("own")
    if own == "photo":
        picked = options.get("name")
        return whole(picked, max(side, 8)) if picked in SAMPLES else None
    channels = {"ink": 1, "color": 3}.get(own) if isinstance(own, str) else None
    pixels = options.get("pixels")
    if channels is None or not isinstance(pixels, str) or len(pixels) > MOST_CHARACTERS:
        return None
    try:
        content = base64.b64decode(pixels, validate=True)
    except (binascii.Error, ValueError):
        return None
    drawn_side = round((len(content) / channels) ** 0.5)
    if not 1 <= drawn_side <= MOST_SIDE or channels * drawn_side**2 != len(content):
        return None
    interleaved = np.frombuffer(content, np.uint8).reshape(drawn_side, drawn_side, channels)
    return np.ascontiguousarray(np.moveaxis(interleaved, 2, 0))


def as_ink(grey: np.ndarray) -> np.ndarray:
    """What was written in a photograph, whether dark on light or light on dark.

    The paper is what the rim shows; ink is what differs from it by more than a third of the
    most, so that shadows and grain do not count.

    Args:
        grey: uint8 (height, width).

    Returns:
        uint8 (height, width), 255 for full ink; blank where nothing stands out.
    """
    rim = np.concatenate((grey[0], grey[-1], grey[:, 0], grey[:, -1])).astype(float)
    paper = float(np.median(rim))
    away = np.abs(grey - paper)
    most = float(np.quantile(away, 0.99))
    if most < 40:  # of 255: an empty page
        return np.zeros_like(grey)
    return np.round(np.clip((away / most - 0.35) / 0.4, 0, 1) * 255).astype(np.uint8)
