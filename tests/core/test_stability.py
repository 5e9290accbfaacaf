"""The edge of stability: what the curvature says of training before it happens."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from playground.core.analysis.curvature import hessian_rows, loss_curvature, sharpness
from playground.core.analysis.stability import StepRule, moving, step_root, step_rule, step_scale
from playground.core.engine import ENGINES
from playground.core.optimizers import OPTIMIZERS
from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.test_derivatives import finish

FULL = {"training": {"batch_size": 1000}}
NET = [{"kind": "dense", "units": 6, "activation": "tanh"}]


def full_batch(name: str, rate: float, steps: int, **changes: Any) -> Run:
    optimizer = {"name": "sgd", "learning_rate": rate}
    run = run_of(small(name, **{"layers": NET, "optimizer": optimizer, **FULL, **changes}))
    run.advance(steps)
    return run


def hessian(run: Run) -> Tensor:
    replica = Replica(run)
    _, product = loss_curvature(replica, *replica.examples())
    found, _ = finish(hessian_rows(product, sum(one.numel() for one in replica.parameters)))
    return found


def gradient(run: Run) -> Tensor:
    replica = Replica(run)
    parts = replica.gradients(*replica.examples(), penalty=True).values()
    return torch.cat([part.flatten() for part in parts]).double()


def losses(run: Run, rate: float, steps: int, seen: list[Tensor] | None = None) -> list[float]:
    """The training loss step by step, of a copy that goes on at another rate."""
    copy = Run(run.experiment, snapshot=run.snapshot())
    copy.update(copy.experiment.with_changes({"optimizer": {"learning_rate": rate}}))
    found = []
    for _ in range(steps):
        if seen is not None:
            seen.append(gradient(copy))
        copy.advance(1)
        loss = copy.measure().train_loss
        found.append(math.inf if copy.state == "diverged" or loss is None else loss)
        if copy.state != "ready":
            break
    return found


# ---- a quadratic


@pytest.mark.parametrize(
    "settings",
    [
        {"name": "gd"},
        {"name": "sgd"},
        {"name": "sgd", "momentum": 0.9},
        {"name": "sgd", "momentum": 0.7, "nesterov": True},
    ],
)
@pytest.mark.parametrize("share", [0.3, 0.98, 1.02, 1.5])
def test_on_a_quadratic_steps_grow_beyond_the_limit_by_the_factor_that_is_said(settings, share):
    curvature = torch.tensor([7.0, 1.0, 0.2], dtype=torch.float64)
    rule = StepRule(1.0, settings.get("momentum", 0.0), settings.get("nesterov", False))
    rate = share * rule.limit / 7
    rule = StepRule(rate, rule.momentum, rule.nesterov)
    assert rule.limit == pytest.approx(7 / share)
    place = torch.ones(3, dtype=torch.float64, requires_grad=True)
    kind = OPTIMIZERS[settings["name"]]
    optimizer = kind.model_validate({**settings, "learning_rate": rate}).make_torch([place])
    sizes = []
    for _ in range(400):
        place.grad = curvature * place.detach()
        optimizer.step()
        sizes.append(place.detach()[0].abs().item())
    assert (sizes[-1] > 1) == (share > 1)
    root = rule.root(7.0)
    assert (abs(root) > 1) == (share > 1)
    # Complex roots swing: the envelope is what grows by their size.
    middle, end = max(sizes[100:200]), max(sizes[200:300])
    if end > 1e-200:
        assert (end / middle) ** 0.01 == pytest.approx(abs(root), rel=2e-3)


def test_momentum_that_averages_is_followed_by_the_same_recurrence():
    rule = StepRule(0.5, 0.9, averaged=True)
    assert rule.limit == pytest.approx(2 * 1.9 / (0.1 * 0.5))
    for share in (0.9, 1.1):
        curvature = share * rule.limit
        place, mean = 1.0, 0.0
        for _ in range(600):
            mean = 0.9 * mean + 0.1 * curvature * place
            place -= 0.5 * mean
        assert (abs(place) > 1) == (share > 1)
        assert (abs(rule.root(curvature)) > 1) == (share > 1)


def test_below_half_the_limit_plain_descent_glides_and_above_it_changes_sides():
    rule = StepRule(0.1)
    assert rule.root(5).real == pytest.approx(0.5)
    assert rule.root(15).real == pytest.approx(-0.5)
    assert rule.root(25).real == pytest.approx(-1.5)
    assert rule.root(-5).real == pytest.approx(1.5)  # downhill for ever


def test_a_linear_model_diverges_where_the_gauge_says_so():
    run = full_batch("line", 0.01, 5, layers=[])
    limit = torch.linalg.eigvalsh(hessian(run))[-1].item()
    below = losses(run, 0.99 * 2 / limit, 400)
    above = losses(run, 1.05 * 2 / limit, 400)
    assert all(after <= before * (1 + 1e-12) for before, after in pairwise(below))
    assert above[-1] > 1e3 * above[0]


# ---- a network


@pytest.fixture(scope="module")
def trained() -> Run:
    return full_batch("sine", 0.05, 3000)


def test_on_a_network_divergence_is_said_while_the_loss_still_falls(trained):
    replica = Replica(trained)
    measured = sharpness(replica, *replica.examples())
    assert measured is not None
    before = trained.measure().train_loss
    assert before is not None
    for share in (0.8, 0.95):
        calm = losses(trained, share * 2 / measured, 150)
        assert all(after <= now for now, after in pairwise(calm))
    for share in (1.15, 1.3):
        found = losses(trained, share * 2 / measured, 150)
        rise = next(i for i in range(1, len(found)) if found[i] > found[i - 1])
        # Many steps at a falling loss, with the gauge beyond its line from the first on.
        assert rise > 10
        assert max(found) > 10 * before


def test_on_a_network_the_sharpest_direction_grows_by_the_factor_that_is_said(trained):
    values, vectors = torch.linalg.eigh(hessian(trained))
    rate = 1.3 * 2 / values[-1].item()
    slopes: list[Tensor] = []
    losses(trained, rate, 26, slopes)
    along = torch.stack(slopes) @ vectors[:, -1]
    expected = StepRule(rate).root(values[-1].item())
    assert expected.imag == 0
    assert expected.real == pytest.approx(-1.6)
    growth = along[20:26] / along[19:25]
    np.testing.assert_allclose(growth, expected.real, rtol=0.02)


def test_progressive_sharpening_the_loss_first_rises_when_the_line_is_crossed():
    run = full_batch("sine", 0.12, 0)
    crossed = rose = None
    loss = run.measure().train_loss or 0.0
    for step in range(3000):
        if step % 10 == 0 and crossed is None:
            replica = Replica(run)
            value = sharpness(replica, *replica.examples())
            assert value is not None
            if value > 2 / 0.12:
                crossed = step
        run.advance(1)
        now = run.measure().train_loss or 0.0
        if now > loss * (1 + 1e-9):
            rose = step
            break
        loss = now
    assert crossed is not None
    assert rose is not None
    assert rose > crossed


# ---- what the optimizer makes of it


@pytest.mark.parametrize("engine", list(ENGINES))
@pytest.mark.parametrize("name", ["rmsprop", "adagrad"])
def test_what_an_optimizer_divides_by_is_read_from_its_memory(engine, name):
    settings: dict[str, Any] = {"name": name, "learning_rate": 0.02}
    run = run_of(small("circle", optimizer=settings, **FULL), engine=engine)
    assert step_scale(run, Replica(run)) is None
    total = torch.zeros(len(gradient(run)), dtype=torch.float64)
    for _ in range(5):
        slope = gradient(run)
        total = 0.99 * total + 0.01 * slope**2 if name == "rmsprop" else total + slope**2
        run.advance(1)
    found = step_scale(run, Replica(run))
    assert found is not None
    torch.testing.assert_close(found, total.sqrt(), rtol=1e-5, atol=1e-7)
    rule = step_rule(run)
    assert rule is not None
    assert rule.limit == pytest.approx(2 / 0.02)


def test_only_some_optimizers_have_a_limit():
    limits = {}
    for name in OPTIMIZERS:
        run = run_of(small("circle", optimizer={"name": name}))
        rule = step_rule(run)
        limits[name] = rule is not None
    known = {"sgd", "gd", "adam", "adamw", "rmsprop", "adagrad"}
    assert {name for name, there in limits.items() if there} == known


def test_what_is_held_has_no_curvature():
    layers = [{"kind": "dense", "units": 4, "frozen": True}, {"kind": "dense", "units": 3}]
    run = run_of(small("circle", layers=layers, optimizer={"name": "sgd"}, **FULL))
    run.advance(20)
    replica = Replica(run)
    mask = moving(run, replica)
    assert mask is not None
    sizes = [one.numel() for one in replica.parameters]
    held = [
        owner == 1 for owner, size in zip(replica.owners, sizes, strict=True) for _ in range(size)
    ]
    np.testing.assert_array_equal(mask == 0, held)
    root = step_root(run, replica)
    assert root is not None
    free = (mask > 0).nonzero().flatten()
    expected = torch.linalg.eigvalsh(hessian(run)[free][:, free])[-1].item()
    found = sharpness(replica, *replica.examples(), root)
    assert found == pytest.approx(expected, rel=0.01)
    free_run = run_of(small("circle", layers=NET, optimizer={"name": "sgd"}, **FULL))
    assert moving(free_run, Replica(free_run)) is None
    assert step_root(free_run, Replica(free_run)) is None
