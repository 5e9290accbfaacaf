"""All eigenvalues of the Hessian, computed when they are asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from playground.core.analysis import curvature
from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.test_gauge import look, made, settle, view_of
from tests.core.test_stability import FULL, NET, hessian

# ---- the whole spectrum


def studied(run: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    look(run, round=1)
    settle(run)
    header, arrays = look(run, round=1)
    told = header["studies"]["curvature"]
    assert told["state"] == "done", told
    return told["result"], arrays


@pytest.mark.parametrize("name", ["circle", "iris", "sine"])
def test_the_whole_spectrum_is_numpys(name):
    run = made(name, training={"precision": "float32", "batch_size": 1000})
    result, arrays = studied(run)
    copy = run_of(run.experiment.with_changes({"training": {"precision": "float64"}}))
    for index, (weight, bias) in enumerate(run.engine.parameters()):
        copy.engine.write(index, weight.double(), bias.double())
    expected = np.linalg.eigvalsh(hessian(copy).numpy())
    values, weights, _ = arrays["curvature_values"]
    np.testing.assert_allclose(values, expected, atol=1e-5 * expected[-1])
    assert (weights == 1).all()
    assert result["exact"]
    assert result["largest"] == pytest.approx(expected[-1])
    assert result["trace"] == pytest.approx(expected.sum(), rel=1e-6)
    flat = 1e-3 * np.abs(expected).max()
    assert result["negative"] == (expected < -flat).sum()
    assert result["near"] == (np.abs(expected) <= flat).sum()
    for scale in ("linear", "log"):
        places, density = arrays[f"curvature_{scale}"]
        total = density.sum() * (places[1] - places[0])
        assert total == pytest.approx(result["parameters"], rel=1e-3)


def test_beyond_the_limit_the_spectrum_is_an_estimate(monkeypatch):
    run = made()
    exact, _ = studied(run)
    monkeypatch.setattr(curvature, "DENSE_LIMIT", 10)
    look(run, round=2)
    settle(run)
    found = look(run, round=2)[0]["studies"]["curvature"]["result"]
    assert not found["exact"]
    assert found["parameters"] == exact["parameters"]
    assert found["largest"] == pytest.approx(exact["largest"], rel=1e-3)
    assert found["trace"] == pytest.approx(exact["trace"], rel=0.5)


def test_a_spectrum_that_cannot_be_computed_says_why():
    empty = run_of(small("own", data={"points": []}, layers=NET, **FULL))
    look(empty, round=1)
    settle(empty)
    told = look(empty, round=1)[0]["studies"]["curvature"]
    assert (told["state"], told["problem"]["code"]) == ("failed", "no_points_to_study")
    run = made()
    look(run)
    broken = Replica(run)
    with torch.no_grad():
        broken.parameters[0].fill_(float("inf"))
    view_of(run).frozen = lambda: broken  # type: ignore[method-assign]
    look(run, round=1)
    settle(run)
    told = look(run, round=1)[0]["studies"]["curvature"]
    assert told["problem"]["code"] == "study_not_finite"
