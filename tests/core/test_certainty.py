"""How sure a network is: against Hessians, simulations, plain loops and other libraries."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from playground.core.analysis.certainty import (
    LEVELS,
    class_calibration,
    of_answers,
    value_calibration,
)
from playground.core.analysis.certainty_measured import Measured, dropout_passes, places_of
from playground.core.analysis.certainty_view import CertaintyView
from playground.core.analysis.laplace import (
    LastLayer,
    expected,
    gauss_hermite,
    point_curvature,
    probit,
    with_one,
)
from playground.core.observe import Observer
from playground.core.run import Run
from tests.core.helpers import flat, run_of, small
from tests.core.viewing import frame

LAYERS = [{"kind": "dense", "units": 4, "activation": "tanh"}]
NAMES = ("plain", "ensemble", "dropout", "laplace")


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


# ---- the last layer


@pytest.mark.parametrize(("loss", "units"), [("bce", 1), ("cross_entropy", 3), ("half_squared", 2)])
def test_the_curvature_is_the_dense_hessian(loss: str, units: int):
    """Of the summed loss by the head's weights, by autograd: behind a linear head the generalised
    Gauss–Newton matrix is the Hessian itself."""
    from playground.core.losses import LOSSES

    features, weights = random(20, 3), random(units, 4, seed=1)
    targets = torch.nn.functional.one_hot(torch.arange(20) % max(units, 2)).double()[:, :units]
    value = lambda sums, wanted: LOSSES[loss].value(sums, wanted, 1)  # noqa: E731

    def summed(flattened: Tensor) -> Tensor:
        return 20 * value(with_one(features) @ flattened.view(units, 4).mT, targets)

    expected_matrix = torch.autograd.functional.hessian(summed, weights.flatten())
    assert isinstance(expected_matrix, Tensor)
    curvature = point_curvature(value, with_one(features) @ weights.mT, targets)
    layer = LastLayer.of(weights, features, curvature, 0.0)
    matrix = layer.vectors @ layer.values.diag() @ layer.vectors.mT
    torch.testing.assert_close(matrix, expected_matrix, rtol=1e-9, atol=1e-9)
    prior = 0.7
    covariance = torch.linalg.inv(expected_matrix + prior * torch.eye(4 * units).double())
    spread = layer.spread(features, prior)
    for point in range(3):
        jacobian = torch.kron(torch.eye(units).double(), with_one(features)[point][None])
        torch.testing.assert_close(spread[point], jacobian @ covariance @ jacobian.mT)


def test_logistic_regression_by_hand():
    """One feature, written out: Σ p (1 − p) [x², x; x, 1], inverted by Cramer's rule."""
    x, weight, bias, prior = np.array([-1.0, 0.5, 2.0]), 0.8, -0.3, 2.0
    p = 1 / (1 + np.exp(-(weight * x + bias)))
    v = p * (1 - p)
    a, b, d = (v * x * x).sum() + prior, (v * x).sum(), v.sum() + prior
    at = 1.5
    by_hand = (d * at * at - 2 * b * at + a) / (a * d - b * b)
    features = torch.from_numpy(x)[:, None]
    weights = torch.tensor([[weight, bias]]).double()
    targets = torch.tensor([[0.0], [1.0], [1.0]]).double()
    loss = torch.nn.functional.binary_cross_entropy_with_logits
    curvature = point_curvature(loss, features * weight + bias, targets)
    layer = LastLayer.of(weights, features, curvature, 0.0)
    found = layer.spread(torch.tensor([[at]]).double(), prior).item()
    assert found == pytest.approx(by_hand, rel=1e-10)
    mean = torch.tensor(weight * at + bias).double()
    share = probit(mean, torch.tensor(by_hand)).sigmoid().item()
    simulated = torch.special.expit(mean + math.sqrt(by_hand) * random(400_000)).mean().item()
    assert share == pytest.approx(simulated, abs=0.01)


def test_the_evidence_of_a_linear_regression_is_exact():
    """Gaussian noise and weights: the marginal likelihood is a Gaussian's density; the prior that
    is chosen has the largest one."""
    features, weights = random(30, 2), torch.zeros(1, 3).double()
    targets = with_one(features) @ torch.tensor([1.0, -2.0, 0.5]).double() + 0.3 * random(
        30, seed=2
    )
    phi, noise = with_one(features), 0.3
    weights[0] = torch.linalg.lstsq(phi, targets[:, None]).solution[:, 0]

    def exact(prior: float) -> float:
        covariance = phi @ phi.mT / prior + noise**2 * torch.eye(30).double()
        law = torch.distributions.MultivariateNormal(torch.zeros(30).double(), covariance)
        return law.log_prob(targets).item()

    curvature = torch.full((30, 1, 1), 1 / noise**2).double()
    off = (phi @ weights[0] - targets).square().sum().item() / (2 * noise**2)
    fit = off + 30 * math.log(noise * math.sqrt(2 * math.pi))
    layer = LastLayer.of(weights, features, curvature, fit)
    # At the most likely weights without a prior, as good as those with one where it is wide.
    assert layer.evidence(1e-3) == pytest.approx(exact(1e-3), abs=1e-3)
    tried = np.exp(np.linspace(math.log(1e-4), math.log(1e4), 81))
    best = max(tried, key=exact)
    assert layer.best_prior() == pytest.approx(best, rel=0.3), "among the same"
    assert layer.determined(1e-9) == pytest.approx(3, rel=1e-6)


def test_what_bends_downwards_and_what_is_flat_says_nothing():
    def downwards(sums: Tensor, targets: Tensor) -> Tensor:
        return -(sums.square()).sum(1).mean()

    assert not point_curvature(downwards, random(4, 2), random(4, 2)).any()
    straight = lambda sums, targets: (sums - targets).abs().mean()  # noqa: E731
    assert not point_curvature(straight, random(4, 1), random(4, 1, seed=5)).any()


def test_expectations_of_gaussian_sums():
    """By quadrature against a closed form, by samples against a long simulation."""
    places, weights = gauss_hermite(16)
    assert (weights * places**4).sum().item() == pytest.approx(3)
    mean, covariance = random(5, 1), random(5, 1, 1, seed=3).square()
    first, apart = expected(lambda sums: sums.exp(), mean, covariance)
    variance = covariance[:, 0]
    torch.testing.assert_close(first, (mean + variance / 2).exp(), rtol=1e-6, atol=1e-9)
    closed = first.square() * (variance.exp() - 1)
    torch.testing.assert_close(apart.square(), closed, rtol=1e-4, atol=1e-6)
    root = random(1, 3, 3, seed=4)
    centre = random(1, 3, seed=6)
    share, apart = expected(lambda sums: sums.softmax(1), centre, root @ root.mT)
    drawn = (centre + random(200_000, 3, seed=7) @ root[0].mT).softmax(1)
    torch.testing.assert_close(share[0], drawn.mean(0), rtol=0, atol=0.03)
    torch.testing.assert_close(apart[0], drawn.std(0), rtol=0, atol=0.04)


# ---- calibration


@pytest.mark.parametrize("classes", [2, 4])
def test_calibration_of_classes_against_a_loop_and_scikit_learn(classes: int):
    from sklearn.metrics import brier_score_loss, log_loss

    shares = random(classes, 300).softmax(0)
    truth = torch.from_numpy(np.random.default_rng(5).integers(0, classes, 300))
    numbers, rows = class_calibration(shares, truth)
    said, confidence = shares.argmax(0), shares.max(0).values
    ece, kept = 0.0, []
    for place in range(10):
        inside = [i for i in range(300) if place / 10 < confidence[i] <= (place + 1) / 10]
        if inside:
            sure = np.mean([confidence[i].item() for i in inside])
            right = np.mean([float(said[i] == truth[i]) for i in inside])
            ece += len(inside) / 300 * abs(sure - right)
            kept.append((sure, right, len(inside)))
    np.testing.assert_allclose(rows.numpy().T, kept, rtol=1e-9)
    assert numbers["ece"] == pytest.approx(ece)
    assert numbers["nll"] == pytest.approx(log_loss(truth, shares.T.numpy()))
    if classes == 2:
        assert numbers["brier"] == pytest.approx(brier_score_loss(truth, shares[1].numpy()))
    else:
        missed = [
            (shares[k, i].item() - float(truth[i] == k)) ** 2
            for i in range(300)
            for k in range(classes)
        ]
        assert numbers["brier"] == pytest.approx(sum(missed) / 300)


def test_calibration_of_values():
    """What is said rightly covers what it should; half the deviation covers less."""
    mean, deviation = random(20_000), 0.5 + random(20_000, seed=1).abs()
    truth = mean + deviation * random(20_000, seed=2)
    numbers, rows = value_calibration(mean, deviation, truth)
    np.testing.assert_allclose(rows[0], LEVELS)
    np.testing.assert_allclose(rows[1], LEVELS, atol=0.015)
    law = torch.distributions.Normal(mean, deviation)
    assert numbers["nll"] == pytest.approx(-law.log_prob(truth).mean().item())
    assert value_calibration(mean, deviation / 2, truth)[0]["apart"] > 10 * numbers["apart"]


# ---- the view


def asked(run: Run, **options: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    header, arrays = frame(run, analysis=["certainty"], options={"certainty": options})
    return header["studies"]["certainty"], arrays


def studied(run: Run, **options: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    asked(run, **options)
    assert isinstance(run.observer, Observer)
    while run.observer.studying:
        run.observer.study(0.05)
    told, arrays = asked(run, **options)
    assert told["state"] == "done", told
    return told["result"], arrays


def measured(run: Run) -> Measured:
    assert isinstance(run.observer, Observer)
    view = run.observer._view_of("certainty")
    assert isinstance(view, CertaintyView)
    assert view._measured is not None
    return view._measured


def test_the_ensemble_is_made_of_real_runs():
    run = run_of(small(layers=LAYERS, data={"samples": 40}))
    run.advance(13)
    told, arrays = studied(run, round=1, members=4, window=1)
    assert (told["members"], told["of_step"]) == (4, 13)
    others = measured(run).others
    every = [run.output()]
    for index, start in enumerate((1, 2, 3)):
        alone = run_of(run.experiment.with_changes({"training": {"start": start}}))
        alone.advance(13)
        torch.testing.assert_close(others.flat()[index], alone.engine.flat(), rtol=1e-9, atol=1e-12)
        every.append(alone.output())
    shares = torch.stack(every).sigmoid()[:, 0]
    belief = of_answers(run, torch.stack(every))
    torch.testing.assert_close(belief.mean[1], shares.mean(0))
    torch.testing.assert_close(belief.spread, shares.std(0, correction=0))
    p = shares.mean(0)
    entropy = -(p * p.log2() + (1 - p) * (1 - p).log2())
    torch.testing.assert_close(belief.entropy, entropy)
    test = told["methods"]["ensemble"]
    assert test["near"] == pytest.approx(entropy[20:].mean().item(), rel=1e-9)
    assert arrays["certainty_entropy_ensemble"].shape == (61, 61)
    assert not arrays["certainty_spread_plain"].any()


def test_dropout_against_a_long_simulation():
    """Masks drawn by hand, many more of them: the same mean and deviation, up to chance."""
    layers = [*LAYERS, {"kind": "dropout", "rate": 0.4}]
    run = run_of(small(layers=layers, data={"samples": 40}))
    run.advance(60)
    told, _ = studied(run, round=1, members=4, passes=300)
    assert told["methods"]["dropout"]["there"]
    (first, b1), (second, b2) = run.engine.parameters()
    inputs = torch.from_numpy(run.data.inputs_test)
    hidden = torch.tanh(inputs @ first.mT + b1)
    kept = torch.from_numpy(np.random.default_rng(1).random((20_000, 1, 4)) >= 0.4)
    drawn = torch.sigmoid((hidden * kept / 0.6) @ second.mT + b2)[..., 0]
    steps = dropout_passes(42, measured(run), inputs, places_of(run, None))
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            belief = of_answers(run, stop.value)
            break
    error = drawn.std(0).max().item() / math.sqrt(300)
    torch.testing.assert_close(belief.mean[1], drawn.mean(0), rtol=0, atol=4 * error)
    torch.testing.assert_close(belief.spread, drawn.std(0), rtol=0, atol=4 * error)


def test_looking_changes_nothing_of_the_run():
    run = run_of(small(layers=[*LAYERS, {"kind": "dropout"}], data={"samples": 40}))
    other = run_of(run.experiment)
    run.advance(5)
    studied(run, round=1, members=4, passes=30)
    run.advance(5)
    other.advance(10)
    assert torch.equal(flat(run), flat(other))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("circle", {}),
        ("blobs", {}),
        ("sine", {}),
        ("circle", {"loss": "mse"}),
        ("sine", {"output_activation": "tanh"}),
        ("blobs", {"layers": []}),
    ],
)
def test_every_way_speaks_of_every_task(name: str, changes: dict[str, Any]):
    run = run_of(small(name, **{"layers": LAYERS, **changes}))
    run.advance(30)
    told, arrays = studied(run, round=1, members=4)
    assert [told["methods"][way]["there"] for way in NAMES] == [True, True, False, True]
    assert told["methods"]["laplace"]["near"] >= 0
    assert all(np.isfinite(array).all() for array in arrays.values())
    further, _ = studied(run, round=2, what="again", window=4, prior=3)
    assert further["prior"] == pytest.approx(1000)
    assert not further["fitted"]
    assert further["of_step"] == told["of_step"]
    # A narrow prior leaves the head no freedom: nearly what the network says alone.
    alone, narrow = further["methods"]["plain"], further["methods"]["laplace"]
    assert narrow["nll"] == pytest.approx(alone["nll"], rel=0.1)


def test_values_in_closed_form():
    """Bayesian linear regression on the features, by the textbook's formula."""
    run = run_of(small("sine", layers=LAYERS))
    run.advance(40)
    _, arrays = studied(run, round=1, members=4, prior=0, window=1)
    found = measured(run)
    weights = list(run.engine.parameters())
    grid = torch.linspace(*run.observer.plane.domain[:2], 181, dtype=torch.float64)  # type: ignore[union-attr]
    hidden = [
        torch.tanh(torch.as_tensor(points) @ weights[0][0].mT + weights[0][1])
        for points in (run.data.inputs_train, run.data.to_inputs(grid.numpy()[:, None]))
    ]
    phi = with_one(hidden[0])
    covariance = torch.linalg.inv(phi.mT @ phi / found.noise**2 + torch.eye(5).double())
    at = with_one(hidden[1])
    spread = (at * (at @ covariance)).sum(1).sqrt() * run.data.target_std
    scale = asked(run, round=1)[0]["result"]["scale"]
    np.testing.assert_allclose(
        arrays["certainty_spread_laplace"] / 255 * scale, spread, atol=0.51 / 255 * scale
    )


def test_a_loss_without_curvature_says_so():
    run = run_of(small("sine", layers=LAYERS, loss="mae"))
    told, _ = studied(run, round=1, members=4)
    assert told["methods"]["laplace"]["there"], "values: by the noise about them"
    run = run_of(small(layers=LAYERS, loss="hinge"))
    told, _ = studied(run, round=1, members=4)
    assert told["methods"]["laplace"] == {"there": False, "reason": "flat"}


def test_pictures_have_calibration_alone():
    run = run_of(small("digits", layers=[{"kind": "flatten"}, {"kind": "dense", "units": 5}]))
    run.advance(5)
    told, arrays = studied(run, round=1, members=4)
    assert told["methods"]["laplace"]["there"]
    assert "domain" not in told
    assert set(arrays) >= {f"certainty_curve_{way}" for way in ("plain", "ensemble", "laplace")}


def test_perfectly_fitted_points_choose_no_prior():
    """Nothing weighs against an ever wider one: then 1 is taken, and said."""
    layer = LastLayer.of(random(1, 4), random(5, 3), torch.zeros(5, 1, 1).double(), 0.0)
    assert layer.best_prior() is None
