"""Which points make each minibatch: order, boundaries, and what becomes of a last short batch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from playground.core.experiment import Training


class Batches:
    """The minibatches of one run, epoch by epoch.

    Args:
        count: how many points there are.
        settings: batch size, order, and what becomes of a last short batch.
        generator: draws the order.
        whole: every minibatch holds all points, whatever the batch size says.

    Attributes:
        indices: the points of the present epoch in order.
        slices: (start, stop) of every minibatch within `indices`.
        position: how many of them have been taken.
        epoch: how many epochs are complete.
    """

    def __init__(
        self, count: int, settings: Training, generator: torch.Generator, *, whole: bool = False
    ) -> None:
        self._count = count
        self._whole = whole
        self._generator = generator
        self._settings = settings
        self.epoch = 0
        self._begin(carried=torch.empty(0, dtype=torch.long))

    @property
    def size(self) -> int:
        """Points in a full minibatch; never more than there are."""
        wanted = self._count if self._whole else self._settings.batch_size
        return max(1, min(wanted, self._count))

    def _begin(self, carried: Tensor) -> None:
        if self._settings.order == "shuffled":
            order = torch.randperm(self._count, generator=self._generator)
        else:
            order = torch.arange(self._count)
        self.indices = torch.cat((carried, order))
        self.position = 0
        self.slices: list[tuple[int, int]] = []
        self._slice()

    def _slice(self) -> None:
        """Cuts what follows the minibatches already taken.

        Points carried over from the last epoch come on top of the first minibatch.
        """
        total, size = len(self.indices), self.size
        start = self.slices[-1][1] if self.slices else 0
        carried = 0 if self.slices else total - self._count
        stop = start + carried + size
        while stop <= total:
            self.slices.append((start, stop))
            start, stop = stop, stop + size
        if start < total and self._settings.last_batch == "smaller":
            self.slices.append((start, total))

    def finish_epoch(self) -> None:
        """Goes on to the next epoch, with what the last one left over where that is carried."""
        used = self.slices[-1][1] if self.slices else 0
        carried = self.indices[used:]
        self.epoch += 1
        keep = self._settings.last_batch == "carried"
        self._begin(carried if keep else carried[:0])

    def resize(self, count: int) -> None:
        """Goes on with another number of training points.

        The epoch under way ends early: what was left of its order means other points now.
        """
        self._count = count
        self.epoch += bool(self.position)
        self._begin(carried=self.indices[:0])

    def configure(self, settings: Training, *, whole: bool = False) -> None:
        """Takes over another batch size, order or end of an epoch, as soon as that can be.

        Minibatches already taken stay as they were, and the epoch under way keeps its order.
        """
        before = self.size, self._settings.last_batch
        self._settings, self._whole = settings, whole
        if (self.size, settings.last_batch) != before:
            del self.slices[self.position :]
            self._slice()

    def state(self) -> dict[str, Any]:
        return {
            "indices": self.indices,
            "slices": list(self.slices),
            "position": self.position,
            "epoch": self.epoch,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        self.indices = state["indices"]
        self.slices = [(int(start), int(stop)) for start, stop in state["slices"]]
        self.position, self.epoch = int(state["position"]), int(state["epoch"])
