"""Many starts and races go on from their snapshots exactly as if nothing had happened."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from playground.core import saving
from playground.core.experiment import Experiment
from playground.core.plans import race_run
from playground.core.plans.race import Race
from playground.core.plans.race_run import PER_LANE, RaceRun
from playground.core.plans.seeds import Seeds
from playground.core.plans.seeds_run import SeedsRun
from playground.core.want import Want
from tests.core.helpers import merged, small

FRESH = (-1, 0)
EVERYTHING = Want.read({"map": True, "options": {"plan": {"member": 1, "space": "weights"}}})
THINNED = [
    {"kind": "dense", "units": 4},
    {"kind": "dropout", "rate": 0.3},
    {"kind": "dense", "units": 3},
]
WILD = {"optimizer": {"name": "sgd", "learning_rate": 100.0}, "loss": "mse"}


def seeds(count: int = 5, **changes: Any) -> SeedsRun:
    settings = {"layers": THINNED, "optimizer": {"name": "adam"}, "training": {"batch_size": 5}}
    return Seeds(experiment=small(**merged(settings, changes)), count=count).build(None, None)


def again(run: SeedsRun | RaceRun) -> Any:
    return run.plan.build(None, run.snapshot())


def move(run: SeedsRun | RaceRun, *steps: int) -> None:
    for step in steps:
        run.advance(step)
        run.measure()


def seen(run: SeedsRun | RaceRun) -> dict[str, np.ndarray]:
    return run.frame(EVERYTHING, FRESH, True)[1]


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_many_starts_go_on_with_their_curves_and_places(precision: str) -> None:
    run = seeds(training={"precision": precision}, schedule={"name": "plateau", "patience": 1})
    move(run, 9, 4, 13)
    seen(run)
    run.advance(2)
    other = again(run)
    assert (other.step, other.epoch, other.batch_in_epoch) == (28, run.epoch, run.batch_in_epoch)
    for one in (run, other):
        move(one, 11, 5)
    assert torch.equal(run.population.flat(), other.population.flat())
    before, after = seen(run), seen(other)
    assert before.keys() == after.keys() >= {"solutions", "member_curve", "map", "thumbs"}
    assert len(before["history"]) == 7
    for one in (before, after):  # all but the seconds, which no two runs share
        one["history"] = np.delete(one["history"], 2, axis=1)
    for name, array in before.items():
        np.testing.assert_array_equal(array, after[name])
    parts = [one.part(3) for one in (run, other)]
    for part in parts:
        part.advance(9)
    assert torch.equal(parts[0].engine.flat(), parts[1].engine.flat())
    rows = [np.delete(np.array(part.history.state()), [2, 8], axis=1) for part in parts]
    np.testing.assert_array_equal(rows[0], rows[1])


def test_solutions_keep_their_sides_behind_a_snapshot() -> None:
    run = seeds()
    move(run, 5)
    for space in ("weights", "function"):
        run.frame(Want.read({"options": {"plan": {"space": space}}}), FRESH, False)
    turned: dict[str, torch.Tensor] = {}
    for space, one in run._view._solutions.items():
        assert one.axes is not None
        one.axes = turned[space] = -one.axes  # as they might have come to lie
    other = again(run)
    for space, axes in turned.items():
        assert torch.equal(other._view._solutions[space].axes, axes)


def test_many_starts_that_are_all_gone_stay_gone() -> None:
    run = seeds(2, layers=[{"kind": "dense", "units": 3, "activation": "relu"}], **WILD)
    while run.state == "ready":
        move(run, 20)
    other = again(run)
    assert other.state == "done" and other.advance(5) == 0
    assert other.epoch == run.epoch
    np.testing.assert_array_equal(seen(run)["train_loss"], seen(other)["train_loss"])


def race(knob: Any, *values: str, even: Any = "epochs", **changes: Any) -> RaceRun:
    plan = Race(experiment=small(**changes), knob=knob, values=values, even=even)
    return plan.build(None, None)


@pytest.mark.parametrize(
    ("knob", "values"),
    [
        ("width", ("2", "5", "8")),
        ("optimizer", ("sgd", "adam", "lbfgs")),
        ("batch_size", ("1", "7", "30")),
        ("loss", ("bce", "mse")),
    ],
)
def test_lanes_of_any_shape_go_on(
    knob: Any, values: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(race_run, "FIRST_LOOKS", 1e9)  # no clock says when they are looked at
    run = race(knob, *values, layers=THINNED, training={"batch_size": 5})
    move(run, 9, 4)
    run.advance(3)
    other = again(run)
    assert (other.step, other.epoch, other.batch_in_epoch) == (
        run.step,
        run.epoch,
        run.batch_in_epoch,
    )
    for one in (run, other):
        move(one, 17, 6)
    for mine, theirs in zip(run.lanes, other.lanes, strict=True):
        assert torch.equal(mine.engine.flat(), theirs.engine.flat())
        assert mine.metrics == theirs.metrics
    rows = [seen(one)["history"].reshape(-1, len(values), PER_LANE) for one in (run, other)]
    rows = [np.delete(one, 2, axis=2) for one in rows]
    np.testing.assert_array_equal(rows[0], rows[1])


def test_a_lane_that_diverged_stays_where_it_was_last_well() -> None:
    run = race("learning_rate", "0.01", "100", **merged(WILD, {"data": {"name": "reg-plane"}}))
    while run.lanes[1].state == "ready":
        move(run, 6)
    run.advance(2)
    other = again(run)
    for one in (run, other):
        move(one, 9)
    bad = [one.lanes[1] for one in (run, other)]
    assert [one.state for one in bad] == ["diverged", "diverged"]
    assert bad[0].notice == bad[1].notice and bad[0].step == bad[1].step
    assert torch.equal(bad[0].engine.flat(), bad[1].engine.flat())
    np.testing.assert_array_equal(seen(run)["history"][:, 7:9], seen(other)["history"][:, 7:9])
    other.resume()
    assert other.lanes[1].state == "diverged"


def test_lanes_that_share_seconds_go_on_with_what_each_was_given() -> None:
    run = race("batch_size", "1", "30", even="seconds")
    run.train_for(0.02)
    other = again(run)
    assert [one.seconds for one in other.lanes] == [one.seconds for one in run.lanes]
    assert other._given == run._given > 0
    other.train_for(0.02)
    fast, slow = (one.seconds for one in other.lanes)
    assert other.step > run.step and fast == pytest.approx(slow, abs=0.03)


def test_a_lane_that_was_stopped_by_a_rule_is_done() -> None:
    run = race("optimizer", "sgd", "adam", training={"stop_epochs": 2})
    run.advance(100)
    other = again(run)
    assert other.state == "done" and [one.state for one in other.lanes] == ["done", "done"]


@pytest.mark.parametrize("run", [lambda: seeds(4), lambda: race("width", "2", "4")])
def test_what_would_be_too_large_is_not_made(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: SeedsRun | RaceRun = run()
    made.advance(3)
    assert made.snapshot()
    monkeypatch.setattr(saving, "MOST", 4 * 2**10)
    monkeypatch.setattr(saving, "packed", lambda content: pytest.fail("it was made"))
    assert made.snapshot() == b""
    fresh = type(made)(made.plan, None, made.snapshot() or None)  # type: ignore[arg-type]
    assert fresh.step == 0


@pytest.mark.slow
def test_256_networks_with_adam_are_saved_and_wide_ones_are_not() -> None:
    adam = {"optimizer": {"name": "adam"}}
    run = Seeds(experiment=Experiment().with_changes(adam), count=256).build(None, None)
    for moment in range(2000):  # as many moments as are ever kept
        run.bands.append(moment / 10, moment, 0.0, run.scores)
    size = len(run.snapshot())
    assert 2**21 < size < 2**24
    layers = [{"kind": "dense", "units": 64}] * 3
    wide = Experiment().with_changes(adam | {"layers": layers})
    assert Seeds(experiment=wide, count=256).build(None, None).snapshot() == b""
    assert Seeds(experiment=wide, count=32).build(None, None).snapshot()
