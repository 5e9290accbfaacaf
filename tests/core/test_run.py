"""A run's life: counting, the clock, stop rules, divergence, changes, history, devices."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
import pytest
import torch

from playground.core.data.csv_reader import read_table
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.run import Run
from tests.core.helpers import flat, run_of, small, states_equal

# ---- counting


def test_batches_and_epochs_are_counted():
    run = run_of(small(data={"samples": 50, "train_percent": 50}, training={"batch_size": 10}))
    assert (run.batches_per_epoch, run.epoch, run.step) == (3, 0, 0)  # 10, 10, 5
    assert run.advance(2) == 2
    assert (run.epoch, run.batch_in_epoch, run.step) == (0, 2, 2)
    assert run.exact_epoch == pytest.approx(2 / 3)
    assert run.advance(2) == 2
    assert (run.epoch, run.batch_in_epoch, run.step) == (1, 1, 4)
    assert run.advance(300) == 300
    assert (run.epoch, run.batch_in_epoch, run.step) == (101, 1, 304)
    assert run.advance(0) == 0


def test_a_batch_larger_than_the_data_is_all_of_it():
    run = run_of(small(training={"batch_size": 1000}))
    assert run.batches_per_epoch == 1
    assert run.batches.size == 30
    run.advance(3)
    assert run.epoch == 3


def test_training_by_the_clock():
    run = run_of(small())
    start = time.perf_counter()
    taken = run.train_for(0.05)
    elapsed = time.perf_counter() - start
    assert taken == run.step > 10
    assert elapsed >= 0.05
    assert run.seconds == pytest.approx(elapsed, abs=0.02)
    assert run.train_for(0.0) >= 1, "a slice that has passed already still takes one step"


# ---- stop rules


def test_a_run_stops_after_its_epochs():
    run = run_of(small(training={"stop_epochs": 3, "batch_size": 10}))
    assert run.advance(1000) == 3 * run.batches_per_epoch
    assert (run.state, run.epoch) == ("done", 3)
    assert run.notice is not None
    assert run.notice.code == "stopped_epochs"
    assert run.notice.params == {"epochs": 3}
    assert run.train_for(0.01) == 0
    run.resume()
    assert run.state == "done", "the rule still holds"
    run.update(run.experiment.with_changes({"training": {"stop_epochs": 5}}))
    assert (run.state, run.notice) == ("ready", None)
    assert run.advance(1000) == 2 * run.batches_per_epoch


def test_a_run_stops_at_its_loss():
    run = run_of(small(training={"stop_loss": 0.3}, optimizer={"learning_rate": 0.1}))
    while run.state == "ready" and run.epoch < 500:
        run.advance(1)
        run.measure()
    assert run.state == "done"
    assert run.notice is not None
    assert run.notice.code == "stopped_loss"
    assert run.metrics.train_loss is not None
    assert 0.1 < run.metrics.train_loss <= 0.3
    assert run.advance(5) == 0
    run.resume()
    assert run.state == "done", "the rule still holds"
    run.update(run.experiment.with_changes({"view": {"plane": "columns"}}))
    assert run.state == "done", "another view of it starts no training"
    run.update(run.experiment.with_changes({"training": {"stop_loss": 0.0}}))
    assert run.state == "ready"


# ---- divergence


def diverging(**changes: Any) -> Run:
    experiment = small(
        "reg-plane",
        layers=[{"kind": "dense", "units": 4, "activation": "relu"}],
        optimizer={"name": "sgd", "learning_rate": 100.0},
        **changes,
    )
    return run_of(experiment)


def test_divergence_keeps_the_last_good_state_and_says_why():
    run = diverging(training={"precision": "float32"})
    good = []
    last = None
    for _ in range(200):
        good.append((run.engine.state(), run.step, run.metrics))
        last = run.metrics.train_loss
        run.advance(1)
        run.measure()
        if run.state == "diverged":
            break
    assert run.state == "diverged"
    state, step, metrics = next(moment for moment in good if moment[1] == run.step)
    assert run.step == step == run.measured_step < len(good)
    assert run.metrics == metrics
    now = run.engine.state()
    assert all(torch.equal(now[key], state[key]) for key in state)
    assert torch.isfinite(flat(run)).all()
    assert run.notice is not None
    assert run.notice.code == "diverged"
    params = run.notice.params
    assert params["rate"] == "100"
    assert params["layer"] in (1, 2)
    assert float(params["epoch"]) == pytest.approx(len(good) / run.batches_per_epoch, abs=0.01)
    assert float(params["loss"]) == pytest.approx(last, rel=1e-3)
    for language in ("en", "zh"):
        assert "100" in run.notice.sentence(language)
    assert run.advance(5) == 0
    assert run.train_for(0.01) == 0
    assert np.isfinite(run.history.since(0)[:, :2]).all()


def spoil(run: Run, layer: int, value: float) -> None:
    """Writes a value into a weight; layers are counted from 1."""
    with torch.inference_mode():
        run.engine.parameters()[layer - 1][0][0, 0] = value


def test_another_view_of_a_diverged_run_leaves_it_stopped():
    run = diverging()
    while run.state == "ready":
        run.advance(1)
        run.measure()
    run.update(run.experiment.with_changes({"view": {"plane": "columns"}}))
    assert run.state == "diverged"
    run.update(run.experiment.with_changes({"optimizer": {"learning_rate": 1e-3}}))
    assert run.state == "ready"


def test_the_first_bad_layer_is_named():
    run = run_of(small(layers=[{"kind": "dense", "units": 3}, {"kind": "dense", "units": 2}]))
    run.advance(3)
    spoil(run, 2, math.nan)
    run.measure()
    assert run.state == "diverged"
    assert run.notice is not None
    assert run.notice.params["layer"] == 2
    assert torch.isfinite(flat(run)).all()


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_a_weight_that_is_not_finite_is_no_good_state(value):
    """A saturated unit hides it from the loss: tanh of infinity is 1."""
    run = run_of(small("line", layers=[{"kind": "dense", "units": 3}]))
    run.advance(3)
    before = run.step
    run.measure()
    run.advance(1)
    spoil(run, 1, value)
    run.measure()
    assert run.state == "diverged"
    assert run.step == before
    assert torch.isfinite(flat(run)).all()
    assert run.notice is not None
    assert run.notice.params["layer"] == 1


def test_an_activation_that_is_not_finite_is_divergence():
    """All weights are finite, and so is the loss behind a tanh head; the hidden values are not."""
    layers = [{"kind": "dense", "units": 2, "activation": "linear"}] * 2
    changes = {"layers": layers, "output_activation": "tanh", "loss": "mse"}
    run = run_of(small(**changes, training={"precision": "float32"}))
    run.advance(3)
    spoil(run, 1, 1e20)
    spoil(run, 2, 1e20)
    run.measure()
    assert run.state == "diverged"
    assert run.notice is not None
    assert run.notice.params["layer"] == 2


def test_a_penalty_that_overflows_is_divergence():
    """Under a tanh head the loss stays small however large the weights grow."""
    changes = {"output_activation": "tanh", "loss": "mse", "regularization": {"l2": 0.1}}
    run = run_of(small(**changes, training={"precision": "float32"}))
    run.advance(3)
    spoil(run, 1, 1e25)  # finite, but its square is not
    run.measure()
    assert run.state == "diverged"
    assert math.isfinite(run.metrics.penalty)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_diverged_run_goes_on_with_a_lower_rate(precision):
    """Even where every step was measured, so that huge but finite losses were seen."""
    run = diverging(training={"precision": precision})
    first = run.metrics.train_loss
    while run.state == "ready":
        run.advance(1)
        run.measure()
    step, worst = run.step, np.nanmax(run.history.since(0)[:, 1])
    assert first is not None
    assert worst > 1e6 * first, "while it lies there, the curve shows how it diverged"
    assert run.metrics.train_loss is not None
    assert run.metrics.train_loss < 1e4 * max(first, 1)
    run.update(run.experiment.with_changes({"optimizer": {"learning_rate": 1e-7}}))
    assert (run.state, run.notice) == ("ready", None)
    before = run.metrics.train_loss
    assert run.advance(300) == 300
    run.measure()
    assert run.state == "ready"
    assert run.step == step + 300
    assert run.metrics.train_loss <= before
    assert run.history.since(0)[:, 1].max() < 1e6, "the curve starts again from the good state"


def test_data_that_overflow_at_once_are_refused():
    rows = "".join(f"{k % 7}e29,{k % 9}e29\n" for k in range(40))
    table = read_table(f"a,b\n{rows}".encode(), "huge.csv")
    data = {"scaling": "none", "target": "b", "target_kind": "number"}
    experiment = Experiment().with_changes({"data": {"name": "csv", **data}, "loss": "mse"})
    with pytest.raises(PlaygroundError) as caught:
        Run(experiment, table)
    assert caught.value.code == "diverged_at_start"
    assert str(caught.value)


# ---- changes mid-run

LIVE = [
    {"optimizer": {"learning_rate": 0.5}},
    {"optimizer": {"beta1": 0.5}},
    {"regularization": {"l1": 0.1}},
    {"regularization": {"l2": 0.1}},
    {"regularization": {"l1": 0.1, "sticky_l1": True}},
    {"regularization": {"clip_norm": 0.5}},
    {"training": {"batch_size": 3}},
    {"training": {"stop_epochs": 100}},
    {"view": {"plane": "columns"}},
    {"layers": [{"kind": "dense", "units": 4}, {"kind": "dropout", "rate": 0.8}]},
]
RESET = [
    {"training": {"seed": 1}},
    {"layers": [{"kind": "dense", "units": 4}]},
    {"data": {"name": "xor"}},
    {"features": ["x"]},
]


def changeable() -> Run:
    layers = [{"kind": "dense", "units": 4}, {"kind": "dropout", "rate": 0.1}]
    run = run_of(small(layers=layers))
    run.advance(4)
    return run


@pytest.mark.parametrize("changes", LIVE, ids=str)
def test_a_live_change_keeps_the_weights_and_the_place(changes):
    run = changeable()
    before, place = run.engine.state(), (run.step, run.epoch, run.batch_in_epoch)
    run.update(run.experiment.with_changes(changes))
    after = run.engine.state()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert (run.step, run.epoch, run.batch_in_epoch) == place
    assert run.advance(5) == 5


@pytest.mark.parametrize("changes", RESET, ids=str)
def test_a_change_that_needs_a_reset_is_refused(changes):
    run = changeable()
    before, experiment = run.engine.state(), run.experiment
    with pytest.raises(PlaygroundError) as caught:
        run.update(run.experiment.with_changes({**changes, "regularization": {"l2": 0.5}}))
    assert caught.value.code == "change_needs_reset"
    assert next(iter(changes)) in str(caught.value)
    assert run.experiment == experiment
    run.advance(1)  # and nothing of the change was taken over
    control = changeable()
    control.advance(1)
    assert states_equal(run, control)
    assert before
