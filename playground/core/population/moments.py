"""What has become of the members of a population: who goes on, and where each was last well."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground.core.population.member import Member


@dataclass(frozen=True)
class Moment:
    """Where the minibatches stood at a moment.

    Attributes:
        state: of `ManyBatches`; its indices are (members, points).
        members: whose indices those are; None for all members.
    """

    state: dict[str, Any]
    step: int
    seconds: float
    members: tuple[int, ...] | None = None

    def of(self, index: int) -> dict[str, Any]:
        """As one network's `Batches.load_state` takes it."""
        row = index if self.members is None else self.members.index(index)
        return {**self.state, "indices": self.state["indices"][row].clone()}

    def only(self, members: Sequence[int]) -> Moment:
        """The same moment of some members: a moment of all holds everybody's order."""
        indices = torch.stack([self.of(index)["indices"] for index in members])
        return Moment({**self.state, "indices": indices}, self.step, self.seconds, tuple(members))


def exact_epoch(batches: Mapping[str, Any]) -> float:
    """Epochs with a fraction, from `Batches.state`."""
    return batches["epoch"] + batches["position"] / max(len(batches["slices"]), 1)


class Standing:
    """Of every member whether it goes on, and when it was last well.

    Attributes:
        gone: bool (K,), who was stopped.
        kept: when each was last well; None where it never was.
        drawn: of those that are gone, the states of their generators when they were stopped.
        exploded: float64 (K,), the loss from which on a member is in no state to go back to.
    """

    def __init__(self, count: int) -> None:
        self.gone = np.zeros(count, dtype=bool)
        self.kept: list[Moment | None] = [None] * count
        self.drawn: dict[int, dict[str, Tensor]] = {}
        self.exploded = np.full(count, math.inf)

    def keep(self, which: np.ndarray, moment: Moment) -> None:
        """Members, bool (K,), are well at this moment."""
        for index in np.flatnonzero(which):
            self.kept[index] = moment

    def stop(self, newly: np.ndarray, members: Sequence[Member]) -> None:
        """Members, bool (K,), are gone from now on."""
        self.gone = self.gone | newly
        for index in np.flatnonzero(newly).tolist():
            moment = self.kept[index]
            self.kept[index] = moment and moment.only([index])
            self.drawn[index] = members[index].drawn()

    def behind(self, step: int) -> list[int]:
        """Members that were well before this step, and not behind it."""
        return [i for i, moment in enumerate(self.kept) if moment and moment.step != step]

    def state(self, step: int) -> dict[str, Any]:
        """As plain data; those that are well now need no word.

        Args:
            step: that has been reached.
        """
        together: dict[int, list[int]] = {}
        for index in self.behind(step):
            together.setdefault(id(self.kept[index]), []).append(index)
        moments = []
        for members in together.values():
            moment = self.kept[members[0]]
            assert moment is not None
            own = moment.only(members)
            moments.append({"members": members, "batches": narrow(own.state),
                            "step": own.step, "seconds": own.seconds})  # fmt: skip
        return {
            "gone": torch.from_numpy(self.gone.copy()),
            "never": [index for index, moment in enumerate(self.kept) if moment is None],
            "moments": moments,
            "drawn": self.drawn,
            "exploded": torch.from_numpy(self.exploded.copy()),
        }

    def load_state(self, state: Mapping[str, Any], now: Moment) -> None:
        """Goes on from `state`.

        Args:
            now: the moment that it was taken at.
        """
        self.gone, self.exploded = state["gone"].numpy().copy(), state["exploded"].numpy().copy()
        self.kept = [now] * len(self.gone)
        for index in state["never"]:
            self.kept[index] = None
        for one in state["moments"]:
            members = tuple(one["members"])
            moment = Moment(widened(one["batches"]), one["step"], one["seconds"], members)
            for index in members:
                self.kept[index] = moment
        self.drawn = state["drawn"]


def narrow(batches: Mapping[str, Any]) -> dict[str, Any]:
    """A state of `ManyBatches`, its orders in half the bytes."""
    return {**batches, "indices": batches["indices"].to(torch.int32)}


def widened(batches: Mapping[str, Any]) -> dict[str, Any]:
    """What `narrow` took, as `ManyBatches` has it."""
    return {**batches, "indices": batches["indices"].long()}
