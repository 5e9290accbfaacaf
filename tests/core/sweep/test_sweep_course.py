"""A sweep from beginning to end: what it tries, what it finds, what becomes of it."""

from __future__ import annotations

import pytest

from playground.core.experiment import Experiment
from playground.core.run import Run
from playground.core.sweep.coordinator import Sweep
from playground.core.sweep.rows import Trial, as_csv, best, trial_from
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.space import knob_from

SMALL = Experiment().with_changes(
    {
        "data": {"samples": 40},
        "layers": [{"kind": "dense", "units": 3}],
        "training": {"precision": "float64"},
    }
)


def settings(*knobs: str, **changes) -> SweepSettings:
    known = {"method": "grid", "starts": 2, "epochs": 4, "pruning": False} | changes
    return SweepSettings(experiment=SMALL, knobs=tuple(map(knob_from, knobs)), **known)


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
