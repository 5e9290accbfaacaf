"""What a viewer is shown, held against a forward pass through plain torch modules."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.metrics import confusion_matrix

from playground.core.activations import ACTIVATIONS
from playground.core.analysis.pca_view import POINTS as PCA_POINTS
from playground.core.engine import ENGINES
from tests.core.helpers import POINT_SETS, independent_model, model_inputs, run_of, small
from tests.core.viewing import (
    ANALYSES,
    SIZE,
    answer,
    assert_bytes,
    frame,
    grid_of,
    layer_values,
    trained,
)

NAMES = [name for name in POINT_SETS if name != "csv"]


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
        expected |= {f"{kind}_{k}" for k in linear for kind in ("sv", "mp")} | {"singular_record"}
    elif analysis == "eigen":
        shapes = [tuple(weight.shape) for weight, _ in run.engine.parameters()]
        square = [k for k, shape in zip(linear, shapes, strict=True) if shape[0] == shape[1]]
        assert square, "the stack holds a square matrix"
        expected |= {f"ev_{k}" for k in square} | {"eigen_record"}
    elif analysis == "confusion" and task != "regression":
        expected.add("confusion")
    elif analysis == "factors":
        expected |= {"factors", "factors_color"}
    elif analysis == "warp":
        expected |= {"warp", "warp_color"}
    elif analysis == "health":
        expected |= {f"{kind}_{k}" for k in linear for kind in ("hw", "ha")}
    elif analysis == "metrics":
        kinds = ["residuals"] if task == "regression" else ["calibration"]
        kinds += [] if task == "regression" else ["roc"]
        found = {key for key in arrays if key.split("_")[0] in kinds}
        parts = {"train"} if name == "own" else {"train", "test"}  # painted points train
        assert {key.split("_")[1] for key in found} == parts
        expected |= found
    assert set(arrays) == expected
    present = {"pca": "pca", "singular": "spectra", "eigen": "eigen", "warp": "warp"}
    present |= {"health": "health", "metrics": "scores", "trace": "trace"}
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
    classes = len(schema.class_names)
    assert scene["blocks"][-1]["units"] == (classes if schema.task == "multiclass" else 1)
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
            fixed = bounded is not None if block["kind"] == "dense" else block["kind"] == "head"
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
        train = len(run.data.targets_train)
        right = 1 - arrays["wrong"].astype(float)
        assert header["metrics"]["train_score"] == pytest.approx(right[:train].mean())
        test = pytest.approx(right[train:].mean()) if len(right) > train else None
        assert header["metrics"]["test_score"] == test


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
    assert arrays["pca"].shape == (PCA_POINTS, 3)


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
    assert [(one["block"], one["size"]) for one in header["eigen"]] == [(4, 4)]
    found = arrays["ev_4"][:, 0] + 1j * arrays["ev_4"][:, 1]
    np.testing.assert_allclose(
        np.sort_complex(found), np.sort_complex(np.linalg.eigvals(weights[2])), atol=1e-5
    )


def test_a_costly_measurement_rests_while_the_network_trains(monkeypatch):
    monkeypatch.setattr("playground.core.observe.COSTLY", 0.0)
    monkeypatch.setattr("playground.core.observe.REST", 1e9)
    run = run_of(small())
    for _ in range(2):
        run.advance(1)
        header, _ = frame(run, map=True, neurons=True, resting=False)
    assert (header["step"], run.measured_step) == (2, 1)
    frame(run, map=True, neurons=True, resting=True)
    assert run.measured_step == 2


def test_a_sum_beyond_its_type_is_no_bad_value():
    from playground.core.meter import _all_finite

    assert _all_finite(torch.full((3,), 3e38))
    assert not _all_finite(torch.tensor([float("inf"), float("-inf"), 1.0]))
    assert not _all_finite(torch.tensor([1.0, float("nan")]))
