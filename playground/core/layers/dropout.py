"""Dropout: units silenced at random while training."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.layers.base import Layer
from playground.core.settings import setting
from playground.core.shapes import Shape, need_numbers

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class Dropout(Layer):
    """Each value becomes 0 with probability `rate`; the others grow by 1 / (1 − rate).

    Srivastava et al. 2014, in the inverted form of nn.Dropout: nothing happens outside
    training.
    """

    icon: ClassVar[str] = ":material/blur_on:"
    drawn: ClassVar[bool] = False
    main: ClassVar[tuple[str, ...]] = ("rate",)

    kind: Literal["dropout"] = "dropout"
    rate: float = setting(0.2, live=True, ge=0, le=0.9)

    def output_shape(self, shape: Shape) -> Shape:
        need_numbers(shape)
        return shape

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        return [_seeded_dropout(self.rate, generator)]

    def configure(self, modules: nn.Sequential) -> None:
        modules[0].rate = self.rate  # type: ignore[assignment]

    def code(self, shape: Shape) -> str:
        return f"nn.Dropout({self.rate:g})"


def _seeded_dropout(rate: float, generator: torch.Generator) -> nn.Module:
    """nn.Dropout with a generator of its own: torch's draws from the process-wide one."""
    import torch
    from torch import nn

    class SeededDropout(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rate = rate

        def forward(self, values: Tensor) -> Tensor:
            if not self.training or self.rate == 0:
                return values
            # Drawn feature-major and on the CPU, as the dense engine draws: the same seed gives
            # the same masks in both engines and on every device.
            drawn = torch.empty(tuple(reversed(values.shape)), dtype=values.dtype)
            drawn.bernoulli_(1 - self.rate, generator=generator).mul_(1 / (1 - self.rate))
            return values * drawn.permute(*reversed(range(values.ndim))).to(values.device)

    return SeededDropout()
