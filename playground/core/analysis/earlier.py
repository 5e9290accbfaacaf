"""The network at an earlier moment of its training, from the path that its weights have taken."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from playground.core.analysis.weight_plane import split
from playground.core.replica import fill

if TYPE_CHECKING:
    from playground.core.engine.base import Parameters
    from playground.core.replica import Replica
    from playground.core.run import Run


@dataclass(frozen=True, eq=False)
class _Weights:
    """What modules are filled from, see `replica.Source`."""

    linear: Parameters
    gains: Mapping[str, Tensor]

    def parameters(self) -> Parameters:
        return self.linear

    def extras(self) -> Mapping[str, Tensor]:
        return self.gains


def nearest_row(epochs: Sequence[float], epoch: float) -> int | None:
    """The place in a path whose epoch is nearest; of several the last; None where there is none."""
    if not epochs:
        return None
    return min(reversed(range(len(epochs))), key=lambda row: abs(epochs[row] - epoch))


def network_at(run: Run, replica: Replica, row: int) -> nn.ModuleList:
    """The network as it was at one point of `run.path`, one sequence a block as in the replica.

    The path has what is learned alone: the running statistics of batch normalisation are taken
    anew, over all training points.
    """
    engine = run.engine
    parts = [part[0] for part in split(run.path.points[row : row + 1], engine.learned())]
    count = 2 * len(engine.parameters())
    linear = list(zip(parts[0:count:2], parts[1:count:2], strict=True))
    with torch.inference_mode(False), torch.no_grad():
        found = copy.deepcopy(replica.modules)
        fill(found, _Weights(linear, dict(zip(engine.gains(), parts[count:], strict=True))))
        norms = [one for one in found.modules() if isinstance(one, nn.BatchNorm1d)]
        for one in norms:
            one.reset_running_stats()
            one.momentum = None  # a plain mean of all that comes: of one batch, that batch's own
            one.train()
        values, _ = replica.examples()
        if norms and len(values) > 1:
            for block in found:
                values = block(values)
        return found.eval()
