"""The curvature gauge: the sharpest directions of the training loss while a network trains.

It is cheap enough to stand beside a running network: Lanczos goes on from the eigenvectors found
last, on at most POINTS points, product by product between the turns of the runs, and rests REST
times as long as it worked.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.curvature import KRYLOV_NUMBERS, loss_curvature, shares
from playground.core.analysis.derivatives import OutputChange
from playground.core.analysis.lanczos import Follower, Leading
from playground.core.analysis.maps import signed_bytes, single
from playground.core.analysis.stability import (
    divides,
    moving,
    step_root,
    step_rule,
    step_scale,
)
from playground.core.analysis.views import Arrays, Header
from playground.core.replica import Replica

if TYPE_CHECKING:
    from playground.core.analysis.plane import Plane
    from playground.core.data.prepare import Prepared
    from playground.core.run import Run

COUNT = 5  # leading eigenvalues
KRYLOV = 30  # products at most
TOLERANCE = 0.02
POINTS = 500
WORK = 5e6  # parameters times points of one product
SIDE, LINE = 41, 101  # points of a map along one side, and of a curve
STRIP = 300  # measurements kept
LOWEST = -1  # the direction of the most negative eigenvalue
Steps = Generator[None, None, tuple[Header, Arrays]]


def points_for(parameters: int, points: int) -> int:
    """How many training points the curvature is taken over; they were shuffled when split."""
    return min(points, POINTS, max(16, int(WORK / max(parameters, 1))))


class Gauge:
    """Measures one run again and again, and keeps what it measured as a strip over time."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._replica: Replica | None = None
        self._follower: Follower | None = None
        self._output = 0
        self._unit: tuple[str | None, bool] = (None, False)
        self._strip: list[tuple[float, float, float, float]] = []

    def read(self, plane: Plane, options: Mapping[str, Any], gap: bool) -> Steps:
        """One measurement of the run as it is when this begins.

        Args:
            plane: over which the sharpest direction is drawn.
            options: "direction", the number of the eigenvalue whose direction is drawn or LOWEST;
                "output", the unit of the head that is drawn.
            gap: nothing was measured for a while before; the strip's line is broken there.

        Yields:
            After every few milliseconds of work.

        Returns:
            Header and arrays `curvature_map`, `curvature_strip`: rows of epoch, largest
            eigenvalue, limit (0 where there is none) and whether the line begins anew.
        """
        run = self._run
        replica = self._refreshed()
        inputs, targets = replica.examples()
        size = sum(one.numel() for one in replica.parameters)
        count = points_for(size, len(inputs))
        header = self._about(replica, size, count, len(inputs))
        epoch = run.exact_epoch
        root = step_root(run, replica)
        if not count or (root is not None and not root.any()):
            return {**header, "problem": "no_points" if not count else "all_held"}, self._arrays()
        hessian, product = loss_curvature(replica, inputs[:count], targets[:count], root)
        yield
        found = None
        if hessian.finite:
            for_size = max(8, min(KRYLOV, int(KRYLOV_NUMBERS / size)))
            if self._follower is None:
                self._follower = Follower(COUNT, for_size, TOLERANCE)
            steps = self._follower.follow_steps(product, hessian.size)
            while True:
                try:
                    next(steps)
                except StopIteration as stop:
                    found = stop.value
                    break
                yield
        if found is None:
            self._follower = None
            return {**header, "problem": "not_finite"}, self._arrays()
        unit = (header["optimizer"] if header["scaled"] else None, header["waiting"])
        if unit != self._unit:  # eigenvalues on another scale are no part of the same line
            self._unit = unit
            self._strip.clear()
        self._note(epoch, found.values[0].item(), header["limit"], gap)
        header |= self._numbers(found)
        more, arrays = self._direction(replica, plane, found, root, options)
        return {**header, **more}, self._arrays() | arrays

    def _refreshed(self) -> Replica:
        """The gauge's own copy of the network: the run trains on while it is looked at."""
        if self._replica is None or self._replica.experiment is not self._run.experiment:
            self._replica = Replica(self._run)
        return self._replica.refresh()

    def _about(self, replica: Replica, size: int, count: int, total: int) -> Header:
        """What is compared with what."""
        run, rule = self._run, step_rule(self._run)
        waiting = divides(run) and step_scale(run, replica) is None
        mask = moving(run, replica)
        return {
            "step": run.step,
            "epoch": run.epoch,
            "optimizer": run.experiment.optimizer.name,
            "momentum": rule.momentum if rule else 0.0,
            "nesterov": bool(rule and rule.nesterov),
            "scaled": divides(run) and not waiting,
            "waiting": waiting,
            "rate": run.pace.rate,
            "limit": None if rule is None or waiting else rule.limit,
            "batch": run.batches.size if run.batches.size < total else None,
            "clipped": run.experiment.regularization.clip_norm > 0,
            "parameters": size,
            "held": 0 if mask is None else int((mask == 0).sum()),
            "points": count,
            "total": total,
            "values": [],
            "problem": None,
        }

    def _numbers(self, found: Leading) -> Header:
        rule, top = step_rule(self._run), found.values[0].item()
        root = None if rule is None else rule.root(top)
        return {
            "values": found.values.tolist(),
            "residuals": found.residuals.tolist(),
            "lowest": found.lowest,
            "root": None if root is None else [root.real, root.imag],
        }

    def _note(self, epoch: float, value: float, limit: float | None, gap: bool) -> None:
        while self._strip and epoch < self._strip[-1][0]:
            self._strip.pop()  # the run went back: what came after did not happen
        if self._strip and epoch == self._strip[-1][0]:
            gap = bool(self._strip.pop()[3])
        self._strip.append((epoch, value, limit or 0.0, float(gap or not self._strip)))
        if len(self._strip) > STRIP:
            # Every second one goes; a break of the line passes to the one that stays.
            pairs = zip(self._strip[:-1:2], self._strip[1:-1:2], strict=False)
            kept = [(*b[:3], max(a[3], b[3])) for a, b in pairs]
            self._strip = [*kept, self._strip[-1]]

    def _arrays(self) -> Arrays:
        return {"curvature_strip": np.array(self._strip, np.float32).reshape(-1, 4)}

    # ---- what a direction changes

    def _direction(
        self,
        replica: Replica,
        plane: Plane,
        found: Leading,
        root: Tensor | None,
        options: Mapping[str, Any],
    ) -> tuple[Header, Arrays]:
        """How the output over the plane changes along an eigenvector, and where it lies."""
        index = whole(options.get("direction"), 0)
        index = LOWEST if index == LOWEST else min(max(index, 0), len(found.values) - 1)
        vector = found.lowest_vector if index == LOWEST else found.vectors[index]
        if root is not None:  # from the optimizer's scale back to the weights' own
            vector = root * vector
            vector = vector / vector.norm().clamp(min=1e-300)
        sizes = [one.numel() for one in replica.parameters]
        change = change_over(self._run, replica, plane, vector)
        asked = whole(options.get("output"), -1)
        if 0 <= asked < len(change):
            self._output = asked
        output = min(self._output, len(change) - 1)
        header, picture = painted(plane, change[output : output + 1])
        return {
            "direction": index,
            "shares": [list(pair) for pair in shares(vector, replica.owners, sizes).items()],
            "output": output,
            "outputs": len(change),
            "scale": header["scales"][0],
        }, {"curvature_map": picture[0]}


def whole(value: object, default: int) -> int:
    """An option that should be a whole number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        return default
    return int(value)


def grid_inputs(data: Prepared, plane: Plane) -> Tensor:
    """Inputs (points, features) of the places that maps here are drawn at."""
    raw = plane.grid(LINE if plane.kind == "line" else SIDE)
    return torch.from_numpy(data.to_inputs(raw))


def change_over(run: Run, replica: Replica, plane: Plane, direction: Tensor) -> Tensor:
    """The change of the output over the plane for a step of length 1, to first order.

    Args:
        direction: (parameters,).

    Returns:
        (units, points), for a regression in the target's own units.
    """
    inputs = grid_inputs(run.data, plane)
    change = OutputChange(replica.parameters, lambda: replica.output(inputs))(direction)
    return change.t() * (run.data.target_std if run.schema.task == "regression" else 1.0)


def painted(plane: Plane, rows: Tensor) -> tuple[Header, np.ndarray]:
    """Signed values over the plane: rows of curves as float32, of maps as bytes about 128.

    Args:
        rows: (pictures, points).

    Returns:
        "scales", what the ends of the colours stand for; and (pictures, …).
    """
    rows = single(torch.nan_to_num(rows))
    scales = rows.abs().amax(1)
    header = {"scales": [value if math.isfinite(value) else 0.0 for value in scales.tolist()]}
    if plane.kind == "line":
        return header, rows.numpy()
    return header, signed_bytes(rows, scales.clamp(min=1e-30)).reshape(-1, SIDE, SIDE)
