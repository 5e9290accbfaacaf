"""The view that leaves points out: the network retrained without each of them.

What a viewer may ask for (`Want.options["influence"]`, beside what `study` reads):

    epochs   how long every network trains
    starts   how many starts of the seed, 1, 3 or 5
    points   how many of the training points; 0 for all of them
    point    the place of one point, whose effect on the picture is shown
    drawn    the key of the pictures that the viewer has

A frame says what it would cost before it begins. The result outlives an exchange of points, so
that a visitor who leaves one out still sees why.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch

from playground.core.analysis.gauge import grid_inputs, painted, whole
from playground.core.analysis.influence import (
    ONE_BY_ONE,
    TOGETHER,
    Influence,
    every_place,
    known_kinds,
    leave_one_out,
    summed_up,
)
from playground.core.analysis.maps import single
from playground.core.analysis.retraining import starts_of, without
from playground.core.analysis.study import Steps, Study
from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.errors import PlaygroundError
from playground.core.finite import finite
from playground.core.memory import ALLOWANCE
from playground.core.population import Population
from playground.core.random import TorchStream

if TYPE_CHECKING:
    from playground.core.want import Want

EPOCHS, STARTS, POINTS = (1, 10_000), (1, 3, 5), 2000
KEPT = (
    "_round", "_state", "_progress", "_problem", "_moment", "_version", "_result", "_found", "_cost"
)  # fmt: skip
TRIAL = 16  # networks whose pace says what the whole will cost


class InfluenceView(Study):
    """See the module."""

    name: ClassVar[str] = "influence"

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._found: Influence | None = None
        self._coming: Influence | None = None
        self._cost: Header | None = None
        self._trial: Generator[float, None, Header] | None = None
        kept = sight.kept.get(self.name)
        if kept is not None:
            vars(self).update(kept)
            if self._state == "working":
                self._state = "cancelled"

    # ---- frames

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        super().add(want, header, arrays)
        if self._state == "done" and self._coming is not None:
            self._found, self._coming = self._coming, None
        if self._cost is None and self._trial is None and len(self.run.data.targets_train) > 1:
            self._trial = self._try()
        header["influence"] = {
            "left_out": list(self.run.data.left_out),
            "points": len(self.run.data.targets_train),
            "cost": self._cost,
            "chosen": self._chosen(want.of(self.name), arrays),
        }
        self.sight.kept[self.name] = {name: getattr(self, name) for name in KEPT}

    def _chosen(self, options: Mapping[str, Any], arrays: Arrays) -> Header | None:
        """How the picture changes without one point: its place, and what the colours stand for."""
        found, place = self._found, whole(options.get("point"), -1)
        if found is None or place not in found.places:
            return None
        index, plane = int(np.flatnonzero(found.places == place)[0]), self.sight.plane
        change = torch.from_numpy(found.change[index].astype(np.float64))
        shape = found.base[found.channels[index]]
        scales, picture = painted(plane, change[None])
        key = f"{self._version}:{place}"
        sent = options.get("drawn") != key
        if sent:
            before = torch.from_numpy(shape)
            both = single(torch.stack((before, before + change))).numpy()
            arrays["influenced_change"] = picture[0]
            arrays["influenced_both"] = both.reshape(2, *picture.shape[1:])
        return {"place": place, "key": key, "sent": sent, "scale": scales["scales"][0]}

    # ---- what it would cost

    @property
    def busy(self) -> bool:
        return super().busy or self._trial is not None

    def work(self, seconds: float) -> None:
        if self._trial is None:
            super().work(seconds)
            return
        end = time.perf_counter() + seconds
        while self._trial is not None and time.perf_counter() < end:
            try:
                next(self._trial)
            except StopIteration as stop:
                self._cost, self._trial = stop.value, None
            except PlaygroundError:
                self._cost, self._trial = {}, None

    def _try(self) -> Generator[float, None, Header]:
        """A few networks for a moment: seconds to make one, and of each one's step."""
        experiment, names = self.run.experiment, every_place(self.run)
        ALLOWANCE.ask(experiment, TRIAL, self.run.table)
        begin = time.thread_time()
        members = [without(experiment, int(place)) for place in names[:TRIAL]]
        population = Population(members[:ONE_BY_ONE], self.run.table)
        looped = population.engine_name == "loop"
        if not looped and len(members) > ONE_BY_ONE:
            yield 0.2
            begin = time.thread_time()
            population = Population(members, self.run.table)
        make = (time.thread_time() - begin) / population.count
        yield 0.5
        population.advance(1)  # the first step prepares what the others use
        steps, begin, spent = 0, time.thread_time(), 0.0
        while steps < 3 or (steps < 40 and spent < 0.02):
            population.advance(1)
            steps, spent = steps + 1, time.thread_time() - begin
            if looped:
                yield 0.5
        return {
            "make": make,
            "step": spent / steps / population.count,
            "batches": population.batches_per_epoch,
            "together": ONE_BY_ONE if looped else TOGETHER,
        }

    # ---- the study

    def steps(self, options: Mapping[str, Any]) -> Steps:
        run, plane = self.run, self.sight.plane
        total = len(run.data.targets_train)
        if total < 2:
            raise PlaygroundError("influence_few_points")
        epochs = min(max(whole(options.get("epochs"), 100), EPOCHS[0]), EPOCHS[1])
        count = whole(options.get("starts"), 1)
        starts = starts_of(run, count if count in STARTS else STARTS[0])
        chosen = self._places(whole(options.get("points"), 0))
        train, kinds = run.data, known_kinds(run)
        grid = grid_inputs(run.data, plane).numpy()
        spots = plane.project(run.data.raw_train)[chosen]
        began = time.thread_time()
        yield 0.0
        found = yield from leave_one_out(run, chosen.tolist(), starts, epochs, grid)
        self._coming = found
        test, test_half = summed_up(found.test)
        own, own_half = summed_up(found.own)
        well = np.isfinite(own)
        if not well.any():
            raise PlaygroundError("study_not_finite")
        header = {
            "points": len(chosen),
            "total": total,
            "starts": len(starts),
            "epochs": epochs,
            "whole": finite(float(np.nanmean(found.whole)))
            if np.isfinite(found.whole).any()
            else None,
            "tested": bool(np.isfinite(test).any()),
            "diverged": int((~well).sum()),
            "left_out": list(train.left_out),
            "seconds": time.thread_time() - began,
        }
        targets = train.targets_train[chosen]
        across, up = spots[:, 0], spots[:, 1] if spots.shape[1] > 1 else targets
        measured = (test, test_half, own, own_half)
        columns = (found.places, across, up, targets, *measured, kinds[found.places], well)
        table = np.stack([np.asarray(column, dtype=np.float64) for column in columns])
        return header, {"influence_rows": np.nan_to_num(table, nan=0.0).astype(np.float32)}

    def _places(self, asked: int) -> np.ndarray:
        """So many of the training points, drawn from a stream of their own; all of them for 0."""
        total = len(self.run.data.targets_train)
        count = min(asked if asked > 0 else total, total, POINTS)
        if count == total:
            return np.arange(total)
        order = TorchStream(self.run.experiment.training.seed, "influence").shuffle_indices(total)
        return np.sort(np.array(order[:count]))
