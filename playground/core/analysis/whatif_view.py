"""The view "What if": small ghosts beside the run, each with one knob a notch up or down.

The viewer's options: `epochs` that every ghost trains for, and `lucks`, how many orders of points
each of them is tried with. What is known is sent knob by knob.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from playground.core.analysis.study import Steps, Study, within
from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.ghosts import MEASURES, Kept, effect, moments, watched
from playground.core.layers.base import EVERY_KIND
from playground.core.memory import ALLOWANCE
from playground.core.neighbours import Neighbour, neighbours

if TYPE_CHECKING:
    from playground.core.run import Run
    from playground.core.want import Want

EPOCHS = (1, 20, 200)  # least, when nothing is said, most
LUCKS = (2, 3, 8)


class WhatIfView(Study):
    """See the module."""

    name: ClassVar[str] = "whatif"
    kinds = frozenset(EVERY_KIND)

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._asked: Experiment | None = None
        self._compared: Experiment | None = None
        self._changed = False

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        super().add(want, header, arrays)
        if self._asked is not None and self.run.experiment is not self._compared:
            self._compared = self.run.experiment
            view = {"view": self._asked.view}
            self._changed = self._compared.model_copy(update=view) != self._asked
        header["whatif"] = {"changed": self._changed}

    def steps(self, options: Mapping[str, Any]) -> Steps:
        run = self.run
        if not len(run.data.inputs_train):
            raise PlaygroundError("no_points_to_study")
        ALLOWANCE.ask(run.experiment, 1, run.table)
        epochs = _bounded(options.get("epochs"), EPOCHS)
        lucks = _bounded(options.get("lucks"), LUCKS)
        self._asked, self._compared, self._changed = run.experiment, run.experiment, False
        knobs = neighbours(run.experiment, len(run.data.inputs_train))
        table = Table(run, epochs, lucks)
        kept = Kept(run)
        series = 1 + len(knobs) + any(knob.fresh for knob in knobs)
        done = 0
        for knob in (None, *(knob for knob in knobs if not knob.fresh)):
            yield from within(table.add(kept, knob), done / series, (done + 1) / series)
            done += 1
            self.show(*table.told())
        fresh = [knob for knob in knobs if knob.fresh]
        for knob in (None, *fresh) if fresh else ():
            yield from within(table.add(kept, knob, fresh=True), done / series, (done + 1) / series)
            done += 1
            self.show(*table.told())
        return table.told()


class Table:
    """What the ghosts of every knob came to."""

    def __init__(self, run: Run, epochs: int, lucks: int) -> None:
        self.epochs, self.lucks = epochs, lucks
        self._points = len(run.data.inputs_train)
        self._reference: dict[bool, np.ndarray] = {}  # by whether fresh
        self._rows: list[tuple[Neighbour, np.ndarray]] = []

    def add(self, kept: Kept, knob: Neighbour | None, *, fresh: bool = False) -> Generator[float]:
        """Trains the ghosts of one knob, or those that change nothing."""
        courses = []
        changes = knob.changes if knob else {}
        for luck in range(self.lucks):
            try:
                ghost = kept.fresh(changes, luck) if fresh else kept.ghost(changes, luck)
            except PlaygroundError:
                return  # a notch that does not fit this network is none
            first = 0 if fresh else kept.epoch
            course = yield from within(
                watched(ghost, first, self.epochs), luck / self.lucks, (luck + 1) / self.lucks
            )
            courses.append(course)
        found = np.stack(courses)
        if knob is None:
            self._reference[fresh] = found
        else:
            self._rows.append((knob, found))

    def told(self) -> tuple[Header, Arrays]:
        """Header and arrays: curves float32 (series, lucks, measures, moments + 1), the unchanged
        ones first, then those that start anew unchanged, then a series for every row; 0 where
        there is no number, and `reached` says how many moments have one."""
        series = [*self._reference.values(), *(found for _, found in self._rows)]
        curves = np.stack(series)
        header = {
            "epochs": self.epochs,
            "lucks": self.lucks,
            "points": self._points,
            "moments": [0, *moments(self.epochs)],
            "measures": [
                name for at, name in enumerate(MEASURES) if np.isfinite(curves[0, :, at, 0]).all()
            ],
            "references": [{"fresh": fresh, **_ends(it)} for fresh, it in self._reference.items()],
            "rows": [self._row(knob, found) for knob, found in self._rows],
        }
        return header, {"whatif_curves": np.nan_to_num(curves).astype(np.float32)}

    def _row(self, knob: Neighbour, found: np.ndarray) -> Header:
        reference = self._reference[knob.fresh]
        effects = {
            name: effect(name, found[:, at, -1], reference[:, at, -1])
            for at, name in enumerate(MEASURES)
        }
        return {
            "key": knob.key,
            "knob": knob.knob,
            "before": knob.before,
            "after": knob.after,
            "fresh": knob.fresh,
            "diverged": int(np.isnan(found[:, 0, -1]).sum()),
            "effects": {name: asdict(one) for name, one in effects.items() if one is not None},
            **_ends(found),
        }


def _ends(found: np.ndarray) -> Header:
    """The last values, measure by measure and luck by luck, and how many moments have one."""
    whole = np.isfinite(found[:, 0]).all(axis=0)
    return {
        "last": {
            name: [float(one) if np.isfinite(one) else None for one in found[:, at, -1]]
            for at, name in enumerate(MEASURES)
        },
        "reached": int(whole.sum()),
    }


def _bounded(value: object, bounds: tuple[int, int, int]) -> int:
    """A whole number between the least and the most; what is none is taken for the middle one."""
    least, usual, most = bounds
    if not isinstance(value, int) or isinstance(value, bool):
        return usual
    return min(max(value, least), most)
