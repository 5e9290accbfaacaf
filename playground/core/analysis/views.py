"""The views under the network: each adds its numbers and arrays to a frame, while it is open.

A new view is a class here or in a file of its own, an entry in `registry.VIEWS` and a name in
`want.Analysis`. It is made when it is first opened and lives as long as its run, so it may keep
what holds its picture steady from frame to frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from playground.core.analysis.maps import single
from playground.core.analysis.pca import SHOWN, Basis
from playground.core.analysis.warp import Warp
from playground.core.picture import value_range

if TYPE_CHECKING:
    from playground.core.analysis.plane import Plane
    from playground.core.replica import Replica
    from playground.core.run import Run
    from playground.core.want import Want

PCA_POINTS = 1500
Header = dict[str, Any]
Arrays = dict[str, np.ndarray]


class Sight(Protocol):
    """What a view looks at."""

    run: Run
    plane: Plane  # in which the data are pictured; another one when the visitor chooses it
    frames: int  # made so far, this one included
    kept: dict[str, Any]  # what views keep, by their names, when points or engine are exchanged

    def replica(self) -> Replica:
        """The run's network as it is now; the same one all through a frame."""
        ...


class View:
    """One view of a run. `add` is called for every frame while the view is open."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        self.run = sight.run

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        """Adds what the view shows. Arrays are float32 or uint8, numbers finite or None."""
        raise NotImplementedError


class PcaView(View):
    """Principal components of one block's activations, held steady from frame to frame."""

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._bases: dict[int, Basis] = {}

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        index = min(max(want.block, 1), len(self.run.blocks) - 1)
        values = self.run.engine.activations(self.run.points)[index - 1]
        points = values.t().cpu().double()
        if not len(self.run.data.inputs_train):
            header["pca"] = {"block": index, "ratios": [0.0], "rank": 0, "units": points.shape[1]}
            arrays["pca"] = np.zeros((len(points), SHOWN), np.float32)
            return
        basis = self._bases.setdefault(index, Basis())
        found = basis.follow(points[: len(self.run.data.inputs_train)])
        header["pca"] = {
            "block": index,
            "ratios": found.ratios,
            "rank": found.rank,
            "units": points.shape[1],
        }
        arrays["pca"] = single(found.scores(points)[:PCA_POINTS]).numpy()


class WarpView(View):
    """The input plane and the points as every layer bends them."""

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._plane: Plane | None = None

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        plane = self.sight.plane
        if plane is not self._plane:
            self._plane, self._warp = plane, Warp(self.run, plane, value_range(self.run, plane))
        self._warp.paint(want, header, arrays)


class ConfusionView(View):
    """How many points of each class are taken for which, train and test apart."""

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        run = self.run
        if run.schema.task == "regression":
            return
        classes = len(run.schema.class_names)
        predicted = run.predicted(run.engine.activations(run.points)[-1])
        split = len(run.data.inputs_train)
        tables = []
        for part in (slice(0, split), slice(split, None)):
            pairs = run.truth[part].long() * classes + predicted[part].long()
            counts = torch.bincount(pairs.cpu(), minlength=classes * classes)
            tables.append(counts.view(classes, classes))
        arrays["confusion"] = torch.stack(tables).float().numpy()
