"""The view that leaves points out: the network retrained without each of them.

What a viewer may ask for (`Want.options["influence"]`, beside what `study` reads):

    epochs   how long every network trains
    starts   how many starts of the seed, 1, 3 or 5
    points   how many of the training points; 0 for all of them
    point    the place of one point, whose effect on the picture is shown
    drawn    the key of the pictures that the viewer has

A frame says what it would cost before it begins. The result outlives an exchange of points, so
that a visitor who leaves one out still sees why.

Points of a plane are pictured there, and of the chosen one how the map changes without it. Of
pictures, sequences and ratings it is said which test points are answered better with the chosen
one, and which worse.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch

from playground.core.analysis.estimated import Estimated
from playground.core.analysis.gauge import grid_inputs, painted, whole
from playground.core.analysis.influence import (
    Influence,
    Watched,
    every_place,
    known_kinds,
    leave_one_out,
    summed_up,
)
from playground.core.analysis.maps import single
from playground.core.analysis.retraining import TRIED, starts_of, without
from playground.core.analysis.samples import named, pictured
from playground.core.analysis.study import Steps
from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.answers import measured
from playground.core.errors import PlaygroundError
from playground.core.finite import finite
from playground.core.layers.base import EVERY_KIND
from playground.core.network import flops
from playground.core.random import TorchStream

if TYPE_CHECKING:
    from playground.core.experiment import Experiment
    from playground.core.want import Want

EPOCHS, STARTS, POINTS = (1, 10_000), (1, 3, 5), 2000
MOST_WHOLE = 500  # pictures, sequences or ratings that are left out
WATCHED = 300  # of them on which it is seen what the chosen one does
SHOWN = 8  # of these on each side
COLUMNS = 12  # of a table whose values are told
KEPT = (
    "_round", "_state", "_progress", "_problem", "_moment", "_version", "_result", "_found",
    "_values", "_cost", "_refusal", "_tried",
)  # fmt: skip


class InfluenceView(Estimated):
    """See the module."""

    name: ClassVar[str] = "influence"
    kinds = frozenset(EVERY_KIND)

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._found: Influence | None = None
        self._coming: tuple[Influence, np.ndarray] | None = None
        self._values = np.zeros((0, 0))  # of a table's points, by their row in what was found
        kept = sight.kept.get(self.name)
        if kept is not None:
            vars(self).update(kept)
            if self._state == "working":
                self._state = "cancelled"
            if self._cost is None:
                self._tried = None

    # ---- frames

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        super().add(want, header, arrays)
        if self._state == "done" and self._coming is not None:
            (self._found, self._values), self._coming = self._coming, None
        header["influence"] |= {
            "left_out": list(self.run.data.left_out),
            "points": len(self.run.data.targets_train),
            "chosen": self._chosen(want.of(self.name), arrays),
        }
        self.sight.kept[self.name] = {name: getattr(self, name) for name in KEPT}

    def _chosen(self, options: Mapping[str, Any], arrays: Arrays) -> Header | None:
        """What happens without one point: its place, and where answers change."""
        found, place = self._found, whole(options.get("point"), -1)
        if found is None or place not in found.places:
            return None
        index = int(np.flatnonzero(found.places == place)[0])
        key = f"{self._version}:{place}"
        told: Header = {"place": place, "key": key, "sent": options.get("drawn") != key}
        change = found.change[index].astype(np.float64)
        if self.run.schema.kind != "points":
            return told | self._at_points(-change, arrays if told["sent"] else {})
        return told | self._over_plane(found, index, change, arrays if told["sent"] else {})

    def _over_plane(
        self, found: Influence, index: int, change: np.ndarray, arrays: Arrays
    ) -> Header:
        """How the picture changes: what the colours stand for; of a table the point's values."""
        before, more = found.base[found.channels[index]], torch.from_numpy(change)
        scales, picture = painted(self.sight.plane, more[None])
        both = single(torch.from_numpy(np.stack((before, before + change)))).numpy()
        arrays["influenced_change"] = picture[0]
        arrays["influenced_both"] = both.reshape(2, *picture.shape[1:])
        told: Header = {"scale": scales["scales"][0]}
        columns = self.run.schema.columns
        if len(columns) > 2 and index < len(self._values):
            told["values"] = [
                [name, finite(float(value))]
                for name, value in zip(columns[:COLUMNS], self._values[index], strict=False)
            ]
        return told

    def _at_points(self, gain: np.ndarray, arrays: Arrays) -> Header:
        """The test points that gain most, and those that lose most, by the chosen point."""
        order = np.argsort(-gain, kind="stable").tolist()
        helped = [place for place in order if gain[place] > 0][:SHOWN]
        harmed = [place for place in reversed(order) if gain[place] < 0][:SHOWN]
        places = helped + harmed
        arrays |= pictured(self.run, "test", places, "influenced")
        rows = [
            {**one, "gain": finite(float(gain[place]))}
            for place, one in zip(places, named(self.run, "test", places), strict=True)
        ]
        return {"helped": rows[: len(helped)], "harmed": rows[len(helped) :]}

    # ---- the study

    def members(self) -> list[Experiment]:
        names = every_place(self.run)
        if len(names) < 2:
            raise PlaygroundError("influence_few_points")
        return [without(self.run.experiment, int(place)) for place in names[:TRIED]]

    def steps(self, options: Mapping[str, Any]) -> Steps:
        run = self.run
        total = len(run.data.targets_train)
        if total < 2:
            raise PlaygroundError("influence_few_points")
        epochs = min(max(whole(options.get("epochs"), 100), EPOCHS[0]), EPOCHS[1])
        count = whole(options.get("starts"), 1)
        starts = starts_of(run, count if count in STARTS else STARTS[0])
        chosen = self._places(whole(options.get("points"), 0))
        train, kinds = run.data, known_kinds(run)
        across, up = self._spots(chosen)
        shown = pictured(run, "train", chosen.tolist(), "influence")
        told = named(run, "train", chosen.tolist()) if run.schema.kind != "points" else []
        values = train.raw_train[chosen, :COLUMNS] if run.schema.kind == "points" else np.zeros(0)
        began = time.thread_time()
        yield 0.0
        found = yield from leave_one_out(run, chosen.tolist(), starts, epochs, self._watched())
        self._coming = found, values
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
            "told": told,
        }
        targets = train.targets_train[chosen]
        targets = targets if targets.ndim == 1 else np.zeros(len(chosen))
        found_out = (test, test_half, own, own_half)
        columns = (found.places, across, up, targets, *found_out, kinds[found.places], well)
        table = np.stack([np.asarray(column, dtype=np.float64) for column in columns])
        return header, {
            "influence_rows": np.nan_to_num(table, nan=0.0).astype(np.float32),
            **shown,
        }

    def _spots(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where points lie in the plane; whole ones nowhere."""
        data = self.run.data
        if self.run.schema.kind != "points":
            return np.zeros(len(chosen)), np.zeros(len(chosen))
        spots = self.sight.plane.project(data.raw_train)[chosen]
        return spots[:, 0], spots[:, 1] if spots.shape[1] > 1 else data.targets_train[chosen]

    def _watched(self) -> Watched:
        """Where it is compared what is answered: over the plane, or at test points."""
        run = self.run
        if run.schema.kind == "points":
            return Watched(grid_inputs(run.data, self.sight.plane).numpy())
        count = min(WATCHED, measured(len(run.data.inputs_test), flops(run.blocks)))
        return Watched(run.data.inputs_test[:count], run.data.targets_test[:count])

    def _places(self, asked: int) -> np.ndarray:
        """So many of the training points, drawn from a stream of their own; all of them for 0."""
        total = len(self.run.data.targets_train)
        most = POINTS if self.run.schema.kind == "points" else MOST_WHOLE
        count = min(asked if asked > 0 else total, total, most)
        if count == total:
            return np.arange(total)
        order = TorchStream(self.run.experiment.training.seed, "influence").shuffle_indices(total)
        return np.sort(np.array(order[:count]))
