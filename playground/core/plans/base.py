"""What all plans have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from playground.core.experiment import Experiment
from playground.core.settings import Settings

if TYPE_CHECKING:
    from playground.core.data.model import Brought
    from playground.core.plans.run import PlanRun


class Plan(Settings):
    """Several networks that start from one experiment, as one live run.

    A subclass gives `plan` its own name, `Literal["seeds"] = "seeds"`, and adds its settings; one
    that is declared live may change while the networks train.
    """

    restarted: ClassVar[tuple[str, str]] = ("networks_restarted", "networks_restarted_fresh")
    """Codes of what is said when its worker was lost: where it goes on from its snapshot, and where
    there is none and it begins again."""

    plan: str
    experiment: Experiment = Field(default_factory=Experiment)

    def build(self, own: Brought | None, snapshot: bytes | None) -> PlanRun:
        """The run.

        Args:
            own: what the visitor brought, for data sets that are made of it.
            snapshot: bytes of its `snapshot`, to go on from there.

        Raises:
            PlaygroundError: networks that cannot be trained, or not side by side.
        """
        raise NotImplementedError

    def needs(self, own: Brought | None) -> int:
        """Bytes that the run will need at its peak, before anything of it is made.

        Raises:
            PlaygroundError: as `build` does.
        """
        raise NotImplementedError
