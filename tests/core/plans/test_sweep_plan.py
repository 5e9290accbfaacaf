"""A sweep as a live run: turns, frames with what is new, and its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from playground.core.experiment import Experiment
from playground.core.plans.sweep import SweepPlan
from playground.core.plans.sweep_crew import SharedCrew
from playground.core.plans.sweep_run import SweepRun
from playground.core.sweep import files
from playground.core.sweep.coordinator import Sweep
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.space import knob_from
from playground.core.want import Want

SETTINGS = SweepSettings(
    experiment=Experiment().with_changes({"data": {"samples": 40}, "layers": []}),
    knobs=(knob_from("optimizer.learning_rate=0.01,0.1,1"), knob_from("regularization.l2=0,0.1")),
    method="grid",
    starts=2,
    epochs=2,
    pruning=False,
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_SWEEPS", str(tmp_path))


def plan(file: str = "") -> SweepPlan:
    return SweepPlan(experiment=SETTINGS.experiment, sweep=SETTINGS, file=file)


def found(run: SweepRun) -> list[Any]:
    return [(trial.values, trial.value) for trial in run.sweep.rows()]


def finished(run: SweepRun) -> SweepRun:
    while run.state == "ready":
        run.train_for(0.01)
    return run


def test_turns_come_to_what_the_sweep_comes_to_by_itself():
    alone = Sweep(SETTINGS)
    alone.run()
    run = finished(plan().build(None, None))
    assert found(run) == [(trial.values, trial.value) for trial in alone.rows()]
    assert run.epoch == 6 and run.train_for(0.01) == 0
    assert plan().needs(None) > 0


def test_a_frame_says_what_has_changed_since_the_last():
    run = plan().build(None, None)
    seen: dict[int, dict[str, Any]] = {}
    history = (-1, 0)
    while run.state == "ready":
        run.advance(1)
        header, arrays = run.frame(Want(), history, scene=True)
        assert arrays == {}
        seen |= {row["number"]: row for row in header["trials"]}
        history = header["history"]["version"], header["history"]["total"]
        again, _ = run.frame(Want(), history, scene=False)
        assert again["trials"] == [] and "scene" not in again
    whole, _ = run.frame(Want(), (-1, 0), scene=False)
    assert [seen[number] for number in sorted(seen)] == whole["trials"]
    assert whole["progress"]["finished"] == whole["progress"]["planned"] == 6
    # What a viewer knows of an earlier run is nothing to this one.
    assert len(run.frame(Want(), (0, 10_000), scene=False)[0]["trials"]) == 6


def test_it_goes_on_from_its_file_wherever_it_was_dropped():
    name = files.begin(SETTINGS, None)
    run = plan(name).build(None, None)
    while run.epoch < 2:
        run.advance(1)
    before = [row for row in found(run) if row[1] is not None]
    del run  # what is under way is lost with it
    again = plan(name).build(None, None)
    assert again.epoch == 2 and found(again) == before
    assert again.sweep.progress.running == 0, "nothing is begun before it is asked for"
    finished(again)
    assert found(again) == found(finished(plan().build(None, None)))
    assert plan(name).build(None, None).state == "done"


@pytest.mark.slow
def test_sweeps_share_the_processes_that_the_server_gives_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLAYGROUND_SWEEP_WORKERS", "2")
    one, other = (plan().build(None, None) for _ in range(2))
    assert SharedCrew._shared is None, "sweeps at rest have none"
    one.train_for(0.01)
    other.train_for(0.01)
    assert one.idle > 0 and one.sweep.crew.executor is other.sweep.crew.executor
    wanted = found(finished(other))
    assert found(finished(one)) == wanted
    monkeypatch.setenv("PLAYGROUND_SWEEP_WORKERS", "0")
    assert found(finished(plan().build(None, None))) == wanted
    assert SharedCrew._shared is None, "the last one ends them"
