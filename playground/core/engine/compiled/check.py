"""Holds a kernel against the dense engine before it is used."""

from __future__ import annotations

from typing import Any

from playground.core.engine.compiled.engine import CompiledEngine
from playground.core.engine.compiled.package import Package
from playground.core.engine.compiled.plan import Plan, plan_of
from playground.core.experiment import Experiment
from playground.core.run import Run

STEPS = 75
TOLERANCE = 1e-5  # of the largest weight, in float32
FORMS = ("tanh", "relu", "sigmoid", "leaky_relu", "silu", "linear")
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "sgd": {"name": "sgd", "learning_rate": 0.03},
    "momentum": {"name": "sgd", "learning_rate": 0.03, "momentum": 0.9, "nesterov": True},
    "adam": {"name": "adamw", "learning_rate": 0.003},
}


def experiment_of(plan: Plan) -> Experiment:
    """A network that fits the plan, with a bit of everything."""
    many = plan.loss == "softmax"
    layers = [
        {"kind": "dense", "units": plan.width - index % 2, "activation": FORMS[index % len(FORMS)]}
        for index in range(plan.maps - 1)
    ]
    return Experiment().with_changes(
        {
            "data": {"name": "blobs" if many else "circle", "samples": 136},
            "loss": "cross_entropy" if many else "bce",
            "layers": layers,
            "optimizer": OPTIMIZERS[plan.optimizer],
            "regularization": {"l1": 1e-3, "l2": 1e-2},
            "training": {"batch_size": plan.batch, "last_batch": "smaller"},
        }
    )


def difference(package: Package) -> float:
    """The largest difference between the weights of both after `STEPS` steps, as a share of the
    largest weight."""
    experiment = experiment_of(package.plan)
    plain, fast = (Run(experiment, engine="dense", device="cpu") for _ in range(2))
    assert plan_of(experiment, fast.blocks, len(fast.data.inputs_train)) == package.plan
    fast.engine = CompiledEngine(fast.problem, package)
    fast.engine.load(fast.batches.indices)
    for run in (plain, fast):
        run.advance(STEPS)
    if fast.engine.way != "compiled":
        return float("inf")
    weights = plain.engine.flat()
    return ((weights - fast.engine.flat()).abs().max() / weights.abs().max()).item()
