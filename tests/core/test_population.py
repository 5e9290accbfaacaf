"""Many networks side by side are what each of them is alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.population import Population, starts
from playground.core.run import Run

SMALL = Experiment().with_changes(
    {"data": {"samples": 60}, "training": {"precision": "float64"}, "optimizer": {"name": "adam"}}
)


def test_starts_share_their_points_and_nothing_else():
    one, other = (Run(experiment) for experiment in starts(SMALL, 2))
    np.testing.assert_array_equal(one.data.inputs_train, other.data.inputs_train)
    np.testing.assert_array_equal(one.data.inputs_test, other.data.inputs_test)
    assert not torch.equal(one.engine.flat(), other.engine.flat())
    assert not torch.equal(one.batches.indices, other.batches.indices)


def test_the_first_start_is_the_experiment_itself():
    assert starts(SMALL, 3)[0] == SMALL
    assert len({experiment.to_json() for experiment in starts(SMALL, 3)}) == 3


def test_every_member_goes_its_own_way():
    members = starts(SMALL, 3)
    members[1] = members[1].with_changes({"optimizer": {"learning_rate": 0.1}})
    members[2] = members[2].with_changes({"regularization": {"l2": 0.01}})
    population = Population(members)
    population.advance(25)
    scores = population.measure()
    for index, experiment in enumerate(members):
        alone = Run(experiment)
        alone.advance(25)
        torch.testing.assert_close(
            population.flat()[index], alone.engine.flat(), rtol=1e-9, atol=1e-12
        )
        assert scores.train_loss[index] == pytest.approx(alone.measure().train_loss, rel=1e-9)
        told = population.outputs(alone.data.inputs_test)[index]
        torch.testing.assert_close(
            told,
            alone.engine.output(alone.engine.prepare(torch.from_numpy(alone.data.inputs_test))),
        )


def test_what_is_looked_at_is_right_to_the_eye():
    members = starts(SMALL.with_changes({"training": {"precision": "float32"}}), 3)
    population = Population(members)
    population.advance(40)
    points = np.random.default_rng(0).normal(size=(500, 2)) * 3
    told = population.outputs(points)
    for index in range(3):
        engine = population.member(index).engine
        wanted = engine.output(engine.prepare(torch.from_numpy(points)))
        torch.testing.assert_close(told[index], wanted, rtol=1e-5, atol=2e-6)


def test_a_member_goes_on_alone():
    population = Population(starts(SMALL, 3))
    population.advance(17)
    run = population.member(2)
    assert run.step == 17
    run.advance(8)
    population.advance(8)
    torch.testing.assert_close(run.engine.flat(), population.flat()[2], rtol=1e-9, atol=1e-12)


def test_a_point_left_out_is_not_learned_from():
    whole = Run(SMALL)
    run = Run(SMALL.with_changes({"data": {"left_out": [3]}}))
    np.testing.assert_array_equal(run.data.inputs_train, np.delete(whole.data.inputs_train, 3, 0))
    np.testing.assert_array_equal(run.data.inputs_test, whole.data.inputs_test)
    np.testing.assert_array_equal(run.data.targets_train, np.delete(whole.data.targets_train, 3))
    scaled = SMALL.with_changes({"data": {"scaling": "standard"}})
    kept = Run(scaled.with_changes({"data": {"left_out": [0, 5]}})).data.inputs_train
    np.testing.assert_array_equal(kept, np.delete(Run(scaled).data.inputs_train, [0, 5], 0))


@pytest.mark.parametrize(
    "change",
    [
        {"layers": [{"kind": "dense", "units": 3}]},
        {"optimizer": {"name": "sgd"}},
        {"training": {"batch_size": 7}},
        {"data": {"left_out": [1]}},
        {"loss": "mse"},
    ],
)
def test_members_must_be_alike(change: dict):
    with pytest.raises(PlaygroundError) as caught:
        Population([SMALL, SMALL.with_changes(change)])
    assert caught.value.code == "population_unlike"


def test_a_population_has_members():
    with pytest.raises(PlaygroundError) as caught:
        Population([])
    assert caught.value.code == "population_size"
