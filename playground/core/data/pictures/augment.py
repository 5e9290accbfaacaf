"""Other views of the training pictures, drawn anew for every batch: the label stays the same.

Flips, shifts and turns move pixels; where nothing is left to show, the picture's edge goes on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True)
class Augment:
    """What may happen to a picture.

    Attributes:
        flip: half of the pictures are seen in a mirror, left for right.
        shift: greatest move in either direction, in percent of the side; whole pixels.
        rotate: greatest turn to either side, in degrees.
        noise: standard deviation of what is added to each value, in percent of the range.
    """

    flip: bool = False
    shift: int = 0
    rotate: int = 0
    noise: int = 0

    @property
    def idle(self) -> bool:
        """Whether every picture stays as it is."""
        return not (self.flip or self.shift or self.rotate or self.noise)

    def __call__(self, pictures: Tensor, span: Tensor, generator: torch.Generator) -> Tensor:
        """
        Args:
            pictures: (n, channels, height, width), on any device.
            span: (channels,): how far the values of each channel reach.
            generator: on the CPU; the same numbers are drawn on every device.

        Returns:
            New pictures of the same shape, type and device.
        """
        import torch

        if self.idle or not len(pictures):
            return pictures
        drawn = torch.rand((4, len(pictures)), generator=generator, dtype=torch.float64)
        moved = self._moved(pictures, drawn)
        if self.noise:
            noise = torch.empty(pictures.shape, dtype=pictures.dtype)
            noise.normal_(0, self.noise / 100, generator=generator)
            reach = span.to(pictures.device, pictures.dtype)[:, None, None]
            moved = moved + noise.to(pictures.device) * reach
        return moved

    def _moved(self, pictures: Tensor, drawn: Tensor) -> Tensor:
        """Flipped, turned and shifted, by linear interpolation between four pixels.

        Args:
            drawn: (4, n) numbers in [0, 1): mirror, turn, shift to the right, shift downwards.
        """
        import torch
        from torch.nn import functional

        if not (self.flip or self.shift or self.rotate):
            return pictures
        height, width = pictures.shape[2:]
        mirror = torch.where(drawn[0] < 0.5, -1.0, 1.0) if self.flip else torch.ones_like(drawn[0])
        turn = (2 * drawn[1] - 1) * math.radians(self.rotate)
        right, down = (
            _whole(at, side * self.shift / 100) * 2 / side
            for at, side in zip(drawn[2:], (width, height), strict=True)
        )
        # Of each new pixel, the old place that it shows: coordinates run from −1 to 1.
        cos, sin, ratio = turn.cos(), turn.sin(), height / width
        matrix = torch.stack(
            (
                torch.stack((mirror * cos, mirror * sin * ratio, right), 1),
                torch.stack((-sin / ratio, cos, down), 1),
            ),
            1,
        ).to(pictures.device, pictures.dtype)
        grid = functional.affine_grid(matrix, list(pictures.shape), align_corners=False)
        return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def _whole(drawn: Tensor, most: float) -> Tensor:
    """Whole numbers from −most to most, each as likely, from numbers in [0, 1)."""
    reach = round(most)
    return (drawn * (2 * reach + 1)).floor() - reach
