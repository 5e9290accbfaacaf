"""Moons, rings, and sets with a border of a given shape."""

import math

import numpy as np
import pytest

from playground.core.data import DATASETS, regions, shapes
from playground.core.data.generators import RADIUS
from playground.core.proposal import propose
from playground.core.random import SeedRandom, TorchStream
from playground.core.run import Run


def points(make, noise=0.0, samples=2000):
    raw = make(TorchStream(3, "data"), samples, noise)
    return raw.inputs[:, 0], raw.inputs[:, 1], raw.targets


@pytest.mark.parametrize(
    ("make", "inside"),
    [
        (regions.above_sine, lambda x, y: y > np.sin(x)),
        (regions.above_abs, lambda x, y: y > np.abs(x)),
        (regions.above_cubic, lambda x, y: y > 0.15 * x**3 - 1.5 * x),
    ],
)
def test_the_border_is_the_function(make, inside):
    x, y, label = points(make)
    np.testing.assert_array_equal(label, inside(x, y))
    assert np.abs(x).max() <= RADIUS
    assert np.abs(y).max() <= RADIUS
    noisy_x, noisy_y, noisy = points(make, noise=50)
    wrong = noisy != inside(noisy_x, noisy_y)
    assert 0.05 < wrong.mean() < 0.5


def test_neighbouring_squares_differ():
    x, y, label = points(regions.checkerboard)
    # The sine of both coordinates has the signs of the squares.
    sign = np.sin(x * math.pi / 2.5) * np.sin(y * math.pi / 2.5)
    np.testing.assert_array_equal(label, sign > 0)


def test_the_heart_is_a_heart():
    x, y, label = points(regions.heart)
    assert 0.2 < label.mean() < 0.6
    inside = label == 1
    # mirrored at the vertical axis: the share right and left is about the same
    assert abs((x[inside] > 0).mean() - 0.5) < 0.05
    # a tip below, two lobes with a notch between them above
    assert np.abs(x[inside & (y < -2.8)]).max() < 2
    top = y > 3.2
    assert not (inside & top & (np.abs(x) < 0.3)).any()
    assert (inside & top & (np.abs(x) > 1)).any()


def test_rings_alternate_and_do_not_touch():
    x, y, label = points(regions.rings)
    radius = np.hypot(x, y)
    np.testing.assert_array_equal(label == 0, (radius > 1.5) & (radius < 3.3))
    assert not ((radius > 1.01) & (radius < 1.79)).any()
    assert label.min() == 0
    assert label.max() == 1


def test_moons_are_two_half_circles():
    x, y, label = points(regions.moons)
    for side, sign in ((1, 1), (0, -1)):
        across = sign * x[label == side] + 1.5
        up = sign * y[label == side] + 0.75
        assert np.abs(np.hypot(across, up) - 3).max() < 0.9
        assert (up > -0.9).all()


def test_curves_over_one_input():
    raw = shapes.step(SeedRandom("0.1"), 100, 0)
    np.testing.assert_array_equal(raw.targets, np.where(raw.inputs[:, 0] >= 0, 1, -1))
    raw = shapes.polynomial(SeedRandom("0.1"), 100, 0)
    x = raw.inputs[:, 0]
    np.testing.assert_allclose(raw.targets, x**3 - 2 * x)


LEARNED = {
    "moons": 0.98,
    "rings": 0.97,
    "checkerboard": 0.85,
    "heart": 0.9,
    "above_sine": 0.94,
    "above_abs": 0.94,
    "above_cubic": 0.9,
    "step": 0.9,
    "polynomial": 0.85,
}


@pytest.mark.parametrize("name", list(LEARNED))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_proposed_learns_its_set(name, seed):
    """On points that were never trained on: accuracy, or R² for values."""
    assert name in DATASETS
    run = Run(propose(name).with_changes({"training": {"seed": seed, "device": "cpu"}}))
    run.advance(50 * run.batches_per_epoch)
    score = run.measure().test_score
    assert score is not None
    assert score > LEARNED[name]
