"""Every member of a population has the trajectory that it has alone, whatever is asked of it."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch

from playground.core.activations import ACTIVATIONS
from playground.core.experiment import Experiment
from playground.core.losses import LOSSES
from playground.core.optimizers import OPTIMIZERS
from playground.core.population import Population, starts
from playground.core.run import Run
from tests.core.helpers import merged, small, table_for

FLAT = [name for name, kind in OPTIMIZERS.items() if kind.flat]
BENDS = [name for name, entry in ACTIVATIONS.items() if entry.kernel is not None]
SMOOTH = [name for name in LOSSES if not LOSSES[name].rates]
DATA = {"binary": "circle", "multiclass": "blobs", "regression": "reg-gauss"}
RULES = ("smaller", "dropped", "carried")
STEPS = 9
# Rules that divide by the size of small gradients magnify the last digits of a sum.
TOLERANCE = 1e-7

# What the members differ in, beside their start
DIFFERENCES: dict[str, list[dict[str, Any]]] = {
    "start": [{}, {}, {}],
    "rates": [{"optimizer": {"learning_rate": rate}} for rate in (0.005, 0.02, 0.04)],
    "l1 and l2": [{"regularization": {"l1": one, "l2": 0.1 - one}} for one in (0.0, 0.03, 0.1)],
    "clipping": [{"regularization": {"clip_norm": size}} for size in (0.0, 0.05, 0.5)],
    "sticky l1": [
        {"regularization": {"l1": 0.4, "sticky_l1": True, "clip_norm": 0.3}},
        {"regularization": {"l1": 0.1, "l2": 0.02}},
        {"regularization": {"sticky_l1": True}, "optimizer": {"learning_rate": 0.03}},
    ],
    "points left out": [{"data": {"left_out": [place]}} for place in (0, 7, 20)],
    "several left out": [{"data": {"left_out": places}} for places in ([1, 2], [5, 0], [20, 3])],
}


def stack(activation: str, *others: dict[str, Any]) -> list[dict[str, Any]]:
    first = {"kind": "dense", "units": 4, "activation": activation}
    return [first, *others, {"kind": "dense", "units": 3, "activation": activation}]


def case(optimizer: str, place: int) -> dict[str, Any]:
    """Settings on 21 training points, of which loss, activation and end of an epoch go round."""
    loss = SMOOTH[place % len(SMOOTH)]
    tasks = sorted(LOSSES[loss].tasks)
    task = tasks[place % len(tasks)]
    return {
        "name": DATA[task],
        "data": {"samples": 30, "train_percent": 70, "scaling": "standard", "noise": 10},
        "layers": stack(BENDS[place % len(BENDS)], {"kind": "dropout", "rate": 0.2}),
        "loss": loss,
        "optimizer": {"name": optimizer, "learning_rate": 0.01},
        "training": {
            "batch_size": 5,
            "precision": "float64",
            "seed": place,
            "last_batch": RULES[place % 3],
            "order": "fixed" if place % 4 == 3 else "shuffled",
        },
    }


def members(settings: dict[str, Any], differences: list[dict[str, Any]]) -> list[Experiment]:
    like = starts(small(**settings), len(differences))
    return [one.with_changes(change) for one, change in zip(like, differences, strict=True)]


def assert_as_alone(population: Population, runs: list[Run], tolerance: float = TOLERANCE) -> None:
    """The same weights, scores and answers; the runs are measured by it."""
    alone = torch.stack([run.engine.flat() for run in runs])
    torch.testing.assert_close(population.flat(), alone, rtol=0, atol=tolerance)
    scores = population.measure()
    told = population.outputs(runs[0].data.inputs_test)
    for index, run in enumerate(runs):
        metrics = run.measure()
        for name in ("train_loss", "test_loss", "train_score", "test_score"):
            value = getattr(metrics, name)
            wanted = np.nan if value is None else value
            assert getattr(scores, name)[index] == pytest.approx(
                wanted, rel=1e-5, abs=1e-7, nan_ok=True
            )
        prepared = run.engine.prepare(torch.from_numpy(runs[0].data.inputs_test))
        torch.testing.assert_close(
            told[index], run.engine.output(prepared), rtol=0, atol=10 * TOLERANCE
        )


def walk(experiments: list[Experiment], engine: str = "dense", steps: int = STEPS) -> Population:
    """Side by side and alone, and then each member on its own."""
    own = table_for(experiments[0].data.name)
    population, runs = Population(experiments, own), [Run(one, own) for one in experiments]
    assert population.engine_name == engine
    start = population.flat()
    for run in runs:
        run.advance(steps)
    population.advance(steps)
    assert_as_alone(population, runs)
    assert (population.flat() - start).abs().max() > 1e-4, "nothing was trained"
    assert population.exact_epoch == pytest.approx(runs[0].exact_epoch)
    last = population.member(len(runs) - 1)
    assert last.step == steps
    last.advance(steps)
    population.advance(steps)
    torch.testing.assert_close(last.engine.flat(), population.flat()[-1], rtol=0, atol=TOLERANCE)
    return population


def quick(every: int, *lists: list[str]) -> list[Any]:
    """All combinations; all but every so many-th, on which each of them comes up, are slow."""
    found = []
    for place, values in enumerate(itertools.product(*lists)):
        marks = () if place % every == 0 else (pytest.mark.slow,)
        found.append(pytest.param(*values, marks=marks))
    return found


@pytest.mark.parametrize(("optimizer", "difference"), quick(4, FLAT, list(DIFFERENCES)))
def test_members_walk_as_they_do_alone(optimizer, difference):
    """Every flat rule × whatever members differ in; loss, activation and batch rule go round."""
    place = 5 * FLAT.index(optimizer) + list(DIFFERENCES).index(difference)
    walk(members(case(optimizer, place), DIFFERENCES[difference]))


@pytest.mark.parametrize("loss", quick(2, list(LOSSES)))
def test_every_loss_side_by_side(loss):
    place = list(LOSSES).index(loss)
    for task in sorted(LOSSES[loss].tasks):
        settings = case("adam", place) | {"loss": loss, "name": DATA[task]}
        if LOSSES[loss].rates:
            settings |= {
                "name": "csv",
                "data": {"target": "weight", "target_kind": "number", "scaling": "standard"},
            }
        if not LOSSES[loss].logits:
            settings["output_activation"] = "tanh"
        walk(members(settings, DIFFERENCES["start"]), steps=4)


@pytest.mark.parametrize("activation", quick(3, BENDS))
def test_every_activation_side_by_side(activation):
    layers = [*stack(activation), *stack("tanh")]
    walk(members(case("sgd", 3) | {"layers": layers}, DIFFERENCES["start"]), steps=4)


@pytest.mark.parametrize(
    "schedule", quick(4, ["step", "exponential", "cosine", "one_cycle", "plateau"])
)
def test_schedules_are_followed(schedule):
    asked: dict[str, Any] = {"name": schedule}
    asked |= {"plateau": {"patience": 0, "gamma": 0.3}, "step": {"every": 2}}.get(schedule, {})
    settings = case("adam", 1) | {"schedule": asked}
    settings["training"]["batch_size"] = 11
    walk(members(settings, DIFFERENCES["rates"]), steps=12)


def test_what_is_held_stays():
    frozen = {"kind": "dense", "units": 4, "activation": "tanh", "frozen": True}
    without = {"kind": "dense", "units": 4, "activation": "tanh", "bias": False}
    settings = merged(
        case("adamw", 0) | {"layers": [without, frozen]}, {"optimizer": {"weight_decay": 0.5}}
    )
    walk(members(settings, DIFFERENCES["rates"]))


def test_members_of_many_kinds_are_carried_apart():
    """What calls cannot share, another momentum or another schedule, is no reason not to meet."""
    changes = [{"momentum": 0.0}, {"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}]
    experiments = members(case("sgd", 0), [{"optimizer": one} for one in changes for _ in "ab"])
    walk(experiments)


def test_a_member_that_diverges_touches_no_other():
    settings = case("sgd", 0) | {
        "loss": "half_squared",
        "layers": stack("linear"),
        "name": "circle",
    }
    rates = [{"optimizer": {"learning_rate": rate}} for rate in (0.01, 90.0, 0.02)]
    experiments = members(settings, rates)
    population, runs = Population(experiments), [Run(one) for one in experiments]
    for _ in range(12):
        population.advance(5)
        scores = population.measure()
        for run in runs:
            run.advance(5)
            run.measure()
    assert population.alive.tolist() == [True, False, True]
    assert [run.state for run in runs] == ["ready", "diverged", "ready"]
    assert np.isfinite(scores.train_loss).all()
    alone = torch.stack([run.engine.flat() for run in runs])
    torch.testing.assert_close(population.flat(), alone, rtol=0, atol=1e-9)
    assert scores.train_loss[1] == pytest.approx(runs[1].metrics.train_loss, rel=1e-9)
    stopped = population.member(1)
    assert (stopped.state, stopped.step) == ("diverged", runs[1].step)
    torch.testing.assert_close(stopped.engine.flat(), runs[1].engine.flat(), rtol=0, atol=1e-9)


def test_stop_rules_do_not_end_a_member():
    settings = merged(case("sgd", 0), {"training": {"stop_epochs": 1}})
    population = Population(members(settings, DIFFERENCES["start"]))
    population.advance(3 * population.batches_per_epoch)
    assert population.epoch == 3
    assert population.alive.all()


def test_wide_networks_go_in_chunks():
    layers = [{"kind": "dense", "units": 64, "activation": "relu"}]
    experiments = starts(small(layers=layers, training={"precision": "float64"}), 66)
    population = Population(experiments)
    population.advance(3)
    assert len(population._carriers) == 2
    for index in (0, 63, 64, 65):
        run = Run(experiments[index])
        run.advance(3)
        torch.testing.assert_close(population.flat()[index], run.engine.flat(), rtol=0, atol=1e-10)


def conv(channels: int) -> dict[str, Any]:
    return {"kind": "conv2d", "channels": channels, "activation": "relu"}


def pictures(optimizer: str) -> dict[str, Any]:
    """A small convolutional network on a few digits."""
    return {
        "name": "digits",
        "data": {"samples": 60},
        "layers": [
            conv(2),
            {"kind": "pool2d"},
            {"kind": "flatten"},
            {"kind": "dense", "units": 4, "activation": "prelu"},
        ],
        "optimizer": {"name": optimizer, "learning_rate": 0.01},
        "training": {"batch_size": 8, "precision": "float64"},
    }


def anything(optimizer: str) -> dict[str, Any]:
    layers = [
        {"kind": "dense", "units": 4, "activation": "prelu"},
        {"kind": "residual"},
        {"kind": "layer_norm"},
        {"kind": "dense", "units": 3, "activation": "formula"},
    ]
    return case(optimizer, 0) | {"layers": layers}


@pytest.mark.parametrize(
    ("optimizer", "difference"),
    quick(3, ["sgd", "nadam"], ["rates", "l1 and l2", "sticky l1", "points left out"]),
)
def test_networks_of_any_blocks_side_by_side(optimizer, difference):
    walk(members(anything(optimizer), DIFFERENCES[difference]), engine="stacked", steps=5)


@pytest.mark.parametrize("optimizer", quick(5, FLAT))
def test_what_any_rule_remembers_goes_along(optimizer):
    """A member that goes on alone does so under torch's optimizer."""
    walk(members(anything(optimizer), DIFFERENCES["clipping"]), engine="stacked", steps=3)


def test_pictures_side_by_side():
    walk(members(pictures("adamw"), DIFFERENCES["rates"]), engine="stacked", steps=3)


def test_frozen_blocks_of_any_kind_stay():
    settings = anything("adam")
    settings["layers"][0]["frozen"] = True
    walk(members(settings, DIFFERENCES["start"]), engine="stacked", steps=3)


def test_a_network_alone_is_as_it_would_be_among_many():
    for settings, name in ((case("sgd", 0), "dense"), (anything("sgd"), "loop")):
        walk(members(settings, [{}]), engine=name, steps=3)


@pytest.mark.parametrize("kind", quick(2, ["batch_norm", "noise"]))
def test_what_cannot_be_stacked_trains_one_by_one(kind):
    layers = [*stack("tanh"), {"kind": kind}, *stack("prelu")]
    settings = case("adam", 0) | {"layers": layers}
    walk(members(settings, DIFFERENCES["rates"]), engine="loop", steps=3)
