"""A sweep from beginning to end: what it tries, what it finds, what becomes of it."""

from __future__ import annotations

import json
import statistics
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from dataclasses import replace

import pytest

from playground.core.data.csv_reader import read_table
from playground.core.experiment import Experiment
from playground.core.run import Run
from playground.core.sweep.coordinator import LAG, Sweep
from playground.core.sweep.executors import Crew, WorkerLost
from playground.core.sweep.rows import Trial, as_csv, best, trial_from
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.space import apply, knob_from

SMALL = Experiment().with_changes(
    {
        "data": {"samples": 40},
        "layers": [{"kind": "dense", "units": 3}],
        "training": {"precision": "float64"},
    }
)


def settings(*knobs: str, **changes) -> SweepSettings:
    known = {"experiment": SMALL, "method": "grid", "starts": 2, "epochs": 4, "pruning": False}
    return SweepSettings(knobs=tuple(map(knob_from, knobs)), **known | changes)


def swept(asked: SweepSettings, **more) -> list[Trial]:
    sweep = Sweep(asked, **more)
    assert sweep.run().state == "done"
    return [trial for _, trial in sorted(sweep.trials.items())]


def plain(trials: list[Trial]) -> list[dict]:
    """Without what differs from time to time."""
    return [trial.as_dict() | {"seconds": 0, "where": ""} for trial in trials]


def test_every_network_is_the_one_that_the_playground_opens():
    asked = settings("layers.0.units=2,4", "optimizer.learning_rate=0.01,0.1")
    sweep = Sweep(asked)
    sweep.run()
    assert [tuple(trial.values.values()) for trial in sweep.trials.values()] == [
        (2, 0.01), (2, 0.1), (4, 0.01), (4, 0.1),
    ]  # fmt: skip
    for number, trial in sweep.trials.items():
        for start in trial.starts:
            run = Run(sweep.experiment_of(number, start.start))
            run.advance(4 * run.batches_per_epoch)
            assert start.test_loss == pytest.approx(run.measure().test_loss, rel=1e-9)
            assert start.test_score == pytest.approx(run.metrics.test_score, rel=1e-9)
        losses = [start.test_loss for start in trial.starts if start.test_loss is not None]
        assert len(losses) == 2
        assert trial.value == trial.mean == pytest.approx(sum(losses) / 2)
        assert (trial.low, trial.high) == (min(losses), max(losses))
        assert trial.epochs == 4 and trial.curve[-1][:2] == (4, pytest.approx(trial.value))
    winner = best(asked, list(sweep.trials.values()))
    assert winner is not None and sweep.progress.best == winner.number
    assert winner.value == min(
        trial.value for trial in sweep.trials.values() if trial.value is not None
    )


def test_a_row_is_the_same_behind_json():
    trial = swept(settings("layers.0.units=2"))[0]
    assert trial_from(trial.as_dict()) == trial


def test_a_table_says_every_number():
    asked = settings("layers.0.units=2,4")
    lines = as_csv(asked, swept(asked)).splitlines()
    assert lines[0].startswith("number,status,layers.0.units,value")
    assert lines[0].endswith("test_loss_0,test_loss_1") and len(lines) == 3


# ---- hopeless, diverged and failed trials


PRUNED = settings(
    "optimizer.learning_rate=log:0.0001:0.3:10", method="random", trials=14, epochs=16, pruning=True
)


def test_a_trial_worse_than_half_of_those_before_it_is_stopped():
    trials = swept(PRUNED)
    assert {trial.status for trial in trials} == {"done", "pruned"}
    for trial in trials:
        before = trials[: max(0, trial.number - LAG)]
        for epoch, value in trial.rungs:
            there = [other for one in before for at, other in one.rungs if at == epoch]
            seen = sorted(other for other in there if other is not None)
            assert value is not None
            hopeless = len(seen) >= 3 and value > statistics.median(seen)
            assert hopeless == (trial.pruned_at == epoch)
        assert [epoch for epoch, _ in trial.rungs] == [
            epoch for epoch in (2, 4, 8) if epoch <= (trial.pruned_at or 16)
        ]
        assert trial.epochs == (trial.pruned_at or 16)


def test_a_pruned_trial_did_what_it_would_have_done():
    trials = swept(PRUNED)
    whole = swept(PRUNED.model_copy(update={"pruning": False}))
    assert {trial.status for trial in whole} == {"done"}
    for trial, other in zip(trials, whole, strict=True):
        assert trial.values == other.values
        assert trial.curve == other.curve[: len(trial.curve)]
    pruned = next(trial for trial in trials if trial.status == "pruned")
    assert best(PRUNED, trials) != pruned


def test_what_does_not_fit_or_diverges_is_a_result():
    base = SMALL.with_changes(
        {"data": {"name": "reg-plane"}, "loss": "mse", "optimizer": {"name": "sgd"}}
    ).with_changes({"training": {"precision": "float32"}})
    knobs = tuple(map(knob_from, ("loss=mse,bce", "optimizer.learning_rate=0.01,100.0")))
    asked = SweepSettings(
        experiment=base, knobs=knobs, method="grid", starts=2, epochs=30, metric="test_score"
    )
    trials = swept(asked)
    assert [trial.status for trial in trials] == ["done", "diverged", "failed", "failed"]
    assert trials[1].diverged == 2 and trials[1].value is not None
    assert trials[2].notice is not None and trials[2].notice.code == "loss_does_not_fit"
    assert best(asked, trials) == trials[0]


def test_epochs_to_a_score_count_twice_where_it_is_missed():
    asked = settings(
        "layers.0.units=1,8", metric="epochs", target=0.9, starts=3, epochs=60, experiment=SMALL
    )
    for trial in swept(asked):
        epochs = []
        for start in range(3):
            point = SMALL.with_changes({"training": {"start": start}})
            run = Run(apply(point, trial.values))
            while run.epoch < 60 and (run.metrics.test_score or 0) < 0.9:
                run.advance(run.batches_per_epoch)
                run.measure()
            epochs.append(run.epoch if (run.metrics.test_score or 0) >= 0.9 else None)
        assert [one.reached and one.reached[0] for one in trial.starts] == epochs
        known = [epoch for epoch in epochs if epoch is not None]
        assert trial.reached == len(known)
        assert trial.mean == (pytest.approx(sum(known) / len(known)) if known else None)
        assert trial.value == pytest.approx(
            sum(120 if epoch is None else epoch for epoch in epochs) / 3
        )


def test_seconds_to_a_score_are_each_networks_own():
    asked = settings("layers.0.units=8", metric="seconds", target=0.6, epochs=200, starts=2)
    trial = swept(asked)[0]
    for start in trial.starts:
        assert start.reached is not None and 0 < start.reached[1] < trial.seconds
    assert trial.epochs == max(start.reached[0] for start in trial.starts if start.reached)
    epochs = swept(asked.model_copy(update={"metric": "epochs"}))[0]
    assert [s.reached and s.reached[0] for s in epochs.starts] == [
        s.reached and s.reached[0] for s in trial.starts
    ]


def test_the_experiments_own_stop_rules_are_not_heard():
    stopping = SMALL.with_changes({"training": {"stop_epochs": 1, "stop_loss": 100.0}})
    assert (
        swept(settings("data.noise=0"))[0].starts
        == swept(settings("data.noise=0", experiment=stopping))[0].starts
    )


def test_the_visitors_own_table_goes_along():
    rows = "\n".join(f"{i % 7},{i % 5},{(i * i) % 3}" for i in range(40))
    table = read_table(f"a,b,c\n{rows}".encode(), "own.csv")
    own = SMALL.with_changes({"data": {"name": "csv", "target": "c"}, "loss": "mse"})
    own = own.with_changes({"data": {"target_kind": "number"}})
    sweep = Sweep(settings("layers.0.units=2", experiment=own), table)
    sweep.run()
    crew = Crew(ThreadPoolExecutor(1), "processes", 1)
    assert plain(swept(sweep.settings, own=table, crew=crew)) == plain([sweep.trials[0]])
    run = Run(sweep.experiment_of(0), table)
    run.advance(4 * run.batches_per_epoch)
    assert sweep.trials[0].starts[0].test_loss == pytest.approx(run.measure().test_loss, rel=1e-9)


# ---- cancelled, gone on with, on other executors


def test_a_cancelled_sweep_goes_on_as_if_it_had_not_been():
    whole = swept(PRUNED)
    sweep = Sweep(PRUNED)
    for progress in sweep.steps():
        if progress.finished == 9:
            sweep.cancel()
    assert sweep.progress.state == "cancelled" and sweep.progress.finished == 9
    kept = [trial for trial in sweep.trials.values() if trial.finished]
    assert plain(swept(PRUNED, kept=kept)) == plain(whole)


def test_a_closed_sweep_leaves_nothing_behind():
    sweep = Sweep(PRUNED)
    steps = sweep.steps()
    for _ in range(5):
        next(steps)
    steps.close()
    assert sweep.progress.state == "cancelled" and sweep.progress.running == 0
    assert all(trial.finished or trial.status == "waiting" for trial in sweep.trials.values())


def test_any_executor_gives_the_same_sweep():
    pool = ThreadPoolExecutor(2)
    assert plain(swept(PRUNED, crew=Crew(pool, "processes", 2))) == plain(swept(PRUNED))


class Frail(ThreadPoolExecutor):
    """Its worker dies over some jobs."""

    def __init__(self, deaths: dict[str, int], error: type[Exception]) -> None:
        super().__init__(1)
        self.deaths, self.error = deaths, error

    def submit(self, fn, /, *args, **kwargs):
        noise = str(json.loads(args[0])["experiment"]["data"]["noise"])

        def work():
            if self.deaths.get(noise, 0) > 0:
                self.deaths[noise] -= 1
                raise self.error("gone")
            return fn(*args)

        return super().submit(work)


@pytest.mark.parametrize("error", [WorkerLost, BrokenExecutor])
def test_a_trial_whose_worker_died_is_tried_again(error: type[Exception]):
    deaths = {"10": 2, "20": 3}
    crew = Crew(Frail(deaths, error), "processes", 1, lambda: Frail(deaths, error))
    asked = settings("data.noise=0,10,20,30")
    sweep = Sweep(asked, crew=crew)
    told = [progress.notices for progress in sweep.steps()]
    trials = list(sweep.trials.values())
    assert [(trial.status, trial.tries) for trial in trials] == [
        ("done", 1), ("done", 3), ("failed", 3), ("done", 1),
    ]  # fmt: skip
    assert trials[2].notice is not None and trials[2].notice.code == "sweep_killed"
    assert {notice.code for notices in told for notice in notices} == {"sweep_worker_died"}
    others = swept(asked)
    assert plain([replace(trial, tries=1) for trial in trials if trial.status == "done"]) == plain(
        [trial for trial in others if trial.number != 2]
    )


def test_a_sweep_whose_workers_are_all_gone_keeps_what_it_has():
    crew = Crew(Frail({"20": 9}, BrokenExecutor), "processes", 1)
    sweep = Sweep(settings("data.noise=0,10,20,30"), crew=crew)
    progress = sweep.run()
    assert progress.state == "lost" and progress.finished == 2
    assert [notice.code for notice in progress.notices] == ["sweep_workers_gone"]
    kept = [trial for trial in sweep.trials.values() if trial.finished]
    assert plain(swept(sweep.settings, kept=kept)) == plain(swept(sweep.settings))


def test_an_executor_that_is_always_broken_is_given_up():
    deaths = {"0": 10**6}
    crew = Crew(
        Frail(deaths, BrokenExecutor), "processes", 1, lambda: Frail(deaths, BrokenExecutor)
    )
    asked = settings("data.noise=0", "layers.0.units=1,2,3")
    assert Sweep(asked, crew=crew).run().state == "lost"


def test_a_worker_of_another_version_is_named():
    class Old(ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):
            return super().submit(lambda: {**fn(*args), "versions": {"torch": "1.0"}})

    sweep = Sweep(settings("data.noise=0"), crew=Crew(Old(1), "processes", 1))
    progress = sweep.run()
    assert progress.state == "done" and progress.finished == 1
    (notice,) = progress.notices
    assert notice.code == "sweep_versions" and "torch 1.0" in notice.sentence()


def test_what_changed_is_told_once():
    sweep = Sweep(settings("data.noise=0,10"))
    seen: dict[int, Trial] = {}
    version = 0
    for progress in sweep.steps():
        for trial in sweep.rows(version):
            assert seen.get(trial.number) != trial
            seen[trial.number] = trial
        version = progress.version
    seen |= {trial.number: trial for trial in sweep.rows(version)}
    assert seen == sweep.trials
