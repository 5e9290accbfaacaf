"""Holds a kernel against the dense engine before it is used."""

from __future__ import annotations

import torch
from torch import Tensor

from playground.core.engine.compiled.engine import CompiledEngine
from playground.core.engine.compiled.many import CompiledMany
from playground.core.engine.compiled.package import Package
from playground.core.engine.compiled.plan import LANES, Plan, plan_of
from playground.core.engine.compiled.rules import RULES
from playground.core.engine.dense_many import DenseMany
from playground.core.experiment import Experiment
from playground.core.run import Run

STEPS = 75
TOLERANCE = 1e-5  # of the largest weight, in float32
FORMS = ("tanh", "relu", "sigmoid", "leaky_relu", "silu", "linear")
STRAIGHT = ("relu", "leaky_relu", "linear")
# Rates at which a last digit does not grow: what divides by the size of a gradient makes much of
# one near 0, and a sign may turn over, by twice the rate.
CALM = {"sgd": 0.03, "momentum": 0.03, "adadelta": 0.3, "lion": 1e-6}
MOMENTUM = {"momentum": 0.9, "nesterov": True}


def experiment_of(plan: Plan) -> Experiment:
    """A network that fits the plan, with a bit of everything."""
    many = plan.answers > 1
    forms = FORMS if plan.curved else STRAIGHT
    layers = [
        {"kind": "dense", "units": plan.width - index % 2, "activation": forms[index % len(forms)]}
        for index in range(plan.maps - 1)
    ]
    kind = RULES[plan.optimizer].kind
    loss = "cross_entropy" if plan.loss == "softmax" else "mse" if many else "bce"
    return Experiment().with_changes(
        {
            "data": {"name": "blobs" if many else "circle", "samples": 136},
            "loss": loss,
            "layers": layers,
            "optimizer": {
                "name": kind.model_fields["name"].default,
                "learning_rate": CALM.get(plan.optimizer, 0.003),
                **(MOMENTUM if plan.optimizer == "momentum" else {}),
            },
            "regularization": {"l1": 1e-3, "l2": 1e-2, "clip_norm": 0.3 if plan.clipped else 0.0},
            "training": {"batch_size": plan.batch, "last_batch": "smaller"},
        }
    )


def difference(package: Package) -> float:
    """The largest difference between the weights of both after `STEPS` steps, as a share of the
    largest weight."""
    plan = package.plan
    if plan.lanes > 1:
        return _of_many(plan, package)
    experiment = experiment_of(plan)
    plain, fast = (Run(experiment, engine="dense", device="cpu") for _ in range(2))
    assert plan_of(experiment, fast.blocks, len(fast.data.inputs_train)) == plan
    fast.engine = CompiledEngine(fast.problem, package)
    fast.engine.load(fast.batches.indices)
    for run in (plain, fast):
        run.advance(STEPS)
    if fast.engine.way != "compiled":
        return float("inf")
    return _apart(plain.engine.flat(), fast.engine.flat())


def _of_many(plan: Plan, package: Package) -> float:
    """As `difference`, of more networks than there are lanes."""
    experiment = experiment_of(plan)
    starts = [experiment.with_changes({"training": {"start": k}}) for k in range(LANES + 3)]
    runs = [Run(one, engine="dense", device="cpu") for one in starts]
    problems, free = [run.problem for run in runs], [run.free() for run in runs]
    assert plan_of(experiment, runs[0].blocks, len(problems[0].inputs), LANES) == plan
    plain, fast = DenseMany(problems, free), CompiledMany(problems, free, package)
    orders = torch.stack([run.batches.indices for run in runs])
    slices = runs[0].batches.slices
    for engine in (plain, fast):
        engine.load(orders)
        for taken in range(STEPS):
            engine.train([slices[taken % len(slices)]])
    if fast.name != "compiled":
        return float("inf")
    return _apart(plain.flat(), fast.flat())


def _apart(wanted: Tensor, found: Tensor) -> float:
    return ((wanted - found).abs().max() / wanted.abs().max()).item()
