"""Every data set there is: one entry each, in the order in which they are offered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from playground.core.data import generators, shapes, tables
from playground.core.data.csv_table import csv_entry
from playground.core.data.model import DataSet, Domain, Raw, Schema, Task
from playground.core.random import Stream

if TYPE_CHECKING:
    from playground.core.data.table import Table
    from playground.core.experiment import Data

_SIGNS = ("−1", "+1")
_LETTERS = ("A", "B", "C", "D", "E", "F")


def _generated(
    name: str,
    task: Task,
    generate: Callable[[Stream, int, float], Raw],
    proposal: Mapping[str, Any],
    *,
    window: Domain = generators.PLANE,
    columns: tuple[str, ...] = ("x", "y"),
) -> DataSet:
    """A set made by formula, of two classes or of values."""
    class_names = _SIGNS if task == "binary" else ()
    target = "class" if task == "binary" else "y" if columns == ("x",) else "z"

    def schema(data: Data, _table: Table | None = None) -> Schema:
        return Schema(task, columns, class_names, data.samples, target, window)

    def make(data: Data, stream: Stream, _table: Table | None = None) -> Raw:
        return generate(stream, data.samples, data.noise)

    family = "line" if columns == ("x",) else "points"
    return DataSet(name, family, frozenset({"samples", "noise"}), schema, make, proposal)


def _many_classes(
    name: str, generate: Callable[[Stream, int, float, int], Raw], proposal: Mapping[str, Any]
) -> DataSet:
    """A set made by formula, with as many classes as the visitor likes."""

    def schema(data: Data, _table: Table | None = None) -> Schema:
        names = _LETTERS[: data.classes]
        return Schema("multiclass", ("x", "y"), names, data.samples, "class", generators.PLANE)

    def make(data: Data, stream: Stream, _table: Table | None = None) -> Raw:
        return generate(stream, data.samples, data.noise, data.classes)

    knobs = frozenset({"samples", "noise", "classes"})
    return DataSet(name, "points", knobs, schema, make, proposal)


def _dense(*units: int, activation: str = "tanh") -> list[dict[str, Any]]:
    return [{"kind": "dense", "units": count, "activation": activation} for count in units]


def _proposal(
    loss: str | None, layers: list[dict[str, Any]], rate: float, **data: Any
) -> dict[str, Any]:
    """Settings that suit a set, those of the set before it put back."""
    proposal: dict[str, Any] = {
        "data": {"target": None, "target_kind": "auto", "columns": None} | data,
        "features": ["x", "y"],
        "layers": layers,
        "output_activation": "linear",
        "optimizer": {"name": "adam", "learning_rate": rate},
        "training": {"batch_size": 10},
    }
    return proposal if loss is None else proposal | {"loss": loss}


def _for_points(
    loss: str, layers: list[dict[str, Any]], rate: float, samples: int = 500, **data: Any
) -> dict[str, Any]:
    made = {"upload": None, "samples": samples, "noise": 0, "train_percent": 50, "scaling": "none"}
    return _proposal(loss, layers, rate, **(made | data))


def _for_tables(loss: str | None, rate: float, **data: Any) -> dict[str, Any]:
    read = {"train_percent": 70, "scaling": "standard"}
    return _proposal(loss, _dense(8), rate, **(read | data))


_ENTRIES = (
    _generated("circle", "binary", generators.circle, _for_points("bce", _dense(4, 2), 0.03)),
    _generated("xor", "binary", generators.xor, _for_points("bce", _dense(4, 2), 0.03)),
    _generated("gauss", "binary", generators.gauss, _for_points("bce", _dense(4, 2), 0.03)),
    _generated("spiral", "binary", generators.spiral, _for_points("bce", _dense(16, 16), 0.01)),
    _many_classes("blobs", shapes.blobs, _for_points("cross_entropy", _dense(8), 0.03, classes=3)),
    _many_classes(
        "spirals",
        shapes.spirals,
        _for_points("cross_entropy", _dense(16, 16), 0.01, classes=3),
    ),
    _generated(
        "reg-plane",
        "regression",
        generators.reg_plane,
        _for_points("mse", _dense(4, 2), 0.01, samples=1200),
    ),
    _generated(
        "reg-gauss",
        "regression",
        generators.reg_gauss,
        _for_points("mse", _dense(16, 16), 0.01, samples=1200),
    ),
    _generated(
        "line",
        "regression",
        shapes.line,
        _for_points("mse", [], 0.03, samples=200, noise=10),
        window=shapes.LINE_WINDOW,
        columns=("x",),
    ),
    _generated(
        "sine",
        "regression",
        shapes.sine,
        _for_points("mse", _dense(16, 16), 0.01, samples=200, noise=10),
        window=shapes.SINE_WINDOW,
        columns=("x",),
    ),
    tables.IRIS.entry(_for_tables("cross_entropy", 0.01, upload=None)),
    tables.WINE.entry(_for_tables("cross_entropy", 0.01, upload=None)),
    tables.BREAST_CANCER.entry(_for_tables("bce", 0.01, upload=None)),
    tables.DIABETES.entry(_for_tables("mse", 0.003, upload=None)),
    csv_entry(_for_tables(None, 0.01)),
)

DATASETS: dict[str, DataSet] = {entry.name: entry for entry in _ENTRIES}

TASK_LOSSES: dict[Task, str] = {
    "binary": "bce",
    "multiclass": "cross_entropy",
    "regression": "mse",
}


def schema_of(data: Data, table: Table | None = None) -> Schema:
    """What the chosen set holds, without making a point and without torch or scikit-learn.

    Raises:
        PlaygroundError: a table is wanted that is not there, or cannot be learned from.
    """
    return DATASETS[data.name].schema(data, table)


def proposal_for(data: Data, table: Table | None = None) -> dict[str, Any]:
    """Settings that suit the chosen set, for `Experiment.with_changes`.

    Raises:
        PlaygroundError: as `schema_of`.
    """
    return {"loss": TASK_LOSSES[schema_of(data, table).task], **DATASETS[data.name].proposal}
