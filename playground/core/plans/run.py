"""A plan in training: what the live service drives as it drives the run of one experiment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Literal

from playground.core.analysis.views import Arrays, Header
from playground.core.data.model import Brought
from playground.core.errors import Notice, PlaygroundError
from playground.core.plans.base import Plan
from playground.core.run import Run
from playground.core.want import Want

State = Literal["ready", "done", "diverged"]


class PlanRun(ABC):
    """The run of a plan.

    Attributes:
        plan: what is trained.
        table: what the visitor brought.
        step: minibatches that every network took.
        state: "ready", or "done" when none of its networks trains any more.
        notice: why it stopped, or None.
        idle: seconds after a turn in which there is nothing to do here, since others work.
    """

    def __init__(self, plan: Plan, own: Brought | None) -> None:
        self.plan = plan
        self.table = own
        self.step = 0
        self.state: State = "ready"
        self.notice: Notice | None = None
        self.idle = 0.0

    # -- training

    @property
    @abstractmethod
    def epoch(self) -> int:
        """Complete epochs."""

    @property
    @abstractmethod
    def batch_in_epoch(self) -> int: ...

    @property
    @abstractmethod
    def batches_per_epoch(self) -> int: ...

    @abstractmethod
    def advance(self, batches: int) -> int:
        """Trains so many minibatches; returns how many were taken."""

    @abstractmethod
    def train_for(self, seconds: float) -> int:
        """Trains by the clock, at least one minibatch; returns how many were taken."""

    @abstractmethod
    def measure(self) -> object:
        """Losses and scores now, entered into the curves."""

    def act(self, deed: Mapping[str, Any], /) -> bool:
        """Nobody takes the weights of a plan's networks in hand."""
        return False

    def resume(self) -> None:
        """Lets a run that has stopped go on, where it can."""
        return

    def update(self, plan: Plan) -> None:
        """Takes over changed live settings."""
        self.plan = plan

    def snapshot(self) -> bytes:
        """What `Plan.build` needs to go on exactly from here; empty where it cannot, or where that
        would be too large: then the networks start again when a worker is lost, and the page says
        so."""
        return b""

    def part(self, place: int) -> Run:
        """A run of its own of one of the networks, which goes on from where that stands.

        Raises:
            PlaygroundError: there is no such network.
        """
        raise PlaygroundError("part_gone")

    # -- what is seen

    @abstractmethod
    def frame(
        self, want: Want, history_from: tuple[int, int], scene: bool
    ) -> tuple[Header, Arrays]:
        """One frame, see `playground.core.observe.observe`; a plan reads its own wishes in
        `want.of("plan")`.

        The header has epoch, batch, batches_per_epoch, step, history (version, start, total, and
        columns where they are not those of one network), metrics, views; and scene where that is
        asked for.
        """

    @property
    def studying(self) -> bool:
        """Whether what is looked at has work left that takes longer than a frame."""
        return False

    def study(self, seconds: float) -> None:
        """Goes on with that work for about so long."""
        return
