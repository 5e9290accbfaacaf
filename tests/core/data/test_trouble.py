"""Wrong labels, outliers, a rare class, fresh samples and a test set that stays."""

import numpy as np
import pytest

from playground.core.data.prepare import FIXED_TEST, prepare
from playground.core.experiment import Data, Experiment
from playground.core.random import TorchStream
from tests.core.helpers import run_of, small, table_for

SETS = ["circle", "blobs", "reg-gauss", "sine", "iris", "diabetes", "csv"]


def made(name: str, **data):
    experiment = Experiment(data=Data(name=name, **data))
    return prepare(experiment, table_for(name), TorchStream(42, "data"))


@pytest.mark.parametrize("name", SETS)
def test_wrong_labels_are_in_the_training_part_alone(name):
    plain, noisy, more = (made(name, label_noise=share) for share in (0, 20, 40))
    np.testing.assert_array_equal(plain.raw_train, noisy.raw_train)
    np.testing.assert_array_equal(plain.targets_test, noisy.targets_test)
    changed = plain.targets_train != noisy.targets_train
    expected = round(len(changed) * 0.2)
    if plain.schema.task == "regression":
        assert 0.7 * expected <= changed.sum() <= expected  # some trade for the same value
        assert set(noisy.targets_train) <= set(plain.targets_train)
    else:
        assert changed.sum() == expected
        assert set(noisy.targets_train) <= set(range(len(plain.schema.class_names)))
    both = (plain.targets_train != more.targets_train)[changed]
    assert both.mean() > 0.6 if plain.schema.task == "regression" else both.all()


@pytest.mark.parametrize("name", SETS)
def test_outliers_lie_far_away_in_the_training_part_alone(name):
    plain, thrown = made(name), made(name, outliers=10)
    np.testing.assert_array_equal(plain.raw_test, thrown.raw_test)
    np.testing.assert_array_equal(plain.targets_test, thrown.targets_test)
    count = round(len(plain.targets_train) * 0.1)
    if plain.schema.task == "regression":
        moved = np.abs(thrown.targets_train - plain.targets_train)
        assert (moved > 0).sum() == count
        np.testing.assert_allclose(moved[moved > 0], 4 * plain.targets_train.std())
        return
    np.testing.assert_array_equal(plain.targets_train, thrown.targets_train)
    moved = (plain.raw_train != thrown.raw_train).any(axis=1)
    assert moved.sum() == count
    if plain.domain is not None:
        rim = np.abs(thrown.raw_train[moved]).max(axis=1)
        np.testing.assert_allclose(rim, 0.97 * 6)


@pytest.mark.parametrize("name", ["circle", "blobs", "iris"])
def test_a_rare_class(name):
    plain, rare = made(name), made(name, first_class=20)
    for part in ("train", "test"):
        before, after = getattr(plain, f"targets_{part}"), getattr(rare, f"targets_{part}")
        assert (after == 0).sum() == -((before == 0).sum() * -20 // 100)
        for label in range(1, len(plain.schema.class_names)):
            assert (after == label).sum() == (before == label).sum()
    assert (made(name, first_class=2).targets_train == 0).any()


@pytest.mark.parametrize("name", SETS)
def test_a_fresh_sample_has_other_points(name):
    one, two, again = (made(name, draw=draw) for draw in (0, 1, 1))
    np.testing.assert_array_equal(two.inputs_train, again.inputs_train)
    assert not np.array_equal(one.inputs_train, two.inputs_train)


@pytest.mark.parametrize("name", ["circle", "reg-plane", "sine", "formula"])
def test_a_fixed_test_set_outlives_every_sample(name):
    plain = made(name)
    fixed = [
        made(name, fixed_test=True),
        made(name, fixed_test=True, draw=5),
        made(name, fixed_test=True, samples=20),
        made(name, fixed_test=True, train_percent=80),
    ]
    np.testing.assert_array_equal(plain.inputs_train, fixed[0].inputs_train)
    assert len(fixed[0].inputs_test) == FIXED_TEST
    for other in fixed[1:]:
        np.testing.assert_array_equal(other.inputs_test, fixed[0].inputs_test)
        np.testing.assert_array_equal(other.targets_test, fixed[0].targets_test)
    train = {tuple(row) for row in plain.raw_train.tolist()}
    assert not train & {tuple(row) for row in fixed[0].raw_test.tolist()}


def test_the_split_of_a_table_stays():
    one, two = (made("iris", fixed_test=True, draw=draw) for draw in (0, 7))
    np.testing.assert_array_equal(one.raw_test, two.raw_test)
    assert not np.array_equal(one.raw_test, made("iris", draw=7).raw_test)


@pytest.mark.parametrize("replay", [False, True])
def test_a_fresh_sample_leaves_the_first_weights(replay):
    extra = (
        {"training": {"stream": "tfplayground"}, "initialization": "tfplayground"} if replay else {}
    )
    one = run_of(small("circle", **extra))
    two = run_of(small("circle", **extra).with_changes({"data": {"draw": 3}}))
    assert not np.array_equal(one.data.inputs_train, two.data.inputs_train)
    for left, right in zip(one.engine.parameters(), two.engine.parameters(), strict=True):
        assert (left[0] == right[0]).all()
        assert (left[1] == right[1]).all()
