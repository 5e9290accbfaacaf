"""The views under the network: each adds its numbers and arrays to a frame, while it is open.

A new view is a class here or in a file of its own, an entry in `registry.VIEWS` and a name in
`want.Analysis`. It is made when it is first opened and lives as long as its run, so it may keep
what holds its picture steady from frame to frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.warp import Sheet, Warp
from playground.core.picture import value_range

if TYPE_CHECKING:
    from playground.core.analysis.plane import Plane
    from playground.core.replica import Replica
    from playground.core.run import Run
    from playground.core.sample import Sample
    from playground.core.want import Want

Header = dict[str, Any]
Arrays = dict[str, np.ndarray]


class Sight(Protocol):
    """What a view looks at."""

    run: Run
    frames: int  # made so far, this one included
    want: Want  # of this frame
    kept: dict[str, Any]  # what views keep, by their names, when points or engine are exchanged

    @property
    def plane(self) -> Plane:
        """In which points are pictured; another one when the visitor chooses it."""
        ...

    def sample(self) -> Sample:
        """The one point that is looked at, of data whose points are whole pictures or sequences;
        the same one all through a frame."""
        ...

    def replica(self) -> Replica:
        """The run's network as it is now; the same one all through a frame."""
        ...


class View:
    """One view of a run. `add` is called for every frame while the view is open.

    Attributes:
        kinds: of data for which it can be opened.
    """

    kinds: ClassVar[frozenset[str]] = frozenset({"points"})

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        self.run = sight.run

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        """Adds what the view shows. Arrays are float32 or uint8, numbers finite or None."""
        raise NotImplementedError


class WarpView(View):
    """The input plane and the points as every layer bends them."""

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._plane: Plane | None = None

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        plane = self.sight.plane
        if plane is not self._plane:
            sheet = Sheet(self.run, plane, value_range(self.run, plane))
            self._plane, self._warp = plane, Warp(self.run, sheet)
        self._warp.paint(want, header, arrays)


MOST_CLASSES = 16  # that a table shows; of more the most frequent ones, and the others as one


class ConfusionView(View):
    """How many points of each class are taken for which, train and test apart."""

    kinds = frozenset({"points", "pictures", "sequences"})

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        classes = len(self.run.schema.class_names)
        self._shown: list[int] | None = None
        if classes > MOST_CLASSES:
            counts = torch.bincount(self.run.truth.long().cpu(), minlength=classes)
            often = counts.sort(descending=True, stable=True).indices[: MOST_CLASSES - 1]
            self._shown = sorted(often.tolist())

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        run = self.run
        if run.schema.task == "regression":
            return
        classes = len(run.schema.class_names)
        predicted = run.predicted(run.output())
        split = run.split
        tables = []
        for part in (slice(0, split), slice(split, None)):
            pairs = run.truth[part].long() * classes + predicted[part].long()
            counts = torch.bincount(pairs.cpu(), minlength=classes * classes)
            tables.append(counts.view(classes, classes))
        found = torch.stack(tables).float()
        if self._shown is not None:
            right = found.diagonal(dim1=1, dim2=2).sum(1).long().tolist()
            header["confusion"] = {"classes": self._shown, "right": right}
            found = _gathered(found, self._shown)
        arrays["confusion"] = found.contiguous().numpy()


def _gathered(tables: Tensor, shown: list[int]) -> Tensor:
    """Tables (parts, classes, classes) of some classes, the others together in the last row and
    column."""
    place = torch.full((tables.shape[1],), len(shown))
    place[shown] = torch.arange(len(shown))
    rows = tables.new_zeros(len(tables), len(shown) + 1, tables.shape[2])
    rows.index_add_(1, place, tables)
    found = tables.new_zeros(len(tables), len(shown) + 1, len(shown) + 1)
    return found.index_add_(2, place, rows)
