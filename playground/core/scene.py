"""What a frame's scene describes: the data, the network, and whatever else seldom changes."""

from __future__ import annotations

import numpy as np

from playground.core.analysis.maps import shown_units
from playground.core.analysis.plane import Plane
from playground.core.analysis.registry import views_for
from playground.core.analysis.views import Arrays, Header
from playground.core.data.typed import can_paint, painted
from playground.core.experiment import MAX_PAINTED
from playground.core.network import Block, flops, parameter_count
from playground.core.picture import Answering, value_range
from playground.core.run import Run
from playground.core.schedules import Constant, ahead
from playground.core.shapes import source_of, written

SCHEDULE_POINTS = 120


def describe(run: Run, arrays: Arrays, plane: Plane | None) -> Header:
    """The scene of a run; points of a plane go into the arrays.

    Args:
        plane: in which points are pictured; None of other kinds of data.
    """
    schema = run.schema
    scene: Header = {
        "kind": schema.kind,
        "data": run.present.data.name,
        "task": schema.task,
        "class_names": list(schema.class_names),
        "target": schema.target,
        "views": views_for(schema.kind),
        "measured": list(run.meter.counts),
        "parameters": parameter_count(run.blocks),
        "flops": flops(run.blocks),
        "batch_size": run.batches.size,
        "marks": [list(mark) for mark in run.marks],
        "schedule": _schedule(run),
        "blocks": [_block(index, block) for index, block in enumerate(run.blocks)],
    }
    if plane is None:
        return scene | {"inputs": {"kind": "whole"}, "paint": 0, "painted": [], "painted_used": 0}
    return scene | {
        **over_plane(run, plane, arrays),
        "paint": MAX_PAINTED if can_paint(schema) else 0,
        "painted_used": len(painted(run.experiment.data, schema).targets),
        "painted": [list(row) for row in run.experiment.data.points],
    }


def over_plane(run: Answering, plane: Plane, arrays: Arrays) -> Header:
    """How the plane lies and what its colours run between; the points go into the arrays."""
    for part in ("train", "test"):
        raw, targets = getattr(run.data, f"raw_{part}"), getattr(run.data, f"targets_{part}")
        where = plane.project(raw)
        if plane.kind == "line":
            where = np.concatenate((where, targets[:, None]), axis=1)
        points = np.concatenate((where, targets[:, None]), axis=1)
        arrays[f"points_{part}"] = points.astype(np.float32)
    return {
        "inputs": {
            "dim": min(len(run.schema.columns), 3),
            "kind": plane.kind,
            "x_label": plane.labels[0],
            "y_label": plane.labels[1],
            "explained": plane.explained,
        },
        "domain": list(plane.domain),
        "value_range": list(value_range(run, plane)),
    }


def _block(index: int, block: Block) -> Header:
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
        "flops": block.flops,
        "size": list(block.after),
        "source": source_of(block.after),
        "shape": f"(n, {block.units})" if len(block.after) == 1 else written(block.after),
    }


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


def stated(run: Run) -> tuple[object, ...]:
    """What a scene states, and what may change while a network trains."""
    experiment, marks = run.experiment, run.marks
    drawn = experiment.schedule, experiment.optimizer.learning_rate, experiment.training.stop_epochs
    return experiment.layers, run.batches.size, drawn, len(marks), marks[-1] if marks else None
