"""Dropout with a generator of its own: torch's draws from the process-wide one."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class SeededDropout(nn.Module):
    """Each value becomes 0 with probability `rate` while training; the others grow in turn.

    Args:
        rate: below 1.
        generator: on the CPU, the run's.
        whole: silences whole channels: one decision for a feature map (as nn.Dropout2d), or for
            one number at all places of a sequence (Gal & Ghahramani 2016).

    Attributes:
        shared: one decision for all points at once, so that what is left is one network.
    """

    def __init__(self, rate: float, generator: torch.Generator, whole: bool = False) -> None:
        super().__init__()
        self.rate, self.generator, self.whole = rate, generator, whole
        self.shared = False

    def forward(self, values: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return values
        # Drawn feature-major and on the CPU, as the dense engine draws: the same seed gives
        # the same masks in both engines and on every device.
        shape = tuple(reversed(self._shape(values)))
        drawn = torch.empty(shape, dtype=values.dtype)
        drawn.bernoulli_(1 - self.rate, generator=self.generator).mul_(1 / (1 - self.rate))
        return values * drawn.permute(*reversed(range(values.ndim))).to(values.device)

    def _shape(self, values: Tensor) -> tuple[int, ...]:
        """Of the mask, which spreads over what is silenced together."""
        if self.shared:
            values = values[:1]
        if self.whole and values.ndim == 4:
            return (*values.shape[:2], 1, 1)
        if self.whole and values.ndim == 3:
            return (values.shape[0], 1, values.shape[2])
        return tuple(values.shape)
