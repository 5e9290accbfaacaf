"""This project's own sets: many classes in the plane, curves over one input."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from playground.core.data import DATASETS, Raw
from playground.core.data.generators import normal
from playground.core.experiment import Data
from playground.core.random import TorchStream


def made(name: str, samples: int = 500, noise: int = 0, classes: int = 3) -> Raw:
    data = Data(name=name, samples=samples, noise=noise, classes=classes)
    return DATASETS[name].make(data, TorchStream(11, "data"), None)


@pytest.mark.parametrize("name", ["blobs", "spirals"])
@pytest.mark.parametrize("classes", range(2, 7))
def test_classes_are_dealt_evenly(name, classes):
    counts = np.bincount(made(name, samples=500, classes=classes).targets)
    assert len(counts) == classes
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("classes", range(2, 7))
def test_blobs_stand_on_a_circle(classes):
    raw = made("blobs", samples=5000, classes=classes)
    centres = np.array([raw.inputs[raw.targets == k].mean(axis=0) for k in range(classes)])
    np.testing.assert_allclose(np.hypot(*centres.T), 3.5, atol=0.12)
    spread = [raw.inputs[raw.targets == k].var(axis=0) for k in range(classes)]
    np.testing.assert_allclose(spread, 0.5, rtol=0.2)


@pytest.mark.parametrize("classes", range(2, 7))
def test_spiral_arms_keep_their_distance(classes):
    raw = made("spirals", samples=1000, classes=classes)
    outside = np.hypot(*raw.inputs.T) > 2
    inputs, targets = raw.inputs[outside], raw.targets[outside]
    gap = min(cdist(inputs[targets == k], inputs[targets != k]).min() for k in range(classes))
    two_arms = 5 / (2 * 1.75) * 0.85  # the distance across two turns, less their slant
    assert gap > two_arms * 0.85


def test_line_without_noise_is_the_line():
    raw = made("line")
    np.testing.assert_allclose(raw.targets, 3 * raw.inputs[:, 0] + 2)
    assert -2 <= raw.inputs.min() < -1.9
    assert 1.9 < raw.inputs.max() < 2


def test_sine_without_noise_is_the_sine():
    raw = made("sine")
    np.testing.assert_allclose(raw.targets, np.sin(raw.inputs[:, 0]))


@pytest.mark.parametrize(("name", "scale"), [("line", 0.05), ("sine", 0.01)])
@pytest.mark.parametrize("noise", [10, 50])
def test_noise_has_the_deviation_that_is_promised(name, scale, noise):
    raw = made(name, samples=5000, noise=noise)
    x = raw.inputs[:, 0]
    residual = raw.targets - (3 * x + 2 if name == "line" else np.sin(x))
    assert residual.std() == pytest.approx(scale * noise, rel=0.06)
    assert abs(residual.mean()) < 5 * scale * noise / np.sqrt(5000)


def test_normal_numbers_are_normal():
    from scipy.stats import kstest

    stream = TorchStream(2, "data")
    values = [(normal(stream, 3.0, 4.0) - 3.0) / 2.0 for _ in range(4000)]
    assert kstest(values, "norm").pvalue > 0.001
