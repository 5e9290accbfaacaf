"""Learning rate schedules: what the learning rate is multiplied by, epoch by epoch.

Each is a rule on the number of complete epochs, as the classes of torch.optim.lr_scheduler that
they are held against; `Plateau` also looks at the training loss. This module loads without torch.
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from playground.core.settings import Settings, setting

GAMMAS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
AHEAD = 200  # epochs that are drawn of a schedule that names no end


class ScheduleBase(Settings):
    """What all schedules share."""

    formula: ClassVar[str] = ""  # LaTeX of the factor, e being the number of complete epochs

    def factor(self, epoch: float) -> float:
        """What the learning rate is multiplied by behind so many epochs."""
        raise NotImplementedError

    @property
    def horizon(self) -> int:
        """Epochs after which nothing new happens; 0 where it goes on for ever."""
        return 0


class Constant(ScheduleBase):
    """The same rate all the time."""

    formula: ClassVar[str] = "1"

    name: Literal["constant"] = "constant"

    def factor(self, epoch: float) -> float:
        return 1.0


class Step(ScheduleBase):
    """Smaller by a factor every so many epochs (torch's StepLR)."""

    formula: ClassVar[str] = r"\gamma^{\lfloor e / k \rfloor}"

    name: Literal["step"] = "step"
    every: int = setting(50, live=True, ge=1, le=10_000)
    gamma: float = setting(0.5, live=True, ge=0.01, le=1)

    def factor(self, epoch: float) -> float:
        return self.gamma ** math.floor(epoch / self.every)


class Exponential(ScheduleBase):
    """Smaller by the same factor in every epoch (torch's ExponentialLR)."""

    formula: ClassVar[str] = r"\gamma^{e}"

    name: Literal["exponential"] = "exponential"
    gamma: float = setting(0.98, live=True, steps=GAMMAS, ge=0.5, le=1)

    def factor(self, epoch: float) -> float:
        return self.gamma**epoch


class Cosine(ScheduleBase):
    """Half a cosine down to a floor (Loshchilov & Hutter 2017; torch's CosineAnnealingLR)."""

    formula: ClassVar[str] = r"f + (1 - f)\,\tfrac{1}{2}(1 + \cos(\pi e / E))"

    name: Literal["cosine"] = "cosine"
    epochs: int = setting(200, live=True, ge=1, le=10_000)
    floor: float = setting(0.0, live=True, ge=0, le=1)

    def factor(self, epoch: float) -> float:
        share = min(epoch / self.epochs, 1.0)
        return self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * share))

    @property
    def horizon(self) -> int:
        return self.epochs


class WarmUp(ScheduleBase):
    """From a small rate to the whole one in a straight line (torch's LinearLR)."""

    formula: ClassVar[str] = r"s + (1 - s)\min(e / E, 1)"

    name: Literal["warm_up"] = "warm_up"
    epochs: int = setting(20, live=True, ge=1, le=10_000)
    start: float = setting(0.1, live=True, ge=0.01, le=1)

    def factor(self, epoch: float) -> float:
        return self.start + (1 - self.start) * min(epoch / self.epochs, 1.0)

    @property
    def horizon(self) -> int:
        return self.epochs


class OneCycle(ScheduleBase):
    """Up to the whole rate and down to almost none, each half a cosine (Smith & Topin 2018).

    As torch's OneCycleLR, taken epoch by epoch: it starts at 1/25 of the rate and ends at
    1/10,000 of where it started.
    """

    formula: ClassVar[str] = r"\tfrac{1}{25} \nearrow 1 \searrow \tfrac{1}{25} 10^{-4}"

    name: Literal["one_cycle"] = "one_cycle"
    epochs: int = setting(200, live=True, ge=2, le=10_000)
    peak: float = setting(0.3, live=True, ge=0.05, le=0.95)

    def factor(self, epoch: float) -> float:
        last = self.epochs - 1
        top = self.peak * self.epochs - 1
        start, end = 1 / 25, 1 / 250_000
        if top > 0 and epoch <= top:
            return _half_cosine(start, 1.0, epoch / top)
        share = min((epoch - max(top, 0.0)) / (last - max(top, 0.0)), 1.0)
        return _half_cosine(1.0, end, share)

    @property
    def horizon(self) -> int:
        return self.epochs


class Plateau(ScheduleBase):
    """Smaller by a factor when the training loss stops falling (torch's ReduceLROnPlateau).

    Falling means: at least 0.01 % below the best so far.
    """

    formula: ClassVar[str] = r"\gamma^{\text{plateaus so far}}"

    name: Literal["plateau"] = "plateau"
    gamma: float = setting(0.5, live=True, ge=0.01, le=1)
    patience: int = setting(10, live=True, ge=0, le=1000)

    def factor(self, epoch: float) -> float:
        return 1.0


def _half_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * 0.5 * (1 + math.cos(math.pi * share))


_Kinds = Constant | Step | Exponential | Cosine | WarmUp | OneCycle | Plateau
Schedule = Annotated[_Kinds, Field(discriminator="name")]
SCHEDULES: dict[str, type[ScheduleBase]] = {
    kind.model_fields["name"].default: kind for kind in get_args(_Kinds)
}


def ahead(schedule: ScheduleBase, planned: int) -> int:
    """How many epochs of a schedule are drawn: those planned, else its own, else AHEAD."""
    return planned or schedule.horizon or AHEAD
