"""The principal components of a layer, as a view shows them: points, loadings, what is kept.

What a viewer may ask for (`Want.options["pca"]`):

    basis    "frame" (the components of this very moment), "fixed" (those of the moment when it
             was asked for; another `moment` fixes anew) or "epoch" (those of an earlier epoch)
    epoch    that epoch; the nearest moment that was kept
    moment   a number that grows with each fixing
    units    two or three units to be shown instead of components
    loadings whether the components' loadings are wanted
    keep     how many components go on through the rest of the network; none by default
    brushed  places of brushed points, for their table
    whole    all components, or all units where units are shown, of all points: for a file
    pooled   of a block of feature maps each map as its mean, instead of all its numbers

Of points that are whole pictures only as many take part as a frame has time for, and the view
rests some times as long as it took; it has neither earlier epochs, brushed points' table, nor
what is kept.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.brushed import table
from playground.core.analysis.earlier import nearest_row, network_at
from playground.core.analysis.kept import MOST_COMPONENTS, Kept
from playground.core.analysis.layer_rows import as_rows, counts_of, inputs_of
from playground.core.analysis.maps import single
from playground.core.analysis.pca import (
    DENSE_LIMIT,
    MOST_RATIOS,
    SHOWN,
    Basis,
    Components,
    broken_stick,
    exact_components,
    principal_components,
)
from playground.core.analysis.views import Arrays, Header, Sight, View

if TYPE_CHECKING:
    from playground.core.analysis.plane import Plane
    from playground.core.want import Want

POINTS = 1500
MOST_HELD = 8  # bases of earlier epochs that are remembered
WIDEST = 2048  # numbers of a layer whose loadings are sent with every frame
REST = 6  # times as long as it took, of pictures
LARGEST = 1e100  # squares of larger numbers leave the range of float64


@dataclass(frozen=True)
class _Held:
    """Components that stay, and the epoch that they are of."""

    found: Components
    epoch: float


class PcaView(View):
    """See the module. The components are those of the training points."""

    kinds = frozenset({"points", "pictures"})

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._bases: dict[tuple[int, bool], Basis] = {}
        self._fixed: dict[tuple[int, bool, int | None], _Held] = {}
        self._earlier: dict[tuple[int, float], _Held] = {}
        self._kept: tuple[Plane, Kept] | None = None
        self._asked: object = None
        self._step, self._next = -1, 0.0
        self._said: tuple[Header, Arrays] = ({}, {})

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        if self.run.schema.kind == "points":
            return self._add(want, header, arrays)
        asked = (want.block, dict(want.of("pca")))
        if asked != self._asked or self.run.step == self._step or time.perf_counter() >= self._next:
            start, self._said = time.thread_time(), ({}, {})
            self._add(want, *self._said)
            self._next = time.perf_counter() + REST * (time.thread_time() - start)
            self._asked, self._step = asked, self.run.step
        header |= self._said[0]
        arrays |= self._said[1]

    def _rows(self, index: int, pooled: bool) -> tuple[Tensor, int, Tensor]:
        """The layer's values (points, numbers), how many of them are training points, and the
        network's output (units, points)."""
        run = self.run
        if run.schema.kind == "points":
            outputs = run.engine.activations(run.points)
            return outputs[index - 1].t(), len(run.data.inputs_train), outputs[-1]
        counts = counts_of(run)
        outputs = run.engine.activations(run.engine.prepare(inputs_of(run, counts)))
        return as_rows(outputs[index - 1].movedim(-1, 0), pooled), counts[0], outputs[-1]

    def _add(self, want: Want, header: Header, arrays: Arrays) -> None:
        options = want.of("pca")
        index = min(max(want.block, 1), len(self.run.blocks) - 1)
        pooled = options.get("pooled") is True
        rows, count, output = self._rows(index, pooled)
        points = rows.cpu().double().clamp(-LARGEST, LARGEST)
        train = points[:count]
        told: Header = {
            "block": index,
            "units": points.shape[1],
            "train": count,
            "epochs": _ends(self.run.path.epochs) if self.run.schema.kind == "points" else [],
        }
        header["pca"] = told
        after = self.run.blocks[index].after
        if len(after) == 3 and not pooled:
            told["map"] = list(after)
        brushed = options.get("brushed")
        columns = self.run.schema.kind == "points"
        if isinstance(brushed, list | tuple) and brushed and columns:
            places = [int(place) for place in brushed]
            told["table"] = table(self.run, places, output)
        if not len(train):
            told |= {"ratios": [0.0], "rank": 0, "stick": [], "basis": {"kind": "frame"}}
            arrays["pca"] = np.zeros((len(points), SHOWN), np.float32)
            return
        keep = _whole(options.get("keep")) if columns else None
        now = self._bases.setdefault((index, pooled), Basis()).follow(train)
        held = self._held(index, pooled, now, options)
        found = now if held is None else held.found.along(train)
        told |= {
            "ratios": found.ratios,
            "rank": now.rank,
            "stick": broken_stick(points.shape[1]),
            "basis": {"kind": "frame"}
            if held is None
            else {"kind": options["basis"], "epoch": held.epoch},
        }
        chosen = _units(options.get("units"), points.shape[1])
        told["shown"] = chosen
        scores = found.scores(points) if chosen is None else _raw(points, chosen)
        arrays["pca"] = single(scores[:POINTS]).numpy()
        if options.get("loadings") is True and chosen is None and found.axes.shape[1] <= WIDEST:
            arrays["pca_axes"] = single(found.axes[:MOST_RATIOS]).contiguous().numpy()
        if options.get("whole") is True:
            every = points if chosen is not None else (points - found.mean) @ found.axes.t()
            arrays["pca_whole"] = single(every).contiguous().numpy()
        if keep is not None:
            if held is None and points.shape[1] > DENSE_LIMIT:
                found = exact_components(train, MOST_COMPONENTS)
            told["kept"], more = self._keeper().paint(self.sight.replica(), index, found, keep)
            arrays |= more

    def _keeper(self) -> Kept:
        plane = self.sight.plane
        if self._kept is None or self._kept[0] is not plane:
            self._kept = (plane, Kept(self.run, plane))
        return self._kept[1]

    # ---- the basis

    def _held(
        self, index: int, pooled: bool, now: Components, options: Mapping[str, Any]
    ) -> _Held | None:
        """The basis that is held; None where it moves with every frame."""
        if options.get("basis") == "fixed":
            key = (index, pooled, _whole(options.get("moment")))
            if key not in self._fixed:
                self._fixed = {k: v for k, v in self._fixed.items() if k[2] == key[2]}
                self._fixed[key] = _Held(now, self.run.exact_epoch)
            return self._fixed[key]
        if options.get("basis") == "epoch" and self.run.schema.kind == "points":
            asked = options.get("epoch")
            epochs = self.run.path.epochs
            row = nearest_row(epochs, float(asked) if isinstance(asked, int | float) else 0.0)
            return None if row is None else self._at(index, now, row, epochs[row])
        return None

    def _at(self, index: int, now: Components, row: int, epoch: float) -> _Held:
        """The basis at one point of the weights' path, with the signs of the present one."""
        key = (index, epoch)
        if key not in self._earlier:
            replica = self.sight.replica()
            with torch.inference_mode(False), torch.no_grad():
                values, _ = replica.examples()
                for block in network_at(self.run, replica, row)[:index]:
                    values = block(values)
            found = principal_components(values.double().clamp(-LARGEST, LARGEST), now.axes)
            agreement = (found.axes * now.axes).sum(1, keepdim=True)
            axes = found.axes * torch.where(agreement < 0, -1.0, 1.0)
            kept = list(self._earlier.items())[-MOST_HELD:]
            self._earlier = {**dict(kept), key: _Held(replace(found, axes=axes), epoch)}
        return self._earlier[key]


def _ends(epochs: list[float]) -> list[float]:
    """First and last of the epochs from which a basis can be held; [] where there is none."""
    return [epochs[0], epochs[-1]] if epochs else []


def _whole(value: object) -> int | None:
    """A whole number that is not below 0."""
    fits = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return int(value) if fits and isinstance(value, int) else None


def _units(value: object, count: int) -> list[int] | None:
    """Three units of a layer of `count`, the nearest that there are; None for components."""
    if not isinstance(value, list | tuple) or not value:
        return None
    return [min(max(int(unit), 0), count - 1) for unit in value[:SHOWN]]


def _raw(points: Tensor, units: list[int]) -> Tensor:
    """Values (n, SHOWN) of chosen units; 0 for one that is not chosen."""
    found = points[:, units]
    return torch.nn.functional.pad(found, (0, SHOWN - len(units)))
