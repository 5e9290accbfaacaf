"""Pictures, sequences and ratings left out one by one, beside real retraining."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from playground.core.analysis.influence import Watched, leave_one_out
from playground.core.experiment import Experiment
from playground.core.observe import Observer
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.test_influence import alone, asked, result

FLAT = [{"kind": "flatten"}, {"kind": "dense", "units": 4, "activation": "tanh"}]
CODE = [{"kind": "flatten"}, {"kind": "dense", "units": 3}]
CELL = [{"kind": "embedding", "width": 3}, {"kind": "gru", "units": 4, "states": "all"}]
LAST = [{"kind": "gru", "units": 4, "states": "last"}]
FEW = {"samples": 24, "train_percent": 50}
FORMS = ["tokens", "sum", "series", "rating"]
FORMS += [pytest.param(name, marks=pytest.mark.slow) for name in ("picture", "code")]


def experiments() -> dict[str, Experiment]:
    """One of every form of answer: a class, a class at every place, a value, a value at every
    place, values for one point, a rating."""
    short = {**FEW, "sequences": {"length": 6}}
    return {
        "picture": small("shapes", layers=FLAT, data=FEW),
        "code": small("digits_code", layers=CODE, data={"train_percent": 10}),
        "tokens": small("parity", layers=CELL, data=short),
        "sum": small("adding", layers=LAST, data=short),
        "series": small("waves", layers=[{**LAST[0], "states": "all"}], data=short),
        "rating": small("ratings", data={"ratings": {"users": 12, "items": 11}}),
    }


def finish(run: Run) -> None:
    """Until the view is done; what else there is to work on ends with a frame."""
    assert isinstance(run.observer, Observer)
    while asked(run, round=1)[0]["studies"]["influence"]["state"] == "working":
        run.observer.study(0.05)


def rightness(run: Run, place: int, part: str = "train") -> float:
    """The share of the true class, or minus the mean error: written out, one point alone."""
    inputs = torch.from_numpy(getattr(run.data, f"inputs_{part}")[[place]])
    truth = np.atleast_1d(getattr(run.data, f"targets_{part}")[place])
    output = run.engine.output(run.engine.prepare(inputs)).double().numpy()
    rows = output[:, :, 0] if output.ndim == 3 else output.T  # (places, units)
    if run.schema.task == "regression":
        said = rows * run.data.target_std + run.data.target_mean
        return -float(np.abs(said.reshape(-1) - truth).mean())
    shares = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True)
    if rows.shape[1] == 1:
        second = 1 / (1 + np.exp(-rows))
        shares = np.concatenate((1 - second, second), axis=1)
    return float(np.mean([row[k] for row, k in zip(shares, truth, strict=True) if k >= 0]))


@pytest.mark.parametrize("name", FORMS)
def test_it_is_what_retraining_by_hand_finds(name: str):
    run = run_of(experiments()[name])
    chosen, starts, epochs = [1, 6], [0, 1], 2
    watched = Watched(run.data.inputs_test[:4], run.data.targets_test[:4])
    got = result(leave_one_out(run, chosen, starts, epochs, watched))
    gain = np.zeros((2, 4))
    for s, start in enumerate(starts):
        base = alone(run, start, [], epochs)
        assert got.whole[s] == pytest.approx(base.metrics.test_loss, rel=1e-9)
        for i, place in enumerate(chosen):
            other = alone(run, start, [place], epochs)
            assert other.metrics.test_loss is not None
            assert base.metrics.test_loss is not None
            loss = other.metrics.test_loss - base.metrics.test_loss
            assert got.test[s, i] == pytest.approx(loss, rel=2e-5, abs=1e-9)
            # The point is no longer among those of the other: it is asked of the first run's data.
            without = rightness_of(other, run, place)
            own = rightness(base, place) - without
            assert got.own[s, i] == pytest.approx(own, rel=1e-4, abs=2e-6)
            gain[i] += [rightness(base, k, "test") - rightness(other, k, "test") for k in range(4)]
    np.testing.assert_allclose(-got.change.astype(float), gain / 2, rtol=2e-3, atol=5e-6)


def rightness_of(run: Run, other: Run, place: int) -> float:
    """How right a run is about a training point of another run's."""
    kept, run.data = run.data, other.data
    try:
        return rightness(run, place)
    finally:
        run.data = kept


@pytest.mark.parametrize("name", FORMS)
def test_the_view_tells_which_test_points_gain(name: str):
    run = run_of(experiments()[name])
    asked(run, round=1, epochs=1, points=3)
    finish(run)
    header, arrays = asked(run, round=1)
    told = header["studies"]["influence"]
    assert told["state"] == "done", told["problem"]
    assert len(told["result"]["told"]) == 3
    assert arrays["influence_rows"].shape == (10, 3)
    if name in ("picture", "code"):
        assert arrays["influence_pictures"].dtype == np.uint8
        assert len(arrays["influence_pictures"]) == 3
    elif name == "series":
        assert arrays["influence_series"].shape == (3, 6)
    else:
        assert all(one["read"] for one in told["result"]["told"])
    place = int(arrays["influence_rows"][0, 0])
    header, arrays = asked(run, round=1, point=place)
    chosen = header["influence"]["chosen"]
    gains = [one["gain"] for one in chosen["helped"]]
    losses = [one["gain"] for one in chosen["harmed"]]
    assert gains == sorted(gains, reverse=True)
    assert losses == sorted(losses)
    assert all(gain > 0 for gain in gains)
    assert all(gain < 0 for gain in losses)
    if name == "picture":
        shown: Any = arrays["influenced_pictures"]
        assert len(shown) == len(gains) + len(losses)


def test_the_sample_is_drawn_from_the_seed():
    run = run_of(experiments()["picture"])
    for _ in range(2):
        asked(run, round=1, epochs=1, points=5)
        finish(run)
    places = asked(run, round=1)[1]["influence_rows"][0].tolist()
    other = run_of(run.experiment)
    asked(other, round=1, epochs=1, points=5)
    finish(other)
    assert asked(other, round=1)[1]["influence_rows"][0].tolist() == places
    assert len(set(places)) == 5


def test_a_table_says_the_values_of_the_chosen_row():
    run = run_of(small("iris", layers=[{"kind": "dense", "units": 3, "activation": "tanh"}]))
    asked(run, round=1, epochs=1, points=4)
    finish(run)
    place = int(asked(run, round=1)[1]["influence_rows"][0, 2])
    chosen = asked(run, round=1, point=place)[0]["influence"]["chosen"]
    assert [name for name, _ in chosen["values"]] == list(run.schema.columns)
    assert [value for _, value in chosen["values"]] == run.data.raw_train[place].tolist()
