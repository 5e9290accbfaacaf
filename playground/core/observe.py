"""What a viewer sees of a run at one moment: plain numbers and arrays, nothing of the page.

Only what is asked for is computed. An `Observer` belongs to one run and keeps what does not
change from frame to frame: the plane, the grid in the engine's own layout, the points, and the
open views, which keep what holds them steady.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

import torch

from playground.core.analysis.plane import Plane, plane_for
from playground.core.analysis.registry import VIEWS
from playground.core.analysis.study import Study
from playground.core.analysis.views import Arrays, Header, View
from playground.core.outputs import OUTPUTS, Output
from playground.core.picture import Picture
from playground.core.replica import Replica
from playground.core.run import Run
from playground.core.sample import Sample, chosen
from playground.core.scene import describe, stated
from playground.core.tiles import Tiles
from playground.core.want import Want
from playground.core.whole_score import WholeScore

COSTLY = 0.02  # s of measuring, beyond which it rests
REST = 3  # times as long as it took


def observe(
    run: Run, want: Mapping[str, Any], history_from: tuple[int, int], scene: bool
) -> tuple[Header, Arrays]:
    """One frame of a run.

    Args:
        run: the run; it is measured if it moved since the last frame.
        want: what the viewer asks for, see `Want`.
        history_from: (version, rows) of the curves that the viewer has.
        scene: whether the viewer needs the description of the network and the points.
    """
    if not isinstance(run.observer, Observer):
        run.observer = Observer(run)
    return run.observer.frame(Want.read(want), history_from, scene)


class Observer:
    """See the module."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._view = run.experiment.view
        self._stated = stated(run)
        self._generation = run.generation
        self._views: dict[str, View] = {}
        self._open: tuple[str, ...] = ()
        self.kept: dict[str, Any] = {}
        self.frames = 0
        self._replica: Replica | None = None
        self._replica_fresh = False
        self._whole = WholeScore(run)
        self._measure_next = 0.0
        self._data = run.data
        self.want = Want()
        self._sample: Sample | None = None
        self._lay_out()

    def _lay_out(self) -> None:
        """What pictures the network: over a plane, or for one point that is a whole thing."""
        run = self.run
        self._plane = self._output = None
        if run.schema.kind == "points":
            self._plane = plane_for(run.data, self._view)
            self._picture: Picture | Tiles = Picture(run, self._plane)
        else:
            self._picture = Tiles(run)
            self._output = OUTPUTS[run.schema.pane](self)

    @property
    def plane(self) -> Plane:
        """In which points are pictured; there is none of other kinds of data."""
        assert self._plane is not None
        return self._plane

    def sample(self) -> Sample:
        """The one point that is looked at; the same one all through a frame."""
        if self._sample is None:
            self._sample = chosen(self.run, self.want.of("sample"))
        return self._sample

    @torch.no_grad()
    def frame(
        self, want: Want, history_from: tuple[int, int], scene: bool
    ) -> tuple[Header, Arrays]:
        run = self.run
        if run.step != run.measured_step and (want.resting or self._measuring_is_due()):
            self._measure()
        if run.experiment.view != self._view or run.data is not self._data:
            if run.data is not self._data:
                self._views.clear()  # they may keep what they know of the points
            self._view, self._data, scene = run.experiment.view, run.data, True
            self._lay_out()
        if run.generation != self._generation:
            self._generation, scene = run.generation, True
            self._views.clear()
            self._replica = None
            self._lay_out()
        if stated(run) != self._stated:
            self._stated, scene = stated(run), True
        self._replica_fresh = False
        self.want, self._sample = want, None
        self.frames += 1
        self._whole.rest(want.resting)
        header = self._numbers(history_from)
        arrays: Arrays = {"history": run.history.since(header["history"]["start"])}
        if scene:
            header["scene"] = describe(run, arrays, self._plane)
            if self._output is not None:
                self._output.scene(header["scene"], arrays)
        self._paint(want, header, arrays)
        self._open = tuple(name for name in want.analyses if run.schema.kind in VIEWS[name].kinds)
        header["views"] = list(self._open)
        for name in self._open:
            self._view_of(name).add(want, header, arrays)
        return header, arrays

    def _measuring_is_due(self) -> bool:
        """Whether the losses may be measured again: those of a costly network rest in between, so
        that its pictures do not wait for them."""
        return self.run.measured_step < 0 or time.perf_counter() >= self._measure_next

    def _measure(self) -> None:
        start = time.thread_time()
        self.run.measure()
        spent = time.thread_time() - start
        self._measure_next = time.perf_counter() + (REST * spent if spent > COSTLY else 0.0)

    def _paint(self, want: Want, header: Header, arrays: Arrays) -> None:
        """The pictures of the network and of what it says."""
        if isinstance(self._picture, Tiles):
            self._picture.paint(want, self.sample(), header, arrays)
            if want.map and self._output is not None:
                self._output.add(want, header, arrays)
            return
        if want.map or want.neurons:
            self._picture.paint(want, header, arrays)
        if self.run.schema.task != "regression":
            wrong = self.run.predicted(self.run.output()) != self.run.truth
            arrays["wrong"] = wrong.to(torch.uint8).cpu().numpy()

    # ---- numbers

    def _numbers(self, history_from: tuple[int, int]) -> Header:
        run, metrics = self.run, self._whole.metrics or self.run.metrics
        return {
            "epoch": run.epoch,
            "batch": run.batch_in_epoch,
            "batches_per_epoch": run.batches_per_epoch,
            "step": run.step,
            "place": {
                "device": run.device.kind,
                "device_name": run.device.name,
                "step_seconds": dict(run.step_seconds),
                "engine": run.engine.way,
                "precision": run.experiment.training.precision
                + (" + bfloat16" if run.engine.mixed else ""),
                "memory_mb": _memory(run),
                "threads": torch.get_num_threads(),
                "fallback": run.fallback.as_dict() if run.fallback else None,
            },
            "metrics": {
                "train_loss": metrics.train_loss,
                "test_loss": metrics.test_loss,
                "penalty": metrics.penalty,
                "train_score": metrics.train_score,
                "test_score": metrics.test_score,
            },
            "measured": self._measured(),
            "focus": None,
            "rate": run.pace.rate,
            "hands": {
                "depth": run.hands.depth,
                "share": run.hands.share,
                "cut": run.hands.any_cut,
                "effect": run.hands.effect,
            },
            "score": "r2" if run.schema.task == "regression" else "accuracy",
            "history": run.history.told(history_from),
        }

    def _measured(self) -> list[int] | None:
        """How many points of both parts the metrics are of; None of all."""
        meter = self.run.meter
        every = meter.complete or self._whole.metrics is not None
        return None if every else list(meter.counts)

    # ---- points, replica and views

    def replica(self) -> Replica:
        """The run's network as plain modules, as it is now; made when it is first asked for."""
        if self._replica is None or self._replica.experiment is not self.run.experiment:
            self._replica = Replica(self.run)
        elif not self._replica_fresh:
            self._replica.refresh()
        self._replica_fresh = True
        return self._replica

    # ---- what takes longer than a frame

    @property
    def studying(self) -> bool:
        """Whether an open view, or the output, has work left that takes longer than a frame."""
        return self._whole.busy or any(study.busy for study in self._studies())

    def study(self, seconds: float) -> None:
        """Goes on with that work for about so long, the views in turns."""
        whole = [self._whole] if self._whole.busy else []
        busy = [*whole, *(study for study in self._studies() if study.busy)]
        for study in busy:
            study.work(seconds / len(busy))

    def _studies(self) -> list[Study | Output]:
        views = (self._views.get(name) for name in self._open)
        found: list[Study | Output] = [view for view in views if isinstance(view, Study)]
        return [*found, self._output] if self._output and self.want.map else found

    def _view_of(self, name: str) -> View:
        if name not in self._views:
            self._views[name] = VIEWS[name](self)
        return self._views[name]


def _memory(run: Run) -> float | None:
    """Memory in use where the run computes, in MB: the process's peak, or the GPU's share.

    None on systems that do not say.
    """
    if run.device.kind == "cuda":
        return torch.cuda.memory_allocated() / 2**20
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
