"""The sets of TensorFlow Playground, held against runs of its own JavaScript."""

import json
import math
from pathlib import Path
from urllib.parse import parse_qs

import numpy as np
import pytest

from playground.core.data import DATASETS
from playground.core.data.prepare import Prepared, prepare
from playground.core.experiment import Data, Experiment
from playground.core.random import SeedRandom, TorchStream

RUNS = json.loads((Path(__file__).parents[2] / "data" / "tfplayground-runs.json").read_text())


def points_of(link: str) -> Prepared:
    fields = {key: values[0] for key, values in parse_qs(link.partition("#")[2]).items()}
    classification = fields["problem"] == "classification"
    data = Data(
        name=fields["dataset"] if classification else fields["regDataset"],
        samples=500 if classification else 1200,
        noise=int(fields["noise"]),
        train_percent=int(fields["percTrainData"]),
    )
    return prepare(Experiment(data=data), None, SeedRandom(fields["seed"]))


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"run{RUNS.index(run)}")
def test_first_points_are_those_of_its_javascript(run):
    made = points_of(run["link"])
    for place, (x, y, label) in enumerate(run["first"]):
        np.testing.assert_allclose(made.raw_train[place], (x, y), rtol=0, atol=1e-12)
        target = made.targets_train[place]
        expected = (label + 1) / 2 if made.schema.task == "binary" else label
        assert target == pytest.approx(expected, abs=1e-12)


def test_the_stream_goes_on_with_the_first_weights():
    stream = SeedRandom("0.42000")
    made = prepare(Experiment(), None, stream)
    first = [
        (0.83226596, -3.48209201, 0),
        (1.15440950, -4.11145023, 0),
        (0.28273862, 0.14289025, 1),
    ]
    for place, (x, y, label) in enumerate(first):
        np.testing.assert_allclose(made.raw_train[place], (x, y), rtol=0, atol=1e-8)
        assert made.targets_train[place] == label
    weights = [stream.random() - 0.5 for _ in range(8)]
    expected = [0.337199, 0.203175, 0.220324, 0.052078, 0.423313, -0.134751, -0.379393, 0.115568]
    np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-6)


def generated(name: str, noise: int = 0, samples: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    data = Data(name=name, noise=noise, samples=samples)
    raw = DATASETS[name].make(data, TorchStream(3, "data"), None)
    return raw.inputs, raw.targets


def test_circle_is_a_disc_in_a_ring():
    inputs, targets = generated("circle")
    radius = np.hypot(*inputs.T)
    assert np.all(radius[targets == 1] < 2.5)
    assert np.all((radius[targets == 0] >= 3.5) & (radius[targets == 0] < 5))
    assert targets.sum() == 500


def test_noise_of_circle_moves_labels_not_points():
    inputs, targets = generated("circle", noise=50)
    radius = np.hypot(*inputs.T)
    assert not np.any((radius > 2.5) & (radius < 3.5))
    assert 0.05 < np.mean((radius < 2.5) != targets) < 0.4


def test_xor_keeps_off_the_axes():
    inputs, targets = generated("xor")
    assert np.abs(inputs).min() >= 0.3
    assert np.abs(inputs).max() <= 5.3
    np.testing.assert_array_equal(targets, inputs[:, 0] * inputs[:, 1] >= 0)


@pytest.mark.parametrize(("noise", "variance"), [(0, 0.5), (25, 2.25), (50, 4.0)])
def test_gauss_has_its_centres_and_variance(noise, variance):
    inputs, targets = generated("gauss", noise=noise, samples=5000)
    for label, centre in ((1, 2.0), (0, -2.0)):
        cloud = inputs[targets == label]
        np.testing.assert_allclose(cloud.mean(axis=0), centre, atol=5 * math.sqrt(variance / 2500))
        np.testing.assert_allclose(cloud.var(axis=0), variance, rtol=0.15)


def test_spiral_arms_are_opposite():
    inputs, targets = generated("spiral", samples=400)
    np.testing.assert_allclose(inputs[targets == 1], -inputs[targets == 0], atol=1e-12)
    radius = np.hypot(*inputs[targets == 1].T)
    np.testing.assert_allclose(radius, np.arange(200) / 200 * 5, atol=1e-12)


def test_plane_and_cones():
    inputs, targets = generated("reg-plane")
    np.testing.assert_allclose(targets, inputs.sum(axis=1) / 10)
    inputs, targets = generated("reg-gauss", samples=3000)
    assert targets.max() <= 1
    assert targets.min() >= -1
    near = np.hypot(inputs[:, 0] - 4, inputs[:, 1] + 2.5) < 0.5
    assert np.all(targets[near] <= -0.75)
    assert np.all(targets[np.abs(inputs[:, 1]) > 4.6] == 0)
