"""A picture drawn by hand, brought into the form that the pictures of a set have.

Networks learn a set's form along with its content: a digit that fills half of its square looks
like none of those that fill it. So ink is cut out, stretched and put in place as the set's makers
did it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from playground.core.data.pictures.steps import resampling, resized

Form = Literal["square", "blocks", "centered"]
BLANK = 24  # of 255: fainter marks are no ink


def formed(ink: np.ndarray, form: Form, side: int) -> np.ndarray:
    """
    Args:
        ink: uint8 (height, width), 255 where the pen was, 0 where it was not.
        form: "blocks" as in scikit-learn's digits, "centered" as in MNIST, "square" as it is.
        side: of the set's pictures, which are squares.

    Returns:
        uint8 (side, side); blank where nothing was drawn.
    """
    if form == "square":
        return resized(ink[None, None], side)[0, 0]
    box = _cut_out(ink)
    if box is None:
        return np.zeros((side, side), np.uint8)
    return _in_blocks(box, side) if form == "blocks" else _centered(box, side)


def _cut_out(ink: np.ndarray) -> np.ndarray | None:
    """The smallest rectangle with all ink; None where there is none."""
    marked = ink >= BLANK
    rows, columns = np.flatnonzero(marked.any(axis=1)), np.flatnonzero(marked.any(axis=0))
    if not len(rows):
        return None
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _stretched(box: np.ndarray, height: int, width: int) -> np.ndarray:
    """f4 (height, width)."""
    rows, columns = resampling(box.shape[0], height), resampling(box.shape[1], width)
    return rows @ box.astype(np.float32) @ columns.T


def _in_blocks(box: np.ndarray, side: int) -> np.ndarray:
    """As the digits of UCI's "Optical Recognition of Handwritten Digits" were made.

    The ink is stretched to the full height of a bitmap of 32×32; then the black pixels of each
    block of 4×4 are counted, 0 to 16. All pictures of the set fill their eight rows, and six of
    their eight columns on average; what is much higher than wide is not stretched that far.
    """
    fine = 4 * side
    height, width = box.shape
    wide = round(fine * np.clip(1.5 * width / height, 0.3, 0.7))
    bitmap = np.zeros((fine, fine))
    left = (fine - wide) // 2
    bitmap[:, left : left + wide] = _stretched(box, fine, wide) >= 128
    counted = bitmap.reshape(side, 4, side, 4).sum(axis=(1, 3))
    return np.round(counted * (255 / 16)).astype(np.uint8)


def _centered(box: np.ndarray, side: int) -> np.ndarray:
    """As MNIST was made: the longer side of the ink becomes 20 of 28 pixels, its shape kept, and
    its centre of mass lies in the middle.
    """
    height, width = box.shape
    reach = round(side * 20 / 28)
    share = reach / max(height, width)
    small = _stretched(box, max(1, round(height * share)), max(1, round(width * share)))
    total = max(float(small.sum()), 1e-9)
    middle = [
        float((small.sum(axis=1 - axis) * (np.arange(length) + 0.5)).sum() / total)
        for axis, length in enumerate(small.shape)
    ]
    made = np.zeros((side, side), np.float32)
    top, left = (
        int(np.clip(round(side / 2 - at), 0, side - length))
        for at, length in zip(middle, small.shape, strict=True)
    )
    made[top : top + small.shape[0], left : left + small.shape[1]] = small
    return np.round(np.clip(made, 0, 255)).astype(np.uint8)
