"""The plan "sweep": one experiment over and over with some of its settings changed."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from playground.core.errors import PlaygroundError
from playground.core.plans.base import Plan
from playground.core.settings import setting
from playground.core.sweep.settings import SweepSettings

if TYPE_CHECKING:
    from playground.core.data.model import Brought
    from playground.core.plans.sweep_run import SweepRun


class SweepPlan(Plan):
    """A sweep whose finished trials are kept in a file.

    Attributes:
        file: the name of that file, which is hard to guess, see `core/sweep/files.py`; "" keeps
            them nowhere.
        sweep: what is searched; the experiment in there gives way to the plan's own.
    """

    restarted: ClassVar[tuple[str, str]] = ("sweep_restarted", "networks_restarted_fresh")

    plan: Literal["sweep"] = "sweep"
    file: str = setting("", pattern=r"^([A-Za-z0-9_-]{16,64})?$")
    sweep: SweepSettings = Field(default_factory=SweepSettings)

    @property
    def settings(self) -> SweepSettings:
        """What is done, of the plan's experiment."""
        return self.sweep.model_copy(update={"experiment": self.experiment})

    @property
    def name(self) -> str:
        """Tells its frames from those of another sweep of the same page."""
        return self.file or sha256(self.settings.to_json().encode()).hexdigest()[:16]

    def build(self, own: Brought | None, snapshot: bytes | None) -> SweepRun:
        from playground.core.plans.sweep_run import SweepRun

        return SweepRun(self, own)

    def needs(self, own: Brought | None) -> int:
        from playground.core.memory import together
        from playground.core.plans.sweep_run import trained_here
        from playground.core.sweep.space import check_knobs, largest

        check_knobs(self.experiment, self.sweep.knobs)
        widest = largest(self.experiment, self.sweep.knobs)
        trials = trained_here()
        try:
            return trials * together(widest, self.sweep.starts, own).total
        except PlaygroundError:
            # Not all at their greatest make a network; a trial that cannot be says so itself.
            return trials * together(self.experiment, self.sweep.starts, own).total
