"""What a run measures, against an independent network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from playground.core.differences import reset_reasons
from playground.core.errors import PlaygroundError
from playground.core.losses import LOSSES, encode_targets
from playground.core.observe import observe
from tests.core.helpers import POINT_SETS, independent_model, model_inputs, run_of, small, table_for

# ---- measuring


@pytest.mark.parametrize("name", POINT_SETS)
def test_the_measures_are_those_of_an_independent_network(name):
    run = run_of(small(name, regularization={"l1": 0.01, "l2": 0.2}))
    run.advance(5)
    found = run.measure()
    model, inputs = independent_model(run), model_inputs(run)
    with torch.no_grad():
        output = model(inputs)
    data, count = run.data, len(run.data.inputs_train)
    targets = torch.from_numpy(np.concatenate((data.targets_train, data.targets_test)))
    if run.schema.task == "regression":
        targets = (targets - data.target_mean) / data.target_std
    loss = LOSSES[run.experiment.loss]
    encoded = encode_targets(targets, run.schema.task, len(run.schema.class_names), loss)
    for part, value, score in (
        (slice(None, count), found.train_loss, found.train_score),
        (slice(count, None), found.test_loss, found.test_score),
    ):
        if not len(targets[part]):
            assert (value, score) == (None, None)
            assert name == "own"
            continue
        assert value == pytest.approx(loss.value(output[part], encoded[part], 1).item(), rel=1e-12)
        if run.schema.task == "regression":
            from sklearn.metrics import r2_score

            expected = r2_score(targets[part].numpy(), output[part, 0].numpy())
        else:
            several = output.shape[1] > 1
            best = output[part].argmax(1) if several else (output[part, 0] > 0).long()
            expected = (best == targets[part]).double().mean().item()
        assert score == pytest.approx(expected, abs=1e-12)
    weights = torch.cat([p.flatten() for p in model.parameters() if p.ndim == 2]).detach()
    penalty = 0.01 * weights.abs().sum() + 0.1 * weights.square().sum()
    assert found.penalty == pytest.approx(penalty.item(), rel=1e-12)


def test_no_score_where_none_is_defined():
    table = table_for("csv")
    assert table is not None
    run = run_of(small("csv", data={"target": "size", "target_kind": "number"}, loss="mse"))
    run.truth[: len(run.data.inputs_train)] = 2.0  # R² of a constant target is not defined
    run.advance(1)
    found = run.measure()
    assert found.train_score is None
    assert found.test_score is not None


def test_poisson_counts_what_is_counted():
    """Its targets are as they are in the table, its answer is a rate, never a negative number."""
    settings = {"data": {"target": "weight", "target_kind": "number", "scaling": "standard"}}
    run = run_of(small("csv", loss="poisson", output_activation="linear", **settings))
    assert (run.data.target_mean, run.data.target_std) == (0, 1)
    run.advance(200)
    metrics = run.measure()
    rates = run.engine.activations(run.points)[-1][0].exp().numpy()
    split = len(run.data.targets_train)
    misses = ((rates[:split] - run.data.targets_train) ** 2).mean()
    assert metrics.train_score is not None
    assert metrics.train_score == pytest.approx(1 - misses / run.data.targets_train.var())
    assert metrics.train_score > 0.2
    _, arrays = observe(run, {"resolution": 20}, (-1, 0), True)
    assert arrays["map"].size


@pytest.mark.parametrize("name", ["reg-plane", "reg-gauss"])
def test_poisson_is_refused_where_targets_are_negative(name):
    with pytest.raises(PlaygroundError) as caught:
        run_of(small(name, loss="poisson"))
    assert caught.value.code == "loss_needs_counts"


def test_settings_of_a_loss_change_what_is_measured_at_once():
    run = run_of(small(loss="focal", loss_settings={"focal_gamma": 0.0}))
    first = run.measure().train_loss
    run.update(run.experiment.with_changes({"loss_settings": {"focal_gamma": 5.0}}))
    later = run.measure().train_loss
    assert first is not None
    assert later is not None
    assert later < 0.5 * first


def test_a_loss_of_counts_begins_anew():
    settings = {"data": {"target": "weight", "target_kind": "number", "scaling": "standard"}}
    old = small("csv", loss="mse", output_activation="linear", **settings)
    assert reset_reasons(old, old.with_changes({"loss": "poisson"})) == ("loss",)
    assert reset_reasons(old, old.with_changes({"loss": "log_cosh"})) == ()
