"""What a kernel computes: the same as the dense engine, step by step, for all that it takes."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from playground.core.engine.compiled.engine import CompiledEngine
from playground.core.engine.compiled.plan import ACTIVATION_FORMS, LANES, Plan, plan_of
from playground.core.engine.compiled.rules import RULES, rule_of
from playground.core.experiment import Experiment
from playground.core.optimizers import OPTIMIZERS as KINDS
from playground.core.optimizers import SGD
from playground.core.run import Run
from tests.core.compiled.uncompiled import OPTIMIZERS, Uncompiled

EPOCHS = 5
TANH = [{"kind": "dense", "units": 4, "activation": "tanh"}, {"kind": "dense", "units": 2}]


def pair(changes: dict[str, Any]) -> tuple[Run, Run]:
    """A run in the dense engine, and the same one in the kernel's program."""
    # A network of its own and few points, so that the program in Python is quick.
    base = {"data": {"samples": 60}, "optimizer": {"name": "sgd", "learning_rate": 0.05}}
    experiment = Experiment().with_changes(base).with_changes(changes)
    plain, fast = Run(experiment, engine="dense"), Run(experiment, engine="dense")
    plan = plan_of(experiment, fast.blocks, len(fast.data.inputs_train))
    assert plan is not None
    take_kernel(fast, plan)
    return plain, fast


def take_kernel(run: Run, plan: Plan) -> None:
    state = run.engine.state()
    run.engine = CompiledEngine(run.problem, Uncompiled(plan))
    run.hands.move(run.engine)
    run.engine.load_state(state)
    run.engine.load(run.batches.indices)


def together(plain: Run, fast: Run, tolerance: float = 1e-6) -> None:
    """Both train `EPOCHS`; after each step of the first epoch, and then after each epoch, they
    are compared, and the differences of one step do not add up: they begin alike again."""
    assert fast.engine.way == "compiled"
    for _ in range(EPOCHS * plain.batches_per_epoch):
        for run in (plain, fast):
            run.advance(1)
        wanted, found = plain.engine.state(), fast.engine.state()
        assert wanted.keys() == found.keys()
        for name, value in wanted.items():
            scale = value.abs().max().clamp(min=1e-3)
            assert (value - found[name]).abs().max() <= tolerance * scale, name
        fast.engine.load_state(wanted)
    assert fast.engine.way == "compiled"


LOSSES = {
    "bce": {},
    "mse": {"output_activation": "tanh"},
    "half_squared": {"output_activation": "tanh"},
    "huber": {},
    "mae": {},
    "label_smoothing": {"loss_settings": {"smoothing": 0.2}},
}


@pytest.mark.parametrize("activation", list(ACTIVATION_FORMS))
def test_every_activation_that_it_takes(activation: str) -> None:
    layers = [{"kind": "dense", "units": 5, "activation": activation}, *TANH[1:]]
    together(*pair({"layers": layers}))


@pytest.mark.parametrize("loss", list(LOSSES))
def test_every_loss_that_it_takes(loss: str) -> None:
    together(*pair({"loss": loss, **LOSSES[loss]}))


@pytest.mark.parametrize("loss", ["cross_entropy", "label_smoothing", "mse"])
def test_several_classes(loss: str) -> None:
    together(*pair({"data": {"name": "blobs", "classes": 5}, "loss": loss}))


def test_a_regression_with_quantiles() -> None:
    together(*pair({"data": {"name": "reg-plane"}, "loss": "quantile"}))


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_every_optimizer_that_it_takes(optimizer: dict[str, Any]) -> None:
    together(*pair({"optimizer": optimizer}))


def test_every_flat_optimizer_has_a_rule() -> None:
    ways = {name: kind() for name, kind in KINDS.items() if kind.flat and not kind.full_batch}
    assert {rule_of(settings) for settings in ways.values()} | {"momentum"} == set(RULES)
    assert {one["name"] for one in OPTIMIZERS} == set(ways)
    for settings in ways.values():
        rule, memory = RULES[rule_of(settings) or ""], settings.make_flat(*torch.zeros(2, 3)).state
        kept = {name for name, value in memory.items() if value.ndim}
        assert set(rule.remembers) == (set() if isinstance(settings, SGD) else kept)
        assert set(rule.counts) == {name for name, value in memory.items() if not value.ndim}


def test_a_clock_goes_on_from_any_step() -> None:
    for name, rule in RULES.items():
        if rule.wind is None:
            continue
        settings = rule.kind()
        whole = rule.wind(settings, {"steps": 0.0, "product": 1.0}, 50)
        counts = dict(zip(rule.ticks, whole[19].tolist(), strict=True))
        torch.testing.assert_close(rule.wind(settings, counts, 30), whole[20:], msg=name)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "radam"])
def test_gradients_are_clipped_by_their_norm(optimizer: str) -> None:
    changes = {"optimizer": {"name": optimizer, "learning_rate": 0.05}}
    for limit in (0.05, 5.0):
        together(*pair({**changes, "regularization": {"clip_norm": limit, "l2": 0.1}}))


@pytest.mark.parametrize("size, last", [(1, "smaller"), (7, "smaller"), (13, "dropped"),
                                        (4, "carried"), (32, "smaller")])  # fmt: skip
def test_every_size_of_minibatch(size: int, last: str) -> None:
    together(*pair({"training": {"batch_size": size, "last_batch": last}}))


def test_penalties_and_their_exceptions() -> None:
    layers = [{**TANH[0], "l1": 0.05}, {**TANH[1], "l2": 0.0}]
    together(*pair({"layers": layers, "regularization": {"l1": 0.01, "l2": 0.1}}))


def test_widths_and_depths() -> None:
    for widths in ((), (16, 3), (32, 20, 9), (8, 8, 8, 8, 8, 8)):
        layers = [{"kind": "dense", "units": units, "activation": "relu"} for units in widths]
        together(*pair({"layers": layers, "data": {"samples": 40}}))


def test_settings_that_change_while_it_trains() -> None:
    plain, fast = pair({})
    for changes in (
        {"optimizer": {"learning_rate": 0.2}},
        {"regularization": {"l2": 0.1}},
        {"training": {"batch_size": 3}},
        {"data": {"noise": 20}},
    ):
        for run in (plain, fast):
            run.advance(7)
            run.update(run.experiment.with_changes(changes))
        together(plain, fast)


def test_a_schedule() -> None:
    together(*pair({"schedule": {"name": "step", "every": 1, "gamma": 0.5}}))


def test_what_it_does_not_take_goes_on_in_the_dense_engine() -> None:
    plain, fast = pair({})
    for changes in (
        {"regularization": {"clip_norm": 0.1}},  # another kernel, which is not there
        {"regularization": {"clip_norm": 0.0}},
        {"optimizer": {"momentum": 0.5}},
        {"optimizer": {"momentum": 0.0}},
        {"training": {"batch_size": 100}},
        {"training": {"batch_size": 10}},
    ):
        for run in (plain, fast):
            run.update(run.experiment.with_changes(changes))
            run.advance(11)
        torch.testing.assert_close(plain.engine.flat(), fast.engine.flat(), rtol=1e-4, atol=1e-6)
        takes = run.experiment == pair({})[0].experiment
        assert (fast.engine.way == "compiled") == takes


def test_a_cut_link_stays_cut() -> None:
    plain, fast = pair({})
    for run in (plain, fast):
        run.advance(5)
        assert run.act({"deed": "cut", "block": 1, "unit": 1, "source": 0, "on": True})
        run.advance(20)
    assert fast.engine.way == "dense"
    torch.testing.assert_close(plain.engine.flat(), fast.engine.flat(), rtol=1e-4, atol=1e-6)


def test_a_network_that_burst_leaves_nothing_behind() -> None:
    plain, fast = pair({"loss": "mse", "optimizer": {"name": "sgd", "learning_rate": 0.05}})
    for run in (plain, fast):
        run.measure()
        state = run.engine.state()
        run.update(run.experiment.with_changes({"optimizer": {"learning_rate": 100.0}}))
        run.advance(400)
        run.update(run.experiment.with_changes({"optimizer": {"learning_rate": 0.05}}))
        run.engine.load_state(state)
        run.resume()
        run.advance(3)
    assert bool(torch.isfinite(fast.engine.flat()).all())
    torch.testing.assert_close(plain.engine.flat(), fast.engine.flat(), rtol=1e-5, atol=1e-6)


def test_switching_in_the_middle_leaves_the_trajectory() -> None:
    experiment = Experiment()
    plain, fast = (Run(experiment, engine="dense") for _ in range(2))
    plan = plan_of(experiment, fast.blocks, len(fast.data.inputs_train))
    assert plan is not None
    plain.advance(60)
    fast.advance(37)
    take_kernel(fast, plan)
    fast.advance(23)
    torch.testing.assert_close(plain.engine.flat(), fast.engine.flat(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"layers": [{"kind": "dense", "units": 33}]},
        {"layers": [{"kind": "dense", "activation": "gelu"}]},
        {"layers": [{"kind": "dense"}, {"kind": "dropout"}]},
        {"loss": "focal"},
        {"optimizer": {"name": "muon"}},
        {"optimizer": {"name": "gd"}},
        {"training": {"precision": "float64"}},
        {"training": {"batch_size": 33}},
        {"regularization": {"sticky_l1": True, "l1": 0.1}},
    ],
    ids=str,
)
def test_what_no_kernel_is_for(changes: dict[str, Any]) -> None:
    run = Run(Experiment().with_changes(changes))
    assert plan_of(run.experiment, run.blocks, len(run.data.inputs_train)) is None


PLANS = (
    Plan(3, 8, 1, 10, "adam", "distance"),
    Plan(1, 16, 16, 32, "sgd", "softmax", curved=False),
    Plan(3, 4, 4, 10, "radam", "softmax", clipped=True, lanes=LANES),
)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_a_plan_is_its_name(plan: Plan) -> None:
    assert Plan.named(plan.name) == plan


@pytest.mark.parametrize(
    "wrong",
    [
        "3x9x1-10-adam-distance",
        "9x8x1-10-adam-distance",
        "3x8x2-10-adam-distance",
        "3x8x1-10-muon-distance",
        "3x8x1-10-sgd-softmax",
        "3x4x1-10-sgd-distance",
        "3x8x1-10-sgd-distance-lanes-lanes",
        "3x8x1-10-sgd-distance-clipped-straight",
    ],
)
def test_what_is_no_plan(wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        Plan.named(wrong)
