"""What a viewer sees of a run at one moment: plain numbers and arrays, nothing of the page.

Only what is asked for is computed. An `Observer` belongs to one run and keeps what does not
change from frame to frame: the plane, the grid in the engine's own layout, the points, and the
open views, which keep what holds them steady.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from playground.core.analysis.maps import shown_units
from playground.core.analysis.plane import plane_for
from playground.core.analysis.registry import VIEWS
from playground.core.analysis.study import Study
from playground.core.analysis.views import Arrays, Header, View
from playground.core.data.typed import can_paint, painted
from playground.core.experiment import MAX_PAINTED
from playground.core.network import Block, parameter_count
from playground.core.picture import Picture, value_range
from playground.core.replica import Replica
from playground.core.run import Run
from playground.core.schedules import Constant, ahead
from playground.core.want import Want

SCHEDULE_POINTS = 120


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
        self._stated = _stated(run)
        self._generation = run.generation
        self._views: dict[str, View] = {}
        self._open: tuple[str, ...] = ()
        self.kept: dict[str, Any] = {}
        self.frames = 0
        self._replica: Replica | None = None
        self._replica_fresh = False
        self._data = run.data
        self.plane = plane_for(run.data, self._view)
        self._picture = Picture(run, self.plane)

    @torch.no_grad()
    def frame(
        self, want: Want, history_from: tuple[int, int], scene: bool
    ) -> tuple[Header, Arrays]:
        run = self.run
        if run.step != run.measured_step:
            run.measure()
        if run.experiment.view != self._view or run.data is not self._data:
            if run.data is not self._data:
                self._views.clear()  # they may keep what they know of the points
            self._view, self._data, scene = run.experiment.view, run.data, True
            self.plane = plane_for(run.data, self._view)
            self._picture = Picture(run, self.plane)
        if run.generation != self._generation:
            self._generation, scene = run.generation, True
            self._views.clear()
            self._replica = None
            self._picture = Picture(run, self.plane)
        if _stated(run) != self._stated:
            self._stated, scene = _stated(run), True
        self._replica_fresh = False
        self.frames += 1
        header = self._numbers(history_from)
        arrays: Arrays = {"history": run.history.since(header["history"]["start"])}
        if scene:
            self._describe(header, arrays)
        if want.map or want.neurons:
            self._picture.paint(want, header, arrays)
        if run.schema.task != "regression":
            arrays["wrong"] = self._wrong()
        self._open = want.analyses
        header["views"] = list(want.analyses)
        for name in want.analyses:
            self._view_of(name).add(want, header, arrays)
        return header, arrays

    # ---- numbers and scene

    def _numbers(self, history_from: tuple[int, int]) -> Header:
        run, metrics = self.run, self.run.metrics
        version, start = history_from
        if version != run.history.version or not 0 <= start <= len(run.history):
            start = 0
        return {
            "epoch": run.epoch,
            "batch": run.batch_in_epoch,
            "batches_per_epoch": run.batches_per_epoch,
            "step": run.step,
            "place": {
                "device": run.device.kind,
                "device_name": run.device.name,
                "engine": run.engine.name,
                "precision": run.experiment.training.precision,
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
            "focus": None,
            "rate": run.pace.rate,
            "hands": {
                "depth": run.hands.depth,
                "share": run.hands.share,
                "cut": run.hands.any_cut,
                "effect": run.hands.effect,
            },
            "score": "r2" if run.schema.task == "regression" else "accuracy",
            "history": {
                "version": run.history.version,
                "start": start,
                "total": len(run.history),
            },
        }

    def _describe(self, header: Header, arrays: Arrays) -> None:
        run, plane = self.run, self.plane
        header["scene"] = {
            "task": run.schema.task,
            "class_names": list(run.schema.class_names),
            "target": run.schema.target,
            "inputs": {
                "dim": min(len(run.schema.columns), 3),
                "kind": plane.kind,
                "x_label": plane.labels[0],
                "y_label": plane.labels[1],
                "explained": plane.explained,
            },
            "domain": list(plane.domain),
            "value_range": list(value_range(run, plane)),
            "paint": MAX_PAINTED if can_paint(run.schema) else 0,
            "painted_used": len(painted(run.experiment.data, run.schema).targets),
            "painted": [list(row) for row in run.experiment.data.points],
            "parameters": parameter_count(run.blocks),
            "batch_size": run.batches.size,
            "marks": [list(mark) for mark in run.marks],
            "schedule": _schedule(run),
            "blocks": [self._block(index, block) for index, block in enumerate(run.blocks)],
        }
        for part in ("train", "test"):
            raw, targets = getattr(run.data, f"raw_{part}"), getattr(run.data, f"targets_{part}")
            where = plane.project(raw)
            if plane.kind == "line":
                where = np.concatenate((where, targets[:, None]), axis=1)
            points = np.concatenate((where, targets[:, None]), axis=1)
            arrays[f"points_{part}"] = points.astype(np.float32)

    def _block(self, index: int, block: Block) -> Header:
        layer = block.layer
        return {
            "index": index,
            "kind": block.kind,
            "units": block.units,
            "activation": block.activation,
            "rate": getattr(layer, "rate", None),
            "deviation": getattr(layer, "deviation", None),
            "frozen": bool(getattr(layer, "frozen", False)),
            "bias": block.linear is not None and bool(getattr(layer, "bias", True)),
            "shown": shown_units(block) if block.drawn else [],
            "linear": block.linear is not None or block.kind == "input",
            "labels": list(block.labels),
            "parameters": block.parameters,
            "shape": f"(n, {block.units})",
        }

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
        """Whether an open view has work left that takes longer than a frame."""
        return any(study.busy for study in self._studies())

    def study(self, seconds: float) -> None:
        """Goes on with that work for about so long, the views in turns."""
        busy = [study for study in self._studies() if study.busy]
        for study in busy:
            study.work(seconds / len(busy))

    def _studies(self) -> list[Study]:
        views = (self._views.get(name) for name in self._open)
        return [view for view in views if isinstance(view, Study)]

    def _view_of(self, name: str) -> View:
        if name not in self._views:
            self._views[name] = VIEWS[name](self)
        return self._views[name]

    def _wrong(self) -> np.ndarray:
        output = self.run.engine.activations(self.run.points)[-1]
        wrong = self.run.predicted(output) != self.run.truth
        return wrong.to(torch.uint8).cpu().numpy()


def _schedule(run: Run) -> list[list[float]] | None:
    """The learning rate that is planned: pairs of epoch and rate; None for a constant one."""
    experiment = run.experiment
    schedule, base = experiment.schedule, experiment.optimizer.learning_rate
    if isinstance(schedule, Constant):
        return None
    begin = run.pace.origin
    epochs = ahead(schedule, max(experiment.training.stop_epochs - begin, 0))
    at = sorted({round(i * epochs / SCHEDULE_POINTS) for i in range(SCHEDULE_POINTS + 1)})
    return [[begin + epoch, base * schedule.factor(epoch)] for epoch in at]


def _stated(run: Run) -> tuple[object, ...]:
    """What a scene states, and what may change while a network trains."""
    experiment, marks = run.experiment, run.marks
    drawn = experiment.schedule, experiment.optimizer.learning_rate, experiment.training.stop_epochs
    return experiment.layers, run.batches.size, drawn, len(marks), marks[-1] if marks else None


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
