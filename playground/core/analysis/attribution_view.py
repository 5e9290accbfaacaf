"""What speaks for a class in the chosen picture, said in five ways and refreshed while it trains.

What a viewer may ask for (`Want.options["attribution"]`):

    class    a class's number; the predicted one by default
    block    whose maps Grad-CAM weighs; the last one whose values are pictures by default
    window   side of the square that occlusion covers, in pixels
    baseline "black" (a picture of zeros), "mean" (the mean training picture)
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.attribution import (
    LEVELS,
    grad_cam,
    gradient,
    integrated_gradients,
    occlusion,
)
from playground.core.analysis.map_view import nearest, pictured, whole
from playground.core.analysis.maps import single
from playground.core.analysis.operation_view import number, through
from playground.core.analysis.paced import Paced
from playground.core.analysis.study import Steps
from playground.core.analysis.thumbnails import as_given
from playground.core.analysis.views import Header
from playground.core.errors import PlaygroundError

if TYPE_CHECKING:
    from playground.core.replica import Replica
    from playground.core.sample import Sample
    from playground.core.want import Want

WAYS = ("gradient", "product", "integrated", "occlusion", "cam")
MOST_WINDOWS = 400
MOST_MEANT = 2000  # training pictures whose mean is taken
TOP = 4  # channels of Grad-CAM that are named
PASSES = 5e7  # additions and multiplications between two turns


class AttributionView(Paced):
    """See the module."""

    name: ClassVar[str] = "attribution"
    kinds = frozenset({"pictures"})

    def wish(self, want: Want) -> dict[str, Any]:
        return {**super().wish(want), "sample": dict(want.of("sample"))}

    def steps(self, options: Mapping[str, Any]) -> Steps:
        run, replica = self.run, self.frozen().double()
        sample, resting = self.sight.sample(), self._resting
        point = replica.inputs(sample.inputs)[0]
        with torch.no_grad():
            output = replica.output(point[None])[0]
        if not torch.isfinite(output).all():
            raise PlaygroundError("study_not_finite")
        yield 0.02
        chosen = Chosen.by(replica, output, options, run.schema.task)
        mean = options.get("baseline") == "mean"
        baseline = self._baseline(sample, mean).to(point)
        once = max(1, int(PASSES / max(sum(block.flops for block in run.blocks) * 3, 1)))
        told: Header = {"class": chosen.number, "score": chosen.of(output[None])[0].item(),
                        "baseline": "mean" if mean else "black", "picture": sample.told(),
                        "outputs": [number(one) for one in output.tolist()]}  # fmt: skip
        slope = gradient(chosen, point[None])[0]
        rows = {"gradient": slope.abs().amax(0), "product": (slope * (point - baseline)).sum(0)}
        yield 0.05
        # While it trains the coarse rule does, and says what it misses.
        levels = LEVELS if resting else LEVELS[:1]
        found = yield from within(
            integrated_gradients(chosen, point, baseline, at_once=once, levels=levels), 0.05, 0.5
        )
        rows["integrated"] = found.shares.sum(0)
        told["integrated"] = {"total": found.total, "difference": found.difference,
                              "start": found.start, "gap": found.gap,
                              "steps": found.steps}  # fmt: skip
        window = whole(options, "window", 33) or max(2, min(point.shape[1:]) // 4)
        stride = stride_for(tuple(point.shape[1:]), window)
        covered = yield from within(
            occlusion(chosen, point, baseline, window, stride, at_once=once), 0.5, 0.95
        )
        rows["occlusion"] = covered.pixels
        at = divmod(int(covered.drops.argmax()), len(covered.columns))
        told["occlusion"] = {"window": covered.size, "stride": stride,
                             "largest": covered.drops.max().item(),
                             "place": [covered.rows[at[0]], covered.columns[at[1]]]}  # fmt: skip
        told["cam"], rows["cam"] = self._cam(chosen, point, options)
        told["totals"] = {name: row.sum().item() for name, row in rows.items()}
        return told, {
            "attribution_ways": single(torch.stack([rows[name] for name in WAYS])).numpy(),
            "attribution_picture": as_given(sample.raw, sample.inputs[0].numpy()),
        }

    def _baseline(self, sample: Sample, mean: bool) -> Tensor:
        """A picture that says nothing, as the network is given it."""
        data = self.run.data
        if mean:
            return torch.from_numpy(data.inputs_train[:MOST_MEANT]).double().mean(0)
        return torch.from_numpy(data.to_inputs(np.zeros_like(sample.raw)[None]))[0]

    def _cam(
        self, chosen: Chosen, point: Tensor, options: Mapping[str, Any]
    ) -> tuple[Header | None, Tensor]:
        """Grad-CAM, over the picture; None where no block's values are pictures."""
        places, modules = pictured(self.run), chosen.replica.modules
        if not places:
            return None, torch.zeros(point.shape[1:])
        asked = options.get("block")
        index = nearest(places, asked if isinstance(asked, int) else places[-1])
        rest = list(modules[index:])
        with torch.no_grad():
            maps = through(list(modules[:index]), point[None])[0]
        found = grad_cam(lambda values: chosen.of(through(rest, values)), maps)
        order = found.weights.abs().argsort(descending=True)[:TOP].tolist()
        told = {"block": index, "blocks": places, "size": list(maps.shape),
                "top": [[k, found.weights[k].item()] for k in order]}  # fmt: skip
        return told, found.over(*point.shape[1:])


@dataclass(frozen=True, eq=False)
class Chosen:
    """The score of one class: its own output, or of two classes the side of the one output.

    Attributes:
        number: of the class.
    """

    replica: Replica
    number: int
    unit: int
    sign: float

    @classmethod
    def by(cls, replica: Replica, output: Tensor, options: Mapping[str, Any], task: str) -> Chosen:
        """The class that is asked about, or the one that is predicted.

        Args:
            output: of the network for the chosen picture, (units,).
        """
        asked = options.get("class")
        given = isinstance(asked, int) and not isinstance(asked, bool) and asked >= 0
        wanted = int(asked) if given and isinstance(asked, int) else None
        if len(output) > 1:
            unit = int(output.argmax()) if wanted is None else min(wanted, len(output) - 1)
            return cls(replica, unit, unit, 1.0)
        if task == "regression":
            return cls(replica, 0, 0, 1.0)
        side = int(output[0] > 0) if wanted is None else min(wanted, 1)
        return cls(replica, side, 0, 1.0 if side else -1.0)

    def of(self, output: Tensor) -> Tensor:
        """The score in outputs (n, units), in front of any softmax."""
        return self.sign * output[:, self.unit]

    def __call__(self, points: Tensor) -> Tensor:
        return self.of(through(list(self.replica.modules), points))


def stride_for(sides: tuple[int, ...], window: int) -> int:
    """The smallest step of a window that needs at most MOST_WINDOWS of them."""
    stride = 1
    while True:
        count = 1
        for side in sides:
            count *= max(side - window, 0) // stride + 2
        if count <= MOST_WINDOWS:
            return stride
        stride += 1


def within(
    work: Generator[float, None, Any], low: float, high: float
) -> Generator[float, None, Any]:
    """A computation as the part of another from `low` to `high`."""
    while True:
        try:
            yield low + (high - low) * next(work)
        except StopIteration as end:
            return end.value
