"""Optimizers released from a place in the space of weights: balls that roll on copies of a run.

Every ball has the run's network, data, loss, penalties and held weights, and an engine of its own;
all take the same minibatches in the same order. The visitor's run is not touched.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from playground.core.analysis.landscape import ManyLosses
from playground.core.analysis.weight_plane import WeightPlane, split
from playground.core.engine import make_engine
from playground.core.engine.batches import Batches
from playground.core.optimizers import OptimizerBase
from playground.core.random import stable_seed

if TYPE_CHECKING:
    from playground.core.run import Run

RECORDS = 100  # points of one ball's way, at most, besides the start


class Descent:
    """One optimizer on a copy of a run's network.

    Args:
        run: what is copied.
        start: the weights (parameters,) to start from, in the order of `Engine.learned`.
        optimizer: what steps, with its learning rate; schedules are left out.
    """

    def __init__(self, run: Run, start: Tensor, optimizer: OptimizerBase) -> None:
        seed = run.experiment.training.seed
        experiment = run.experiment.model_copy(update={"optimizer": optimizer})
        inputs, targets = run.examples("train")
        parts = [part[0] for part in split(start[None].double(), run.engine.learned())]
        count = 2 * len(run.engine.parameters())
        self.engine = make_engine(
            replace(
                run.problem,
                experiment=experiment,
                blocks=run.blocks,
                loss=run.loss,
                inputs=inputs,
                targets=targets,
                parameters=list(zip(parts[:count:2], parts[1:count:2], strict=True)),
                generator=torch.Generator().manual_seed(stable_seed(seed, "dropout")),
                device=run.device.torch(),
            )
        )
        gains = dict(zip(run.engine.gains(), parts[count:], strict=True))
        self.engine.load_extras({**run.engine.extras(), **gains})
        self.engine.hold(run.free())
        self.whole = optimizer.full_batch
        order = torch.Generator().manual_seed(stable_seed(seed, "order"))
        self._batches = Batches(len(inputs), experiment.training, order, whole=self.whole)
        self.engine.load(self._batches.indices)

    def advance(self, steps: int) -> None:
        """Takes so many minibatches."""
        batches = self._batches
        while steps > 0 and batches.slices:
            part = batches.slices[batches.position : batches.position + steps]
            self.engine.train(part)
            batches.position += len(part)
            steps -= len(part)
            if batches.position == len(batches.slices):
                batches.finish_epoch()
                self.engine.load(batches.indices)

    def weights(self) -> Tensor:
        """Where it is, (parameters,)."""
        return self.engine.flat()


@dataclass(eq=False)
class Ball:
    """One optimizer's way over a landscape.

    Attributes:
        optimizer: its settings.
        state: "rolling", "done", or "diverged" where its loss is not finite any more.
        step: minibatches taken.
        track: (a, b, distance from the plane, loss) from the start on; all finite.
    """

    optimizer: OptimizerBase
    state: Literal["rolling", "done", "diverged"] = "rolling"
    step: int = 0
    track: list[tuple[float, float, float, float]] = field(default_factory=list)

    def note(self, plane: WeightPlane, losses: ManyLosses, weights: Tensor) -> None:
        """Adds where the ball is now, or says that it is nowhere any more."""
        weights = weights[None].cpu().double()
        a, b, off = plane.coordinates(weights)[0].tolist()
        row = (a, b, off, losses(weights).item())
        if all(math.isfinite(value) and abs(value) < 1e30 for value in row):
            self.track.append(row)
        else:
            self.state = "diverged"


def roll(
    run: Run, plane: WeightPlane, losses: ManyLosses, balls: Sequence[Ball], steps: int
) -> Generator[float]:
    """Lets every ball take so many steps from where the network stands now, in turns.

    Args:
        run: what is copied.
        plane: in which the ways are drawn.
        losses: that are drawn.
        balls: they are written to.
        steps: minibatches for each.

    Yields:
        After every turn of a ball, which share of all steps is done.
    """
    start = run.engine.flat().cpu().double()
    rolling = [(ball, Descent(run, start, ball.optimizer)) for ball in balls]
    for ball in balls:
        ball.note(plane, losses, start)
    stride = max(1, math.ceil(steps / RECORDS))
    for done in range(0, steps, stride):
        for number, (ball, descent) in enumerate(rolling):
            if ball.state != "rolling":
                continue
            target = min(done + stride, steps)
            while ball.step < target:
                turn = 1 if descent.whole else target - ball.step
                descent.advance(turn)
                ball.step += turn
                if ball.step < target:
                    yield _share(done, stride, number, len(rolling), steps)
            ball.note(plane, losses, descent.weights())
            yield _share(done, stride, number + 1, len(rolling), steps)
    for ball in balls:
        if ball.state == "rolling":
            ball.state = "done"


def _share(done: int, stride: int, number: int, balls: int, steps: int) -> float:
    return min((done + stride * number / balls) / steps, 1.0)
