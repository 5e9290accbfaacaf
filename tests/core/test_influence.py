"""Points left out one by one: what is found is what retraining by hand finds."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeVar

import numpy as np
import pytest
import torch

from playground.core.analysis.influence import (
    MISLABELLED,
    OUTLYING,
    PAINTED,
    Influence,
    Watched,
    known_kinds,
    leave_one_out,
    summed_up,
)
from playground.core.analysis.retraining import starts_of
from playground.core.observe import Observer
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.viewing import frame

T = TypeVar("T")
LAYERS = [{"kind": "dense", "units": 3, "activation": "tanh"}]


def result(steps: Generator[float, None, T]) -> T:
    """What a computation ends in; it tells of progress that never goes back."""
    shares = [0.0]
    while True:
        try:
            shares.append(next(steps))
        except StopIteration as stop:
            assert shares == sorted(shares)
            assert shares[-1] <= 1
            return stop.value


def found(run: Run, chosen: list[int], starts: list[int], epochs: int) -> tuple[Influence, Any]:
    grid = np.random.default_rng(0).normal(size=(7, run.data.inputs_train.shape[1]))
    return result(leave_one_out(run, chosen, starts, epochs, Watched(grid))), grid


def alone(run: Run, start: int, left_out: list[int], epochs: int) -> Run:
    """A run of its own, trained by hand."""
    changes = {"data": {"left_out": left_out}, "training": {"start": start}}
    other = run_of(run.experiment.with_changes(changes))
    other.advance(epochs * other.batches_per_epoch)
    other.measure()
    return other


def said(run: Run, inputs: np.ndarray) -> np.ndarray:
    """Probabilities of class 1, of every class, or values: (points, units), float64."""
    output = run.engine.output(run.engine.prepare(torch.from_numpy(inputs))).double().numpy().T
    if run.schema.task == "regression":
        return output * run.data.target_std + run.data.target_mean
    if output.shape[1] == 1:
        return 1 / (1 + np.exp(-output))
    powers = np.exp(output)
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("name", ["circle", "blobs", "sine"])
def test_it_is_what_retraining_by_hand_finds(name: str):
    """The same to the last digits, for a visitor who has already left a point out."""
    run = run_of(small(name, layers=LAYERS, data={"samples": 26, "left_out": [4]}))
    chosen, starts, epochs = [0, 5, 11], [0, 2], 6
    places = [0, 6, 12]  # among all, the one left out included
    got, grid = found(run, chosen, starts, epochs)
    assert got.places.tolist() == places
    change = np.zeros((3, len(grid)))
    for s, start in enumerate(starts):
        base = alone(run, start, [4], epochs)
        assert got.whole[s] == pytest.approx(base.metrics.test_loss, rel=1e-9)
        for i, place in enumerate(places):
            other = alone(run, start, [4, place], epochs)
            point, truth = run.data.inputs_train[[chosen[i]]], run.data.targets_train[chosen[i]]
            assert other.metrics.test_loss is not None
            assert base.metrics.test_loss is not None
            loss = other.metrics.test_loss - base.metrics.test_loss
            assert got.test[s, i] == pytest.approx(loss, rel=1e-6, abs=1e-12)
            with_it, without_it = said(base, point)[0], said(other, point)[0]
            unit = int(truth) if name == "blobs" else 0
            if name == "sine":
                own = abs(without_it[0] - truth) - abs(with_it[0] - truth)
            else:
                own = with_it[unit] - without_it[unit]
                own *= -1 if name == "circle" and truth == 0 else 1
            assert got.own[s, i] == pytest.approx(own, rel=1e-6, abs=1e-12)
            change[i] += (said(other, grid)[:, unit] - said(base, grid)[:, unit]) / 2
    np.testing.assert_allclose(got.change, change, rtol=2e-3, atol=1e-6)


def test_rules_that_end_a_run_end_no_retraining():
    run = run_of(small(layers=LAYERS, data={"samples": 20}, training={"stop_epochs": 1}))
    got, _ = found(run, [1], [0], 5)
    unruled = run.experiment.with_changes({"training": {"stop_epochs": 0}})
    assert got.whole[0] == alone(run_of(unruled), 0, [], 5).metrics.test_loss


def test_a_network_that_diverges_says_nothing():
    changes = {"optimizer": {"name": "sgd", "learning_rate": 10.0}, "loss": "mse", "layers": []}
    run = run_of(small("sine", **changes, data={"samples": 20}))
    got, _ = found(run, [0, 1], [0], 200)
    assert np.isnan(got.test).all()
    assert np.isnan(got.own).all()


def test_intervals_are_students():
    """Against the formula, written out: mean ± t s / √n."""
    values = np.array([[1.0, 2.0, np.nan], [3.0, 2.0, 1.0], [8.0, 2.0, np.nan]])
    mean, half = summed_up(values)
    np.testing.assert_allclose(mean, [4.0, 2.0, 1.0])
    spread = np.sqrt(((values[:, 0] - 4) ** 2).sum() / 2)
    np.testing.assert_allclose(half[:2], [4.3027 * spread / np.sqrt(3), 0], rtol=1e-4)
    assert np.isnan(half[2])


def test_starts_begin_with_the_visitors_own():
    assert starts_of(run_of(small()), 3) == [0, 1, 2]
    assert starts_of(run_of(small(training={"start": 1})), 3) == [1, 0, 2]
    assert starts_of(run_of(small(training={"start": 9})), 1) == [9]


def test_what_a_point_is_known_to_be():
    """Against samples without trouble; of points left out too."""
    data = {"samples": 80, "label_noise": 20, "points": [[1.0, 1.0, 1.0]], "left_out": [3]}
    run = run_of(small(data=data))
    kinds = known_kinds(run)
    clean = run_of(small(data={**data, "label_noise": 0, "left_out": []}))
    noisy = run_of(small(data={**data, "left_out": []}))
    wrong = clean.data.targets_train != noisy.data.targets_train
    assert wrong.sum() == 8
    np.testing.assert_array_equal(kinds == MISLABELLED, wrong)
    assert kinds[-1] == PAINTED
    assert len(kinds) == 41
    thrown = known_kinds(run_of(small(data={"samples": 80, "outliers": 10})))
    assert (thrown == OUTLYING).sum() == 4
    assert not known_kinds(run_of(small())).any()


# ---- the view


def asked(run: Run, **options: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    return frame(run, analysis=["influence"], options={"influence": options})


def finish(run: Run) -> None:
    assert isinstance(run.observer, Observer)
    while run.observer.studying:
        run.observer.study(0.05)


QUICK = {"samples": 24}


def studied(**options: Any) -> Run:
    run = run_of(small(layers=LAYERS, data=QUICK))
    asked(run, round=1, epochs=2, **options)
    finish(run)
    return run


def test_it_says_what_it_would_cost():
    run = run_of(small(layers=LAYERS, data=QUICK))
    header, _ = asked(run)
    assert header["influence"]["cost"] is None
    finish(run)
    header, _ = asked(run)
    cost = header["influence"]["cost"]
    assert cost["make"] > 0
    assert cost["step"] > 0
    assert cost["batches"] == run.batches_per_epoch
    assert header["studies"]["influence"]["state"] == "none"


def test_a_chosen_point_says_how_the_picture_changes():
    run = studied()
    header, arrays = asked(run, round=1, point=3)
    chosen = header["influence"]["chosen"]
    assert chosen["place"] == 3
    both, change = arrays["influenced_both"], arrays["influenced_change"].astype(float)
    expected = (change - 128) / 127 * chosen["scale"]
    np.testing.assert_allclose(both[1] - both[0], expected, atol=chosen["scale"] / 127)
    header, arrays = asked(run, round=1, point=3, drawn=chosen["key"])
    assert "influenced_both" not in arrays
    header, _ = asked(run, round=1, point=900)
    assert header["influence"]["chosen"] is None


def test_a_result_outlives_an_exchange_of_points():
    """Whoever leaves a point out still sees why, and nothing is computed anew."""
    run = studied()
    before, arrays = asked(run, round=1)
    run.update(run.experiment.with_changes({"data": {"left_out": [2]}}))
    header, again = asked(run, round=1)
    assert isinstance(run.observer, Observer)
    assert not run.observer.studying
    assert header["influence"]["left_out"] == [2]
    assert header["studies"]["influence"]["result"] == before["studies"]["influence"]["result"]
    np.testing.assert_array_equal(again["influence_rows"], arrays["influence_rows"])


def test_a_part_of_the_points_is_asked_for():
    run = studied(points=5)
    header, arrays = asked(run, round=1)
    result = header["studies"]["influence"]["result"]
    assert (result["points"], result["total"]) == (5, 12)
    assert arrays["influence_rows"].shape == (10, 5)


def test_what_was_asked_of_an_earlier_run_is_not_computed():
    run = run_of(small(layers=LAYERS, data=QUICK))
    asked(run, round=4, fresh=False)
    finish(run)
    assert asked(run, round=4, fresh=False)[0]["studies"]["influence"]["state"] == "none"
    asked(run, round=5, fresh=True, epochs=1)
    finish(run)
    assert asked(run, round=5)[0]["studies"]["influence"]["state"] == "done"


def test_wrong_labels_rise_to_the_top():
    """Two heaps of points, a tenth of them with wrong labels: those are the most harmful points,
    and the ones that are most memorised, in order."""
    data = {"samples": 120, "label_noise": 10}
    layers = [{"kind": "dense", "units": 4, "activation": "tanh"}]
    changes = {"training": {"precision": "float32"}, "optimizer": {"learning_rate": 0.03}}
    run = run_of(small("gauss", data=data, layers=layers, **changes))
    got, _ = found(run, list(range(60)), [0], 30)
    wrong = set(np.flatnonzero(known_kinds(run) == MISLABELLED).tolist())
    assert len(wrong) == 6
    assert set(np.argsort(got.test[0])[:6].tolist()) == wrong
    assert set(np.argsort(-got.own[0])[:6].tolist()) == wrong
    assert (got.test[0, list(wrong)] < 0).all()
