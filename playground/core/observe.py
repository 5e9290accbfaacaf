"""What a viewer sees of a run at one moment: plain numbers and arrays, nothing of the page.

Only what is asked for is computed. An `Observer` belongs to one run and keeps what does not
change from frame to frame: the plane, the grid in the engine's own layout, the points, and the
bases that hold principal components steady.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.maps import shown_units, single
from playground.core.analysis.pca import Basis
from playground.core.analysis.plane import plane_for
from playground.core.analysis.spectra import eigenvalues, singular_spectrum
from playground.core.analysis.warp import Warp
from playground.core.network import Block, parameter_count
from playground.core.picture import Picture, value_range
from playground.core.run import Run
from playground.core.schedules import Constant, ahead
from playground.core.want import Want

PCA_POINTS = 1500
SCHEDULE_POINTS = 120
Header = dict[str, Any]
Arrays = dict[str, np.ndarray]


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
        self._bases: dict[int, Basis] = {}
        self.plane = plane_for(run.data, self._view)
        self._picture = Picture(run, self.plane)
        self._bent: Warp | None = None

    @torch.no_grad()
    def frame(
        self, want: Want, history_from: tuple[int, int], scene: bool
    ) -> tuple[Header, Arrays]:
        run = self.run
        if run.step != run.measured_step:
            run.measure()
        if run.experiment.view != self._view:
            self._view, scene = run.experiment.view, True
            self.plane = plane_for(run.data, self._view)
            self._picture = Picture(run, self.plane)
            self._bent = None
        if _stated(run) != self._stated:
            self._stated, scene = _stated(run), True
        header = self._numbers(history_from)
        arrays: Arrays = {"history": run.history.since(header["history"]["start"])}
        if scene:
            self._describe(header, arrays)
        if want.map or want.neurons:
            self._picture.paint(want, header, arrays)
        if run.schema.task != "regression":
            arrays["wrong"] = self._wrong()
        if want.analysis is not None:
            getattr(self, f"_{want.analysis}")(want, header, arrays)
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
        rate = getattr(block.layer, "rate", None)
        return {
            "index": index,
            "kind": block.kind,
            "units": block.units,
            "activation": block.activation,
            "rate": rate,
            "shown": shown_units(block) if block.drawn else [],
            "linear": block.linear is not None or block.kind == "input",
            "labels": list(block.labels),
            "parameters": block.parameters,
            "shape": f"(n, {block.units})",
        }

    # ---- points and matrices

    def _wrong(self) -> np.ndarray:
        output = self.run.engine.activations(self.run.points)[-1]
        wrong = self.run.predicted(output) != self.run.truth
        return wrong.to(torch.uint8).cpu().numpy()

    def _pca(self, want: Want, header: Header, arrays: Arrays) -> None:
        index = min(max(want.block, 1), len(self.run.blocks) - 1)
        values = self.run.engine.activations(self.run.points)[index - 1]
        points = values.t().cpu().double()
        basis = self._bases.setdefault(index, Basis())
        found = basis.follow(points[: len(self.run.data.inputs_train)])
        header["pca"] = {
            "block": index,
            "ratios": found.ratios,
            "rank": found.rank,
            "units": points.shape[1],
        }
        arrays["pca"] = single(found.scores(points)[:PCA_POINTS]).numpy()

    def _matrices(self) -> list[tuple[int, Tensor]]:
        """Block index and weight matrix of every linear map."""
        linear = [i for i, block in enumerate(self.run.blocks) if block.linear is not None]
        weights = [weight for weight, _ in self.run.engine.parameters()]
        return list(zip(linear, weights, strict=True))

    def _singular(self, want: Want, header: Header, arrays: Arrays) -> None:
        header["spectra"] = []
        for index, matrix in self._matrices():
            found = singular_spectrum(matrix)
            header["spectra"].append(
                {
                    "block": index,
                    "rows": matrix.shape[0],
                    "cols": matrix.shape[1],
                    "rank": found.rank,
                    "condition": found.condition,
                    "norm": found.norm,
                    "stable_rank": found.stable_rank,
                }
            )
            arrays[f"sv_{index}"] = single(found.values).numpy()

    def _eigen(self, want: Want, header: Header, arrays: Arrays) -> None:
        header["eigen"] = []
        for index, matrix in self._matrices():
            if matrix.shape[0] == matrix.shape[1]:
                header["eigen"].append({"block": index, "size": matrix.shape[0]})
                arrays[f"ev_{index}"] = single(eigenvalues(matrix)).numpy()

    def _warp(self, want: Want, header: Header, arrays: Arrays) -> None:
        if self._bent is None:
            self._bent = Warp(self.run, self.plane, value_range(self.run, self.plane))
        self._bent.paint(want, header, arrays)

    def _confusion(self, want: Want, header: Header, arrays: Arrays) -> None:
        run = self.run
        if run.schema.task == "regression":
            return
        classes = len(run.schema.class_names)
        predicted = run.predicted(run.engine.activations(run.points)[-1])
        split = len(run.data.inputs_train)
        tables = []
        for part in (slice(0, split), slice(split, None)):
            pairs = run.truth[part].long() * classes + predicted[part].long()
            counts = torch.bincount(pairs.cpu(), minlength=classes * classes)
            tables.append(counts.view(classes, classes))
        arrays["confusion"] = torch.stack(tables).float().numpy()


def _schedule(run: Run) -> list[list[float]] | None:
    """The learning rate that is planned: pairs of epoch and rate; None for a constant one."""
    experiment = run.experiment
    schedule, base = experiment.schedule, experiment.optimizer.learning_rate
    if isinstance(schedule, Constant):
        return None
    epochs = ahead(schedule, experiment.training.stop_epochs)
    at = sorted({round(i * epochs / SCHEDULE_POINTS) for i in range(SCHEDULE_POINTS + 1)})
    return [[epoch, base * schedule.factor(epoch)] for epoch in at]


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
