"""Scores, curves and errors, each held against scikit-learn."""

from __future__ import annotations

import importlib
import json
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from torch import Tensor

from playground.core.analysis.metrics import (
    BINS,
    MOST_CORNERS,
    MOST_POINTS,
    calibration,
    class_scores,
    errors,
    roc,
)
from tests.core.helpers import model_inputs
from tests.core.viewing import answer, frame, layer_values, trained

# its type stubs refuse arguments that its documentation names
sk: Any = importlib.import_module("sklearn.metrics")


def draw(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


labels = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)
# few different values, so that many are equal
scored = st.lists(st.tuples(st.booleans(), st.integers(-4, 4)), min_size=1, max_size=60)


@given(labels)
def test_scores_of_classes_are_those_of_scikit_learn(pairs):
    truth, said = (torch.tensor(part) for part in zip(*pairs, strict=True))
    found = class_scores(truth, said, 4)
    expected = sk.precision_recall_fscore_support(truth, said, labels=range(4), zero_division=0)
    for key, theirs in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        assert [row[key] or 0 for row in found["classes"]] == pytest.approx(list(theirs))
    macro = sk.precision_recall_fscore_support(
        truth, said, labels=range(4), average="macro", zero_division=0
    )
    assert list(found["macro"].values()) == pytest.approx(list(macro[:3]))
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(truth, said))
    for k, row in enumerate(found["classes"]):
        assert (row["precision"] is None) == (k not in said.tolist())
        assert (row["recall"] is None) == (k not in truth.tolist())


@given(scored)
def test_the_roc_is_that_of_scikit_learn(pairs):
    truth, score = (torch.tensor(part) for part in zip(*pairs, strict=True))
    found = roc(truth, score.double())
    if truth.all() or not truth.any():
        assert found is None
        return
    assert found is not None
    corners, area = found
    rates = sk.roc_curve(truth, score, drop_intermediate=False)[:2]
    np.testing.assert_allclose(corners.numpy(), np.stack(rates))
    assert area == pytest.approx(sk.roc_auc_score(truth, score))


@pytest.mark.parametrize("seed", range(5))
def test_the_reliability_curve_is_that_of_scikit_learn(seed):
    said = torch.rand(400, generator=draw(seed), dtype=torch.float64)
    said[:40] = 0.97
    right = torch.rand(400, generator=draw(seed + 9), dtype=torch.float64) < said**2
    rows, error = calibration(right, said)
    came, mean = calibration_curve(right, said, n_bins=BINS)
    np.testing.assert_allclose(rows[0], mean)
    np.testing.assert_allclose(rows[1], came)
    assert rows[2].sum() == 400
    assert error == pytest.approx(float((np.abs(mean - came) * rows[2].numpy()).sum() / 400))
    assert error > 0.1


def test_a_forecast_that_keeps_its_word_has_no_calibration_error():
    said = torch.tensor([0.25] * 8 + [0.75] * 8)
    right = torch.tensor([True, True, *[False] * 6, *[True] * 6, False, False])
    assert calibration(right, said)[1] == pytest.approx(0, abs=1e-9)
    assert calibration(torch.tensor([True]), torch.tensor([0.0]))[1] == 1
    assert calibration(torch.tensor([True]), torch.tensor([1.0]))[1] == 0


def test_errors_are_those_of_scikit_learn():
    truth = torch.randn(70, generator=draw(1))
    said = truth + 0.3 * torch.randn(70, generator=draw(2))
    found = errors(truth, said)
    assert found["r2"] == pytest.approx(sk.r2_score(truth, said), rel=1e-5)
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(truth, said), rel=1e-5)
    assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(truth, said), rel=1e-5)
    assert errors(torch.ones(5), torch.zeros(5)) == {"r2": None, "mae": 1, "rmse": 1}


# ---- the view


def parts_of(run) -> dict[str, tuple[np.ndarray, Tensor]]:
    """Targets and outputs (points, units) of both parts, by plain modules."""
    output = layer_values(run, model_inputs(run))[-1]
    split = len(run.data.targets_train)
    return {
        "train": (run.data.targets_train, output[:split]),
        "test": (run.data.targets_test, output[split:]),
    }


@pytest.mark.parametrize("name", ["circle", "iris", "wine"])
def test_a_frame_has_the_scores_of_both_parts(name):
    run = trained(name)
    header, arrays = frame(run, analysis="metrics")
    json.dumps(header, allow_nan=False)
    classes = range(len(run.schema.class_names))
    for part, (truth, output) in parts_of(run).items():
        chances, found = answer(run, output), header["scores"][part]
        if chances.shape[1] == 1:
            said = (output[:, 0] > 0).long().numpy()
            confidence, right = chances[:, 0], truth == 1
            areas = [sk.roc_auc_score(truth, chances[:, 0])] * 2
        else:
            said = chances.argmax(1)
            confidence, right = chances.max(1), said == truth
            areas = [sk.roc_auc_score(truth == k, chances[:, k]) for k in classes]
        assert found["count"] == len(truth)
        assert found["accuracy"] == pytest.approx(header["metrics"][f"{part}_score"])
        f1 = sk.f1_score(truth, said, average=None, labels=list(classes), zero_division=0)
        assert [row["f1"] or 0 for row in found["classes"]] == pytest.approx(list(f1))
        assert [row["auc"] for row in found["classes"]] == pytest.approx(areas, abs=2e-3)
        assert found["macro"]["auc"] == pytest.approx(np.mean(areas), abs=2e-3)
        came, mean = calibration_curve(right, np.clip(confidence, 0, 1), n_bins=BINS)
        np.testing.assert_allclose(arrays[f"calibration_{part}"][:2], (mean, came), atol=1e-4)
        for k in classes:
            corners = arrays[f"roc_{part}_{k}"]
            assert corners.shape[0] == 2
            assert corners.shape[1] <= MOST_CORNERS
            assert corners[:, 0].tolist() == [0, 0]
            assert corners[:, -1].tolist() == [1, 1]


@pytest.mark.parametrize("name", ["reg-plane", "sine", "diabetes"])
def test_a_frame_has_the_errors_and_residuals_of_a_regression(name):
    run = trained(name)
    header, arrays = frame(run, analysis="metrics")
    for part, (truth, output) in parts_of(run).items():
        said, found = answer(run, output)[:, 0], header["scores"][part]
        assert found["r2"] == pytest.approx(sk.r2_score(truth, said), abs=1e-4)
        assert found["mae"] == pytest.approx(sk.mean_absolute_error(truth, said), rel=1e-4)
        assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(truth, said), rel=1e-4)
        pairs = arrays[f"residuals_{part}"]
        np.testing.assert_allclose(pairs[0], said, rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(pairs[1], truth - said, rtol=1e-3, atol=1e-3)
        assert pairs.shape[1] <= MOST_POINTS


def test_long_curves_are_thinned_and_keep_their_ends():
    run = trained("circle", changes={"data": {"samples": 3000, "noise": 50}})
    _, arrays = frame(run, analysis="metrics")
    corners = arrays["roc_test_1"]
    assert corners.shape[1] == MOST_CORNERS
    assert (np.diff(corners, axis=1) >= 0).all()
    assert corners[:, 0].tolist() == [0, 0]
    assert corners[:, -1].tolist() == [1, 1]


def test_a_loss_that_reads_its_output_in_its_own_way_is_asked_for_its_answer():
    run = trained("diabetes", changes={"loss": "poisson", "data": {"scaling": "none"}})
    header, _ = frame(run, analysis="metrics")
    truth, output = parts_of(run)["test"]
    said = np.exp(output[:, 0].numpy())
    assert header["scores"]["test"]["mae"] == pytest.approx(
        sk.mean_absolute_error(truth, said), rel=1e-4
    )
    assert header["scores"]["test"]["r2"] == pytest.approx(header["metrics"]["test_score"])
