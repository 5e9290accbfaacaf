"""What a viewer asks for, and how frames follow one another."""

from __future__ import annotations

import gc
import json
import math
import weakref
from typing import Any, get_args

import numpy as np
import pytest
import torch

from playground.core import observe as observe_module
from playground.core.analysis import spectral_views
from playground.core.analysis.registry import VIEWS
from playground.core.observe import observe
from playground.core.want import Analysis, Want
from tests.core.viewing import (
    ANALYSES,
    FRESH,
    SIZE,
    STACK,
    answer,
    assert_bytes,
    frame,
    grid_of,
    layer_values,
    trained,
)


@pytest.mark.parametrize("name", ["circle", "sine", "iris"])
def test_what_nobody_wants_is_not_computed(name, monkeypatch):
    run = trained(name)
    frame(run)

    def forbidden(*_: Any, **__: Any) -> Any:
        raise AssertionError("nobody asked for this")

    for target in ("singular_spectrum", "eigenvalues"):
        monkeypatch.setattr(spectral_views, target, forbidden)
    monkeypatch.setattr("playground.core.analysis.pca.Basis.follow", forbidden)
    for view in VIEWS.values():
        monkeypatch.setattr(view, "add", forbidden)
    monkeypatch.setattr("playground.core.analysis.warp.Warp.paint", forbidden)
    monkeypatch.setattr("playground.core.analysis.landscape.ManyLosses.__call__", forbidden)
    monkeypatch.setattr(observe_module, "Replica", forbidden)
    monkeypatch.setattr("playground.core.links.Links.values", forbidden)
    monkeypatch.setattr("playground.core.picture.Picture._neurons", forbidden)
    header, arrays = frame(run, scene=False, neurons=False)
    assert set(arrays) == {"history", "curve" if name == "sine" else "map"} | (
        {"wrong"} if name != "sine" else set()
    )
    assert "scene" not in header
    monkeypatch.setattr("playground.core.picture.unit_values", forbidden)
    header, arrays = frame(run, scene=False, map=False, neurons=False)
    assert set(arrays) <= {"history", "wrong"}
    assert header["focus"] is None
    monkeypatch.undo()
    monkeypatch.setattr("playground.core.picture.Picture._map", forbidden)
    _, arrays = frame(run, scene=False, map=False)
    assert "neurons" in arrays
    assert not {"map", "curve"} & set(arrays)


HOSTILE = [
    {},
    {"analysis": "weights"},
    {"analysis": ["pca", "weights"]},
    {"analysis": [{}]},
    {"analysis": ["pca"] * 99},
    {"options": 1},
    {"options": {"weights": {}}},
    {"options": {"pca": {"k": {}}}},
    {"options": {"pca": {"k": [[1]]}}},
    {"options": {"pca": {"k": math.inf}}},
    {"options": {"pca": {"k": "x" * 1000}}},
    {"options": {"pca": {str(i): i for i in range(99)}}},
    {"analysis": {}},
    {"block": "1"},
    {"block": None, "analysis": "pca"},
    {"block": 1e9, "analysis": "pca"},
    {"block": 10**30, "analysis": "pca"},
    {"block": True, "analysis": "pca"},
    {"focus": [1]},
    {"focus": "ab"},
    {"focus": [99, 0]},
    {"focus": [1, 99]},
    {"focus": [-1, -1]},
    {"focus": ["x", None]},
    {"focus": {"a": 1, "b": 2}},
    {"focus": [10**30, -(10**30)]},
    {"focus": [2, 0]},
    {"resolution": 10**12},
    {"resolution": -1},
    {"resolution": "big"},
    {"resolution": math.nan},
    {"map": "yes", "neurons": [1]},
    {"unknown": 1},
]


@pytest.mark.parametrize("want", HOSTILE, ids=str)
def test_hostile_wishes_fall_back(want):
    run = trained("circle")
    header, arrays = observe(run, want, FRESH, True)
    assert arrays["map"].shape[0] in (20, 100, 200)
    json.dumps(header, allow_nan=False)
    focus = header["focus"]
    if focus is not None:  # what could be read of it names a unit that exists
        assert focus["block"] == focus["unit"] == 0


def test_wishes_are_read():
    read = Want.read(
        {"map": False, "neurons": False, "analysis": "pca", "block": 3, "focus": [1, 2]}
    )
    assert read == Want(False, False, ("pca",), 3, (1, 2), 100)
    assert Want.read({"analysis": ["eigen", "pca", "eigen"]}).analyses == ("eigen", "pca")
    options = {"pca": {"k": 2, "on": True, "name": "x", "none": None, "list": [1, 2.5]}}
    assert Want.read({"options": options}).options == options
    assert Want.read({"options": options}).of("pca")["k"] == 2
    assert Want.read({}).of("pca") == {}
    assert Want.read({}) == Want()
    assert Want.read({"resolution": 1}).resolution == 20


@pytest.mark.parametrize("name", ["circle", "line", "wine"])
@pytest.mark.parametrize("focus", [(0, 0), (1, 0), (1, 4), (3, 2), (4, 1), (5, 0)])
def test_the_unit_in_focus(name, focus):
    """Also one that is not drawn: of nine units the fifth is left out."""
    run = trained(name)
    plain_header, plain = frame(run)
    header, arrays = frame(run, focus=list(focus))
    block, unit = focus
    assert (header["focus"]["block"], header["focus"]["unit"]) == focus
    for key in ("neurons", "links", "neuron_scale"):
        np.testing.assert_array_equal(arrays[key], plain[key])
    assert plain_header["focus"] is None
    inputs = torch.from_numpy(run.data.to_inputs(grid_of(run)))
    values = layer_values(run, inputs)
    if block == 0:
        expected = inputs[:, unit].numpy()
    elif block == 5:
        task = run.schema.task
        low, high = header["scene"]["value_range"] if task == "regression" else (0.0, 1.0)
        expected = 2 * (answer(run, values[-1])[:, unit] - low) / (high - low) - 1
    else:
        expected = values[{1: 0, 3: 1, 4: 2}[block]][:, unit].numpy()
    scale = header["focus"]["scale"]
    if block in (1, 4, 5):  # tanh, sigmoid, head
        assert scale == 1
    else:
        assert scale == pytest.approx(max(np.abs(expected).max(), 1e-9), rel=1e-5)
    if name == "line":
        np.testing.assert_allclose(arrays["focus"], expected, rtol=1e-4, atol=1e-4)
    else:
        pixels = np.clip(expected / scale * 127 + 128, 1, 255)
        assert_bytes(arrays["focus"], pixels.reshape(SIZE, SIZE))


@pytest.mark.parametrize("size", [20, 34, 35, 100])
def test_maps_at_any_resolution(size):
    run = trained("xor")
    _, arrays = observe(run, {"resolution": size}, FRESH, False)
    assert arrays["map"].shape == (size, size)
    assert arrays["neurons"].shape[1] == math.ceil(size / math.ceil(size / 34))
    assert arrays["neurons"].shape[1] == arrays["neurons"].shape[2]


# ---- changes, curves, life


def test_another_view_is_another_scene():
    run = trained("wine")
    header, first = frame(run)
    assert header["scene"]["inputs"]["kind"] == "pca"
    header, _ = frame(run, scene=False)
    assert "scene" not in header
    view = {"plane": "columns", "x_column": 2, "y_column": 5}
    run.update(run.experiment.with_changes({"view": view}))
    header, arrays = frame(run, scene=False)
    assert header["scene"]["inputs"]["kind"] == "columns"
    assert header["scene"]["inputs"]["x_label"] == run.schema.columns[2]
    assert not np.array_equal(arrays["map"], first["map"])
    np.testing.assert_allclose(arrays["points_test"][:, :2], run.data.raw_test[:, [2, 5]])


def test_a_scene_states_what_was_changed_mid_run():
    run = trained("circle")
    frame(run)
    layers = [dict(layer) for layer in STACK]
    layers[1]["rate"] = 0.5
    changes = {"layers": layers, "training": {"batch_size": 7}}
    run.update(run.experiment.with_changes(changes))
    header, _ = frame(run, scene=False)
    assert header["scene"]["blocks"][2]["rate"] == 0.5
    assert header["scene"]["batch_size"] == 7
    header, _ = frame(run, scene=False)
    assert "scene" not in header


def test_curves_come_as_what_is_new():
    run = trained("circle")
    header, arrays = frame(run)
    history = header["history"]
    assert (history["start"], history["total"]) == (0, len(arrays["history"]))
    known = (history["version"], history["total"])
    header, arrays = frame(run, known=known)
    assert header["history"] == {"version": known[0], "start": known[1], "total": known[1]}
    assert arrays["history"].shape == (0, 9)
    run.advance(5)
    header, arrays = frame(run, known=known)
    assert header["history"]["start"] == known[1]
    assert header["history"]["total"] == known[1] + 1
    assert arrays["history"].shape == (1, 9)
    row = arrays["history"][0]
    assert row[0] == pytest.approx(run.exact_epoch)
    assert row[1] == pytest.approx(run.metrics.train_loss)
    for wrong in ((known[0] + 1, 1), (known[0], 10**6), (known[0], -3)):
        header, arrays = frame(run, known=wrong)
        assert header["history"]["start"] == 0
        assert len(arrays["history"]) == header["history"]["total"]


def test_a_run_is_measured_when_it_has_moved_and_only_then():
    run = trained("circle")
    header, _ = frame(run)
    assert run.measured_step == run.step == header["step"]
    total = header["history"]["total"]
    assert frame(run)[0]["history"]["total"] == total


def test_a_diverged_run_is_still_seen():
    changes = {"optimizer": {"name": "sgd", "learning_rate": 100.0}, "layers": STACK[2:3]}
    run = trained("reg-plane", changes=changes)
    run.advance(500)
    for analysis in ANALYSES:
        header, arrays = frame(run, analysis=analysis)
        json.dumps(header, allow_nan=False)
        assert np.isfinite(arrays["neuron_scale"]).all()
    assert run.state == "diverged"
    assert header["step"] == run.step < 520


def test_a_dead_network_is_still_seen():
    run = trained("iris", changes={"initialization": "zeros"})
    for analysis in ANALYSES:
        header, arrays = frame(run, analysis=analysis, block=1)
        json.dumps(header, allow_nan=False)
        assert all(np.isfinite(part.astype(float)).all() for part in arrays.values())


def test_components_are_held_steady_from_frame_to_frame():
    run = trained("circle")
    before: np.ndarray | None = None
    for _ in range(15):
        run.advance(1)
        _, arrays = frame(run, analysis="pca", block=1)
        scores = arrays["pca"][:, :2]
        if before is not None:
            assert (scores * before).sum(axis=0).min() > 0
        before = scores


def test_several_views_can_be_open():
    run = trained("circle")
    header, arrays = frame(run, analysis=["pca", "singular"])
    assert {"pca", "spectra"} <= set(header)
    assert {"pca", "sv_1"} <= set(arrays)
    assert "eigen" not in header


def test_a_run_that_is_let_go_is_freed():
    run = trained("circle")
    frame(run, analysis="pca")
    watch = weakref.ref(run)
    del run
    gc.collect()
    assert watch() is None


def test_every_view_can_be_asked_for():
    assert set(get_args(Analysis)) == set(VIEWS)
