"""How gradients come through a network: over its depth, and over the places of a sequence.

One backward pass on a few training points. Behind a block stands the gradient of each point's own
loss with respect to its values there. Of a recurrent block it is with respect to the hidden state
at each place, all ways to the loss included: the state's use behind the block, and what it does to
the states that follow. Where it vanishes, nothing is learned of what stood there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.health import norms_by_block, shown_blocks
from playground.core.analysis.views import Arrays, Header, Sight, View
from playground.core.layers.base import EVERY_KIND
from playground.core.modules.recurrent import Course, Recurrent
from playground.core.network import flops
from playground.core.replica import Replica
from playground.core.run import Run
from playground.core.want import Want

WORK = 6e7  # additions and multiplications of the points on their way forward
POINTS = (8, 256)  # least and most
REST = 9  # times as long as it took, before it is measured anew


@dataclass(frozen=True, eq=False)
class Through:
    """What one block shows.

    Attributes:
        block: its index among the run's.
        activation: root mean square of its values.
        gradient: root mean square over the points of ‖∂ℓ/∂v‖, v all its values of one point.
        weights: norm of the mean loss's gradient with respect to all that it learns; None where
            it learns nothing.
        courses: over places, by name ("forward", "backward", "places"): ‖∂ℓ/∂v_t‖, and the first
            place; empty where there are no places.
    """

    block: int
    activation: float
    gradient: float
    weights: float | None
    courses: tuple[tuple[str, int, np.ndarray], ...]


def sample_size(run: Run, points: int) -> int:
    """How many training points the gradients are of."""
    return min(points, POINTS[1], max(POINTS[0], int(WORK / max(flops(run.blocks), 1))))


def through(replica: Replica, inputs: Tensor, targets: Tensor) -> list[Through]:
    """What every block shows that does something outside training.

    Args:
        inputs: (points, *shape).
        targets: of these points, encoded.
    """
    with torch.inference_mode(False), torch.enable_grad():
        recurrent = {
            index: part
            for index, block in enumerate(replica.modules, 1)
            for part in block.modules()
            if isinstance(part, Recurrent)
        }
        for part in recurrent.values():
            part.witness = []
        try:
            # Of a block that learns nothing, in front of all others, the values need a graph too.
            start = replica.inputs(inputs)
            values = [start.requires_grad_() if start.is_floating_point() else start]
            for block in replica.modules:
                values.append(block(values[-1]))
            del values[0]
            seen = {index: list(part.witness or ()) for index, part in recurrent.items()}
        finally:
            for part in recurrent.values():
                part.witness = None
        loss = replica.loss_of(values[-1], targets)
        states = [state for courses in seen.values() for one in courses for state in one.each]
        asked = [*values, *replica.parameters, *states]
        found = torch.autograd.grad(loss, asked, allow_unused=True)
    gradients = [
        torch.zeros_like(part) if g is None else g for part, g in zip(asked, found, strict=True)
    ]
    learned = gradients[len(values) : len(values) + len(replica.parameters)]
    weights = norms_by_block(replica, learned)
    of_states = iter(gradients[len(values) + len(replica.parameters) :])
    times = {
        index: [(one, [next(of_states) for _ in one.each]) for one in courses]
        for index, courses in seen.items()
    }
    count = len(inputs)
    return [
        Through(
            block=index,
            activation=_root_mean_square(values[index - 1]),
            gradient=_per_point(gradients[index - 1], count),
            weights=weights.get(index),
            courses=_courses(times.get(index), gradients[index - 1], count),
        )
        for index in shown_blocks(replica)
    ]


def _courses(
    times: list[tuple[Course, list[Tensor]]] | None, gradient: Tensor, count: int
) -> tuple[tuple[str, int, np.ndarray], ...]:
    if times:
        return tuple(
            (
                one.name,
                one.start,
                np.array([_per_point(each, count) for each in gradients], np.float32),
            )
            for one, gradients in times
        )
    if gradient.ndim != 3:
        return ()
    places = [_per_point(gradient[:, place], count) for place in range(gradient.shape[1])]
    return (("places", 0, np.array(places, np.float32)),)


def _per_point(gradient: Tensor, count: int) -> float:
    """The mean loss's gradient is each point's own divided by their number."""
    each = gradient.double().flatten(1).norm(dim=1) * count
    return each.square().mean().sqrt().item()


def _root_mean_square(values: Tensor) -> float:
    return values.detach().double().square().mean().sqrt().item()


class GradientsView(View):
    """`Through` of every block, measured anew when it has rested long enough."""

    kinds = frozenset(EVERY_KIND)

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._next = 0.0
        self._moment: object = None
        self._told: Header = {}
        self._arrays: Arrays = {}

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        moment = (self.run.step, self.run.generation, self.run.experiment)
        stale = moment != self._moment
        if stale and (want.resting or time.perf_counter() >= self._next):
            start = time.perf_counter()
            self._measure()
            self._moment = moment
            end = time.perf_counter()
            self._next = end + REST * (end - start)
        header["gradients"] = self._told
        arrays |= self._arrays

    def _measure(self) -> None:
        replica = self.sight.replica()
        inputs, targets = replica.examples()
        count = sample_size(self.run, len(inputs))
        self._told, self._arrays = {"step": self.run.step, "points": count, "rows": []}, {}
        if not count:
            return
        for one in through(replica, inputs[:count], targets[:count]):
            row = {
                name: _told(getattr(one, name)) for name in ("activation", "gradient", "weights")
            }
            courses = []
            for number, (name, start, norms) in enumerate(one.courses):
                key = f"gradients_{one.block}_{number}"
                self._arrays[key] = norms
                courses.append({"name": name, "start": start, "key": key})
            self._told["rows"].append({"block": one.block, **row, "courses": courses})


def _told(value: float | None) -> float | None:
    return value if value is not None and np.isfinite(value) else None
