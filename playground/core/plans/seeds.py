"""The plan "seeds": one experiment from many starts, all trained together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from playground.core.plans.base import Plan
from playground.core.settings import setting

if TYPE_CHECKING:
    from playground.core.data.model import Brought
    from playground.core.plans.seeds_run import SeedsRun

MOST_SEEDS = 256


class Seeds(Plan):
    """Networks that differ in their luck alone: the first one is the experiment's own."""

    plan: Literal["seeds"] = "seeds"
    count: int = setting(16, ge=1, le=MOST_SEEDS)

    def build(self, own: Brought | None, snapshot: bytes | None) -> SeedsRun:
        from playground.core.plans.seeds_run import SeedsRun

        return SeedsRun(self, own, snapshot)

    def needs(self, own: Brought | None) -> int:
        from playground.core.memory import together
        from playground.core.plans.bands import MOST_BYTES

        return together(self.experiment, self.count, own).total + self.count * MOST_BYTES
