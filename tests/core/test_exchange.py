"""The training points change while a network trains: painted, spoiled, drawn anew."""

import numpy as np
import pytest
import torch

from playground.core.errors import PlaygroundError
from playground.core.experiment import MAX_PAINTED, Experiment
from playground.core.link import decode, encode
from playground.core.observe import observe
from tests.core.helpers import flat, run_of, small, states_equal

PAINTED = [[1.25, -3.5, 1], [0.1, 0.2, 0], [-5, 5, 1]]
CHANGES = [
    {"points": PAINTED},
    {"label_noise": 20},
    {"outliers": 10},
    {"first_class": 30},
    {"draw": 9},
    {"fixed_test": True},
    {"samples": 40},
    {"noise": 20},
    {"train_percent": 80},
]


@pytest.mark.parametrize("engine", ["dense", "autograd"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_weights_and_optimizer_stay(engine, change):
    experiment = small("circle")
    run = run_of(experiment, engine=engine)
    run.advance(7)
    before, step = run.engine.state(), run.step
    changed = experiment.with_changes({"data": change})
    run.update(changed)
    after = run.engine.state()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert run.step == step
    fresh = run_of(changed)
    for part in ("inputs_train", "inputs_test", "targets_train", "targets_test"):
        np.testing.assert_array_equal(getattr(run.data, part), getattr(fresh.data, part))
    assert sorted(run.batches.indices.tolist()) == list(range(len(fresh.data.inputs_train)))
    run.advance(20)
    assert run.step == step + 20
    assert run.state == "ready"
    assert not torch.equal(flat(run), flat(fresh))


@pytest.mark.parametrize("engine", ["dense", "autograd"])
def test_order_and_last_batch_change_from_the_next_epoch_on(engine):
    """30 training points in batches of 8: 3 whole ones and 6 points left over."""
    run = run_of(small("circle", training={"batch_size": 8}), engine=engine)
    run.advance(6)
    under_way, weights = run.batches.indices.tolist(), flat(run)
    assert under_way != sorted(under_way)
    change = {"training": {"order": "fixed", "last_batch": "dropped"}}
    run.update(run.experiment.with_changes(change))
    assert torch.equal(flat(run), weights)
    assert run.batches.indices.tolist() == under_way
    assert run.batches.slices[run.batches.position :] == ((16, 24),)
    run.advance(1)
    assert (run.epoch, run.batches.position) == (2, 0)
    assert run.batches.indices.tolist() == list(range(30))
    assert run.batches.slices == ((0, 8), (8, 16), (16, 24))
    run.update(run.experiment.with_changes({"training": {"last_batch": "carried"}}))
    run.advance(3)
    assert run.batches.indices.tolist() == [*range(24, 30), *range(30)]
    assert run.batches.slices[0] == (0, 14)


def test_both_engines_go_on_alike():
    runs = [run_of(small("circle"), engine=name) for name in ("dense", "autograd")]
    for run in runs:
        run.advance(5)
        run.update(run.experiment.with_changes({"data": {"points": PAINTED}}))
        run.advance(30)
    torch.testing.assert_close(flat(runs[0]), flat(runs[1]), rtol=1e-9, atol=1e-12)


def test_painted_points_are_trained_on():
    plain, own = small("circle"), {"points": [[4.5, 4.5, 1]] * 40}
    run = run_of(plain)
    before = len(run.data.inputs_train)
    run.update(plain.with_changes({"data": own}))
    assert len(run.data.inputs_train) == before + 40
    run.advance(600)
    grid = run.engine.prepare(torch.tensor([[4.5, 4.5]], dtype=torch.float64))
    assert run.engine.activations(grid)[-1].item() > 0
    run.update(plain)
    assert len(run.data.inputs_train) == before
    run.advance(5)


def test_an_empty_plane_waits_for_its_first_point():
    experiment = small("own", data={"points": []})
    run = run_of(experiment)
    assert run.state == "done"
    assert run.notice is not None
    assert run.notice.code == "no_points"
    assert run.advance(5) == 0
    for analysis in (None, "pca", "confusion", "singular"):
        header, arrays = observe(run, {"analysis": analysis}, (-1, 0), True)
        assert arrays["points_train"].shape == (0, 3)
        assert header["scene"]["painted"] == []
    run.update(experiment.with_changes({"data": {"points": [[1, 1, 1], [-1, -1, 0]]}}))
    assert run.state == "ready"
    assert run.advance(200) == 200
    assert run.measure().train_score == 1
    header, arrays = observe(run, {}, (-1, 0), False)
    assert header["scene"]["painted"] == [[1, 1, 1], [-1, -1, 0]]
    run.update(experiment)
    assert run.state == "done"


@pytest.mark.parametrize(("task", "target"), [("own_values", 0.5), ("classes", 2)])
def test_own_points_of_values_and_of_many_classes(task, target):
    change = {"own_values": True} if task == "own_values" else {"classes": 3}
    loss = "mse" if task == "own_values" else "cross_entropy"
    points = [[1, 1, target], [-2, 1, 0], [3, -1, 1]]
    run = run_of(small("own", loss=loss, data={**change, "points": points}))
    np.testing.assert_array_equal(run.data.targets_train, [target, 0, 1])
    run.advance(10)
    assert run.state == "ready"


def test_points_of_a_class_that_is_not_there_wait():
    run = run_of(small("circle", data={"points": [[1, 1, 5], [2, 2, 1], [3, 3, 0.5]]}))
    assert len(run.data.inputs_train) == 31
    assert len(run_of(small("sine", data={"points": PAINTED})).data.inputs_train) == 30
    assert len(run_of(small("iris", data={"points": PAINTED})).data.inputs_train) == 105


def test_a_snapshot_has_the_painted_points():
    run = run_of(small("circle", data={"points": PAINTED}))
    run.advance(11)
    again = run_of(run.experiment, snapshot=run.snapshot())
    for one in (run, again):
        one.advance(20)
    assert states_equal(run, again)


def test_links_keep_points_short_and_formulas_whole():
    experiment = Experiment().with_changes(
        {
            "data": {"points": [[1.256, -3.5, 1], [0, 2, 0]], "formula": "x*y > 1"},
            "typed_features": ["sin(3*x)*y", "max(x, y)"],
        }
    )
    query = encode(experiment)
    assert query["data.points"] == "1.26_-3.5_1~0_2_0"
    assert decode(query) == (experiment, ())
    assert Experiment.from_json(experiment.to_json()) == experiment
    most = [[-5.55, -5.55, 1]] * MAX_PAINTED
    full = Experiment().with_changes({"data": {"points": most}})
    assert len(encode(full)["data.points"]) < 4500
    assert decode(encode(full)) == (full, ())
    with pytest.raises(PlaygroundError):
        Experiment().with_changes({"data": {"points": [*most, [0, 0, 0]]}})
