"""Ghosts: copies of a run that train on with one knob turned, and what is said of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from playground.core.analysis.whatif_view import Table
from playground.core.ghosts import MEASURES, STUDENT, Kept, effect, moments, watched
from playground.core.neighbours import KNOBS, neighbours
from playground.core.observe import Observer
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.viewing import frame

LAYERS = [
    {"kind": "dense", "units": 4, "activation": "tanh"},
    {"kind": "dropout", "rate": 0.1},
    {"kind": "dense", "units": 2, "activation": "tanh"},
]


def begun(**changes: Any) -> Run:
    """A run in the middle of its third epoch."""
    run = run_of(small(layers=LAYERS, **changes))
    run.advance(2 * run.batches_per_epoch + 1)
    return run


def followed(ghost: Run, first: int, epochs: int) -> np.ndarray:
    steps = watched(ghost, first, epochs)
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


def test_the_first_ghost_is_what_the_run_itself_would_do():
    run = begun(training={"stop_epochs": 4})
    before = run.engine.flat().clone()
    ghost = Kept(run).ghost({}, 0)
    course = followed(ghost, 3, 3)
    assert torch.equal(run.engine.flat(), before), "the run is not touched"
    run.update(run.experiment.with_changes({"training": {"stop_epochs": 0}}))
    while run.epoch < 6:
        run.advance(1)
    metrics = run.measure()
    assert torch.equal(run.engine.flat(), ghost.engine.flat())
    assert course[:, -1].tolist() == [getattr(metrics, name) for name in MEASURES]


def test_every_neighbour_is_what_the_run_does_when_it_is_applied():
    run = begun(optimizer={"name": "sgd", "momentum": 0.5})
    kept, asked = Kept(run), neighbours(run.experiment, len(run.data.inputs_train))
    assert {one.knob for one in asked} == set(KNOBS) - {"l1"}
    for one in asked:
        if one.fresh:
            continue
        ghost = kept.ghost(one.changes, 0)
        applied = Run(run.experiment, snapshot=run.snapshot())
        applied.update(run.experiment.with_changes(one.changes))
        for copy in (ghost, applied):
            copy.advance(12)
        assert torch.equal(ghost.engine.flat(), applied.engine.flat()), one.key
        assert not torch.equal(ghost.engine.flat(), run.engine.flat())


def test_ghosts_of_one_luck_take_the_same_points_and_those_of_another_do_not():
    run = begun()
    kept = Kept(run)
    orders: dict[tuple[str, int], list[list[int]]] = {}
    for luck in (0, 1, 2):
        for key, changes in (("same", {}), ("batch", {"training": {"batch_size": 5}})):
            ghost = kept.ghost(changes, luck)
            seen = [ghost.batches.indices.tolist()]
            while len(seen) < 3:
                epoch = ghost.epoch
                ghost.advance(1)
                if ghost.epoch > epoch:
                    seen.append(ghost.batches.indices.tolist())
            orders[key, luck] = seen
    for luck in (0, 1, 2):
        assert orders["same", luck] == orders["batch", luck]
        assert all(sorted(one) == list(range(30)) for one in orders["same", luck])
    assert orders["same", 0][0][10:] != orders["same", 1][0][10:]
    assert orders["same", 0][0][:10] == orders["same", 1][0][:10], "what was taken stays taken"
    assert orders["same", 1][1] != orders["same", 2][1]


def test_a_ghost_that_diverges_says_so_and_has_no_numbers_from_there():
    run = begun(optimizer={"name": "sgd"}, loss="mse")
    ghost = Kept(run).ghost({"optimizer": {"learning_rate": 100.0}}, 0)
    course = followed(ghost, 3, 20)
    assert ghost.state == "diverged"
    assert np.isfinite(course[:, 0]).all() and np.isnan(course[:, -1]).all()


def test_moments_end_with_the_last_epoch():
    assert moments(5) == [1, 2, 3, 4, 5]
    assert moments(50)[-1] == 50 and len(moments(50)) == 20
    assert moments(50) == sorted(set(moments(50)))


def test_bands_are_those_of_a_paired_t_test():
    for count, factor in STUDENT.items():
        assert factor == pytest.approx(stats.t.ppf(0.975, count - 1), abs=1e-3)
    rng = np.random.default_rng(0)
    before = rng.uniform(0.3, 0.5, 5)
    after = before * np.exp(rng.normal(-0.4, 0.1, 5))
    found = effect("train_loss", after, before)
    assert found is not None and found.kind == "ratio" and found.verdict == "better"
    band = stats.ttest_rel(np.log(after), np.log(before)).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx(np.exp(band), rel=1e-3)
    score = effect("test_score", before - 0.2, before)
    assert score is not None and (score.kind, score.verdict) == ("difference", "worse")
    assert score.low == pytest.approx(-0.2) == score.high


def test_a_difference_that_luck_may_have_made_is_called_luck():
    rng = np.random.default_rng(1)
    wrong = 0
    for _ in range(400):
        before, after = np.exp(rng.normal(0, 0.2, (2, 5)))
        found = effect("train_loss", np.array(after), np.array(before))
        assert found is not None
        wrong += found.verdict != "luck"
    assert wrong < 400 * 0.09, "of no effect at all, 5 % are taken for one"
    zero = effect("train_loss", np.zeros(3), np.zeros(3))
    assert zero is not None and (zero.kind, zero.mean, zero.verdict) == ("difference", 0, "luck")
    assert effect("test_loss", np.array([np.nan, 1.0]), np.ones(2)) is None


def test_the_study_tells_what_is_known_and_says_when_settings_changed():
    run = begun()
    want = {"analysis": ["whatif"], "options": {"whatif": {"round": 1, "epochs": 5, "lucks": 3}}}
    frame(run, **want)
    assert isinstance(run.observer, Observer)
    seen = 0
    while run.observer.studying:
        run.observer.study(0.02)
        rows = frame(run, **want)[0]["studies"]["whatif"].get("result", {}).get("rows", [])
        seen += 0 < len(rows) < 6
    assert seen, "rows come one by one"
    header, arrays = frame(run, **want)
    told = header["studies"]["whatif"]
    json.dumps(told, allow_nan=False)
    assert told["state"] == "done" and header["whatif"] == {"changed": False}
    result, curves = told["result"], arrays["whatif_curves"]
    assert curves.shape == (2 + len(result["rows"]), 3, 4, 6)
    for at, row in enumerate(result["rows"]):
        assert row["last"]["train_loss"] == pytest.approx(curves[2 + at, :, 0, -1], rel=1e-6)
        reference = result["references"][int(row["fresh"])]
        assert reference["fresh"] == row["fresh"]
    run.update(run.experiment.with_changes({"regularization": {"l2": 0.01}}))
    assert frame(run, **want)[0]["whatif"] == {"changed": True}


@pytest.mark.slow
def test_a_notch_that_does_not_fit_is_left_out():
    # Two groups of normalisation need an even width: half of 2 has none.
    layers = [{"kind": "dense", "units": 2}, {"kind": "group_norm", "groups": 2}]
    run = run_of(small(layers=layers))
    table, kept = Table(run, 1, 3), Kept(run)
    list(table.add(kept, None, fresh=True))
    for knob in neighbours(run.experiment):
        if knob.knob == "width":
            list(table.add(kept, knob, fresh=True))
    assert [row["key"] for row in table.told()[0]["rows"]] == ["width_up"]
