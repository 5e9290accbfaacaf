"""Frames of small runs, and the same pictures computed by plain torch modules."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from playground.core.analysis.registry import VIEWS
from playground.core.observe import Observer, observe
from playground.core.run import Run
from tests.core.helpers import independent_model, run_of, small

ANALYSES = [None, *VIEWS]
FRESH = (-1, 0)
SIZE = 40  # points along one side of the maps
STACK = [
    {"kind": "dense", "units": 9, "activation": "tanh"},
    {"kind": "dropout", "rate": 0.1},
    {"kind": "dense", "units": 4, "activation": "relu"},
    {"kind": "dense", "units": 4, "activation": "sigmoid"},
]


def trained(name: str, **options: Any) -> Run:
    changes = {"layers": STACK, "training": {"precision": "float32"}, **options.pop("changes", {})}
    run = run_of(small(name, **changes), **options)
    run.advance(20)
    return run


def frame(
    run: Run, scene: bool = True, known: tuple[int, int] = FRESH, **want: Any
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return observe(run, {"resolution": SIZE, **want}, known, scene)


def grid_of(run: Run) -> np.ndarray:
    """The raw inputs of the picture's points; of two inputs and of one, built by hand."""
    assert isinstance(run.observer, Observer)
    plane = run.observer.plane
    x0, x1, y0, y1 = plane.domain
    if plane.kind == "line":
        return np.linspace(x0, x1, 201)[:, None]
    if plane.kind == "xy":
        rows = [(x, y) for y in np.linspace(y0, y1, SIZE) for x in np.linspace(x0, x1, SIZE)]
        return np.array(rows)
    return plane.grid(SIZE)


def layer_values(run: Run, inputs: Tensor) -> list[Tensor]:
    """Values behind every linear map and its activation, (points, units)."""
    found = []
    values = inputs
    for index, module in enumerate(independent_model(run)):
        values = module(values)
        if index % 2:
            found.append(values.detach())
    return found


def answer(run: Run, output: Tensor) -> np.ndarray:
    """Probabilities (points, classes or 1), or values in their own units, by other means."""
    loss, values = run.experiment.loss, output.double().numpy()
    if run.schema.task == "regression":
        return values * run.data.target_std + run.data.target_mean
    if loss == "bce":
        return 1 / (1 + np.exp(-values))
    assert loss == "cross_entropy"
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def assert_bytes(found: np.ndarray, expected: np.ndarray) -> None:
    """Bytes of the values expected, up to the rounding of float32."""
    assert found.dtype == np.uint8
    difference = np.abs(found.astype(float) - expected)
    assert difference.max() <= 0.51
