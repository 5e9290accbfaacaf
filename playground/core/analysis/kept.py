"""What is left of a network when a layer's values are reduced to a few principal components.

The values behind one block are replaced by what their first k components give back, and go on
through the rest of the network: the decision map and the scores that come of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.maps import single
from playground.core.analysis.pca import MOST_RATIOS, Components
from playground.core.analysis.plane import Plane
from playground.core.network import parameter_count
from playground.core.picture import LINE_POINTS, answer, as_map, value_range

if TYPE_CHECKING:
    from playground.core.replica import Replica
    from playground.core.run import Run

PIXELS = 48  # along one side of the map
MOST_COMPONENTS = 32  # that a wide layer has computed
WORK = 2e8  # multiplications that a frame may take for scores and map


class Kept:
    """The reduced network of one run over one plane, from frame to frame."""

    def __init__(self, run: Run, plane: Plane) -> None:
        self._run = run
        self._plane = plane
        self._line = plane.kind == "line"
        self._range = value_range(run, plane)
        # A large network has a coarser map, and fewer counts of components scored at once.
        cost = max(parameter_count(run.blocks), 1)
        side = PIXELS if cost * PIXELS**2 <= WORK else PIXELS // 2
        self._shape = (LINE_POINTS,) if self._line else (side, side)
        self._grid = torch.from_numpy(run.data.to_inputs(plane.grid(self._shape[0])))
        points = len(run.data.inputs_train) + len(run.data.inputs_test)
        self._all = cost * points * (MOST_RATIOS + 1) <= WORK

    @torch.no_grad()
    def paint(
        self, replica: Replica, index: int, found: Components, count: int
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Scores for the header of the view, and the map for a frame's arrays.

        Args:
            replica: the network as it is now.
            index: the block whose values are reduced.
            found: the components that they are reduced to.
            count: how many of them are kept; the nearest number that there is.
        """
        most = len(found.axes)
        count = min(max(count, 0), most)
        inputs = np.concatenate((self._run.data.inputs_train, self._run.data.inputs_test))
        values = self._behind(replica, index, torch.from_numpy(inputs))
        tried = sorted({*range(min(most, MOST_RATIOS) + 1), count} if self._all else {count})
        told = {
            "count": count,
            "most": most,
            "units": values.shape[1],
            "line": self._line,
            "scores": self._scores(replica, index, found, values, tried),
        }
        grid = self._behind(replica, index, self._grid)
        output = self._rest(replica, index, found.kept(grid, count))
        said = answer(self._run, output.t())
        if self._line:
            return told, {"pca_curve": single(said[0]).numpy()}
        return told, {"pca_map": as_map(self._run, said, self._range, self._shape)}

    def _behind(self, replica: Replica, index: int, inputs: Tensor) -> Tensor:
        """Values (points, units) behind a block."""
        values = replica.inputs(inputs)
        for block in replica.modules[:index]:
            values = block(values)
        return values

    def _rest(self, replica: Replica, index: int, values: Tensor) -> Tensor:
        """Output (points, units) from values behind a block."""
        for block in replica.modules[index:]:
            values = block(values)
        return values

    def _scores(
        self, replica: Replica, index: int, found: Components, values: Tensor, counts: list[int]
    ) -> list[dict[str, Any]]:
        """Scores and losses for several numbers of components, through the rest in one go."""
        kept = torch.cat([found.kept(values, count) for count in counts])
        outputs = self._rest(replica, index, kept).to(self._run.points).split(len(values))
        scores = []
        for count, output in zip(counts, outputs, strict=True):
            measured = self._run.meter.metrics(output.t())
            scores.append(
                {
                    "k": count,
                    "train": measured.train_score,
                    "test": measured.test_score,
                    "train_loss": measured.train_loss,
                    "test_loss": measured.test_loss,
                }
            )
        return scores
