"""The path of a run's weights: where in the space of all parameters the network has been.

All that the network learns is copied as one flat vector, some 8 µs a time: whenever the curves
get a row, and within the first epochs, of which the curves may see none, whenever the steps taken
have grown by a few percent. When there are too many points they are thinned as the curves are, so
the whole path is there when somebody asks for it, in bounded memory.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from playground.core.history import well_spread

if TYPE_CHECKING:
    from playground.core.analysis.weight_plane import WeightPlane
    from playground.core.engine import Engine

MOST_POINTS = 400
LEAST_POINTS = 50  # fewer are no path
MEMORY = 8 * 2**20  # bytes of one run's path
SAVED = 2**16  # bytes of a path in a snapshot, which goes out every few seconds
NUMBER = 4  # bytes: a path needs no more than float32
GROWTH = 1.02  # of the number of steps, from one point to the next while the run is young


class Path:
    """Where the weights have been, by epoch.

    Attributes:
        due: the step from which on another point is wanted, whether or not the run is measured.
        most: points that are kept at most; 0 where the network is too large for a path.
        version: changes when points are taken away; else they are only added.
        plane: the plane in which the path is looked at, on whose points a visitor may put the
            network; None while nobody looks.
    """

    def __init__(self, engine: Engine) -> None:
        self.version = 0
        self.plane: WeightPlane | None = None
        self._begin(engine)

    def _begin(self, engine: Engine) -> None:
        self._shapes = _shapes(engine)
        self.size = sum(part.numel() for part in engine.learned())
        fitting = min(MOST_POINTS, MEMORY // (NUMBER * self.size))
        self.most = fitting if fitting >= LEAST_POINTS else 0
        self._points = torch.empty(self.most + 1, self.size, dtype=torch.float32)
        self._rows: list[tuple[float, bool]] = []  # epoch, and whether a new piece begins here
        self.due = 1 if self.most else math.inf
        self._leapt = False
        self.version += 1

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def epochs(self) -> list[float]:
        return [epoch for epoch, _ in self._rows]

    @property
    def begins(self) -> list[bool]:
        """Of every point, whether the weights came there by hand and not by training."""
        return [begins for _, begins in self._rows]

    @property
    def points(self) -> Tensor:
        """(points, parameters), float32, the oldest first; a view, it changes with the run."""
        return self._points[: len(self._rows)]

    def follow(self, engine: Engine) -> None:
        """The network lives in this engine now; what learns other numbers begins another path."""
        self.plane = None
        if _shapes(engine) != self._shapes:
            self._begin(engine)

    def leap(self) -> None:
        """The next point was not reached by training."""
        self._leapt = bool(self._rows)

    def append(self, epoch: float, step: int, engine: Engine) -> None:
        """Adds where the network is now, unless it is nowhere: not finite.

        A second point of the same moment takes the place of the first, unless a hand came
        between: where training had come to is not forgotten for that.
        """
        if not self.most:
            return
        self.due = step * GROWTH + 1
        weights = engine.flat()
        if not math.isfinite(weights.sum().item()):
            return
        self.forget_after(epoch)
        begins, self._leapt = self._leapt, False
        if self._rows and self._rows[-1][0] == epoch and (self._rows[-1][1] or not begins):
            begins = self._rows.pop()[1]
            self.version += 1
        self._points[len(self._rows)].copy_(weights)
        self._rows.append((epoch, begins))
        if len(self._rows) > self.most:
            self._keep(self.most)

    def forget_after(self, epoch: float) -> None:
        """Drops what was later than this."""
        while self._rows and self._rows[-1][0] > epoch:
            self._rows.pop()
            self.version += 1

    def _keep(self, most: int) -> None:
        """Thins itself to about half of `most` points; a piece's first point stays."""
        kept = well_spread(self.epochs, most // 2)
        at = [i for i, (_, begins) in enumerate(self._rows) if kept[i] or begins]
        at = at if len(at) <= most else [i for i, keep in enumerate(kept) if keep]
        self._points[: len(at)] = self._points[at]
        self._rows = [self._rows[i] for i in at]
        self.version += 1

    # ---- snapshots

    def state(self) -> dict[str, Any]:
        """The path, thinned so far that it makes no snapshot large."""
        fitting = SAVED // (NUMBER * self.size)
        every = range(len(self._rows))
        if len(every) > fitting:
            kept = well_spread(self.epochs, max(fitting // 2, 1))
            every = [i for i, keep in enumerate(kept) if keep][-fitting:] if fitting else []
        at = list(every)
        return {"points": self._points[at].clone(), "rows": [list(self._rows[i]) for i in at]}

    def load_state(self, state: dict[str, Any]) -> None:
        """Takes over what `state` gave; a path of other numbers is left out."""
        points = state["points"]
        if points.shape[1] != self.size or len(points) > self.most:
            return
        self._points[: len(points)] = points
        self._rows = [(float(epoch), bool(begins)) for epoch, begins in state["rows"]]
        self.version += 1


def _shapes(engine: Engine) -> list[tuple[str, tuple[int, ...]]]:
    linear = [("", tuple(part.shape)) for pair in engine.parameters() for part in pair]
    return linear + [(name, tuple(part.shape)) for name, part in engine.gains().items()]
