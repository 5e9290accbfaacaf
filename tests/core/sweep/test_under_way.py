"""Trials on their way: what is seen of them, here and in other processes."""

from __future__ import annotations

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from playground.core.experiment import Experiment
from playground.core.plans.sweep import SweepPlan
from playground.core.plans.sweep_run import MOST_CURVES, MOST_WATCHED
from playground.core.sweep import coordinator, executors, under_way
from playground.core.sweep.coordinator import Sweep
from playground.core.sweep.executors import Crew
from playground.core.sweep.processes import processes
from playground.core.sweep.rows import UnderWay
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.space import knob_from
from playground.core.sweep.trial import CURVE, run_trial, thinned, trial_steps
from playground.core.want import Want

SMALL = SweepSettings(
    experiment=Experiment().with_changes({"data": {"samples": 40}}),
    knobs=(knob_from("optimizer.learning_rate=log:0.001:0.3"), knob_from("layers.0.units=2,4,8")),
    method="random",
    trials=12,
    starts=2,
    epochs=100,
    seed=1,
)


@pytest.fixture
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns of one minibatch, however quick the machine is."""
    monkeypatch.setattr(coordinator, "TURN", 0.0)
    monkeypatch.setitem(executors.IN_TURNS, run_trial, partial(trial_steps, turn=0.0))


def watched(sweep: Sweep) -> dict[int, list[UnderWay]]:
    """Every look at every trial while the sweep runs."""
    looks: dict[int, list[UnderWay]] = {}
    for _ in sweep.steps():
        for one in sweep.under_way(8):
            looks.setdefault(one.number, []).append(one)
    assert sweep.progress.state == "done" and sweep.under_way(8) == []
    return looks


def check(sweep: Sweep, looks: dict[int, list[UnderWay]]) -> int:
    """That what was seen is what the trials became; returns how many curves were seen grow."""
    grown = 0
    for number, seen in looks.items():
        trial = sweep.trials[number]
        epochs = [one.epoch for one in seen]
        assert epochs == sorted(epochs) and epochs[-1] <= trial.epochs
        whole = [(epoch, under_way.brief(loss)) for epoch, loss, _ in trial.curve]
        for one in seen:
            assert list(one.curve) == whole[: len(one.curve)]
        # A trial that was stopped was worse than the limit that could be seen beforehand.
        limits = dict(seen[-1].limits)
        for epoch, value in trial.rungs:
            limit = limits[epoch]
            assert value is not None
            assert (trial.pruned_at == epoch) == (limit is not None and value > limit)
        grown += len({len(one.curve) for one in seen}) > 1
    return grown


@pytest.mark.usefixtures("short_turns")
def test_trials_are_seen_on_their_way_and_find_what_they_would_have_found():
    sweep, alone = Sweep(SMALL), Sweep(SMALL)
    looks = watched(sweep)
    alone.run()
    assert check(sweep, looks) > 6 and sweep.progress.pruned > 0
    found = [[trial.value for _, trial in sorted(one.trials.items())] for one in (sweep, alone)]
    assert found[0] == found[1]
    assert under_way.seen() == {}, "what is finished is forgotten"


@pytest.mark.usefixtures("short_turns")
def test_a_trial_given_up_is_seen_no_more():
    sweep = Sweep(SMALL)
    steps = sweep.steps()
    while not any(one.curve for one in sweep.under_way(8)):
        next(steps)
    steps.close()
    assert sweep.under_way(8) == [] and under_way.seen() == {}


def test_no_more_is_looked_at_than_is_shown():
    crew = Crew(ThreadPoolExecutor(3), "processes", 3)
    sweep = Sweep(SMALL.model_copy(update={"pruning": False, "epochs": 2000}), crew=crew)
    steps = sweep.steps()
    while len([one for one in sweep.under_way(8) if one.curve]) < 3:
        next(steps)
    assert [one.number for one in sweep.under_way(2)] == [0, 1]
    steps.close()


def test_a_long_curve_keeps_its_end():
    for length in (0, 1, 2 * CURVE, 2 * CURVE + 1, 777, 100_000):
        rows = thinned([(epoch, 0.0, None) for epoch in range(length)])
        assert len(rows) <= 2 * CURVE + 1 and len({row[0] for row in rows}) == len(rows)
        if length:
            assert rows[0][0] == 0 and rows[-1][0] == length - 1


@pytest.mark.usefixtures("short_turns")
def test_curves_come_only_to_who_looks_at_them_and_once():
    sweep = SMALL.model_copy(update={"epochs": 8})
    run = SweepPlan(experiment=sweep.experiment, sweep=sweep).build(None, None)
    got: dict[int, list] = {}
    growing, known = 0, 0
    while run.state == "ready":
        run.advance(1)
        plain, _ = run.frame(Want(), (0, 10**6), scene=False)
        assert not {"curves", "under_way"} & plain.keys()
        want = Want(options={"plan": {"curves": known}})
        header, _ = run.frame(want, (0, 10**6), scene=False)
        assert len(header["under_way"]) <= MOST_WATCHED and len(header["curves"]) <= MOST_CURVES
        assert not got.keys() & {number for number, _ in header["curves"]}
        got |= dict(header["curves"])
        growing += any(one["curve"] for one in header["under_way"])
        known = header["curves_to"]
        json.dumps(header["under_way"])
    assert growing > 6 and sorted(got) == list(range(12))
    for number, curve in got.items():
        trial = run.sweep.trials[number]
        assert [epoch for epoch, _ in curve] == [epoch for epoch, _, _ in trial.curve]
        assert curve[-1][1] == pytest.approx(trial.value, rel=1e-4)
    # A viewer of a later run than this one begins again.
    again, _ = run.frame(Want(options={"plan": {"curves": 10**6}}), (0, 0), scene=False)
    assert len(again["curves"]) == 12


def test_many_curves_come_in_parts(monkeypatch: pytest.MonkeyPatch):
    sweep = Sweep(SMALL)
    sweep.run()
    numbers, known = [], 0
    while known < sweep.progress.version:
        trials, known = sweep.finished_since(known, 5)
        assert 0 < len(trials) <= 5
        numbers += [trial.number for trial in trials]
    assert sorted(numbers) == list(range(12)) == sorted(set(numbers))


@pytest.mark.slow
def test_processes_say_what_they_train_when_they_are_asked():
    crew = processes(2)
    sweep = Sweep(
        SMALL.model_copy(update={"epochs": 3000, "trials": 6, "pruning": False}), crew=crew
    )
    looks = watched(sweep)
    assert check(sweep, looks) >= 4
    assert sum(len(seen) for seen in looks.values()) > 20


@pytest.mark.slow
def test_a_process_that_dies_is_asked_no_more():
    crew = processes(1)
    asked = SMALL.model_copy(update={"epochs": 100_000, "trials": 1, "pruning": False})
    sweep = Sweep(asked, crew=crew)
    steps = sweep.steps()
    end = time.monotonic() + 60
    while not any(one.curve for one in sweep.under_way(1)) and time.monotonic() < end:
        next(steps)
    (pid,) = crew.executor.pids  # pyright: ignore[reportAttributeAccessIssue]
    os.kill(pid, signal.SIGKILL)
    before = sweep.under_way(1)[0].epoch
    assert before > 0
    # Another process begins it again, from nothing, and is seen at that.
    while sweep.trials[0].tries < 2 or not sweep.under_way(1)[0].curve:
        next(steps)
        assert time.monotonic() < end
    steps.close()
