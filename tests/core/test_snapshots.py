"""A run is repeatable: from its seed, from a snapshot, beside others, in threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from playground.core.engine import ENGINES
from playground.core.run import Run
from tests.core.helpers import engine_cases, merged, run_of, small, states_equal


def settings(optimizer: str = "adam", **changes: Any) -> dict[str, Any]:
    """Everything that a snapshot has to remember: dropout, shuffling, an optimizer's memory."""
    base = {
        "data": {"samples": 40, "train_percent": 70},
        "layers": [
            {"kind": "dense", "units": 4},
            {"kind": "dropout", "rate": 0.3},
            {"kind": "dense", "units": 3},
        ],
        "optimizer": {"name": optimizer},
        "training": {"batch_size": 5},
    }
    return merged(base, {"optimizer": {"momentum": 0.9}} if optimizer == "sgd" else {}, changes)


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(("optimizer", "engine"), engine_cases())
def test_a_snapshot_goes_on_exactly(optimizer, engine, precision):
    """Taken within an epoch, after live changes; bit for bit over several epochs."""
    experiment = small(**settings(optimizer, training={"precision": precision}))
    run = run_of(experiment, engine=engine)
    run.advance(9)
    run.measure()
    changes = {
        "optimizer": {"learning_rate": 0.02},
        "training": {"batch_size": 4},
        "regularization": {"l2": 0.01, "clip_norm": 1.0},
    }
    run.update(run.experiment.with_changes(changes))
    run.advance(4)
    copy = run_of(run.experiment, engine=engine, snapshot=run.snapshot())
    assert (copy.step, copy.epoch, copy.batch_in_epoch) == (run.step, run.epoch, run.batch_in_epoch)
    assert copy.batches.slices == run.batches.slices
    assert states_equal(run, copy)
    for _ in range(3):
        for one in (run, copy):
            one.advance(11)
            one.measure()
        assert states_equal(run, copy)
        assert run.metrics == copy.metrics
    # All but the seconds, which no two runs share
    rows = [[row[:-1] for row in one.history.state()[-3:]] for one in (run, copy)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("engine", list(ENGINES))
@pytest.mark.parametrize("l1", [0.8, 0.0])
def test_a_snapshot_remembers_dead_links(engine, l1):
    sticky = {"l1": 0.8, "sticky_l1": True}
    changes = {"regularization": sticky, "optimizer": {"name": "sgd", "learning_rate": 0.05}}
    experiment = small(**merged(settings(), changes))
    run = run_of(experiment, engine=engine)
    run.advance(40)
    run.update(run.experiment.with_changes({"regularization": {"l1": l1}}))
    assert any((alive == 0).any() for alive in run.engine.alive())
    copy = run_of(run.experiment, engine=engine, snapshot=run.snapshot())
    for one in (run, copy):
        one.advance(20)
    assert states_equal(run, copy)
    for (weight, _), alive in zip(copy.engine.parameters(), copy.engine.alive(), strict=True):
        assert not weight[alive == 0].any()


@pytest.mark.parametrize("engine", list(ENGINES))
@pytest.mark.parametrize("last_batch", ["dropped", "carried"])
def test_a_snapshot_remembers_what_is_carried_over(engine, last_batch):
    training = {"last_batch": last_batch, "batch_size": 9}
    run = run_of(small(**settings(training=training)), engine=engine)
    run.advance(run.batches_per_epoch)  # at the start of an epoch, with one point left over
    copy = run_of(run.experiment, engine=engine, snapshot=run.snapshot())
    for one in (run, copy):
        one.update(one.experiment.with_changes({"training": {"batch_size": 8}}))
        one.advance(10)
    assert states_equal(run, copy)


def test_a_snapshot_keeps_the_history():
    run = run_of(small(**settings()))
    for _ in range(5):
        run.advance(7)
        run.seconds = 1.5
        run.measure()
    copy = run_of(run.experiment, snapshot=run.snapshot())
    assert copy.history.state() == run.history.state()
    assert copy.seconds == 1.5
    assert [row[-1] for row in copy.history.state()] == [0.0, *[1.5] * 5]
    assert [row[-2] for row in copy.history.state()] == [0, 7, 14, 21, 28, 35]
    assert copy.metrics == run.metrics


def test_a_snapshot_of_a_finished_run_is_finished():
    run = run_of(small(**settings(training={"stop_epochs": 2})))
    run.advance(1000)
    copy = run_of(run.experiment, snapshot=run.snapshot())
    assert copy.state == "done"
    assert copy.advance(10) == 0
    assert copy.notice == run.notice


def test_a_snapshot_is_no_live_view():
    """What the run does after a snapshot does not change it."""
    run = run_of(small(**settings()))
    run.advance(5)
    snapshot = run.snapshot()
    run.advance(20)
    copies = [run_of(run.experiment, snapshot=snapshot) for _ in range(2)]
    assert copies[0].step == 5
    assert states_equal(*copies)
    assert not states_equal(run, copies[0])


@pytest.mark.parametrize("engine", list(ENGINES))
def test_seeded_runs_repeat_when_interleaved(engine):
    experiment = small(**settings())
    alone = run_of(experiment, engine=engine)
    alone.advance(30)
    one, other = run_of(experiment, engine=engine), run_of(experiment, engine=engine)
    disturber = run_of(small("xor", **settings(training={"seed": 5})), engine=engine)
    for _ in range(10):
        one.advance(3)
        torch.rand(7)  # whatever else the process draws
        disturber.advance(2)
        other.advance(2)
        disturber.measure()
        other.advance(1)
        one.measure()
    assert states_equal(alone, one)
    assert states_equal(alone, other)


@pytest.mark.parametrize("engine", list(ENGINES))
def test_seeded_runs_repeat_in_threads(engine):
    experiment = small(**settings(training={"precision": "float32"}))

    def trained(_: int) -> Run:
        run = run_of(experiment, engine=engine)
        for _ in range(20):
            run.advance(3)
            run.measure()
        return run

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(trained, range(4)))
    expected = trained(0)
    assert all(states_equal(expected, run) for run in runs)
    assert all(run.metrics == expected.metrics for run in runs)


@pytest.mark.parametrize("chunks", [[1] * 40, [3, 37], [40], [13, 13, 14]])
def test_it_does_not_matter_how_a_run_is_cut_up(chunks):
    experiment = small(**settings())
    whole, parts = run_of(experiment), run_of(experiment)
    whole.advance(40)
    for chunk in chunks:
        assert parts.advance(chunk) == chunk
        parts.measure()
    assert states_equal(whole, parts)
    assert whole.step == parts.step == 40


def test_another_seed_is_another_run():
    runs = [run_of(small(**settings(training={"seed": seed}))) for seed in (1, 2)]
    for run in runs:
        run.advance(5)
    assert not states_equal(*runs)


def test_a_seed_gives_each_purpose_a_stream_of_its_own():
    """Dropout draws nothing from the order of points, and so moves no minibatch."""
    plain = small(**settings(layers=[{"kind": "dense", "units": 4}]))
    thinned = small(**settings())
    runs = [run_of(plain), run_of(thinned)]
    for run in runs:
        run.advance(20)
    assert torch.equal(runs[0].batches.indices, runs[1].batches.indices)
