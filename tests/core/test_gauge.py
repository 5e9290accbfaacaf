"""The curvature view: a gauge that follows a running network, and the whole spectrum."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from playground.core.analysis import curvature_view
from playground.core.analysis.curvature_view import CurvatureView
from playground.core.analysis.gauge import STRIP, points_for
from playground.core.observe import Observer
from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.test_stability import FULL, NET, full_batch, hessian, losses
from tests.core.viewing import frame

TWO = [{"kind": "dense", "units": 5, "activation": "tanh"}, {"kind": "dense", "units": 3}]


def made(name: str = "circle", **changes: Any) -> Run:
    run = run_of(small(name, **{"layers": TWO, "optimizer": {"name": "sgd"}, **FULL, **changes}))
    run.advance(20)
    return run


def view_of(run: Run) -> CurvatureView:
    assert isinstance(run.observer, Observer)
    view = run.observer._views["curvature"]
    assert isinstance(view, CurvatureView)
    return view


def look(run: Run, resting: bool = True, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return frame(run, analysis=["curvature"], options={"curvature": options}, resting=resting)


def settle(run: Run) -> None:
    """Lets the view do what it has to do."""
    observer = run.observer
    assert isinstance(observer, Observer)
    while observer.studying:
        observer.study(0.01)


def read(run: Run, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The gauge as it stands in the frame after it was measured."""
    look(run, **options)
    settle(run)
    header, arrays = look(run, **options)
    json.dumps(header, allow_nan=False)
    return header["curvature"], arrays


@pytest.mark.parametrize("name", ["circle", "iris", "sine", "line"])
def test_the_gauge_shows_the_ends_of_the_whole_spectrum(name):
    run = made(name, regularization={"l2": 0.01, "clip_norm": 0.0})
    reading, arrays = read(run)
    expected = torch.linalg.eigvalsh(hessian(run)).flip(0).numpy()
    found = np.array(reading["values"])
    assert len(found) == 5
    assert found[0] == pytest.approx(expected[0], rel=0.01)
    bounds = np.array(reading["residuals"]) + 1e-6
    nearest = np.abs(expected[:, None] - found).min(axis=0)
    assert (nearest <= bounds).all()
    assert reading["lowest"] == pytest.approx(expected[-1], abs=0.03 * expected[0])
    rate = run.experiment.optimizer.learning_rate
    assert reading["limit"] == pytest.approx(2 / rate)
    assert reading["root"] == pytest.approx([1 - rate * found[0], 0])
    assert arrays["curvature_strip"].shape == (1, 4)


def test_the_gauge_predicts_divergence_before_it_happens():
    run = full_batch("sine", 0.05, 3000)
    calm, _ = read(run)
    assert calm["values"][0] < calm["limit"]
    assert abs(complex(*calm["root"])) < 1
    rate = 1.25 * 2 / calm["values"][0]
    run.update(run.experiment.with_changes({"optimizer": {"learning_rate": rate}}))
    warned, _ = read(run)
    assert warned["values"][0] > warned["limit"]
    assert abs(complex(*warned["root"])) == pytest.approx(1.5, rel=0.02)
    after = losses(run, rate, 150)
    # The loss still falls for a while before it rises to many times what it was.
    assert all(later <= now for now, later in pairwise(after[:11]))
    assert max(after) > 10 * after[0]


@pytest.mark.parametrize(
    ("optimizer", "factor", "scaled"),
    [
        ({"name": "sgd", "momentum": 0.5}, 3, False),
        ({"name": "sgd", "momentum": 0.5, "nesterov": True}, 1.5, False),
        ({"name": "adam"}, 38, True),
        ({"name": "rmsprop"}, 2, True),
        ({"name": "lion"}, None, False),
    ],
)
def test_it_says_what_is_compared_with_what(optimizer, factor, scaled):
    run = made(optimizer=optimizer)
    reading, _ = read(run)
    rate = run.experiment.optimizer.learning_rate
    assert reading["limit"] == (None if factor is None else pytest.approx(factor / rate))
    assert (reading["root"] is None) == (factor is None)
    assert (reading["scaled"], reading["waiting"]) == (scaled, False)
    assert reading["optimizer"] == optimizer["name"]
    fresh = run_of(small("circle", layers=TWO, optimizer=optimizer, **FULL))
    assert read(fresh)[0]["waiting"] == scaled


def test_what_it_leaves_out_is_said():
    layers = [{"kind": "dense", "units": 4, "frozen": True}, {"kind": "dense", "units": 3}]
    run = made(
        layers=layers, data={"samples": 2000}, training={"batch_size": 20},
        regularization={"clip_norm": 1.0},
    )  # fmt: skip
    reading, _ = read(run)
    assert (reading["held"], reading["batch"], reading["clipped"]) == (12, 20, True)
    assert (reading["points"], reading["total"]) == (500, 1000)
    assert reading["shares"][0] == [1, 0.0]
    assert sum(share for _, share in reading["shares"]) == pytest.approx(1)
    assert points_for(100, 60) == 60
    assert points_for(2_000_000, 10_000) == 16


@pytest.mark.parametrize("name", ["circle", "iris", "sine"])
def test_the_map_is_the_outputs_change_along_the_direction(name):
    run = made(name)
    for index in (0, 1, -1):
        reading, arrays = read(run, direction=index)
        assert reading["direction"] == index
        values, vectors = torch.linalg.eigh(hessian(run))
        vector = vectors[:, 0 if index == -1 else -1 - index]
        if index >= 0 and values[-1 - index] < 1.3 * values[-2 - index]:
            continue  # two directions of nearly the same curvature may mix
        if index == -1 and values[0] > 1.3 * values[1]:
            continue
        replica = Replica(run)
        plane = run.observer.plane  # type: ignore[attr-defined]
        side = 101 if name == "sine" else 41
        inputs = torch.from_numpy(run.data.to_inputs(plane.grid(side)))
        outputs = []
        for sign in (1e-5, -1e-5):
            replica.refresh()
            with torch.no_grad():
                start = 0
                for one in replica.parameters:
                    one.add_(sign * vector[start : start + one.numel()].view_as(one))
                    start += one.numel()
                outputs.append(replica.output(inputs))
        change = (outputs[0] - outputs[1]).t() / 2e-5
        unit = reading["output"]
        expected = (change[unit] * (run.data.target_std if name == "sine" else 1)).numpy()
        scale = np.abs(expected).max()
        assert reading["outputs"] == len(change)
        if index == 0:
            assert reading["scale"] == pytest.approx(scale, rel=0.02)
        found = arrays["curvature_map"].astype(float).ravel()
        found = found / np.abs(found).max() if name == "sine" else (found - 128) / 127
        agreement = (found @ expected) / np.linalg.norm(found) / np.linalg.norm(expected)
        assert abs(agreement) > 0.98


def test_another_output_is_drawn_when_it_is_asked_for():
    run = made("iris")
    assert read(run)[0]["output"] == 0
    reading, _ = read(run, output=2)
    assert (reading["output"], reading["outputs"]) == (2, 3)
    assert read(run, output=99)[0]["output"] == 2
    for nonsense in ("x", None, True, 1.5, [1]):
        assert read(run, output=nonsense, direction=nonsense)[0]["direction"] == 0


# ---- from frame to frame


def test_it_is_measured_again_only_when_something_moved(monkeypatch):
    run = made()
    read(run)
    view = view_of(run)
    for _ in range(3):
        look(run)
        assert not view.busy
    run.advance(1)
    look(run)
    assert view.busy
    settle(run)
    assert look(run)[0]["curvature"]["step"] == 21
    # While it trains it rests between two measurements, and nothing is left to do when it stops.
    monkeypatch.setattr(curvature_view, "GAP", 1000.0)
    run.advance(1)
    look(run)
    settle(run)
    run.advance(1)
    look(run, resting=False)
    assert not view.busy
    look(run, resting=True)
    settle(run)
    assert look(run)[0]["curvature"]["step"] == 23


def test_what_is_loaded_once_does_not_keep_the_gauge_waiting(monkeypatch):
    run = made()
    look(run)
    view = view_of(run)
    clock = iter(range(0, 10**6, 10))
    monkeypatch.setattr(curvature_view.time, "thread_time", lambda: next(clock))
    rests = []
    for _ in range(2):
        run.advance(1)
        look(run)
        while view.busy:
            view.work(0.0)  # a step at the least, however short the turn
        rests.append(view._next - view._last)
    assert rests[0] == pytest.approx(curvature_view.GAP)
    assert rests[1] >= curvature_view.REST * 10


def test_a_closed_view_measures_nothing():
    run = made()
    look(run)
    frame(run, analysis=["pca"])
    observer = run.observer
    assert isinstance(observer, Observer)
    assert not observer.studying


def test_the_strip_keeps_its_length_and_its_gaps():
    run = made()
    look(run)
    gauge = view_of(run)._gauge
    for number in range(3 * STRIP):
        gauge._note(float(number), 1.0 + number, 2.0, number == 500)
    rows = gauge._arrays()["curvature_strip"]
    assert STRIP / 2 <= len(rows) <= STRIP
    assert (np.diff(rows[:, 0]) > 0).all()
    assert rows[-1, 0] == 3 * STRIP - 1
    begins = np.flatnonzero(rows[:, 3])
    assert begins[0] == 0
    assert len(begins) == 2
    assert 498 <= rows[begins[1], 0] <= 520
    gauge._note(100.0, 5.0, None, False)  # the run went back
    back = gauge._arrays()["curvature_strip"]
    np.testing.assert_array_equal(back[-1], [100, 5, 0, 0])
    np.testing.assert_array_equal(back[:-1], rows[rows[:, 0] <= 100][: len(back) - 1])
    fresh = view_of(run)._gauge
    fresh._strip.clear()
    fresh._note(1.0, 5.0, None, False)
    np.testing.assert_array_equal(fresh._arrays()["curvature_strip"], [[1, 5, 0, 1]])


def test_eigenvalues_on_another_scale_begin_another_line():
    run = run_of(small("circle", layers=TWO, optimizer={"name": "adam"}, **FULL))
    assert read(run)[0]["waiting"]
    run.advance(3)
    reading, arrays = read(run)
    assert reading["scaled"]
    assert len(arrays["curvature_strip"]) == 1
    run.advance(3)
    assert len(read(run)[1]["curvature_strip"]) == 2
    run.update(run.experiment.with_changes({"optimizer": {"name": "sgd", "learning_rate": 0.1}}))
    rows = read(run)[1]["curvature_strip"]
    assert len(rows) == 1
    assert rows[0, 2] == pytest.approx(20)


def test_a_run_that_diverged_is_measured_where_it_went_back_to():
    run = run_of(small("line", layers=[], optimizer={"name": "sgd", "learning_rate": 90.0}, **FULL))
    for _ in range(200):
        run.advance(1)
        run.measure()
    assert run.state == "diverged"
    reading, _ = read(run)
    assert reading["problem"] is None
    assert reading["values"][0] > reading["limit"]


def test_signs_are_held_from_one_measurement_to_the_next():
    run = made("circle")
    before = read(run)[1]["curvature_map"].astype(float) - 128
    for _ in range(6):
        run.advance(2)
        now = read(run)[1]["curvature_map"].astype(float) - 128
        assert (before * now).sum() > 0
        before = now


# ---- odd cases


def test_what_has_no_curvature_says_why():
    empty = run_of(small("own", data={"points": []}, layers=NET, **FULL))
    assert read(empty)[0]["problem"] == "no_points"
    frozen = [{"kind": "dense", "units": 3, "frozen": True}]
    run = made(layers=frozen)
    view = look(run) and view_of(run)
    run.hold = lambda: None  # type: ignore[method-assign]
    run.free = lambda: [  # type: ignore[method-assign]
        (torch.zeros(3, 2), torch.zeros(3)), (torch.zeros(1, 3), torch.zeros(1)),
    ]  # fmt: skip
    assert read(run)[0]["problem"] == "all_held"
    assert view is view_of(run)


def test_values_that_are_not_finite_are_said():
    run = made()
    look(run)
    view = view_of(run)
    view._gauge._refreshed = lambda: broken  # type: ignore[method-assign]
    broken = Replica(run)
    with torch.no_grad():
        broken.parameters[0].fill_(float("nan"))
    reading, _ = read(run)
    assert (reading["problem"], reading["values"]) == ("not_finite", [])


def test_trouble_in_the_gauge_is_no_trouble_of_the_run():
    run = made()
    look(run)
    view = view_of(run)

    def fail() -> Replica:
        raise ZeroDivisionError

    view._gauge._refreshed = fail  # type: ignore[method-assign]
    reading, _ = read(run)
    assert reading["problem"] == "failed"
    assert not view.busy


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": []},
        {"layers": [{"kind": "dense", "units": 3, "activation": "relu"}], "loss": "hinge"},
        {"layers": [{"kind": "dense", "units": 4}, {"kind": "batch_norm"}]},
        {"layers": [{"kind": "dense", "units": 4}, {"kind": "dropout", "rate": 0.2}]},
        {"optimizer": {"name": "lbfgs"}},
        {"training": {"precision": "float32"}},
        {"training": {"batch_size": 7}},
    ],
)
def test_any_network_has_a_gauge(changes):
    run = made(**changes)
    reading, arrays = read(run)
    assert reading["problem"] is None
    assert np.isfinite(reading["values"]).all()
    assert arrays["curvature_map"].shape == (41, 41)


def test_without_any_gradient_the_curvature_is_nothing():
    run = made(layers=[{"kind": "dense", "units": 3, "activation": "relu"}])
    run.engine.write(0, torch.zeros(3, 2), torch.full((3,), -1.0))
    run.engine.write(1, torch.zeros(1, 3), torch.zeros(1))
    reading, _ = read(run)
    assert reading["problem"] is None
    assert np.isfinite(reading["values"]).all()
