"""Every rule on networks that have the illness and on networks that do not; every remedy."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from playground.core import findings as findings_module
from playground.core.analysis.curvature import sharpness
from playground.core.analysis.stability import step_scale
from playground.core.engine import ENGINES
from playground.core.findings import RULES, Evidence, Finding, find
from playground.core.remedies import REMEDIES
from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.helpers import flat, merged, run_of, small, states_equal
from tests.core.viewing import frame, trained


def dense(units: int, activation: str) -> dict[str, Any]:
    return {"kind": "dense", "units": units, "activation": activation}


def adam(rate: float, **more: Any) -> dict[str, Any]:
    return {"name": "adam", "learning_rate": rate, **more}


def sgd(rate: float, **more: Any) -> dict[str, Any]:
    return {"name": "sgd", "learning_rate": rate, **more}


# For every rule: networks that are ill, and networks that are not, with the steps they have run.
Case = tuple[str, dict[str, Any], int]
FULL = {"training": {"batch_size": 1000}}
POINTS = {"data": {"samples": 500}}
DEEP_SIGMOID = {"layers": [dense(6, "sigmoid")] * 6}
WIDE = {"layers": [dense(32, "tanh")] * 2}
NOISY = {"data": {"samples": 60, "noise": 50}}
ILL: dict[str, list[Case]] = {
    "unscaled": [
        ("breast_cancer", {"data": {"scaling": "none"}}, 0),
        ("wine", {"data": {"scaling": "none"}}, 20),
    ],
    "symmetric": [
        ("circle", {"initialization": "zeros"}, 0),
        ("circle", {"initialization": "zeros", **POINTS}, 300),
    ],
    "exploding": [
        ("breast_cancer", {"data": {"scaling": "none"}, "layers": [dense(8, "relu")]}, 0),
        ("diabetes", {"data": {"scaling": "none"}, "layers": []}, 0),
    ],
    "rate_high": [
        ("line", {"optimizer": sgd(1.0), "layers": []}, 0),
        ("circle", {"optimizer": sgd(10.0), **POINTS}, 0),
    ],
    "worse": [
        ("circle", {"optimizer": adam(3.0), **POINTS}, 1000),
        ("reg-gauss", {"optimizer": adam(0.3), **POINTS}, 25),
    ],
    "vanishing": [
        ("circle", DEEP_SIGMOID, 0),
        ("circle", {**DEEP_SIGMOID, **POINTS}, 100),
    ],
    "saturated": [
        ("circle", {"optimizer": sgd(10.0), **POINTS}, 1000),
        ("wine", {"data": {"scaling": "none"}, "layers": [dense(8, "tanh")] * 2}, 5),
    ],
    "dead": [
        ("circle", {"optimizer": sgd(3.0), "layers": [dense(8, "relu")] * 2, **POINTS}, 100),
        ("breast_cancer", {"data": {"scaling": "none"}, "layers": [dense(8, "relu")]}, 20),
    ],
    "rate_low": [
        ("circle", {"optimizer": sgd(1e-4)}, 0),
        ("circle", {"optimizer": sgd(1e-3, momentum=0.5), **POINTS}, 200),
    ],
    "batch_small": [
        ("spiral", {"training": {"batch_size": 1}, **POINTS}, 200),
        ("diabetes", {"training": {"batch_size": 1}}, 3000),
    ],
    "gap": [
        ("gauss", {**NOISY, **WIDE}, 300),
        ("spiral", {**WIDE, "data": {"samples": 100, "noise": 30}}, 3000),
    ],
}
WELL: dict[str, list[Case]] = {
    "unscaled": [
        ("breast_cancer", {}, 0),
        ("circle", {"features": ["x", "y", "x2", "y2", "sin_x"]}, 0),
    ],
    "symmetric": [
        ("circle", {}, 0),
        ("circle", {"initialization": "orthogonal", **POINTS}, 300),
    ],
    "exploding": [
        ("breast_cancer", {"layers": [dense(8, "relu")]}, 0),
        ("reg-plane", {}, 100),
    ],
    "rate_high": [
        ("line", {"optimizer": sgd(0.1), "layers": []}, 0),
        ("circle", {"optimizer": sgd(0.3), **POINTS}, 300),
    ],
    "worse": [
        ("circle", POINTS, 1000),
        ("reg-gauss", POINTS, 25),
    ],
    "vanishing": [
        ("circle", {"layers": [dense(6, "relu")] * 6, "initialization": "he"}, 0),
        ("circle", {"layers": [dense(6, "sigmoid")] * 2}, 0),
    ],
    "saturated": [
        ("circle", {"optimizer": sgd(0.3), **POINTS}, 300),
        ("wine", {"layers": [dense(8, "tanh")] * 2}, 5),
    ],
    "dead": [
        ("circle", {"layers": [dense(8, "leaky_relu")] * 2, "optimizer": sgd(3.0)}, 100),
        ("breast_cancer", {"layers": [dense(8, "relu")], "initialization": "he"}, 0),
    ],
    "rate_low": [
        ("circle", {"optimizer": sgd(0.3), **POINTS}, 100),
        ("line", {"optimizer": sgd(0.1), "layers": []}, 0),
    ],
    "batch_small": [
        ("circle", {**FULL, **POINTS}, 100),
        ("spiral", {"training": {"batch_size": 100}, **POINTS}, 100),
    ],
    "gap": [
        ("circle", POINTS, 300),
        ("reg-plane", POINTS, 500),
    ],
}


def made(case: Case) -> Run:
    name, changes, steps = case
    run = run_of(small(name, **merged({"training": {"precision": "float32"}}, changes)))
    run.advance(steps)
    run.measure()
    return run


def names(run: Run) -> dict[str, Finding]:
    return {finding.rule: finding for finding in find(run, Replica(run))}


def test_every_rule_has_cases_a_remedy_and_a_name():
    assert list(RULES) == [rule.name for rule in RULES.values()]
    assert set(RULES) == set(REMEDIES) == set(ILL) == set(WELL)


@pytest.mark.parametrize(("name", "index"), [(name, i) for name in ILL for i in (0, 1)])
def test_the_ill_are_found(name, index):
    found = names(made(ILL[name][index]))
    assert name in found, list(found)
    json.dumps(found[name].numbers, allow_nan=False)


@pytest.mark.parametrize(("name", "index"), [(name, i) for name in WELL for i in (0, 1)])
def test_the_well_are_left_alone(name, index):
    assert name not in names(made(WELL[name][index]))


def test_a_network_that_learns_well_gives_no_finding():
    assert names(made(("circle", {"optimizer": sgd(0.3), **POINTS}, 300))) == {}


# ---- the numbers


def test_the_gap_is_that_of_the_curves():
    run = made(ILL["gap"][0])
    numbers = names(run)["gap"].numbers
    assert numbers == {"train": run.metrics.train_loss, "test": run.metrics.test_loss}


def test_dead_units_are_counted():
    run = made(ILL["dead"][0])
    numbers = names(run)["dead"].numbers
    values = run.engine.activations(run.points)[numbers["block"] - 1]
    silent = (values[:, : len(run.data.inputs_train)] == 0).all(1)
    assert (numbers["count"], numbers["units"]) == (int(silent.sum()), 8)


def test_alike_neurons_are_counted():
    run = made(("circle", {"layers": [dense(5, "tanh")]}, 0))
    with torch.inference_mode():
        weight, _ = run.engine.parameters()[0]
        weight[1:4] = weight[0]
    assert names(run)["symmetric"].numbers == {"block": 1, "count": 4, "units": 5}
    with torch.inference_mode():
        weight[1] *= 1.01
        weight[2] *= 0.99
    assert "symmetric" not in names(run)


def test_inputs_are_named():
    numbers = names(made(ILL["unscaled"][0]))["unscaled"].numbers
    assert (numbers["large"], numbers["small"]) == ("worst area", "fractal dimension error")
    assert numbers["large_size"] > 1e4 * numbers["small_size"]


def hessian(run: Run) -> Tensor:
    """The whole Hessian of loss and penalty over all training points, by other means."""
    replica = Replica(run)
    inputs, targets = replica.examples()
    shapes = [parameter.shape for parameter in replica.parameters]

    def objective(vector: Tensor) -> Tensor:
        parts = vector.split([shape.numel() for shape in shapes])
        named = {n: p.view(s) for n, p, s in zip(replica.names, parts, shapes, strict=True)}
        values = inputs
        for index, block in enumerate(replica.modules):
            own = {n.split(".", 1)[1]: p for n, p in named.items() if n.startswith(f"{index}.")}
            values = torch.func.functional_call(block, own, (values,))
        weights = [part for part in named.values() if part.ndim == 2]
        settings = run.experiment.regularization
        penalty = sum(0.5 * settings.l2 * part.square().sum() for part in weights)
        return run.loss.value(values, targets, 1) + penalty

    flat_parameters = torch.cat([part.detach().flatten() for part in replica.parameters])
    found = torch.autograd.functional.hessian(objective, flat_parameters)
    assert isinstance(found, Tensor)
    return found


@pytest.mark.parametrize("name", ["circle", "iris", "sine", "line"])
def test_the_curvature_is_the_largest_eigenvalue_of_the_whole_hessian(name):
    run = run_of(small(name, regularization={"l2": 0.01}, optimizer=sgd(0.03)))
    run.advance(30)
    replica = Replica(run)
    expected = torch.linalg.eigvalsh(hessian(run))[-1].item()
    assert sharpness(replica, *replica.examples()) == pytest.approx(expected, rel=0.02)
    with torch.no_grad():  # as a frame is made
        assert Evidence(run, replica).curvature == pytest.approx(expected, rel=0.02)


def test_beyond_the_largest_rate_plain_descent_blows_up_and_below_it_does_not():
    changes: dict[str, Any] = {**FULL, "layers": []}
    run = made(("line", merged(changes, {"optimizer": sgd(3.0)}), 0))
    largest = names(run)["rate_high"].numbers["largest"]
    below, above = (
        made(("line", merged(changes, {"optimizer": sgd(share * largest)}), 300))
        for share in (0.95, 1.05)
    )
    assert (below.metrics.train_score or 0) > 0.9
    assert below.state == "ready"
    assert above.state == "diverged" or (above.metrics.train_score or 0) < -10


@pytest.mark.parametrize(
    ("more", "factor"),
    [({}, 2), ({"momentum": 0.5}, 3), ({"momentum": 0.5, "nesterov": True}, 1.5)],
)
def test_momentum_moves_the_limit(more, factor):
    run = made(("circle", {"optimizer": sgd(0.1, **more)}, 0))
    assert Evidence(run, Replica(run)).stable_curvature == pytest.approx(factor / 0.1)


def test_optimizers_without_a_known_limit_are_not_judged_by_the_curvature():
    run = made(("circle", {"optimizer": {"name": "lion", "learning_rate": 10.0}}, 5))
    assert Evidence(run, Replica(run)).stable_curvature is None
    assert not {"rate_high", "rate_low"} & set(names(run))


@pytest.mark.parametrize("engine", list(ENGINES))
@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_for_adam_the_hessian_is_scaled_as_its_steps_are(engine, name):
    changes = {"optimizer": {"name": name, "learning_rate": 0.03, "beta2": 0.9}, **FULL}
    run = run_of(small("circle", **changes), engine=engine)
    assert step_scale(run, Replica(run)) is None
    replica, square = Replica(run), torch.zeros(flat(run).shape, dtype=torch.float64)
    for _ in range(6):
        replica.refresh()
        parts = replica.gradients(*replica.examples()).values()
        slope = torch.cat([part.flatten() for part in parts])
        square = 0.9 * square + 0.1 * slope**2
        run.advance(1)
    replica.refresh()
    scale = (square / (1 - 0.9**6)).sqrt() + 1e-8
    found = step_scale(run, replica)
    assert found is not None
    torch.testing.assert_close(found, scale, rtol=1e-6, atol=1e-12)
    half = torch.diag(scale.rsqrt())
    expected = torch.linalg.eigvalsh(half @ hessian(run) @ half)[-1].item()
    evidence = Evidence(run, replica)
    assert evidence.curvature == pytest.approx(expected, rel=0.02)
    assert evidence.stable_curvature == pytest.approx(2 * 1.9 / (0.1 * 0.03))


def test_adams_rate_is_judged_after_its_first_step():
    for rate, steps, expected in ((1e-4, 100, "rate_low"), (3.0, 1, "rate_high")):
        run = made(("circle", {"optimizer": adam(rate), **POINTS}, steps))
        assert expected in names(run)
    assert not {"rate_high", "rate_low"} & set(names(made(("circle", POINTS, 100))))


def test_the_noise_falls_with_the_root_of_the_batch():
    found = {}
    for size in (4, 64):
        run = made(("circle", {"training": {"batch_size": size}, "data": {"samples": 5000}}, 0))
        found[size] = Evidence(run, Replica(run)).noise
    assert found[4] / found[64] == pytest.approx(4, rel=0.5)
    whole = made(("circle", {"training": {"batch_size": 1000}, **POINTS}, 0))
    assert Evidence(whole, Replica(whole)).noise == pytest.approx(0, abs=1e-5)


# ---- the view


def test_looking_changes_nothing():
    run, alone = trained("circle"), trained("circle")
    for _ in range(3):
        frame(run, analysis="findings")
        for one in (run, alone):
            one.advance(5)
    assert states_equal(run, alone)
    assert torch.equal(flat(run), flat(alone))


def test_findings_are_looked_for_when_they_are_asked_for(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(findings_module, "perf_counter", lambda: clock[0])
    run = trained("circle")
    first = frame(run, analysis="findings", round=1)[0]["findings"]
    assert first["step"] == 20
    run.advance(5)
    assert frame(run, analysis="findings", round=1)[0]["findings"] == first
    clock[0] += 1
    assert frame(run, analysis="findings", round=2)[0]["findings"]["step"] == 25
    run.update(run.experiment.with_changes({"training": {"batch_size": 20}}))
    run.advance(1)
    assert frame(run, analysis="findings", round=2)[0]["findings"]["step"] == 26


def test_whoever_asks_too_often_gets_the_last_answer(monkeypatch):
    ticks = itertools.count()
    # Looking takes one second of this clock, and every question comes a second later.
    monkeypatch.setattr(findings_module, "perf_counter", lambda: float(next(ticks)))
    run, steps = trained("circle"), []
    for asked in range(8):
        steps.append(frame(run, analysis="findings", round=asked)[0]["findings"]["step"])
        run.advance(1)
    assert steps == [20, 20, 20, 20, 24, 24, 24, 24]


def test_a_frame_names_what_was_measured():
    run = made(("line", {"optimizer": sgd(1.0), "layers": []}, 0))
    header, _ = frame(run, analysis="findings")
    json.dumps(header, allow_nan=False)
    found = header["findings"]
    assert found["rules"] == len(RULES)
    assert found["limit"] == pytest.approx(2)
    assert found["curvature"] > 2
    assert found["found"][0]["rule"] == "rate_high"
    assert found["found"][0]["remedy"]


def test_looking_loads_nothing_heavy():
    """In a process of its own: torch's compiler would take seconds and 100 MB at first use."""
    script = (
        "import sys; from playground.core.experiment import Experiment;"
        "from playground.core.run import Run; from playground.core.observe import observe;"
        "run = Run(Experiment()); run.advance(3); loaded = set(sys.modules);"
        "[observe(run, {'analysis': name}, (-1, 0), True) for name in ('health', 'findings')];"
        "print(len(set(sys.modules) - loaded))"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert int(found.stdout) < 20
