"""What a viewer is shown, held against a forward pass through plain torch modules."""

from __future__ import annotations

import gc
import json
import math
import weakref
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import confusion_matrix
from torch import Tensor

from playground.core import observe as observe_module
from playground.core.activations import ACTIVATIONS
from playground.core.data import DATASETS
from playground.core.engine import ENGINES
from playground.core.observe import Observer, observe
from playground.core.run import Run
from playground.core.want import Want
from tests.core.helpers import independent_model, model_inputs, run_of, small

NAMES = [name for name in DATASETS if name != "csv"]
ANALYSES = [None, "pca", "singular", "eigen", "confusion"]
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


@pytest.mark.parametrize("analysis", ANALYSES)
@pytest.mark.parametrize("name", NAMES)
def test_a_frame_keeps_the_contract(name, analysis):
    run = trained(name)
    header, arrays = frame(run, analysis=analysis, block=2)
    json.dumps(header, allow_nan=False)
    for key, array in arrays.items():
        assert array.dtype in (np.uint8, np.float32), key
        assert array.flags.c_contiguous, key
        assert np.isfinite(array.astype(float)).all() or key == "history", key
    assert (header["epoch"], header["batch"]) == (run.epoch, run.batch_in_epoch)
    assert (header["step"], header["batches_per_epoch"]) == (20, run.batches_per_epoch)
    assert header["place"]["engine"] == "dense"
    assert header["place"]["device"] == "cpu"
    assert header["place"]["memory_mb"] > 0
    assert header["metrics"] == vars(run.metrics)
    assert header["score"] == ("r2" if run.schema.task == "regression" else "accuracy")

    line, task = len(run.schema.columns) == 1, run.schema.task
    expected = {"history", "points_train", "points_test", "neurons", "neuron_scale", "links"}
    expected.add("curve" if line else "map")
    if task != "regression":
        expected.add("wrong")
    linear = [k for k, block in enumerate(run.blocks) if block.activation and k]
    if analysis == "pca":
        expected.add("pca")
    elif analysis == "singular":
        expected |= {f"sv_{k}" for k in linear}
    elif analysis == "eigen":
        shapes = [tuple(weight.shape) for weight, _ in run.engine.parameters()]
        square = [k for k, shape in zip(linear, shapes, strict=True) if shape[0] == shape[1]]
        assert square, "the stack holds a square matrix"
        expected |= {f"ev_{k}" for k in square}
    elif analysis == "confusion" and task != "regression":
        expected.add("confusion")
    assert set(arrays) == expected
    present = {"pca": "pca", "singular": "spectra", "eigen": "eigen"}
    for which, key in present.items():
        assert (key in header) == (analysis == which)


@pytest.mark.parametrize("name", NAMES)
def test_the_scene_describes_network_and_points(name):
    run = trained(name)
    header, arrays = frame(run)
    scene, schema = header["scene"], run.schema
    assert scene["task"] == schema.task
    assert scene["class_names"] == list(schema.class_names)
    assert scene["inputs"]["dim"] == min(len(schema.columns), 3)
    kinds = {1: "line", 2: "xy", 3: "pca"}
    assert scene["inputs"]["kind"] == kinds[scene["inputs"]["dim"]]
    assert (scene["inputs"]["explained"] is None) == (scene["inputs"]["kind"] != "pca")
    assert scene["batch_size"] == run.experiment.training.batch_size
    assert scene["parameters"] == sum(p.numel() for p in independent_model(run).parameters())
    assert len(scene["domain"]) == 4
    low, high = scene["value_range"]
    assert low < high
    kinds = [block["kind"] for block in scene["blocks"]]
    assert kinds == ["input", "dense", "dropout", "dense", "dense", "head"]
    assert [block["index"] for block in scene["blocks"]] == list(range(6))
    assert len(scene["blocks"][0]["labels"]) == run.data.inputs_train.shape[1]
    assert scene["blocks"][1]["shape"] == "(n, 9)"
    assert len(scene["blocks"][1]["shown"]) == 8
    assert scene["blocks"][2]["rate"] == 0.1
    assert scene["blocks"][2]["shown"] == []
    assert scene["blocks"][-1]["units"] == max(len(schema.class_names), 1) if (
        schema.task == "multiclass"
    ) else 1
    for part in ("train", "test"):
        points = arrays[f"points_{part}"]
        raw, targets = getattr(run.data, f"raw_{part}"), getattr(run.data, f"targets_{part}")
        assert points.shape == (len(raw), 3)
        np.testing.assert_allclose(points[:, 2], targets, rtol=1e-6)
        if scene["inputs"]["kind"] == "xy":
            np.testing.assert_allclose(points[:, :2], raw, rtol=1e-6)
        elif scene["inputs"]["kind"] == "line":
            np.testing.assert_allclose(points[:, 0], raw[:, 0], rtol=1e-6)
            np.testing.assert_allclose(points[:, 1], targets, rtol=1e-6)


@pytest.mark.parametrize("engine", list(ENGINES))
@pytest.mark.parametrize("name", NAMES)
def test_maps_links_and_flags_are_those_of_an_independent_network(name, engine):
    run = trained(name, engine=engine)
    header, arrays = frame(run)
    scene, task = header["scene"], run.schema.task
    raw = grid_of(run)
    inputs = torch.from_numpy(run.data.to_inputs(raw))
    values = layer_values(run, inputs)
    answers = answer(run, values[-1])
    line = scene["inputs"]["kind"] == "line"
    side = (201,) if line else (SIZE, SIZE)

    # the map, its lowest row first
    low, high = scene["value_range"] if task == "regression" else (0.0, 1.0)
    if line:
        assert arrays["curve"].shape == (201,)
        np.testing.assert_allclose(arrays["curve"], answers[:, 0], rtol=1e-4, atol=1e-4)
    else:
        pixels = np.clip((answers.T - low) / (high - low), 0, 1) * 255
        shape = side if answers.shape[1] == 1 else (answers.shape[1], *side)
        assert arrays["map"].shape == shape
        assert_bytes(arrays["map"], pixels.reshape(shape))

    # every drawn unit's own map: inputs, dense blocks, head
    blocks = [block for block in scene["blocks"] if block["kind"] != "dropout"]
    head = 2 * (answers - low) / (high - low) - 1
    columns = [inputs.numpy(), *(part.numpy() for part in values[:-1]), head]
    rows, scales = [], []
    for block, part in zip(blocks, columns, strict=True):
        bounded = block["activation"] and ACTIVATIONS[block["activation"]].bounds
        for unit in block["shown"]:
            rows.append(part[:, unit])
            fixed = bounded is not None and block["kind"] == "dense" or block["kind"] == "head"
            scales.append(1.0 if fixed else max(np.abs(part[:, unit]).max(), 1e-9))
    np.testing.assert_allclose(arrays["neuron_scale"], scales, rtol=1e-4)
    assert arrays["neurons"].shape[0] == len(rows) == sum(len(b["shown"]) for b in blocks)
    if line:
        assert arrays["neurons"].shape == (len(rows), 101)
        np.testing.assert_allclose(arrays["neurons"], np.array(rows)[:, ::2], rtol=1e-4, atol=1e-4)
    else:
        step = math.ceil(SIZE / 34)
        pixels = np.array(rows) / np.array(scales)[:, None] * 127 + 128
        pixels = np.clip(pixels, 1, 255).reshape(-1, *side)[:, ::step, ::step]
        assert arrays["neurons"].shape == pixels.shape
        assert_bytes(arrays["neurons"], pixels)

    # links: weights of drawn units from drawn units row by row, then their biases
    expected: list[float] = []
    for previous, block, (weight, bias) in zip(
        blocks, blocks[1:], run.engine.parameters(), strict=False
    ):
        for unit in block["shown"]:
            expected += [weight[unit, source].item() for source in previous["shown"]]
        expected += [bias[unit].item() for unit in block["shown"]]
    np.testing.assert_array_equal(arrays["links"], np.array(expected, dtype=np.float32))

    # flags of the points that it gets wrong
    if task != "regression":
        outputs = layer_values(run, model_inputs(run))[-1]
        several = outputs.shape[1] > 1
        predicted = outputs.argmax(1).numpy() if several else (outputs[:, 0] > 0).numpy()
        truth = np.concatenate((run.data.targets_train, run.data.targets_test))
        np.testing.assert_array_equal(arrays["wrong"], (predicted != truth).astype(np.uint8))
        assert header["metrics"]["test_score"] == pytest.approx(
            1 - arrays["wrong"][len(run.data.targets_train) :].mean()
        )


@pytest.mark.parametrize("name", ["circle", "iris", "wine"])
def test_confusion_counts_every_point(name):
    run = trained(name)
    _, arrays = frame(run, analysis="confusion")
    classes = len(run.schema.class_names)
    assert arrays["confusion"].shape == (2, classes, classes)
    outputs = layer_values(run, model_inputs(run))[-1]
    predicted = outputs.argmax(1) if classes > 2 else (outputs[:, 0] > 0).long()
    start = 0
    for part, targets in enumerate((run.data.targets_train, run.data.targets_test)):
        mine = predicted[start : start + len(targets)].numpy()
        expected = confusion_matrix(targets, mine, labels=list(range(classes)))
        np.testing.assert_array_equal(arrays["confusion"][part], expected)
        assert arrays["confusion"][part].sum() == len(targets)
        start += len(targets)


@pytest.mark.parametrize(
    ("block", "shown"), [(1, 1), (2, 2), (3, 3), (5, 5), (99, 5), (0, 1), (-3, 1), ("x", 1)]
)
def test_pca_of_a_block(block, shown):
    run = trained("breast_cancer")
    header, arrays = frame(run, analysis="pca", block=block)
    assert header["pca"]["block"] == shown
    values = layer_values(run, model_inputs(run))
    place = [0, 0, 1, 2, 3][shown - 1]  # dropout does nothing outside training
    points = values[place].numpy()
    assert header["pca"]["units"] == points.shape[1]
    count = len(run.data.inputs_train)
    expected = PCA().fit(points[:count])
    ratios = header["pca"]["ratios"]
    assert len(ratios) == min(8, points.shape[1])
    np.testing.assert_allclose(ratios, expected.explained_variance_ratio_[:8], atol=1e-5)
    assert arrays["pca"].shape == (len(points), 3)
    theirs = expected.transform(points)[:, :1]
    np.testing.assert_allclose(np.abs(arrays["pca"][:, :1]), np.abs(theirs), atol=1e-3)


def test_pca_of_many_points_is_capped():
    changes = {"data": {"samples": 3000}}
    run = trained("circle", changes=changes)
    _, arrays = frame(run, analysis="pca", block=1)
    assert arrays["pca"].shape == (observe_module.PCA_POINTS, 3)


def test_the_spectra_are_numpys():
    run = trained("wine")
    header, arrays = frame(run, analysis="singular")
    weights = [weight.double().numpy() for weight, _ in run.engine.parameters()]
    assert [entry["block"] for entry in header["spectra"]] == [1, 3, 4, 5]
    for entry, weight in zip(header["spectra"], weights, strict=True):
        values = np.linalg.svd(weight, compute_uv=False)
        np.testing.assert_allclose(arrays[f"sv_{entry['block']}"], values, rtol=1e-5)
        assert (entry["rows"], entry["cols"]) == weight.shape
        assert entry["rank"] == np.linalg.matrix_rank(weight)
        assert entry["condition"] == pytest.approx(np.linalg.cond(weight), rel=1e-5)
        assert entry["norm"] == pytest.approx(np.linalg.norm(weight, 2), rel=1e-5)
    header, arrays = frame(run, analysis="eigen")
    assert header["eigen"] == [{"block": 4, "size": 4}]
    found = arrays["ev_4"][:, 0] + 1j * arrays["ev_4"][:, 1]
    np.testing.assert_allclose(
        np.sort_complex(found), np.sort_complex(np.linalg.eigvals(weights[2])), atol=1e-5
    )


# ---- wishes


@pytest.mark.parametrize("name", ["circle", "sine", "iris"])
def test_what_nobody_wants_is_not_computed(name, monkeypatch):
    run = trained(name)
    frame(run)

    def forbidden(*_: Any, **__: Any) -> Any:
        raise AssertionError("nobody asked for this")

    for target in ("singular_spectrum", "eigenvalues"):
        monkeypatch.setattr(observe_module, target, forbidden)
    monkeypatch.setattr(observe_module.Basis, "follow", forbidden)
    monkeypatch.setattr("playground.core.picture.Picture._links", forbidden)
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
    {"analysis": ["pca"]},
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
    assert read == Want(False, False, "pca", 3, (1, 2), 100)
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
    assert arrays["history"].shape == (0, 6)
    run.advance(5)
    header, arrays = frame(run, known=known)
    assert header["history"]["start"] == known[1]
    assert header["history"]["total"] == known[1] + 1
    assert arrays["history"].shape == (1, 6)
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


def test_a_run_that_is_let_go_is_freed():
    run = trained("circle")
    frame(run, analysis="pca")
    watch = weakref.ref(run)
    del run
    gc.collect()
    assert watch() is None
