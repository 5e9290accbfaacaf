"""Least squares by every way against NumPy, and the walk down the bowl against its theory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from playground.core.errors import PlaygroundError
from playground.core.linalg.least_squares import (
    MOST_STEPS,
    SCALINGS,
    Scaling,
    best_step,
    descend,
    draw_points,
    factor,
    pose,
    report,
)
from playground.live.requests import answer

POINTS = draw_points(count=20, noise=0.5, centre=1.0, spread=2.0, outliers=1, seed=4)
FLAT = {
    "one point": [[2.0, 8.0]],
    "the same point twice": [[2.0, 8.0], [2.0, 8.0]],
    "a constant column": [[1.5, 1.0], [1.5, 2.0], [1.5, 4.0]],
    "nothing but zeros": [[0.0, 0.0], [0.0, 0.0]],
}
COORDINATE = some.floats(-50, 50).map(lambda value: round(value, 3))


def scaled(points: list[list[float]], scaling: Scaling) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.array(points).T
    if scaling != "raw":
        x = x - x.mean()
    if scaling == "standard":
        x = x / (x.std() or 1)
    return np.column_stack((x, np.ones_like(x))), y


@pytest.mark.parametrize("scaling", SCALINGS)
@pytest.mark.parametrize("points", [POINTS, *FLAT.values()], ids=["twenty points", *FLAT])
def test_every_way_finds_the_line_of_numpy(points: list[list[float]], scaling: Scaling) -> None:
    header, arrays = report(points=points, scaling=scaling, start=[-1, 4], rate=0.05)
    design, y = scaled(points, scaling)
    expected = np.linalg.lstsq(design, y)[0]
    np.testing.assert_allclose(header["optimum"], expected, atol=1e-9)
    for solution in header["solutions"]:
        if solution["values"] is None:
            assert solution["way"] == "normal"
            assert np.linalg.matrix_rank(design) < 2
        else:
            np.testing.assert_allclose(solution["values"], expected, atol=1e-8)
    np.testing.assert_allclose(
        header["eigenvalues"],
        np.linalg.eigvalsh(design.T @ design / len(y))[::-1],
        atol=1e-9,
    )
    assert header["least"] == pytest.approx(np.mean((design @ expected - y) ** 2) / 2, abs=1e-12)
    slope, intercept = header["line"]
    np.testing.assert_allclose(
        slope * np.array(points)[:, 0] + intercept, design @ expected, atol=1e-8
    )
    path, loss = arrays["path"], arrays["loss"]
    direct = np.mean((path @ design.T - y) ** 2, 1) / 2 - header["least"]
    np.testing.assert_allclose(loss, np.maximum(direct, 0), atol=1e-9)


def test_the_walk_is_the_recursion_written_out() -> None:
    design, y = scaled(POINTS, "raw")
    walk = descend(pose(POINTS, "raw"), [4, -3], rate=0.11, momentum=0.6, steps=50)
    weights, velocity = np.array([4.0, -3.0]), np.zeros(2)
    for seen in walk.path.numpy():
        np.testing.assert_allclose(seen, weights, rtol=1e-10, atol=1e-12)
        velocity = 0.6 * velocity - 0.11 * design.T @ (design @ weights - y) / len(y)
        weights = weights + velocity


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("scaling", SCALINGS)
def test_beyond_the_limit_it_diverges_and_below_it_converges(
    scaling: Scaling, momentum: float
) -> None:
    problem = pose(POINTS, scaling)
    limit = 2 * (1 + momentum) / float(problem.eigenvalues[0])
    below = descend(problem, [5, 5], rate=0.99 * limit, momentum=momentum)
    assert below.state == "converged"
    assert factor(problem.eigenvalues.tolist(), 0.99 * limit, momentum) < 1
    beyond = descend(problem, [5, 5], rate=1.02 * limit, momentum=momentum, steps=MOST_STEPS)
    assert beyond.state == "diverged"
    assert factor(problem.eigenvalues.tolist(), 1.02 * limit, momentum) > 1


@pytest.mark.parametrize("momentum", [0.0, 0.4, 0.8])
def test_the_error_shrinks_by_the_factor_that_is_expected(momentum: float) -> None:
    problem = pose(POINTS, "raw")
    rate = 0.7 / float(problem.eigenvalues[0])
    walk = descend(problem, [5, -5], rate=rate, momentum=momentum, tolerance=1e-10)
    away = np.linalg.norm(walk.path.numpy() - problem.optimum.numpy(), axis=1)
    late = slice(len(away) // 3, len(away) - 3)
    slope = np.polyfit(np.arange(len(away))[late], np.log(away[late]), 1)[0]
    expected = factor(problem.eigenvalues.tolist(), rate, momentum)
    assert np.exp(slope) == pytest.approx(expected, rel=0.03)


def test_the_best_step_is_better_than_its_neighbours() -> None:
    values = pose(POINTS, "raw").eigenvalues.tolist()
    for momentum in (0.0, 0.3):
        best = best_step(values, momentum)
        at = [factor(values, share * best, momentum) for share in (0.9, 1.0, 1.1)]
        assert at[1] <= min(at) + 1e-12


def test_standardising_makes_the_bowl_round() -> None:
    far = draw_points(count=30, noise=0.3, centre=8.0, spread=1.0, outliers=0, seed=1)
    raw, centred, standard = (pose(far, scaling).eigenvalues.tolist() for scaling in SCALINGS)
    assert raw[0] / raw[1] > 1000
    assert centred[0] / centred[1] < 10
    np.testing.assert_allclose(standard, [1, 1], atol=1e-12)
    walk = descend(pose(far, "standard"), [0, 0], rate=1.0, tolerance=1e-9)
    assert (walk.state, len(walk.path)) == ("converged", 2)  # one step


@pytest.mark.parametrize("points", FLAT.values(), ids=FLAT)
def test_a_valley_has_no_single_bottom_and_still_an_end(points: list[list[float]]) -> None:
    header, arrays = report(points=points, start=[3, -3])
    assert header["state"] == "converged"
    assert header["eigenvalues"][1] < 1e-12 * header["eigenvalues"][0]
    # Descent ends at the point of the valley that is nearest to its start.
    design, y = scaled(points, "raw")
    nearest = np.array([3, -3]) + np.linalg.pinv(design) @ (y - design @ [3, -3])
    np.testing.assert_allclose(arrays["path"][-1], nearest, atol=1e-5)


@pytest.mark.parametrize("points", [POINTS, FLAT["a constant column"]], ids=["points", "flat"])
@pytest.mark.parametrize("scaling", SCALINGS)
def test_the_program_walks_the_same_way(points: list[list[float]], scaling: Scaling) -> None:
    header, arrays = report(points=points, scaling=scaling, start=[2, -1], momentum=0.3)
    assert header["state"] == "converged"
    left: dict[str, Any] = {}
    exec(header["program"], left)  # the program under test
    assert left["step"] == header["steps"]
    np.testing.assert_allclose(left["w"], arrays["path"][-1], atol=1e-9)


@settings(max_examples=40)
@given(
    points=some.lists(some.tuples(COORDINATE, COORDINATE).map(list), min_size=1, max_size=8),
    scaling=some.sampled_from(SCALINGS),
    momentum=some.sampled_from([0.0, 0.5]),
)
def test_no_points_break_it(points: list[list[float]], scaling: Scaling, momentum: float) -> None:
    header, arrays = report(points=points, scaling=scaling, momentum=momentum)
    assert header["state"] in ("converged", "going")
    assert all(np.isfinite(array).all() for array in arrays.values())


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"points": []}, "points_unfit"),
        ({"points": [[1, 2], [3]]}, "points_unfit"),
        ({"points": [[1, float("nan")]]}, "points_unfit"),
        ({"points": [[1, 1e9]]}, "points_unfit"),
        ({"points": [[0, 0]] * 300}, "points_unfit"),
        ({"points": POINTS, "scaling": "odd"}, "scaling_unknown"),
        ({"points": POINTS, "rate": -1}, "walk_unfit"),
        ({"points": POINTS, "rate": float("nan")}, "walk_unfit"),
        ({"points": POINTS, "momentum": 1}, "walk_unfit"),
        ({"points": POINTS, "start": [1]}, "walk_unfit"),
        ({"points": POINTS, "start": [float("inf"), 0]}, "walk_unfit"),
        ({"points": POINTS, "tolerance": 0}, "walk_unfit"),
    ],
)
def test_what_cannot_be_is_refused(params: dict[str, object], code: str) -> None:
    with pytest.raises(PlaygroundError) as refused:
        answer("least_squares", params)
    assert refused.value.code == code


def test_points_come_from_their_seed() -> None:
    wanted: dict[str, Any] = {
        "count": 12,
        "noise": 0.4,
        "centre": 0.0,
        "spread": 1.5,
        "outliers": 0,
    }
    assert draw_points(**wanted, seed=7) == draw_points(**wanted, seed=7)
    assert draw_points(**wanted, seed=7) != draw_points(**wanted, seed=8)
    bare = draw_points(**{**wanted, "noise": 0.0}, seed=7)
    np.testing.assert_allclose([3 * x + 2 for x, _ in bare], [y for _, y in bare], atol=3e-3)
