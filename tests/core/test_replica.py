"""The replica: the same network as the engine's, by other means, and nothing of the run moves."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings

from playground.core.engine import ENGINES
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.network import checked
from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.helpers import CSV, independent_model, model_inputs, run_of, small, states_equal
from tests.strategies import small_experiments

STACK = [
    {"kind": "dense", "units": 7, "activation": "gelu"},
    {"kind": "dropout", "rate": 0.4},
    {"kind": "dense", "units": 5, "activation": "relu"},
]
NAMES = ["circle", "iris", "diabetes"]


def trained(name: str, engine: str | None = None) -> Run:
    changes = {"layers": STACK, "regularization": {"l1": 0.003, "l2": 0.01}}
    run = run_of(small(name, **changes), engine=engine)
    run.advance(15)
    return run


@pytest.mark.parametrize("engine", list(ENGINES))
@pytest.mark.parametrize("name", NAMES)
def test_it_computes_what_the_engine_computes(name, engine):
    run = trained(name, engine)
    replica = Replica(run)
    for ours, theirs in zip(
        replica.values(model_inputs(run)), run.engine.activations(run.points), strict=True
    ):
        torch.testing.assert_close(ours.detach().t(), theirs, rtol=1e-10, atol=1e-12)
    run.advance(9)
    replica.refresh()
    run.measure()
    for part, loss in (("train", run.metrics.train_loss), ("test", run.metrics.test_loss)):
        assert replica.loss(*replica.examples(part)).item() == pytest.approx(loss, rel=1e-9)
    assert replica.penalty().item() == pytest.approx(run.metrics.penalty, rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_its_gradients_are_those_of_an_independent_network(name):
    run = trained(name)
    inputs, targets = run.examples("train")
    chosen = slice(3, 17)
    replica = Replica(run)
    found = replica.gradients(inputs[chosen], targets[chosen])
    assert list(found) == replica.names
    model = independent_model(run)
    loss = run.loss.value(model(inputs[chosen]), targets[chosen], 1)
    expected = torch.autograd.grad(loss, list(model.parameters()))
    for ours, theirs in zip(found.values(), expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)
    assert replica.owners == [1, 1, 3, 3, 4, 4]


def test_a_plain_step_is_the_gradient_with_the_penalty():
    changes = {
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
        "training": {"batch_size": 1000},
        "regularization": {"l2": 0.03},
    }
    run = run_of(small("circle", **changes))
    replica = Replica(run)
    before = [pair[0].clone() for pair in run.engine.parameters()]
    gradients = replica.gradients(*replica.examples(), penalty=True)
    run.advance(1)
    weights = [value for name, value in gradients.items() if name.endswith("weight")]
    for old, (new, _), slope in zip(before, run.engine.parameters(), weights, strict=True):
        torch.testing.assert_close(new, old - 0.1 * slope, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("engine", list(ENGINES))
def test_the_run_goes_on_as_if_nobody_had_looked(engine):
    watched, alone = trained("circle", engine), trained("circle", engine)
    for _ in range(3):
        replica = Replica(watched)
        with torch.inference_mode():  # as a frame may be made
            replica.gradients(*replica.examples(), penalty=True)
        for run in (watched, alone):
            run.advance(7)
    assert states_equal(watched, alone)
    assert torch.equal(watched.batches.indices, alone.batches.indices)


def test_it_keeps_the_moment_it_was_made_in():
    run = trained("circle")
    replica = Replica(run)
    before = [parameter.detach().clone() for parameter in replica.parameters]
    run.advance(5)
    assert all(torch.equal(a, b) for a, b in zip(before, replica.parameters, strict=True))
    replica.refresh()
    assert not torch.equal(before[0], replica.parameters[0])


@given(small_experiments())
@settings(max_examples=25)
def test_any_network_has_a_replica(experiment: Experiment):
    try:
        run = Run(experiment, CSV)
        checked(experiment, run.schema)
    except PlaygroundError:
        return
    run.advance(2)
    replica = Replica(run)
    values = replica.values(model_inputs(run))
    output = run.engine.activations(run.points)[-1]
    # Points first in the replica and last in an engine, sequences too
    told = values[-1].detach().movedim(0, -1)
    torch.testing.assert_close(told, output.to(replica.dtype), rtol=1e-3, atol=1e-3, equal_nan=True)
