"""The two engines: on one trajectory with each other, and with loops written by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from playground.core.activations import ACTIVATIONS
from playground.core.engine import ENGINES
from playground.core.layers import Dense
from playground.core.losses import LOSSES
from playground.core.optimizers import OPTIMIZERS
from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.hand_loop import Hand
from tests.core.helpers import engine_cases, flat, merged, run_of, small, states_equal

# Where a hundredth is hardly a step
RATES = {"adadelta": 1.0, "lbfgs": 1.0}
FLAT = [name for name, kind in OPTIMIZERS.items() if kind.flat]
DATA = {"binary": "circle", "multiclass": "blobs", "regression": "reg-gauss"}

# One after the other, an epoch each: every optimizer × loss × activation meets every one of them.
CHANGES: dict[str, dict[str, Any]] = {
    "none": {},
    "learning rate": {"optimizer": {"learning_rate": 0.02}},
    "l2": {"regularization": {"l2": 0.03}},
    "l1": {"regularization": {"l1": 0.01}},
    "clip": {"regularization": {"clip_norm": 0.05}},
    "settings of the loss": {
        "loss_settings": {"focal_gamma": 0.5, "smoothing": 0.3, "quantile": 0.3}
    },
    "batch size": {"training": {"batch_size": 4}},
    "dropout rate": {"layers": [{}, {"rate": 0.5}, {}]},
    "all off": {
        "optimizer": {"learning_rate": 0.005},
        "regularization": {"l1": 0.0, "l2": 0.0, "clip_norm": 0.0},
        "training": {"batch_size": 50},
        "layers": [{}, {"rate": 0.0}, {}],
    },
}


def stack(activation: str) -> list[dict[str, Any]]:
    return [
        {"kind": "dense", "units": 4, "activation": activation},
        {"kind": "dropout", "rate": 0.2},
        {"kind": "dense", "units": 3, "activation": activation},
    ]


def case(optimizer: str, loss: str, activation: str) -> dict[str, Any]:
    """Settings on 21 training points; task and head follow from the place of the activation.

    Minibatches of 5: of 6, two points of each of three classes make hinge gradients of exactly 0,
    which Adagrad's ε of 10⁻¹⁰ blows up from rounding alone.
    """
    place = list(ACTIVATIONS).index(activation)
    tasks = sorted(LOSSES[loss].tasks)
    task = tasks[place % len(tasks)]
    if LOSSES[loss].rates:
        return counts(optimizer, activation)
    head = "tanh" if not LOSSES[loss].logits and place % 2 else "linear"
    return {
        "name": DATA[task],
        "data": {"samples": 30, "train_percent": 70, "scaling": "standard", "noise": 10},
        "layers": stack(activation),
        "loss": loss,
        "output_activation": head,
        "optimizer": {"name": optimizer, "learning_rate": RATES.get(optimizer, 0.01)},
        "training": {"batch_size": 5, "seed": place},
    }


def counts(optimizer: str, activation: str) -> dict[str, Any]:
    """Settings on a table with a column of counts."""
    return {
        "name": "csv",
        "data": {"target": "weight", "target_kind": "number", "scaling": "standard"},
        "layers": stack(activation),
        "loss": "poisson",
        "output_activation": "linear",
        "optimizer": {"name": optimizer, "learning_rate": RATES.get(optimizer, 0.01)},
        "training": {"batch_size": 5, "seed": 1},
    }


def change(run: Run, changes: dict[str, Any]) -> None:
    """Applies a change to a running experiment; of `layers` only what is named."""
    layers = [layer.model_dump() for layer in run.experiment.layers]
    part = dict(changes)
    if "layers" in part:
        pairs = zip(layers, part["layers"], strict=True)
        part["layers"] = [merged(layer, new) for layer, new in pairs]
    run.update(run.experiment.with_changes(part))


def assert_together(runs: list[Run], when: str, tolerance: float = 1e-9) -> None:
    one, other = runs
    assert one.step == other.step
    torch.testing.assert_close(
        flat(one), flat(other), rtol=0, atol=tolerance, msg=lambda text: f"after {when}: {text}"
    )
    first, second = one.measure(), other.measure()
    for name in ("train_loss", "test_loss", "penalty"):
        assert getattr(first, name) == pytest.approx(getattr(second, name), rel=1e-7, abs=1e-9)


def meetings() -> list[tuple[str, str, str]]:
    """Optimizer, loss and activation so that every two of any kind meet at least once.

    Each loss meets each activation, and the optimizers, of which there are fewest, take turns
    along both.
    """
    bends = [name for name, entry in ACTIVATIONS.items() if entry.kernel is not None]
    assert len(FLAT) <= min(len(LOSSES), len(bends))
    return [
        (FLAT[(j + k) % len(FLAT)], loss, bend)
        for j, loss in enumerate(LOSSES)
        for k, bend in enumerate(bends)
    ]


@pytest.mark.parametrize(("optimizer", "loss", "activation"), meetings())
def test_both_engines_walk_one_trajectory(optimizer, loss, activation):
    """Every pair of optimizer, loss and activation, each × mid-run change, dropout included."""
    experiment = small(**case(optimizer, loss, activation))
    runs = [run_of(experiment, engine=name) for name in ENGINES]
    start = flat(runs[0])
    for when, changes in CHANGES.items():
        for run in runs:
            change(run, changes)
            run.advance(run.batches_per_epoch)
        assert_together(runs, when)
    assert [run.state for run in runs] == ["ready", "ready"]
    assert not torch.allclose(flat(runs[0]), start, atol=1e-3), "nothing was trained"


@pytest.mark.parametrize("optimizer", FLAT)
def test_sticky_l1_in_both_engines(optimizer):
    """Links die, stay dead while the penalty is off, and live again when it lets go of them."""
    settings = merged(
        case(optimizer, "half_squared", "tanh"),
        {"layers": [{"kind": "dense", "units": 6}, {"kind": "dense", "units": 5}]},
        {"optimizer": {"learning_rate": 0.1 if optimizer == "gd" else 0.03}},
        {"regularization": {"l1": 0.5, "sticky_l1": True, "l2": 0.01, "clip_norm": 0.4}},
    )
    runs = [run_of(small(**settings), engine=name) for name in ENGINES]
    steps: list[tuple[str, dict[str, Any]]] = [
        ("start", {}),
        ("more l1", {"regularization": {"l1": 0.8}}),
        ("l1 off", {"regularization": {"l1": 0.0}}),
        ("l1 on", {"regularization": {"l1": 0.2}}),
        ("let go", {"regularization": {"sticky_l1": False, "l1": 0.0}}),
    ]
    dead: dict[str, list[Tensor]] = {}
    for when, changes in steps:
        for run in runs:
            change(run, changes)
            run.advance(2 * run.batches_per_epoch)
        assert_together(runs, when)
        found = [[alive == 0 for alive in run.engine.alive()] for run in runs]
        assert all(torch.equal(a, b) for a, b in zip(*found, strict=True)), when
        dead[when] = found[0]
        for run, masks in zip(runs, found, strict=True):
            for (weight, _), mask in zip(run.engine.parameters(), masks, strict=True):
                assert not weight[mask].any(), f"a dead link has moved: {when}"
    counts = {when: sum(int(mask.sum()) for mask in masks) for when, masks in dead.items()}
    assert 0 < counts["start"] <= counts["more l1"]
    assert counts["l1 off"] == counts["more l1"], "the dead stay dead while the penalty is off"
    assert counts["let go"] == 0
    assert sum(int((w == 0).sum()) for w, _ in runs[0].engine.parameters()) == 0


@pytest.mark.parametrize("loss", list(LOSSES))
@pytest.mark.parametrize(("optimizer", "engine"), engine_cases())
def test_an_engine_walks_as_a_loop_by_hand(optimizer, loss, engine):
    activations = ["tanh", "relu", "gelu", "sigmoid", "elu"]
    place = list(OPTIMIZERS).index(optimizer) % len(activations)
    settings = merged(
        case(optimizer, loss, activations[place]),
        {
            "layers": [
                {"kind": "dense", "units": 5, "activation": activations[place]},
                {"kind": "dense", "units": 4, "activation": "softplus"},
                {"kind": "dense", "units": 3, "activation": "softplus"},
            ],
            "regularization": {"l1": 0.002, "l2": 0.01, "clip_norm": 0.6},
        },
    )
    if optimizer == "sgd":
        settings["optimizer"]["momentum"] = 0.8
    run = run_of(small(**settings), engine=engine)
    hand = Hand(run)
    # A line search magnifies the last digits from step to step.
    searches = optimizer == "lbfgs"
    for _ in range(2 if searches else 3):
        run.advance(run.batches_per_epoch)
        hand.epoch()
    hand.assert_with(run, 1e-7 if searches else 1e-11)


@pytest.mark.parametrize("activation", [n for n, e in ACTIVATIONS.items() if e.kernel is None])
def test_an_activation_without_a_kernel_trains_by_autograd(activation):
    """The choice of engine follows from it, and a loop by hand goes the same way."""
    settings = case("adam", "mse", activation)
    settings["layers"] = [
        {"kind": "dense", "units": 4, "activation": activation},
        {"kind": "dense", "units": 3, "activation": "tanh"},
    ]
    run = run_of(small(**settings))
    assert run.engine.name == "autograd"
    hand = Hand(run)
    for _ in range(3):
        run.advance(run.batches_per_epoch)
        hand.epoch()
    hand.assert_with(run)


def test_a_learned_slope_is_counted_saved_and_copied():
    settings = case("adam", "mse", "prelu")
    settings["layers"] = [{"kind": "dense", "units": 4, "activation": "prelu"}]
    run = run_of(small(**settings))
    assert run.blocks[1].parameters == (run.blocks[0].units + 1) * 4 + 1
    run.advance(30)
    replica = Replica(run)
    slopes = [p for p in replica.parameters if p.numel() == 1]
    assert len(slopes) == 2, "the slope, and the bias of the head"
    assert abs(slopes[0].item() - 0.25) > 1e-3, "the slope has learned"
    inputs, _ = run.examples("train")
    values = run.engine.activations(run.engine.prepare(inputs))
    torch.testing.assert_close(replica.output(inputs).t(), values[-1], rtol=0, atol=1e-12)
    copy = run_of(run.experiment, snapshot=run.snapshot())
    for one in (run, copy):
        one.advance(13)
    assert states_equal(run, copy)


@pytest.mark.parametrize("engine", list(ENGINES))
def test_dropout_thins_while_training_and_never_while_measuring(engine):
    settings = merged(
        case("sgd", "mse", "linear"),
        {
            "name": "reg-plane",
            "data": {"samples": 400, "train_percent": 90, "scaling": "none"},
            "layers": [{"kind": "dropout", "rate": 0.75}],
            "optimizer": {"learning_rate": 1e-9},
            "training": {"batch_size": 1000},
            "output_activation": "linear",
        },
    )
    run = run_of(small(**settings), engine=engine)
    inputs = torch.from_numpy(run.data.inputs_train)
    weight, bias = (part.clone() for part in run.engine.parameters()[0])
    prepared = run.engine.prepare(inputs)
    dropped, output = run.engine.activations(prepared)
    torch.testing.assert_close(dropped, inputs.t())
    torch.testing.assert_close(output, weight @ inputs.t() + bias[:, None])

    # The gradient of one full-batch step tells which values took part.
    generator = torch.Generator()
    generator.set_state(run.generators["dropout"].get_state())
    kept = torch.empty(inputs.shape[1], len(inputs), dtype=torch.float64)
    kept.bernoulli_(0.25, generator=generator).mul_(4)
    assert kept.mean().item() == pytest.approx(1, abs=0.15)
    points = inputs[run.batches.indices].t() * kept
    targets = torch.from_numpy(run.data.targets_train)[run.batches.indices]
    error = weight @ points + bias[:, None] - targets
    expected = 2 * (error @ points.t()) / len(inputs)
    run.advance(1)
    moved = (weight - run.engine.parameters()[0][0]) / 1e-9
    torch.testing.assert_close(moved, expected, rtol=1e-5, atol=1e-6)


def test_stacked_dropout_and_mixed_activations_in_both_engines():
    layers = [
        {"kind": "dropout", "rate": 0.1},
        {"kind": "dense", "units": 5, "activation": "relu"},
        {"kind": "dense", "units": 4, "activation": "relu"},
        {"kind": "dropout", "rate": 0.3},
        {"kind": "dropout", "rate": 0.2},
        {"kind": "dense", "units": 4, "activation": "sine"},
        {"kind": "dense", "units": 3, "activation": "relu"},
        {"kind": "dense", "units": 3, "activation": "linear"},
        {"kind": "dropout", "rate": 0.5},
    ]
    settings = merged(case("adam", "cross_entropy", "tanh"), {"layers": layers})
    runs = [run_of(small(**settings), engine=name) for name in ENGINES]
    for epoch in range(3):
        for run in runs:
            run.advance(run.batches_per_epoch)
        assert_together(runs, f"epoch {epoch}")
    parts = [run.engine.activations(run.points) for run in runs]
    for one, other, block in zip(*parts, runs[0].blocks[1:], strict=True):
        assert one.shape == (block.units, 30)
        torch.testing.assert_close(one, other, rtol=0, atol=1e-9)


def test_no_layer_at_all():
    """A head alone is a network too: logistic regression."""
    settings = merged(case("sgd", "bce", "tanh"), {"layers": []})
    runs = [run_of(small(**settings), engine=name) for name in ENGINES]
    for run in runs:
        run.advance(20)
    assert_together(runs, "twenty steps")


@pytest.mark.parametrize("optimizer", FLAT)
def test_float32_follows_float64_for_a_while(optimizer):
    settings = case(optimizer, "mse", "tanh")
    settings["layers"] = [layer for layer in settings["layers"] if layer["kind"] != "dropout"]
    for engine in ENGINES:
        runs = [
            run_of(small(**merged(settings, {"training": {"precision": name}})), engine=engine)
            for name in ("float32", "float64")
        ]
        for run in runs:
            run.advance(3 * run.batches_per_epoch)
        assert runs[0].engine.parameters()[0][0].dtype == torch.float32
        torch.testing.assert_close(flat(runs[0]), flat(runs[1]), rtol=0, atol=1e-3)


@pytest.mark.parametrize("engine", list(ENGINES))
def test_parameters_are_views_that_move(engine):
    run = run_of(small(layers=[{"kind": "dense", "units": 3}]), engine=engine)
    weights = [weight for weight, _ in run.engine.parameters()]
    before = [weight.clone() for weight in weights]
    run.advance(3)
    assert not any(torch.equal(a, b) for a, b in zip(weights, before, strict=True))


def test_the_dense_engine_is_chosen_for_dense_stacks():
    run = run_of(small())
    assert run.engine.name == "dense"
    assert all(isinstance(layer, Dense) for layer in run.experiment.layers)
