"""The path of the weights: what is recorded, thinned, saved, and what begins it anew."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from playground.core import path as path_module
from playground.core.engine import ENGINES
from playground.core.path import LEAST_POINTS, MEMORY, MOST_POINTS, SAVED, Path
from playground.core.run import Run
from tests.core.helpers import flat, run_of, small

NORMED = [
    {"kind": "dense", "units": 3, "activation": "prelu"},
    {"kind": "batch_norm"},
    {"kind": "dense", "units": 2},
]


def stepped(times: int, **changes: Any) -> Run:
    run = run_of(small(**changes))
    for _ in range(times):
        run.advance(1)
        run.measure()
    return run


@pytest.mark.parametrize("engine", list(ENGINES))
def test_every_measured_moment_is_a_point_of_the_path(engine):
    run = run_of(small(), engine=engine)
    seen = [flat(run)]
    for _ in range(5):
        run.advance(1)
        run.measure()
        seen.append(flat(run))
    torch.testing.assert_close(run.path.points.double(), torch.stack(seen), rtol=1e-6, atol=1e-6)
    assert run.path.epochs == [row[0] for row in run.history.state()]
    assert not any(run.path.begins)


@pytest.mark.parametrize("engine", list(ENGINES))
def test_the_flat_vector_holds_what_is_learned_in_its_order(engine):
    run = run_of(small(layers=NORMED if engine == "autograd" else [{"kind": "dense"}] * 2))
    run.advance(3)
    expected = torch.cat([part.reshape(-1) for part in run.engine.learned()])
    assert torch.equal(run.engine.flat(), expected)
    kept = run.engine.flat()
    run.advance(1)
    assert torch.equal(kept, expected), "a copy"


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_young_run_that_nobody_measures_leaves_a_path(precision):
    run = run_of(small(training={"precision": precision}))
    for _ in range(300):
        run.train_for(0)
    assert run.step > 300
    assert 30 < len(run.path) < MOST_POINTS, "every few percent of the steps"
    assert len(run.history) == 1
    steps = [epoch * run.batches_per_epoch for epoch in run.path.epochs]
    assert max(later / before for before, later in itertools.pairwise(steps[5:])) < 2.5


def test_what_is_not_finite_is_no_point_of_the_path():
    run = stepped(3)
    weight, bias = run.engine.parameters()[0]
    run.engine.write(0, weight * math.nan, bias)
    run.path.append(run.exact_epoch + 1, run.step + 1, run.engine)
    assert len(run.path) == 4


def test_the_same_moment_measured_twice_is_one_point():
    run = stepped(3)
    run.measure()
    assert len(run.path) == 4


def test_what_a_layer_learns_besides_weights_is_on_the_path():
    run = stepped(4, layers=NORMED)
    assert run.path.size == sum(part.numel() for part in run.engine.learned())
    assert {name.rsplit(".", 1)[-1] for name in run.engine.gains()} == {"weight", "bias"}
    assert not any("running" in name for name in run.engine.gains())
    torch.testing.assert_close(run.path.points[-1].double(), run.engine.flat().double())


def test_a_hand_begins_a_new_piece_and_forgets_nothing():
    run = stepped(3)
    trained = run.path.points[-1].clone()
    for value in (1.0, 2.0):
        run.act({"deed": "set", "block": 1, "unit": 0, "source": 0, "value": value})
        run.measure()
    assert run.path.begins == [False] * 4 + [True], "the hand's last word stands for all of them"
    assert torch.equal(run.path.points[-2], trained)
    assert run.path.points[-1][0] == 2
    run.advance(1)
    run.measure()
    assert run.path.begins[-2:] == [True, False]


def test_a_hand_that_is_taken_back_leads_back_to_the_path():
    run = stepped(3)
    trained = run.path.points[-1].clone()
    run.act({"deed": "set", "block": 1, "unit": 0, "source": 0, "value": 1.0})
    run.measure()
    run.act({"deed": "undo"})
    run.measure()
    assert torch.equal(run.path.points[-1], trained)


def test_a_long_path_is_thinned_and_keeps_its_ends():
    run = run_of(small(data={"samples": 20}))
    for _ in range(3 * MOST_POINTS):
        run.advance(1)
        run.measure()
    assert MOST_POINTS / 4 < len(run.path) <= MOST_POINTS
    epochs = run.path.epochs
    assert epochs == sorted(epochs)
    assert (epochs[0], epochs[-1]) == (0.0, run.exact_epoch)
    torch.testing.assert_close(run.path.points[-1].double(), flat(run), rtol=1e-6, atol=1e-6)


@given(most=st.integers(4, 40), length=st.integers(1, 200), hands=st.sets(st.integers(0, 200)))
def test_the_path_never_outgrows_its_memory(most, length, hands):
    path = Path(_ENGINE)
    path.most = most
    for step in range(length):
        if step in hands:
            path.leap()
        path.append(step / 3, step, _ENGINE)
        assert 1 <= len(path) <= most
    assert path.epochs[-1] == (length - 1) / 3
    assert path.epochs == sorted(set(path.epochs))


def test_a_large_network_keeps_fewer_points_and_a_larger_one_none(monkeypatch):
    size = Path(_ENGINE).size
    monkeypatch.setattr(path_module, "MEMORY", 4 * size * 60)
    assert Path(_ENGINE).most == 60
    monkeypatch.setattr(path_module, "MEMORY", 4 * size * (LEAST_POINTS - 1))
    path = Path(_ENGINE)
    assert path.most == 0
    path.append(1.0, 1, _ENGINE)
    assert len(path) == 0
    assert MEMORY / 4 / LEAST_POINTS > 40_000


def test_a_snapshot_carries_the_path():
    run = stepped(30)
    copy = run_of(run.experiment, snapshot=run.snapshot())
    assert copy.path.epochs == run.path.epochs
    assert torch.equal(copy.path.points, run.path.points)
    run = stepped(30, layers=[{"kind": "dense", "units": 40}] * 2)
    before = len(run.snapshot())
    copy = run_of(run.experiment, snapshot=run.snapshot())
    assert 2 < len(copy.path) < len(run.path), "thinned, for a snapshot goes out all the time"
    assert (copy.path.epochs[0], copy.path.epochs[-1]) == (0.0, run.exact_epoch)
    run.path = Path(run.engine)
    assert before - len(run.snapshot()) <= SAVED + 2048


def test_another_engine_goes_on_and_other_numbers_begin_anew():
    run = stepped(5)
    run.update(run.experiment.with_changes({"optimizer": {"name": "lbfgs"}}))
    assert len(run.path) == 6
    run.measure()
    assert len(run.path) == 6
    layers = [layer.model_dump() | {"activation": "prelu"} for layer in run.experiment.layers]
    run.update(run.experiment.with_changes({"layers": layers}))
    assert run.path.size == sum(part.numel() for part in run.engine.learned())
    run.measure()
    assert len(run.path) == 1


def test_other_points_and_divergence_keep_the_path():
    run = stepped(5)
    run.update(run.experiment.with_changes({"data": {"label_noise": 20}}))
    assert len(run.path) >= 6
    run.advance(1)
    run.measure()
    place = run.exact_epoch
    weight, bias = run.engine.parameters()[0]
    run.engine.write(0, weight * float("nan"), bias)
    run.advance(1)
    run.measure()
    assert run.state == "diverged"
    run.resume()
    assert run.path.epochs[-1] == run.exact_epoch <= place
    assert torch.isfinite(run.path.points).all()


_ENGINE = run_of(small()).engine
