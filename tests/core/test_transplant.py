"""Changes that need another engine go into a running network with its weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from playground.core.differences import reset_reasons
from playground.core.engine import ENGINES
from playground.core.experiment import Experiment
from playground.core.layers import LAYERS
from playground.core.observe import observe
from playground.core.optimizers import OPTIMIZERS
from playground.core.run import Run
from tests.core.helpers import POINT_BLOCKS

DENSE = {"kind": "dense", "units": 3, "activation": "tanh"}
WANT = {"map": True, "neurons": True, "analysis": "pca", "block": 1}
CHANGES: list[dict[str, Any]] = [
    {"loss": "mse"},
    {"loss": "hinge"},
    {"loss": "mse", "output_activation": "tanh"},
    {"layers": [{**DENSE, "activation": "relu"}, DENSE]},
    {"layers": [{**DENSE, "activation": "prelu"}, DENSE]},
    {"layers": [{**DENSE, "bias": False}, DENSE]},
    {"training": {"precision": "float32"}},
    *({"optimizer": {"name": name}} for name in OPTIMIZERS if name != "sgd"),
]


def run_with(engine: str | None, *layers: dict[str, Any]) -> Run:
    content = {
        "layers": list(layers) or [DENSE, DENSE],
        "data": {"samples": 60},
        "optimizer": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9},
        "training": {"precision": "float64", "device": "cpu"},
    }
    return Run(Experiment().with_changes(content), engine=engine)


def weights(run: Run) -> list[torch.Tensor]:
    return [part.double().clone() for pair in run.engine.parameters() for part in pair]


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_the_weights_stay_and_the_training_goes_on(changes):
    run = run_with(None)
    run.advance(13)
    observe(run, WANT, (-1, 0), True)
    before, place = weights(run), (run.step, run.epoch, run.batch_in_epoch)
    changed = run.experiment.with_changes(changes)
    assert reset_reasons(run.experiment, changed) == ()
    run.update(changed)
    assert (run.step, run.epoch, run.batch_in_epoch) == place
    off = "bias" in str(changes)
    for index, (now, then) in enumerate(zip(weights(run), before, strict=True)):
        if off and index == 1:
            assert now.abs().sum() == 0
        else:
            torch.testing.assert_close(now, then, rtol=1e-6, atol=1e-7)
    header, arrays = observe(run, WANT, (-1, 0), False)
    assert "scene" in header, "what is drawn has changed"
    assert arrays["map"].shape == (100, 100)
    run.advance(7)
    again = Run(changed, snapshot=run.snapshot())
    for one in (run, again):
        one.advance(20)
    for ours, theirs in zip(weights(run), weights(again), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)
    assert not torch.equal(weights(run)[0], before[0])


@pytest.mark.parametrize("engine", list(ENGINES))
def test_the_optimizer_remembers_where_it_stays_the_same(engine):
    """After a change there and back without a step between, nothing has happened."""
    run, alone = run_with(engine), run_with(engine)
    for one in (run, alone):
        one.advance(17)
    run.update(run.experiment.with_changes({"loss": "mse"}))
    run.update(run.experiment.with_changes({"loss": "bce"}))
    for one in (run, alone):
        one.advance(11)
    for ours, theirs in zip(weights(run), weights(alone), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-14)


def test_from_one_engine_to_the_other_and_back():
    run, alone = run_with(None), run_with(None)
    assert run.engine.name == "dense"
    for activation in ("prelu", "tanh"):
        bent = {**DENSE, "activation": activation}
        run.update(run.experiment.with_changes({"layers": [bent, DENSE]}))
        assert run.engine.name == ("autograd" if activation == "prelu" else "dense")
    for one in (run, alone):
        one.advance(30)
    for ours, theirs in zip(weights(run), weights(alone), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12)


def test_gains_and_running_means_come_along():
    layers = [DENSE, {"kind": "batch_norm"}, {"kind": "layer_norm"}, DENSE]
    run = run_with(None, *layers)
    run.advance(20)
    before = {name: part.clone() for name, part in run.engine.extras().items()}
    run.update(run.experiment.with_changes({"optimizer": {"name": "adam"}}))
    for name, part in run.engine.extras().items():
        assert torch.equal(part, before[name]), name


@pytest.mark.parametrize("kind", POINT_BLOCKS)
def test_a_cut_stays_cut_through_a_change(kind):
    layers = [DENSE, LAYERS[kind]().model_dump(mode="json"), DENSE]
    run = run_with(None, *layers)
    run.advance(5)
    run.act({"deed": "cut", "block": 1, "unit": 0, "source": 1, "on": True})
    run.update(run.experiment.with_changes({"optimizer": {"name": "adam"}}))
    run.advance(9)
    assert weights(run)[0][0, 1] == 0
    assert run.act({"deed": "undo"})
    assert weights(run)[0][0, 1] != 0
