"""Kernels that were really built: as the program says, kept, and switched to. Slow: a build takes
half a minute of one core, once on a machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import torch

from playground.core.engine.compiled import cache, check
from playground.core.engine.compiled.engine import CompiledEngine
from playground.core.engine.compiled.package import Package
from playground.core.engine.compiled.plan import LANES, Plan, plan_of
from playground.core.experiment import Experiment
from playground.core.run import Run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]
Kernel = Callable[[Plan], Package]

SGD = Plan(3, 8, 1, 10, "sgd", "distance")
ADAM = Plan(3, 8, 1, 10, "adam", "distance")
MANY = Plan(3, 16, 16, 32, "momentum", "softmax")
LANED = Plan(3, 4, 1, 10, "radam", "distance", clipped=True, lanes=LANES)


@pytest.mark.parametrize("plan", [SGD, ADAM, MANY, LANED], ids=lambda plan: plan.name)
def test_a_kernel_agrees_with_the_dense_engine(kernel: Kernel, plan: Plan) -> None:
    assert check.difference(kernel(plan)) <= check.TOLERANCE
    assert json.loads((cache.place(plan) / cache.INFO).read_text())["difference"] <= 1e-5


NETWORKS: list[dict[str, Any]] = [
    {"optimizer": {"name": "sgd", "learning_rate": 0.1}},
    {"optimizer": {"name": "adam", "learning_rate": 0.01}, "regularization": {"l1": 0.01}},
    {
        "data": {"name": "blobs", "classes": 4},
        "loss": "cross_entropy",
        "layers": [{"kind": "dense", "units": 9, "activation": "relu"}, {"kind": "dense"}],
        "optimizer": {"name": "sgd", "learning_rate": 0.03, "momentum": 0.9},
        "training": {"batch_size": 32},
    },
]


@pytest.mark.parametrize("changes", NETWORKS)
def test_step_by_step(kernel: Kernel, changes: dict[str, Any]) -> None:
    experiment = Experiment().with_changes(changes)
    plain, fast = (Run(experiment, engine="dense") for _ in range(2))
    plan = plan_of(experiment, fast.blocks, len(fast.data.inputs_train))
    assert plan in (SGD, ADAM, MANY)
    fast.engine = CompiledEngine(fast.problem, kernel(plan))
    fast.engine.load(fast.batches.indices)
    assert fast.engine.way == "compiled"
    for _ in range(5 * plain.batches_per_epoch):
        plain.advance(1)
        fast.advance(1)
        wanted, found = plain.engine.state(), fast.engine.state()
        for name, value in wanted.items():
            scale = value.abs().max().clamp(min=1e-3)
            assert (value - found[name]).abs().max() <= 1e-6 * scale, name
        fast.engine.load_state(wanted)


def test_a_run_switches_when_the_kernel_is_there(
    kernel: Kernel, kernels_on: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = kernel(SGD)
    now = [0.0]
    monkeypatch.setattr(cache, "KERNELS", cache.Kernels(clock=lambda: now[0]))
    experiment = Experiment().with_changes(NETWORKS[0])
    plain, fast = Run(experiment, engine="dense"), None
    with monkeypatch.context() as elsewhere:  # nothing is there when the run begins
        elsewhere.setenv("PLAYGROUND_CACHE", str(cache.folder() / "nowhere"))
        fast = Run(experiment)
        fast.advance(30)
        assert fast.engine.way == "dense"
    now[0] += 2
    fast.advance(100)
    plain.advance(130)
    assert fast.engine.way == "compiled" and found.plan == SGD
    torch.testing.assert_close(plain.engine.flat(), fast.engine.flat(), rtol=1e-4, atol=1e-6)
    # A snapshot of either goes on in the other.
    again = Run(experiment, engine="dense", snapshot=fast.snapshot())
    for run in (fast, again):
        run.advance(50)
    torch.testing.assert_close(again.engine.flat(), fast.engine.flat(), rtol=1e-4, atol=1e-6)
