"""The loss landscape under the network: a plane of weights with the run's path and balls upon it.

A viewer asks for one of two things (`Want.options`, beside what `study` reads):

    what      "plane": the loss over a plane of weights; "window": over the last plane, through
              another window; "release": balls from where the network is
    axes      "path" or "random"
    part      "train" or "test"
    seed      of random directions
    window    a0, a1, b0, b1
    balls     names of optimizers with a space between, "momentum" being SGD with one
    rates     their learning rates
    steps     minibatches that each ball takes

Every frame says where the network is in the plane that was made last; the path comes along.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from pydantic import ValidationError

from playground.core.analysis.landscape import ManyLosses, survey
from playground.core.analysis.release import RECORDS, Ball, roll
from playground.core.analysis.study import Steps, Study
from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.analysis.weight_plane import (
    WeightPlane,
    Window,
    held_at_zero,
    path_plane,
    random_plane,
)
from playground.core.errors import PlaygroundError
from playground.core.finite import finite
from playground.core.network import parameter_count, penalty_rates
from playground.core.optimizers import OPTIMIZERS, SGD, OptimizerBase

if TYPE_CHECKING:
    from playground.core.want import Want

MOST_WORK = 4e11  # products of weights and points in one landscape: a minute on one core
MOST_BALLS = 4
MOST_STEPS = 5000
MOMENTUM = 0.9
NO_PATH = np.empty((0, 5), np.float32)


class LandscapeView(Study):
    """See the module."""

    name: ClassVar[str] = "landscape"

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._plane: WeightPlane | None = None
        self._losses: ManyLosses | None = None
        self._part = "train"
        self._under: tuple[object, ...] = ()
        self._stated: tuple[object, tuple[object, ...]] = (None, ())
        self._balls: list[Ball] = []
        self._seen: tuple[int, np.ndarray] = (-1, NO_PATH)

    def steps(self, options: Mapping[str, Any]) -> Steps:
        if options.get("what") == "release" and self._plane and self._losses:
            return self._release(self._plane, self._losses, options)
        return self._survey(options)

    # ---- the plane

    def _survey(self, options: Mapping[str, Any]) -> Steps:
        run = self.run
        part = "test" if options.get("part") == "test" else "train"
        seed = _whole(options.get("seed"), 0, 2**31)
        along = options.get("axes") != "random"
        self._check(part, along)
        losses = ManyLosses(run, part)
        window = _window(options.get("window")) if options.get("what") == "window" else None
        if window and self._plane:
            plane = self._plane.through(window)
        else:
            plane = path_plane(run, seed, self._plane) if along else random_plane(run, seed)
        under = self._conditions()
        values = yield from survey(losses, plane)
        self._plane, self._losses, self._part = plane, losses, part
        self._under, self._balls, self._seen = under, [], (-1, NO_PATH)
        run.path.plane = plane
        header = {
            "number": plane.number,
            "axes": plane.kind,
            "part": part,
            "seed": seed,
            "window": list(plane.window),
            "ratios": plane.ratios[:8],
            "drawn": plane.drawn,
            "lengths": plane.axes.norm(dim=1).tolist(),
            "size": plane.centre.norm().item(),
            "made": plane.epoch,
            "points": losses.points,
            "parameters": run.path.size,
        }
        return header, {"landscape_loss": values.float().numpy()}

    def _check(self, part: str, along: bool) -> None:
        """Raises PlaygroundError where there is no such landscape."""
        run = self.run
        points = len(run.data.inputs_train if part == "train" else run.data.inputs_test)
        parameters = parameter_count(run.blocks)
        if not points:
            raise PlaygroundError("landscape_no_train" if part == "train" else "landscape_no_test")
        if along and not run.path.most:
            raise PlaygroundError("landscape_no_path", parameters=parameters)
        if parameters * points * 41**2 > MOST_WORK:
            raise PlaygroundError("landscape_too_large", parameters=parameters, points=points)

    # ---- the balls

    def _release(
        self, plane: WeightPlane, losses: ManyLosses, options: Mapping[str, Any]
    ) -> Generator[float, None, tuple[Header, Arrays]]:
        self._balls = [Ball(optimizer) for optimizer in _optimizers(options)]
        steps = _whole(options.get("steps"), 1, MOST_STEPS)
        try:
            yield from roll(self.run, plane, losses, self._balls, steps)
        finally:
            for ball in self._balls:
                if ball.state == "rolling":
                    ball.state = "done"
        return self._result

    # ---- what moves

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        super().add(want, header, arrays)
        run, plane = self.run, self._plane
        live: Header = {"plane": plane.number if plane else 0, "path": len(run.path)}
        header[self.name] = live
        if plane is None or run.path.plane is not plane:
            live["plane"] = 0
            return
        a, b, off = plane.coordinates(run.engine.flat()[None])[0].tolist()
        live["point"] = [finite(value) for value in (a, b, off)]
        live["loss"] = self._present_loss()
        live["stale"] = self._conditions() != self._under
        live["balls"] = [_told(ball) for ball in self._balls]
        arrays["landscape_path"] = self._path(plane)
        arrays["landscape_balls"] = self._tracks()

    def _conditions(self) -> tuple[object, ...]:
        """What a landscape depends on besides its plane and the points."""
        run, experiment = self.run, self.run.experiment
        if self._stated[0] is not experiment:
            layers = [layer.model_dump(exclude={"frozen"}) for layer in experiment.layers]
            rates = penalty_rates(experiment, run.blocks)
            self._stated = experiment, (experiment.loss_settings, layers, rates)
        return (*self._stated[1], held_at_zero(run).numpy().tobytes())

    def _present_loss(self) -> float | None:
        metrics = self.run.metrics
        if self._part == "test":
            return metrics.test_loss
        loss = metrics.train_loss
        return None if loss is None else loss + metrics.penalty

    def _path(self, plane: WeightPlane) -> np.ndarray:
        """(points, 5): a, b, distance from the plane, epoch, and 1 where a piece begins."""
        path = self.run.path
        version, known = self._seen
        known = known if version == path.version else NO_PATH
        start = len(known)
        if start < len(path):
            where = plane.coordinates(path.points[start:] * held_at_zero(self.run)).numpy()
            more = np.array([path.epochs[start:], path.begins[start:]], np.float64).T
            known = np.concatenate((known, np.concatenate((where, more), axis=1)), dtype=np.float32)
        self._seen = path.version, known
        return known

    def _tracks(self) -> np.ndarray:
        """(balls, points, 4): a, b, distance from the plane, loss; NaN behind the last one."""
        tracks = np.full((len(self._balls), RECORDS + 1, 4), np.nan, np.float32)
        for place, ball in zip(tracks, self._balls, strict=True):
            place[: len(ball.track)] = ball.track
        return tracks


def _window(value: object) -> Window | None:
    """Four numbers that enclose something; None where they do not."""
    if not isinstance(value, list | tuple) or len(value) != 4:
        return None
    a0, a1, b0, b1 = (float(number) for number in value)
    sound = all(map(math.isfinite, (a0, a1, b0, b1))) and a0 < a1 and b0 < b1
    return (a0, a1, b0, b1) if sound else None


def _optimizers(options: Mapping[str, Any]) -> list[OptimizerBase]:
    """The optimizers that are asked for.

    Raises:
        PlaygroundError: none, one that is not known, or a learning rate that makes no sense.
    """
    names, rates = str(options.get("balls") or "").split(), options.get("rates")
    if not names or not isinstance(rates, list | tuple) or len(rates) != len(names):
        raise PlaygroundError("landscape_balls")
    found: list[OptimizerBase] = []
    for name, rate in list(zip(names, rates, strict=True))[:MOST_BALLS]:
        try:
            if name == "momentum":
                found.append(SGD(learning_rate=float(rate), momentum=MOMENTUM))
            else:
                found.append(OPTIMIZERS[name](learning_rate=float(rate)))
        except (KeyError, ValidationError) as error:
            raise PlaygroundError("landscape_balls") from error
    return found


def _told(ball: Ball) -> Header:
    return {"state": ball.state, "step": ball.step, "count": len(ball.track)}


def _whole(value: object, low: int, high: int) -> int:
    number = int(value) if isinstance(value, int | float) and math.isfinite(value) else low
    return min(max(number, low), high)
