"""Gaussian noise on every value while training."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from playground.core.layers.base import Family, Layer
from playground.core.settings import setting
from playground.core.shapes import Shape, need_numbers

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class GaussianNoise(Layer):
    """x + N(0, σ²) while training, nothing outside it (Bishop 1995: it works like a penalty)."""

    icon: ClassVar[str] = ":material/grain:"
    family: ClassVar[Family] = "regular"
    drawn: ClassVar[bool] = False
    main: ClassVar[tuple[str, ...]] = ("deviation",)

    kind: Literal["noise"] = "noise"
    deviation: float = setting(0.1, live=True, ge=0, le=1)

    def output_shape(self, shape: Shape) -> Shape:
        need_numbers(shape)
        return shape

    def build(self, shape: Shape, generator: torch.Generator) -> list[nn.Module]:
        return [_seeded_noise(self.deviation, generator)]

    def configure(self, modules: nn.Sequential) -> None:
        modules[0].deviation = self.deviation  # type: ignore[assignment]

    def code(self, shape: Shape) -> str:
        return f"GaussianNoise({self.deviation:g})"


def _seeded_noise(deviation: float, generator: torch.Generator) -> nn.Module:
    import torch
    from torch import nn

    class SeededNoise(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.deviation = deviation

        def forward(self, values: Tensor) -> Tensor:
            if not self.training or self.deviation == 0:
                return values
            drawn = torch.empty(values.shape, dtype=values.dtype)
            drawn.normal_(0, self.deviation, generator=generator)
            return values + drawn.to(values.device)

    return SeededNoise()
