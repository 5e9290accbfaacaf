"""Pictures of every class, side by side: a row for each class."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from html import escape

import numpy as np

from playground.figures.raster import png
from playground.ui.language import class_name, say


def picture(
    pictures: np.ndarray, labels: np.ndarray, class_names: Sequence[str], *, columns: int
) -> str:
    """HTML of a grid with the classes' names.

    Args:
        pictures: uint8 (n, 1 or 3, side, side).
        labels: (n,) places in `class_names`.
        columns: pictures of each class at most.
    """
    rows = []
    for label, name in enumerate(class_names):
        strip = pictures[np.flatnonzero(labels == label)[:columns]]
        if not len(strip):
            continue
        count, _, height, width = strip.shape
        joined = strip.transpose(1, 2, 0, 3).reshape(strip.shape[1], height, count * width)
        address = _address(np.ascontiguousarray(joined).tobytes(), joined.shape)
        title = escape(class_name(name))
        rows.append(
            f'<div class="np-sheet-name" title="{title}">{title}</div>'
            f'<img src="{address}" alt="{title}" style="aspect-ratio:{count * width}/{height};'
            f"width:{100 * count / columns:.2f}%;mask-image:repeating-linear-gradient(90deg,"
            f"#000 0 calc({100 / count:.3f}% - 2px),#0000 calc({100 / count:.3f}% - 2px) "
            f'{100 / count:.3f}%)">'
        )
    name, inner = escape(say("pictures.sheet")), "".join(rows)
    return f'<div class="np-sheet" tabindex="0" role="region" aria-label="{name}">{inner}</div>'


def image(pixels: np.ndarray) -> str:
    """The address of an image of u1 (rows, columns, 3)."""
    return f"data:image/png;base64,{b64encode(png(pixels)).decode()}"


@lru_cache(maxsize=256)
def _address(content: bytes, shape: tuple[int, int, int]) -> str:
    joined = np.frombuffer(content, np.uint8).reshape(shape)
    return image(np.repeat(joined, 3 // shape[0], axis=0).transpose(1, 2, 0))
