"""The tangent kernel against NumPy, and its predictions against what really happens."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from playground.core.analysis import ntk, ntk_view
from playground.core.analysis.derivatives import flattened
from playground.core.analysis.ntk import (
    Linearised,
    Missing,
    predict_exactly,
    tangent_kernel,
)
from playground.core.analysis.ntk_view import NtkView, facing
from playground.core.analysis.stability import StepRule, optimizer_memory, step_rule
from playground.core.engine import ENGINES
from playground.core.losses import LOSSES, encode_targets
from playground.core.observe import Observer
from playground.core.optimizers import OPTIMIZERS
from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.helpers import engine_cases, independent_model, run_of, small
from tests.core.test_derivatives import finish
from tests.core.viewing import frame

FULL = {"training": {"batch_size": 1000}, "regularization": {"clip_norm": 0.0}}
NET = [{"kind": "dense", "units": 5, "activation": "tanh"}]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Predictions and copies go on for some hundred steps."""
    monkeypatch.setattr(ntk, "MOST_STEPS", 300)
    monkeypatch.setattr(ntk_view, "MOST_REAL", 300)


def jacobian_of(run: Run) -> Tensor:
    """(points·units, parameters) by autograd, of modules built without the package."""
    model = independent_model(run)
    inputs = torch.from_numpy(run.data.inputs_train)
    parameters = list(model.parameters())
    rows = []
    for value in model(inputs).flatten():
        rows.append(flattened(torch.autograd.grad(value, parameters, retain_graph=True)))
    return torch.stack(rows)


def missing_of(run: Run) -> Tensor:
    """Minus the gradient of the summed loss with respect to each output, by autograd."""
    inputs, targets = run.examples("train")
    output = independent_model(run)(inputs).detach().requires_grad_()
    loss = run.loss.value(output, targets, 1) * len(inputs)
    return -torch.autograd.grad(loss, output)[0].flatten()


def study(run: Run, **options: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The view's result at this moment; the first frame after it included."""
    want = {"analysis": ["ntk"], "options": {"ntk": {"round": 1, **options}}}
    frame(run, **want)
    observer = run.observer
    assert isinstance(observer, Observer)
    while observer.studying:
        observer.study(0.01)
    header, arrays = frame(run, **want)
    return header, arrays


@pytest.mark.parametrize("name", ["circle", "iris", "sine", "line"])
def test_the_eigenvalues_are_numpys_and_the_modes_are_eigenvectors(name):
    run = run_of(small(name, layers=NET, **FULL))
    run.advance(10)
    header, arrays = study(run)
    result = header["studies"]["ntk"]["result"]
    jacobian = jacobian_of(run)
    if result["scaled"]:
        memory = optimizer_memory(run, Replica(run))
        steps = run.step
        scale = (memory["square"] / (1 - 0.999**steps)).sqrt() + 1e-8
        jacobian = jacobian * scale.rsqrt()
    gram = (jacobian @ jacobian.t()).numpy()
    expected = np.linalg.eigvalsh(gram)[::-1][: min(jacobian.shape)]
    found = arrays["ntk_values"]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6 * expected[0])
    kernel = facing(tangent_kernel(jacobian, 8), missing_of(run))
    modes = kernel.modes.numpy()
    np.testing.assert_allclose(modes @ modes.T, np.eye(len(modes)), atol=1e-8)
    values = kernel.values[: len(modes)].numpy()
    np.testing.assert_allclose(modes @ gram, values[:, None] * modes, atol=1e-8 * values[0])
    # At the points themselves a mode's direction gives the mode back, and it shows what is missing.
    solid = values > 1e-8 * values[0]
    again = (jacobian @ kernel.directions.t()).t().numpy()
    np.testing.assert_allclose(again[solid], modes[solid], atol=1e-6)
    parts = kernel.modes @ missing_of(run)
    assert (parts >= 0).all()
    total = missing_of(run).square().sum()
    shares = [mode["share"] for mode in result["modes"]]
    np.testing.assert_allclose(shares, (parts.square() / total).numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("name", list(LOSSES))
def test_what_is_missing_is_minus_the_gradient_of_the_summed_loss(name, units):
    loss = LOSSES[name]
    task = "multiclass" if units > 1 else "binary" if "binary" in loss.tasks else "regression"
    if task not in loss.tasks:
        return
    generator = torch.Generator().manual_seed(2)
    output = torch.randn(9, units, generator=generator).double()
    truth = torch.arange(9) % (units if units > 1 else 2)
    targets = encode_targets(truth.double(), task, units, loss)
    loss = loss.under(run_of(small("circle")).experiment.loss_settings)
    leaf = output.clone().requires_grad_()
    expected = torch.autograd.grad(9 * loss.value(leaf, targets, 1), leaf)[0]
    missing = Missing(loss, targets)
    torch.testing.assert_close(missing(output), -expected.flatten())
    torch.testing.assert_close(missing(output), -expected.flatten())  # and again


@pytest.mark.parametrize(("momentum", "nesterov"), [(0.0, False), (0.9, False), (0.9, True)])
def test_the_closed_form_is_what_stepping_gives(momentum, nesterov):
    generator = torch.Generator().manual_seed(4)
    jacobian = torch.randn(12, 7, generator=generator).double()
    targets = torch.randn(12, 1, generator=generator).double()
    velocity = 0.1 * torch.randn(7, generator=generator).double()
    kernel, missing = tangent_kernel(jacobian, 4), Missing(LOSSES["mse"], targets)
    output = torch.zeros_like(targets)
    settings = OPTIMIZERS["sgd"].model_validate(
        {"learning_rate": 0.02, "momentum": momentum, "nesterov": nesterov}
    )
    rule = StepRule(0.02, momentum, nesterov)
    now = missing(output)
    start = torch.stack((now, -2.0 * (jacobian @ velocity) * (momentum > 0)))
    exact = predict_exactly(kernel, start, rule, 2.0 / 12)
    zeros = torch.zeros(7, dtype=torch.float64)
    line = Linearised(
        jacobian=jacobian, modes=kernel.modes, output=output, missing=missing, settings=settings,
        memory={"momentum": velocity}, weights=zeros, l1=zeros, l2=zeros, moving=None, clip=0.0,
    )  # fmt: skip
    stepped, _ = finish(line.train())
    assert exact.exact
    assert not stepped.exact
    shared = sorted(set(exact.steps.tolist()) & set(stepped.steps.tolist()))
    assert len(shared) > 10
    for step in shared:
        one = exact.missing[:, exact.steps == step]
        other = stepped.missing[:, stepped.steps == step]
        torch.testing.assert_close(one, other, rtol=1e-8, atol=1e-9)


def test_plain_descent_forgets_each_mode_at_its_own_pace():
    jacobian = torch.diag(torch.tensor([3.0, 2.0, 1.0])).double()
    kernel = tangent_kernel(jacobian, 3)
    missing = kernel.modes.sum(0)
    start = torch.stack((missing, torch.zeros_like(missing)))
    found = predict_exactly(kernel, start, StepRule(0.03), 1 / 3)
    for mode, value in enumerate((9, 4, 1)):
        expected = (1 - 0.03 * value / 3) ** found.steps.double()
        torch.testing.assert_close(found.missing[mode], expected)
    halves = [found.half(mode) or 0 for mode in range(3)]
    assert halves == sorted(halves)
    assert halves[0] == pytest.approx(np.log(0.5) / np.log(1 - 0.09), abs=1)


# ---- against real runs


def predicted(run: Run) -> tuple[np.ndarray, dict[str, Any]]:
    header, arrays = study(run)
    return arrays["ntk_predicted"], header["studies"]["ntk"]["result"]


def followed(run: Run, modes: int, steps: np.ndarray) -> np.ndarray:
    """What is really missing along the view's modes at these steps, (modes, steps)."""
    observer = run.observer
    assert isinstance(observer, Observer)
    view = observer._views["ntk"]
    assert isinstance(view, NtkView)
    assert view._watch is not None
    found, taken = [], 0
    for step in steps:
        run.advance(int(step) - taken)
        taken = int(step)
        found.append((view._watch.modes @ missing_of(run)).numpy())
    return np.stack(found, 1)[:modes]


@pytest.mark.parametrize(("name", "engine"), engine_cases())
def test_a_linear_network_does_what_is_predicted_whatever_the_optimizer(name, engine):
    changes = {
        "layers": [],
        "optimizer": {"name": name},
        "regularization": {"l2": 0.01, "clip_norm": 0.5},
        "training": {"batch_size": 1000},
    }
    run = run_of(small("circle", **changes), engine=engine)
    run.advance(7)
    header, arrays = study(run)
    if not OPTIMIZERS[name].flat:
        assert "ntk_predicted" not in arrays
        assert header["studies"]["ntk"]["result"]["modes"][0]["half"] is None
        return
    prediction = arrays["ntk_predicted"]
    early = prediction[0] <= 60 if engine == "dense" else prediction[0] <= 20
    real = followed(run, 8, prediction[0][early])
    scale = np.abs(prediction[1:]).max()
    np.testing.assert_allclose(prediction[1:, early], real, atol=1e-4 * scale)
    # So does the copy that trains on by itself.
    copied = arrays["ntk_real"]
    same = copied[0] <= prediction[0][early][-1]
    np.testing.assert_array_equal(copied[0][same], prediction[0][early])
    np.testing.assert_allclose(copied[1:, same], real, atol=1e-5 * scale)


@pytest.mark.parametrize("momentum", [0.0, 0.8])
def test_a_wide_network_does_what_the_tangent_kernel_predicts(momentum):
    apart = {}
    for width in (64, 512):
        run = run_of(
            small(
                "sine",
                layers=[{"kind": "dense", "units": width, "activation": "tanh"}],
                loss="half_squared",
                optimizer={"name": "sgd", "learning_rate": 0.002, "momentum": momentum},
                **FULL,
            )
        )
        curves, result = predicted(run)
        assert result["exact"]
        early = curves[0] <= 300
        real = followed(run, 3, curves[0][early])
        scale = np.abs(curves[1:4, 0]).max()
        apart[width] = np.abs(curves[1:4, early] - real).max() / scale
        if width == 512:
            # Something was learned meanwhile, so there was something to predict.
            assert np.abs(real[:, -1]).max() < 0.5 * scale
    assert apart[512] < 0.002
    assert apart[64] > 5 * apart[512]


def test_what_is_seen_is_told_beside_what_was_predicted():
    run = run_of(small("circle", layers=NET, loss="mse", optimizer={"name": "sgd"}, **FULL))
    header, first_arrays = study(run)
    version = header["studies"]["ntk"]["version"]
    start = missing_of(run)
    kernel = facing(tangent_kernel(jacobian_of(run), 8), start)
    for _ in range(30):
        run.advance(7)
        header, arrays = frame(
            run, analysis=["ntk"], options={"ntk": {"round": 1, "have": version}}
        )
    seen = arrays["ntk_seen"]
    assert "ntk_maps" not in arrays
    copied = first_arrays["ntk_real"]
    assert header["ntk"]["since"] == 210
    assert not header["ntk"]["changed"]
    assert (np.diff(seen[0]) > 0).all()
    assert (seen[0, 0], seen[0, -1]) == (0, 210)
    np.testing.assert_allclose(seen[1:, 0], (kernel.modes @ start).numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        seen[1:, -1], (kernel.modes @ missing_of(run)).numpy(), rtol=1e-3, atol=1e-4
    )
    # The copy took the very batches that the run then took.
    for step in {7, 14, 21, 28, 49, 70, 105, 140, 210} & set(copied[0].tolist()):
        at, there = seen[0] == step, copied[0] == step
        if at.any():
            np.testing.assert_allclose(copied[1:, there], seen[1:, at], rtol=1e-3, atol=1e-4)
    assert copied[0, -1] >= 60
    first = header["ntk"]["halves"][0]
    assert first is None or abs(seen[1][seen[0] == first][0]) <= abs(seen[1, 0]) / 2
    run.update(run.experiment.with_changes({"optimizer": {"learning_rate": 0.01}}))
    header, _ = frame(run, analysis=["ntk"], options={"ntk": {"round": 1, "have": version}})
    assert header["ntk"]["changed"]


# ---- odd cases


def test_maps_are_the_modes_over_the_plane():
    for name, shape in (("circle", (1, 41, 41)), ("iris", (3, 41, 41)), ("sine", (1, 101))):
        run = run_of(small(name, layers=NET, **FULL))
        header, arrays = study(run)
        count = len(header["studies"]["ntk"]["result"]["modes"])
        assert arrays["ntk_maps"].shape == (count, *shape)
        if name != "sine":
            assert arrays["ntk_maps"].dtype == np.uint8
        else:
            # By the Jacobian at the curve's own places
            assert np.isfinite(arrays["ntk_maps"]).all()


@pytest.mark.parametrize("engine", list(ENGINES))
def test_held_parameters_take_no_part(engine):
    layers = [{"kind": "dense", "units": 4, "activation": "tanh", "frozen": True}]
    run = run_of(small("circle", layers=layers, optimizer={"name": "sgd"}, **FULL), engine=engine)
    _, arrays = study(run)
    jacobian = jacobian_of(run)[:, -5:]
    expected = np.linalg.eigvalsh((jacobian @ jacobian.t()).numpy())[::-1]
    np.testing.assert_allclose(
        arrays["ntk_values"], expected[: len(arrays["ntk_values"])], rtol=1e-4, atol=1e-4
    )


def test_what_cannot_be_computed_is_said():
    run = run_of(small("circle", layers=NET, **FULL))
    with torch.no_grad():
        run.engine.write(0, torch.full((5, 2), float("nan")), torch.zeros(5))
    replica = Replica(run)
    assert not all(torch.isfinite(one).all() for one in replica.parameters)
    view_run = run_of(small("circle", layers=NET, **FULL))
    frame(view_run, analysis=["ntk"])
    observer = view_run.observer
    assert isinstance(observer, Observer)
    view = observer._views["ntk"]
    assert isinstance(view, NtkView)
    view.frozen = lambda: replica  # type: ignore[method-assign]
    header, _ = study(view_run)
    assert header["studies"]["ntk"]["state"] == "failed"
    assert header["studies"]["ntk"]["problem"]["code"] == "study_not_finite"


def test_without_points_it_says_so():
    empty = run_of(small("own", data={"points": []}, layers=NET, **FULL))
    header, _ = study(empty)
    assert header["studies"]["ntk"]["problem"]["code"] == "no_points_to_study"


def test_a_network_without_gradients_has_a_kernel_of_zeros():
    kernel = tangent_kernel(torch.zeros(6, 4, dtype=torch.float64), 8)
    assert not kernel.values.any()
    assert not kernel.directions.any()
    found = predict_exactly(kernel, torch.ones(2, 6).double(), StepRule(0.1), 1 / 6)
    assert torch.isfinite(found.missing).all()
    run = run_of(
        small("circle", layers=[{"kind": "dense", "units": 3, "activation": "relu"}], **FULL)
    )
    run.engine.write(0, torch.zeros(3, 2), torch.full((3,), -5.0))
    header, _ = study(run)
    assert header["studies"]["ntk"]["state"] == "done"


def test_the_rule_is_the_runs():
    run = run_of(small("circle", optimizer={"name": "sgd", "learning_rate": 0.5, "momentum": 0.3}))
    assert step_rule(run) == StepRule(0.5, 0.3)


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": [{"kind": "dense", "units": 3, "activation": "relu"}], "loss": "hinge"},
        {"layers": [{"kind": "dense", "units": 4}, {"kind": "batch_norm"}]},
        {"layers": [{"kind": "dense", "units": 4}, {"kind": "dropout", "rate": 0.2}]},
        {"layers": [{"kind": "dense", "units": 4, "activation": "step"}]},
        {"layers": [{"kind": "dense", "units": 4, "activation": "prelu"}]},
        {"optimizer": {"name": "lbfgs"}},
        {"optimizer": {"name": "sam"}},
        {"training": {"precision": "float32"}},
        {"training": {"batch_size": 7}},
        {"optimizer": {"name": "sgd", "learning_rate": 100.0}, "loss": "mse"},
    ],
)
def test_any_network_has_a_kernel(changes):
    run = run_of(small("circle", **{"layers": NET, **changes}))
    run.advance(3)
    header, arrays = study(run)
    told = header["studies"]["ntk"]
    assert told["state"] == "done", told["problem"]
    json.dumps(header, allow_nan=False)
    assert all(np.isfinite(array).all() for name, array in arrays.items() if "ntk" in name)
    assert ("ntk_predicted" in arrays) == (run.experiment.optimizer.flat)


def test_a_run_that_diverged_is_looked_at_where_it_went_back_to():
    changes = {"optimizer": {"name": "sgd", "learning_rate": 100.0}, "loss": "mse", "layers": []}
    run = run_of(small("line", **changes, **FULL))
    for _ in range(200):
        run.advance(1)
        run.measure()
    assert run.state == "diverged"
    header, arrays = study(run)
    assert header["studies"]["ntk"]["state"] == "done"
    assert np.isfinite(arrays["ntk_predicted"]).all()
    assert np.isfinite(arrays["ntk_real"]).all()
