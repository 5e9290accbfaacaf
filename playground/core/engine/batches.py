"""Which points make each minibatch: order, boundaries, and what becomes of a last short batch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground.core.experiment import Training

Slices = tuple[tuple[int, int], ...]


class Batches:
    """The minibatches of one run, epoch by epoch.

    Where points are left out the order is drawn for all of them, and the last of it takes each
    one's place: whoever trains without a point sees the others in the same order, in all
    minibatches but two of an epoch.

    Args:
        count: how many points there are to train on.
        settings: batch size, order, and what becomes of a last short batch.
        generator: draws the order.
        whole: every minibatch holds all points, whatever the batch size says.
        left_out: the places of points that are left out, among these and `count` others.

    Attributes:
        indices: the points of the present epoch in order; later epochs may be drawn into the
            same tensor.
        slices: (start, stop) of every minibatch within `indices`; of epochs that are cut alike
            the same tuple.
        position: how many of them have been taken.
        epoch: how many epochs are complete.
    """

    def __init__(
        self,
        count: int,
        settings: Training,
        generator: torch.Generator,
        *,
        whole: bool = False,
        left_out: Sequence[int] = (),
    ) -> None:
        self._count = count
        self._left_out = tuple(left_out)
        self._whole = whole
        self._generator = generator
        self._settings = settings
        # Where the next epoch may be drawn, and its minibatches, if it is cut as the last one:
        # where a step takes less than a microsecond, what an epoch takes beside counts.
        self._again: tuple[Tensor, Slices] | None = None
        self.epoch = 0
        self._begin(carried=None)

    @property
    def size(self) -> int:
        """Points in a full minibatch; never more than there are."""
        wanted = self._count if self._whole else self._settings.batch_size
        return max(1, min(wanted, self._count))

    def _begin(self, carried: Tensor | None) -> None:
        order = self._order()
        self.indices = order if carried is None else torch.cat((carried, order), -1)
        self.position = 0
        self.slices: Slices = ()
        self._slice()

    def _order(self) -> Tensor:
        """The points of an epoch, but for what the last one left over."""
        order = torch.empty(self._count + len(self._left_out), dtype=torch.long)
        self._draw(order)
        return without(order, self._left_out) if self._left_out else order

    def _draw(self, order: Tensor) -> None:
        """Fills in the order of all points of an epoch."""
        if self._settings.order == "shuffled":
            torch.randperm(len(order), generator=self._generator, out=order)
        else:
            torch.arange(len(order), out=order)

    def _slice(self) -> None:
        """Cuts what follows the minibatches already taken.

        Points carried over from the last epoch come on top of the first minibatch.
        """
        total, size, taken = self.indices.shape[-1], self.size, self.slices
        start = taken[-1][1] if taken else 0
        carried = 0 if taken else total - self._count
        smaller = self._settings.last_batch == "smaller"
        cuts = _cuts(start, start + carried + size, total, size, smaller)
        self.slices = taken + cuts if taken else cuts

    @property
    def exact_epoch(self) -> float:
        """Epochs with the fraction of the present one."""
        return self.epoch + self.position / max(len(self.slices), 1)

    def finish_epoch(self) -> None:
        """Goes on to the next epoch, with what the last one left over where that is carried."""
        self.epoch += 1
        if self._again is not None:
            self.indices, self.slices = self._again
            self.position = 0
            self._draw(self.indices)
        elif self._settings.last_batch == "carried":
            left = self.slices[-1][1] if self.slices else 0
            self._begin(carried=self.indices[..., left:])
        else:
            self._begin(carried=None)
            self._again = None if self._left_out else (self.indices, self.slices)

    def resize(self, count: int, left_out: Sequence[int] = ()) -> None:
        """Goes on with other training points, see the class.

        The epoch under way ends early: what was left of its order means other points now.
        """
        self._count, self._left_out = count, tuple(left_out)
        self._again = None
        self.epoch += bool(self.position)
        self._begin(carried=self.indices[..., :0])

    def configure(self, settings: Training, *, whole: bool = False) -> None:
        """Takes over another batch size, order or end of an epoch, as soon as that can be.

        Minibatches already taken stay as they were, and the epoch under way keeps its order.
        """
        before = self.size, self._settings.last_batch
        self._settings, self._whole, self._again = settings, whole, None
        if (self.size, settings.last_batch) != before:
            self.slices = self.slices[: self.position]
            self._slice()

    def state(self) -> dict[str, Any]:
        return {
            "indices": self.indices.clone(),
            "slices": list(self.slices),
            "position": self.position,
            "epoch": self.epoch,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        self.indices = state["indices"]
        self.slices = tuple((int(start), int(stop)) for start, stop in state["slices"])
        self.position, self.epoch = int(state["position"]), int(state["epoch"])


@lru_cache(64)
def _cuts(start: int, stop: int, total: int, size: int, smaller: bool) -> Slices:
    """(start, stop) of minibatches: the first one's, others of one size, perhaps a short one.

    Epochs are alike, and small networks take twenty thousand a second.
    """
    found = []
    while stop <= total:
        found.append((start, stop))
        start, stop = stop, stop + size
    if start < total and smaller:
        found.append((start, total))
    return tuple(found)


def without(order: Tensor, left_out: Sequence[int]) -> Tensor:
    """An order of all points without some of them, each one's place taken by the last.

    Args:
        order: a permutation of all points.
        left_out: places of different points among them. One by one, so that leaving out one more
            changes no more of the order than leaving out the first did.

    Returns:
        The points that stay, counted without the others.
    """
    points = order.numpy().copy()
    place, count = np.empty_like(points), len(points)
    place[points] = np.arange(count)
    for point in left_out:
        count -= 1
        hole, last = place[point], points[count]
        points[hole], place[last] = last, hole
    shift = np.zeros(len(points), dtype=points.dtype)
    shift[list(left_out)] = 1
    points = points[:count]
    return torch.from_numpy(points - shift.cumsum()[points])


def without_one(orders: Tensor, left_out: Tensor) -> Tensor:
    """As `without`, of many orders at once, each of which lacks a single point.

    Args:
        orders: (K, n), permutations of all points.
        left_out: (K,), the point that each lacks.

    Returns:
        (K, n − 1), the points that stay.
    """
    points = torch.where(orders == left_out[:, None], orders[:, -1:], orders)[:, :-1]
    return points - (points > left_out[:, None]).long()


class ManyBatches(Batches):
    """The minibatches of networks that train side by side: each in an order of its own, all cut
    alike.

    Args:
        count: how many points each has to train on.
        generators: of the networks; each draws what it would draw alone.
        left_out: the points that each lacks, as many of each.

    Attributes:
        indices: (K, points of the epoch).
    """

    def __init__(
        self,
        count: int,
        settings: Training,
        generators: Sequence[torch.Generator],
        left_out: Sequence[Sequence[int]],
        *,
        whole: bool = False,
    ) -> None:
        self._generators = generators
        self._all_left_out = [tuple(places) for places in left_out]
        self._one_each: Tensor | None = None
        self._last: Tensor | None = None
        self._rows: tuple[Tensor, ...] = ()
        if all(len(places) == 1 for places in left_out):
            self._one_each = torch.tensor([places[0] for places in left_out])
        super().__init__(count, settings, generators[0], whole=whole, left_out=left_out[0])

    def _order(self) -> Tensor:
        total = self._count + len(self._left_out)
        orders = torch.empty(len(self._generators), total, dtype=torch.long)
        self._draw(orders)
        if self._one_each is not None:
            return without_one(orders, self._one_each)
        if self._left_out:
            pairs = zip(orders, self._all_left_out, strict=True)
            return torch.stack([without(order, places) for order, places in pairs])
        return orders

    def _draw(self, order: Tensor) -> None:
        total = order.shape[1]
        if self._settings.order == "fixed":
            torch.arange(total, out=order[0])
            order[1:] = order[0]
            return
        if order is not self._last:  # views of sixty rows take as long as a step of as many
            self._last, self._rows = order, order.unbind(0)
        for row, generator in zip(self._rows, self._generators, strict=True):
            torch.randperm(total, generator=generator, out=row)
