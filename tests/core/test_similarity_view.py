"""Likeness of layers in frames: among themselves, with the first weights, with a held moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from playground.core.analysis.similarity_view import MOST_MOMENTS
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.viewing import frame, layer_values

LAYERS = [
    {"kind": "dense", "units": 5, "activation": "tanh"},
    {"kind": "dense", "units": 70, "activation": "relu"},
]


def new_run(**changes: Any) -> Run:
    return run_of(small("circle", layers=LAYERS, **changes))


def seen(run: Run, **options: Any) -> dict[str, Any]:
    return frame(run, analysis="similarity", options={"similarity": options})[0]["similarity"]


def layers(run: Run) -> list[np.ndarray]:
    inputs = torch.from_numpy(run.data.inputs_train)
    return [one.numpy() for one in (inputs, *layer_values(run, inputs))]


def numpys(rows: list[np.ndarray], columns: list[np.ndarray]) -> np.ndarray:
    def cka(x: np.ndarray, y: np.ndarray) -> float:
        x, y = x - x.mean(0), y - y.mean(0)
        norm = np.linalg.norm
        return float(norm(y.T @ x) ** 2 / (norm(x.T @ x) * norm(y.T @ y)))

    return np.array([[cka(x, y) for y in columns] for x in rows])


def test_layers_now_among_themselves():
    run = new_run()
    run.advance(30)
    found = seen(run)
    assert (found["blocks"], found["against"], found["points"]) == ([0, 1, 2, 3], None, 30)
    values = np.array(found["values"])
    np.testing.assert_allclose(values, numpys(layers(run), layers(run)), atol=1e-9)
    np.testing.assert_allclose(values.diagonal(), 1, atol=1e-12)
    np.testing.assert_array_equal(values, values.T)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_now_against_the_first_weights(precision):
    run = new_run(training={"precision": precision})
    start = layers(run) if precision == "float64" else None
    run.advance(80)
    found = seen(run, against=0)
    assert (found["against"], found["epoch"]) == (0, 0.0)
    values = np.array(found["values"])
    assert values[0, 0] == pytest.approx(1), "the inputs stay what they are"
    assert values[3, 3] < 0.999
    if start is not None:
        np.testing.assert_allclose(values, numpys(start, layers(run)), atol=1e-9)


def test_a_moment_is_held_and_compared_with():
    run = new_run()
    run.advance(25)
    then, epoch = layers(run), run.exact_epoch
    found = seen(run, hold=7, against=7)
    assert (found["held"], found["moments"]) == (7, [[7, epoch]])
    np.testing.assert_allclose(np.array(found["values"]).diagonal(), 1, atol=1e-12)
    run.advance(60)
    found = seen(run, hold=7, against=7)
    assert (found["against"], found["epoch"]) == (7, epoch), "held once"
    np.testing.assert_allclose(found["values"], numpys(then, layers(run)), atol=1e-9)
    run.update(run.experiment.with_changes({"optimizer": {"name": "adam"}}))
    assert seen(run, against=7)["moments"] == [[7, epoch]], "another engine, the same moments"
    run.update(run.experiment.with_changes({"data": {"noise": 20}}))
    found = seen(run, against=7)
    assert found["moments"] == [] and found["against"] is None, "other points, other values"


def test_only_a_few_moments_are_kept():
    run = new_run()
    for key in range(1, MOST_MOMENTS + 4):
        found = seen(run, hold=key)
    assert [key for key, _ in found["moments"]] == list(range(4, MOST_MOMENTS + 4))


@pytest.mark.parametrize("options", [{"hold": -3}, {"hold": True, "against": True}, {"hold": "x"}])
def test_wishes_that_make_no_sense(options):
    found = seen(new_run(), **options)
    assert found["moments"] == [] and found["against"] is None


def test_a_dead_layer_is_like_none_and_no_points_have_no_layers():
    dead = run_of(small("circle", layers=LAYERS, initialization="zeros"))
    values = seen(dead)["values"]
    assert values[0][0] == pytest.approx(1)
    assert values[0][1] is None and values[3][3] is None
    empty = run_of(small("own", data={"points": []}))
    found = seen(empty, hold=3, against=0)
    assert found["points"] == 0
    assert all(value is None for row in found["values"] for value in row)
