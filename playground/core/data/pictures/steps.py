"""What is done to every picture before the network is given it, as steps that can be shown.

Sizes and colours are of bytes, (n, channels, height, width) uint8; then come numbers, float32.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Colors = Literal["as_is", "grey", "color"]
Scale = Literal["bytes", "unit", "signed"]
LUMA = np.array([0.299, 0.587, 0.114])
"""Shares of red, green and blue in grey: ITU-R BT.601, as Pillow's mode "L" has them."""
_CHUNK = 2**22  # values that are worked on at once, so that no whole copy in float64 is made


def resized(pictures: np.ndarray, side: int) -> np.ndarray:
    """Squares of another side, by linear interpolation that averages where it makes smaller.

    Args:
        pictures: uint8 (n, channels, height, width).
        side: the new height and width.

    Returns:
        uint8 (n, channels, side, side).
    """
    count, channels, height, width = pictures.shape
    if (height, width) == (side, side):
        return pictures
    rows, columns = resampling(height, side), resampling(width, side)
    made = np.empty((count, channels, side, side), np.uint8)
    at_once = max(1, _CHUNK // (channels * height * width))
    for start in range(0, count, at_once):
        part = pictures[start : start + at_once].astype(np.float32)
        mixed = np.matmul(np.matmul(rows, part), columns.T)
        made[start : start + at_once] = np.round(np.clip(mixed, 0, 255))
    return made


def resampling(before: int, after: int) -> np.ndarray:
    """Shares of the old pixels in each new one: f4 (after, before), every row summing to 1.

    A triangle around the new pixel's middle, as wide as two of the larger pixels: what Pillow
    calls BILINEAR.
    """
    scale = before / after
    reach = max(scale, 1.0)
    middle = (np.arange(after) + 0.5) * scale
    pixel = np.arange(before) + 0.5
    weight = np.clip(1 - np.abs(pixel[None, :] - middle[:, None]) / reach, 0, None)
    return (weight / weight.sum(axis=1, keepdims=True)).astype(np.float32)


def colored(pictures: np.ndarray, colors: Colors) -> np.ndarray:
    """Pictures in grey, in three colours, or as they are: uint8 (n, 1 or 3, height, width)."""
    channels = pictures.shape[1]
    if colors == "grey" and channels == 3:
        grey = np.tensordot(LUMA.astype(np.float32), pictures, axes=(0, 1))
        return np.round(grey).astype(np.uint8)[:, None]
    if colors == "color" and channels == 1:
        return np.repeat(pictures, 3, axis=1)
    return pictures


def scaled(pictures: np.ndarray, scale: Scale) -> np.ndarray:
    """Bytes as float32: 0 to 255, 0 to 1, or −1 to 1."""
    numbers = pictures.astype(np.float32)
    if scale == "unit":
        numbers /= 255
    elif scale == "signed":
        numbers *= 2 / 255
        numbers -= 1
    return numbers


SPANS: dict[Scale, tuple[float, float]] = {
    "bytes": (0.0, 255.0),
    "unit": (0.0, 1.0),
    "signed": (-1.0, 1.0),
}
"""What the values of a picture lie between, once scaled."""


@dataclass(frozen=True, eq=False)
class Norm:
    """Mean and spread of each channel, f4 (channels,), as the training part has them.

    A channel that is the same everywhere has a spread of 1, so that it becomes 0.
    """

    mean: np.ndarray
    std: np.ndarray

    @classmethod
    def of(cls, numbers: np.ndarray) -> Norm:
        """
        Args:
            numbers: the training part, float32 (n, channels, height, width).
        """
        channels = numbers.shape[1]
        if not numbers.size:
            return cls(np.zeros(channels, np.float32), np.ones(channels, np.float32))
        mean = numbers.mean(axis=(0, 2, 3), dtype=np.float64)
        # Picture by picture: a second copy of all of them may be large.
        square = sum(((one - mean[:, None, None]) ** 2).mean(axis=(1, 2)) for one in numbers)
        std = np.sqrt(np.asarray(square) / len(numbers))
        flat = std <= 1e-6 * np.maximum(np.abs(mean), 1)
        return cls(mean.astype(np.float32), np.where(flat, 1.0, std).astype(np.float32))

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        return (numbers - self.mean[:, None, None]) / self.std[:, None, None]


@dataclass(frozen=True)
class Step:
    """One step as it is shown: its name in the language catalogs, and what it makes of pictures."""

    name: str
    act: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Pipeline:
    """The steps from a picture as it was found to what the network is given.

    Attributes:
        side: of the squares that the network is given; 0 leaves the size alone.
        colors, scale: see `colored` and `scaled`.
        norm: None where the channels are left as they are.
    """

    side: int = 0
    colors: Colors = "as_is"
    scale: Scale = "unit"
    norm: Norm | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        made = []
        if self.side:
            made.append(Step("resize", lambda pictures: resized(pictures, self.side)))
        if self.colors != "as_is":
            made.append(Step("colors", lambda pictures: colored(pictures, self.colors)))
        made.append(Step("scale", lambda pictures: scaled(pictures, self.scale)))
        if self.norm is not None:
            made.append(Step("normalize", self.norm))
        return tuple(made)

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 (n, channels, height, width) to float32 (n, channels', side, side)."""
        for step in self.steps:
            pictures = step.act(pictures)
        return pictures

    def fitted(self, pictures: np.ndarray) -> Pipeline:
        """The same steps, normalising as these pictures of the training part ask for."""
        return Pipeline(self.side, self.colors, self.scale, Norm.of(self(pictures)))

    def span(self, channels: int) -> np.ndarray:
        """By how much each channel's values can differ behind the last step: f4 (channels,)."""
        low, high = SPANS[self.scale]
        width = np.full(channels, high - low, np.float32)
        return width if self.norm is None else width / self.norm.std
