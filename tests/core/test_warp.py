"""The warped grid, held against a forward pass through plain torch modules and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from playground.core.analysis.warp import LINE_SAMPLES, LINES, MOST_POINTS, SAMPLES
from playground.core.engine import ENGINES
from playground.core.observe import Observer
from playground.core.run import Run
from playground.core.want import Want
from tests.core.helpers import independent_model, run_of, small
from tests.core.viewing import answer, assert_bytes, frame, layer_values, trained

NAMES = ["circle", "spiral", "sine", "reg-plane", "iris", "diabetes"]


def grid_by_hand(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Plane coordinates and raw inputs of all grid points, one after the other."""
    assert isinstance(run.observer, Observer)
    plane = run.observer.plane
    u0, u1, v0, v1 = plane.domain
    if plane.kind == "line":
        along = np.linspace(u0, u1, LINE_SAMPLES)
        return np.column_stack((along, np.zeros_like(along))), along[:, None]
    places = [(u, v) for u in np.linspace(u0, u1, LINES) for v in np.linspace(v0, v1, SAMPLES)] + [
        (u, v) for v in np.linspace(v0, v1, LINES) for u in np.linspace(u0, u1, SAMPLES)
    ]
    found = np.array(places)
    if plane.kind == "xy":
        return found, found
    return found, np.array([plane.origin + u * plane.axes[0] + v * plane.axes[1] for u, v in found])


def shown_inputs(run: Run) -> Tensor:
    """What the network is given of the grid, then of the points that are shown."""
    _, raw = grid_by_hand(run)
    parts = (
        run.data.to_inputs(raw),
        run.data.inputs_train[: MOST_POINTS[0]],
        run.data.inputs_test[: MOST_POINTS[1]],
    )
    return torch.from_numpy(np.concatenate(parts))


def stage_values(run: Run, inputs: Tensor) -> list[np.ndarray]:
    """Values (points, units) before and behind every activation that bends, by plain modules."""
    found, values = [], inputs
    for index, module in enumerate(independent_model(run)):
        values = module(values)
        if not isinstance(module, torch.nn.Identity):
            found.append(values.detach().numpy())
        assert (index % 2 == 0) == isinstance(module, torch.nn.Linear)
    return found


@pytest.mark.parametrize("engine", list(ENGINES))
@pytest.mark.parametrize("name", NAMES)
def test_stages_are_those_of_an_independent_network(name, engine):
    run = trained(name, engine=engine)
    header, arrays = frame(run, analysis="warp", warp=[[1, 7, 2], [3, 0, 3], [4, 1, 1]])
    warp, places = header["warp"], arrays["warp"]
    plane_places, raw = grid_by_hand(run)
    grid = len(raw)
    assert warp["lines"] * warp["samples"] == grid
    assert warp["train"] == min(len(run.data.inputs_train), MOST_POINTS[0])
    np.testing.assert_allclose(places[0, :grid], plane_places, rtol=1e-5, atol=1e-5)
    values = stage_values(run, shown_inputs(run))
    parts = [(stage["block"], stage["part"]) for stage in warp["stages"]]
    linear = [(1, "z"), (1, "a"), (3, "z"), (3, "a"), (4, "z"), (4, "a"), (5, "a")]
    assert parts == [(0, "plane"), *linear]
    assert len(values) == len(linear)
    pairs = {1: (7, 2), 3: (0, 3), 4: (1, 1)}
    for stage, found, expected in zip(warp["stages"][1:], places[1:], values, strict=True):
        assert stage["units"] == expected.shape[1]
        if stage["block"] in pairs:
            assert stage["pair"] == list(pairs[stage["block"]])
            theirs = expected[:, stage["pair"]]
        elif expected.shape[1] == 1:
            assert stage["pair"] == [0]
            theirs = np.column_stack((expected[:, 0], np.zeros(len(expected))))
        else:
            continue
        np.testing.assert_allclose(found, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["circle", "iris", "diabetes"])
def test_components_are_those_of_the_training_points(name):
    run = trained(name)
    header, arrays = frame(run, analysis="warp")
    grid = header["warp"]["lines"] * header["warp"]["samples"]
    train = slice(grid, grid + header["warp"]["train"])
    values = stage_values(run, shown_inputs(run))
    checked = 0
    for stage, found, theirs in zip(
        header["warp"]["stages"][1:], arrays["warp"][1:], values, strict=True
    ):
        if stage["units"] < 3:
            continue
        assert stage["pair"] is None
        expected = PCA().fit(theirs[train])
        np.testing.assert_allclose(
            stage["ratios"], expected.explained_variance_ratio_[:2], atol=1e-5
        )
        ratios = expected.explained_variance_ratio_
        if ratios[0] > 1.05 * ratios[1] > 1.1 * ratios[2]:  # else the axes are anybody's
            scale = np.abs(found).max()
            np.testing.assert_allclose(
                np.abs(found), np.abs(expected.transform(theirs)[:, :2]), atol=2e-3 * scale
            )
            checked += 1
    assert checked


def test_features_that_bend_the_plane_are_a_stage():
    changes = {"features": ["x2", "y2"]}
    run = trained("circle", changes=changes)
    header, arrays = frame(run, analysis="warp")
    assert header["warp"]["stages"][1] == {
        "block": 0,
        "part": "input",
        "units": 2,
        "pair": [0, 1],
        "ratios": None,
    }
    np.testing.assert_allclose(arrays["warp"][1], arrays["warp"][0] ** 2, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_colours_are_the_answer_on_the_grid(name):
    run = trained(name)
    header, arrays = frame(run, analysis="warp")
    _, raw = grid_by_hand(run)
    answers = answer(run, layer_values(run, torch.from_numpy(run.data.to_inputs(raw)))[-1]).T
    regression = run.schema.task == "regression"
    low, high = header["scene"]["value_range"] if regression else (0.0, 1.0)
    pixels = np.clip((answers - low) / (high - low), 0, 1) * 255
    assert_bytes(arrays["warp_color"], pixels[0] if len(pixels) == 1 else pixels)


def test_components_keep_their_sides_while_the_network_trains():
    run = trained("circle")
    _, arrays = frame(run, analysis="warp")
    before = arrays["warp"][1]
    for _ in range(10):
        run.advance(1)
        _, arrays = frame(run, scene=False, analysis="warp")
        now = arrays["warp"][1]
        assert ((before - before.mean(0)) * (now - now.mean(0))).sum(0).min() > 0
        before = now


def test_before_there_are_points_the_grid_is_bent_all_the_same():
    run = run_of(small("own", data={"points": []}))
    header, arrays = frame(run, analysis="warp")
    assert header["warp"]["train"] == 0
    assert arrays["warp"].shape[1] == 2 * LINES * SAMPLES
    assert np.isfinite(arrays["warp"]).all()
    assert np.ptp(arrays["warp"][1], axis=0).min() > 0


def test_the_grid_follows_another_plane():
    run = trained("iris")
    _, before = frame(run, analysis="warp")
    changed = run.experiment.with_changes({"view": {"plane": "columns", "x_column": 2}})
    run.update(changed)
    _, after = frame(run, analysis="warp")
    assert not np.allclose(before["warp"][0], after["warp"][0])
    plane_places, _ = grid_by_hand(run)
    np.testing.assert_allclose(after["warp"][0, : len(plane_places)], plane_places, rtol=1e-5)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ([[1, 0, 2]], ((1, 0, 2),)),
        ([[1, 0, 2], [1, 2], "abc", [1, 0, -1], [1, 0, True], [2, 9, 9]], ((1, 0, 2), (2, 9, 9))),
        (None, ()),
        ("warp", ()),
        ({"a": 1}, ()),
    ],
)
def test_what_is_said_of_units(said, read):
    assert Want.read({"analysis": "warp", "warp": said}).pairs == read


def test_units_that_are_not_there_become_the_last_one():
    run = trained("circle")
    header, _ = frame(run, analysis="warp", warp=[[1, 99, 3], [77, 0, 1]])
    assert header["warp"]["stages"][1]["pair"] == [8, 3]
