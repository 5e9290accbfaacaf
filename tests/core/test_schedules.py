"""Schedules against torch's, in training too; stop rules; what is noted of a change."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from torch.optim import lr_scheduler

from playground.core.engine import ENGINES
from playground.core.experiment import Experiment
from playground.core.observe import observe
from playground.core.run import Run
from playground.core.schedules import SCHEDULES, ScheduleBase, ahead
from tests.strategies import schedules

RATE = 0.1


def torchs(schedule: ScheduleBase, optimizer: torch.optim.Optimizer) -> Any:
    """torch's scheduler for one of ours."""
    match schedule.model_dump():
        case {"name": "constant"}:
            return lr_scheduler.ConstantLR(optimizer, factor=1.0)
        case {"name": "step", "every": every, "gamma": gamma}:
            return lr_scheduler.StepLR(optimizer, every, gamma)
        case {"name": "exponential", "gamma": gamma}:
            return lr_scheduler.ExponentialLR(optimizer, gamma)
        case {"name": "cosine", "epochs": epochs, "floor": floor}:
            return lr_scheduler.CosineAnnealingLR(optimizer, epochs, floor * RATE)
        case {"name": "warm_up", "epochs": epochs, "start": start}:
            return lr_scheduler.LinearLR(optimizer, start, 1.0, epochs)
        case {"name": "one_cycle", "epochs": epochs, "peak": peak}:
            return lr_scheduler.OneCycleLR(
                optimizer, RATE, total_steps=epochs, pct_start=peak, cycle_momentum=False
            )
    raise NotImplementedError(f"nothing of torch stands beside {schedule}")


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "plateau"])
def test_every_schedule_is_torchs(name):
    schedule = SCHEDULES[name]()
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=RATE)
    theirs = torchs(schedule, optimizer)
    for epoch in range(schedule.horizon or 150):
        assert optimizer.param_groups[0]["lr"] == pytest.approx(
            RATE * schedule.factor(epoch), rel=1e-9, abs=1e-12
        )
        optimizer.step()
        if epoch < (schedule.horizon or 150) - 1:
            theirs.step()


@given(schedules())
def test_any_schedule_stays_between_nothing_and_the_whole_rate(schedule):
    for epoch in (0, 1, 7, 100, 20_000):
        assert 0 <= schedule.factor(epoch) <= 1 + 1e-12
    assert ahead(schedule, 0) > 0
    assert schedule.formula


def run_with(engine: str = "dense", **changes: Any) -> Run:
    content = {
        "data": {"samples": 60},
        "optimizer": {"name": "sgd", "learning_rate": RATE, "momentum": 0.5},
        "training": {"precision": "float64", "device": "cpu"},
    }
    return Run(Experiment().with_changes(content).with_changes(changes), engine=engine)


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_both_engines_follow_a_schedule_and_a_snapshot_goes_on(name):
    schedule = {"name": name, **({"patience": 1} if name == "plateau" else {})}
    runs = [run_with(engine, schedule=schedule) for engine in ENGINES]
    for run in runs:
        run.advance(70)
    again = Run(runs[0].experiment, engine="dense", snapshot=runs[0].snapshot())
    for run in (*runs, again):
        run.advance(60)
    for other in (runs[1], again):
        assert other.pace.rate == pytest.approx(runs[0].pace.rate, rel=1e-9)
        pairs = zip(runs[0].engine.parameters(), other.engine.parameters(), strict=True)
        for (weight, _), (theirs, _) in pairs:
            torch.testing.assert_close(weight, theirs, rtol=1e-9, atol=1e-12)
    if name not in ("constant", "plateau"):
        epoch = runs[0].epoch
        assert runs[0].pace.rate == pytest.approx(RATE * SCHEDULES[name]().factor(epoch))


def test_the_plateau_is_torchs():
    wild = {"learning_rate": 3.0}
    run = run_with(schedule={"name": "plateau", "patience": 2, "gamma": 0.3}, optimizer=wild)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=3.0)
    theirs = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.3, patience=2)
    for _ in range(120):
        run.advance(run.batches_per_epoch)
        loss = run.measure().train_loss
        assert loss is not None
        theirs.step(loss)
        assert run.pace.rate == pytest.approx(optimizer.param_groups[0]["lr"])
    assert run.pace.rate < 3.0, "the loss never came to rest: the test shows nothing"


def test_a_schedule_changes_while_the_network_trains():
    run = run_with()
    run.advance(run.batches_per_epoch * 4)
    run.update(run.experiment.with_changes({"schedule": {"name": "step", "every": 2}}))
    assert run.pace.rate == pytest.approx(RATE), "it counts from where it was chosen"
    run.advance(run.batches_per_epoch * 5)
    assert run.pace.rate == pytest.approx(RATE * 0.25)
    run.update(run.experiment.with_changes({"optimizer": {"learning_rate": 0.2}}))
    assert run.pace.rate == pytest.approx(0.05)
    run.update(run.experiment.with_changes({"schedule": {"name": "step", "every": 5}}))
    assert run.pace.rate == pytest.approx(0.1), "its settings move no origin"
    header, _ = observe(run, {"map": False, "neurons": False}, (-1, 0), True)
    assert header["scene"]["schedule"][0] == [4, pytest.approx(0.2)]
    again = Run(run.experiment, engine="dense", snapshot=run.snapshot())
    assert (again.pace.origin, again.pace.rate) == (4, run.pace.rate)
    run.update(run.experiment.with_changes({"schedule": {"name": "constant"}}))
    assert run.pace.rate == pytest.approx(0.2)
    assert run.history.since(0)[-1][6] == pytest.approx(0.1)
    run.advance(1)
    run.measure()
    assert run.history.since(0)[-1][6] == pytest.approx(0.2)


def test_a_change_leaves_its_mark():
    run = run_with()
    run.update(run.experiment.with_changes({"regularization": {"l2": 0.1}}))
    assert run.marks == [], "before the first step there is nothing to mark"
    run.advance(run.batches_per_epoch * 2)
    run.update(run.experiment.with_changes({"optimizer": {"learning_rate": 0.3}}))
    run.update(run.experiment.with_changes({"optimizer": {"learning_rate": 0.4}}))
    run.act({"deed": "prune", "share": 0.1})
    expected = [(2.0, "optimizer.learning_rate", "0.4"), (2.0, "hands", "prune")]
    assert run.marks == expected
    header, _ = observe(run, {"map": False, "neurons": False}, (-1, 0), True)
    assert header["scene"]["marks"] == [list(mark) for mark in expected]


def test_patience_gives_the_best_weights_back():
    run = run_with(
        training={"stop_patience": 5}, data={"noise": 50}, optimizer={"learning_rate": 1.0},
        layers=[{"kind": "dense", "units": 16, "activation": "relu"}],
    )  # fmt: skip
    losses = []
    while run.state == "ready" and run.epoch < 3000:
        run.advance(run.batches_per_epoch)
        if run.state == "ready":
            losses.append(run.measure().test_loss)
    assert run.notice is not None and run.notice.code == "stopped_patience"
    best = min(value for value in losses if value is not None)
    assert run.measure().test_loss == pytest.approx(best)
    assert losses.index(best) + 1 == run.notice.params["best"]
    run.resume()
    assert run.state == "ready"


@pytest.mark.parametrize(
    ("rule", "code"),
    [({"stop_score": 0.8}, "stopped_score"), ({"stop_seconds": 1}, "stopped_seconds")],
)
def test_other_rules_stop_too(rule, code):
    run = run_with(training=rule, optimizer={"learning_rate": 0.05})
    for _ in range(100_000):
        if run.state != "ready":
            break
        run.train_for(0.05)
        run.measure()
    assert run.notice is not None and run.notice.code == code
    score = run.metrics.test_score
    assert code != "stopped_score" or (score is not None and score >= 0.8)


def test_the_planned_rates_are_drawn_ahead():
    run = run_with(schedule={"name": "cosine", "epochs": 50})
    header, _ = observe(run, {"map": False, "neurons": False}, (-1, 0), True)
    planned = header["scene"]["schedule"]
    assert planned[0] == [0, pytest.approx(RATE)]
    assert planned[-1] == [50, pytest.approx(0.0)]
    middle = dict(planned)[25]
    assert middle == pytest.approx(RATE * 0.5 * (1 + math.cos(math.pi / 2)))


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": {"name": "gd", "learning_rate": 0.5, "tolerance": 2.0}},
        {"training": {"stop_patience": 1}, "optimizer": {"learning_rate": 3.0}},
    ],
    ids=["tolerance", "patience"],
)
def test_what_a_step_has_ended_stays_ended_behind_a_snapshot(changes):
    run = run_with(**changes)
    while run.state == "ready" and run.epoch < 500:
        run.advance(10)
    assert run.state == "done" and run.notice is not None
    again = Run(run.experiment, engine="dense", snapshot=run.snapshot())
    assert (again.state, again.notice) == ("done", run.notice)
    again.resume()
    assert again.advance(1) == 1
