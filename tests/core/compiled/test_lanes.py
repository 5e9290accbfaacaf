"""Networks in lanes: each has the trajectory that it has in the batched dense engine."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from playground.core.engine.compiled.many import CompiledMany
from playground.core.engine.compiled.plan import LANES, plan_of
from playground.core.engine.dense_many import DenseMany
from playground.core.experiment import Experiment
from playground.core.run import Run
from tests.core.compiled.uncompiled import OPTIMIZERS, Uncompiled

SMALL = {"data": {"samples": 40}, "optimizer": {"name": "sgd", "learning_rate": 0.05}}


def pair(changes: dict[str, Any], each: list[dict[str, Any]]) -> tuple[DenseMany, CompiledMany]:
    experiment = Experiment().with_changes(SMALL).with_changes(changes)
    runs = [Run(experiment.with_changes(one), engine="dense") for one in each]
    problems, free = [run.problem for run in runs], [run.free() for run in runs]
    plan = plan_of(experiment, runs[0].blocks, len(problems[0].inputs), LANES)
    assert plan is not None
    fast = CompiledMany(problems, free, Uncompiled(plan))
    assert fast.name == "compiled"
    return DenseMany(problems, free), fast


def train(engine: DenseMany, epochs: int, seed: int = 0) -> None:
    drawn = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        orders = torch.stack([torch.randperm(20, generator=drawn) for _ in range(engine.count)])
        engine.load(orders)
        engine.train([(0, 8)])
        engine.train([(8, 16), (16, 20)])


def alike(plain: DenseMany, fast: CompiledMany) -> None:
    scale = plain.flat().abs().amax(1, keepdim=True)
    assert ((plain.flat() - fast.flat()).abs() <= 1e-5 * scale).all()
    for index in range(plain.count):
        for name, value in plain.state(index).items():
            torch.testing.assert_close(value, fast.state(index)[name], rtol=1e-4, atol=1e-6)


STARTS = [{"training": {"start": start}} for start in range(19)]  # more than one group of lanes
CASES: list[dict[str, Any]] = [
    *({"optimizer": optimizer} for optimizer in OPTIMIZERS),
    {"optimizer": {"name": "adamw", "learning_rate": 0.01, "weight_decay": 0.1}, "layers": []},
    {"regularization": {"clip_norm": 0.1}},
    {
        "data": {"name": "blobs", "classes": 3},
        "loss": "cross_entropy",
        "layers": [{"kind": "dense", "units": 7, "activation": "relu"}],
    },
]


@pytest.mark.parametrize("changes", CASES, ids=str)
def test_each_has_its_own_trajectory(changes: dict[str, Any]) -> None:
    plain, fast = pair(changes, STARTS)
    for engine in (plain, fast):
        train(engine, 4)
    alike(plain, fast)


def test_rates_and_penalties_of_their_own() -> None:
    each = [
        {"optimizer": {"learning_rate": rate}, "regularization": {"l1": l1, "l2": 0.1 - l1}}
        for rate, l1 in ((0.01, 0.0), (0.1, 0.05), (0.3, 0.1))
    ]
    plain, fast = pair({}, each)
    for engine in (plain, fast):
        train(engine, 3)
        engine.pace([0.2, 0.2, 0.02])
        train(engine, 3)
        engine.pace([0.1] * 3)
        train(engine, 3)
    alike(plain, fast)


def test_one_that_is_stopped_stays_where_it_was_and_the_others_go_on() -> None:
    plain, fast = pair({"optimizer": {"name": "adam", "learning_rate": 0.01}}, STARTS[:5])
    gone = torch.tensor([False, True, False, False, True])
    for engine in (plain, fast):
        train(engine, 2)
        engine.keep(torch.ones(5, dtype=torch.bool))
        train(engine, 1)
        engine.stop(gone)
        train(engine, 3)
    assert fast.name == "compiled"
    scale = plain.flat().abs().amax(1, keepdim=True)
    assert ((plain.flat() - fast.flat()).abs() <= 1e-5 * scale).all()


def test_a_minibatch_that_is_too_long_goes_the_dense_way() -> None:
    plain, fast = pair({}, STARTS[:2])
    for engine in (plain, fast):
        train(engine, 1)
        engine.train([(0, 20)])
        train(engine, 1)
    alike(plain, fast)
