"""Optimizers that take all points in every step."""

from __future__ import annotations

import pytest
import torch

from playground.core.optimizers import OPTIMIZERS
from tests.core.helpers import flat, run_of, small


@pytest.mark.parametrize("optimizer", ["gd", "lbfgs"])
@pytest.mark.parametrize("last_batch", ["smaller", "dropped", "carried"])
def test_a_full_batch_optimizer_takes_all_points_in_every_step(optimizer, last_batch):
    training = {"batch_size": 7, "last_batch": last_batch}
    run = run_of(small(optimizer={"name": optimizer}, training=training))
    assert run.batches_per_epoch == 1
    assert run.batches.size == len(run.data.inputs_train)
    run.advance(3)
    assert run.epoch == 3
    run.update(run.experiment.with_changes({"training": {"batch_size": 3}}))
    assert run.batches_per_epoch == 1


@pytest.mark.parametrize("engine", ["dense", "autograd"])
def test_gradient_descent_stops_where_the_gradient_vanishes(engine):
    settings = {
        "optimizer": {"name": "gd", "learning_rate": 0.05, "tolerance": 0.01},
        "layers": [],
        "loss": "mse",
        "regularization": {"l2": 0.1},
    }
    run = run_of(small("gauss", **settings), engine=engine)
    run.advance(10_000)
    assert run.state == "done"
    assert run.notice is not None
    assert run.notice.code == "stopped_gradient"
    epochs = run.epoch
    assert 1 < epochs < 10_000
    weight, bias = (part.clone() for part in run.engine.parameters()[0])
    inputs = torch.from_numpy(run.data.inputs_train)
    targets = torch.from_numpy(run.data.targets_train)[:, None] * 2.0 - 1

    def gradient(weight: torch.Tensor, bias: torch.Tensor) -> float:
        error = inputs @ weight.t() + bias - targets
        parts = (2 * error.t() @ inputs / len(inputs) + 0.1 * weight, 2 * error.mean(0))
        return torch.cat([part.flatten() for part in parts]).norm().item()

    assert gradient(weight, bias) < 0.01
    assert float(str(run.notice.params["norm"])) <= 0.01
    run.update(run.experiment.with_changes({"optimizer": {"tolerance": 1e-6}}))
    run.advance(10_000)
    assert run.epoch > epochs
    assert gradient(*run.engine.parameters()[0]) < 1e-6


def test_newton_like_steps_need_few():
    """L-BFGS solves a least-squares problem in as many steps as it has directions, or so."""
    changes = {"layers": [], "loss": "mse", "optimizer": {"name": "lbfgs"}}
    run = run_of(small("reg-plane", **changes))
    run.advance(12)
    inputs = torch.from_numpy(run.data.inputs_train)
    design = torch.cat((inputs, torch.ones(len(inputs), 1)), 1)
    targets = torch.from_numpy(run.data.targets_train)[:, None]
    best = torch.linalg.lstsq(design, targets).solution.flatten()
    torch.testing.assert_close(flat(run), best, rtol=0, atol=1e-5)


@pytest.mark.parametrize("to", [name for name, kind in OPTIMIZERS.items() if not kind.flat])
def test_an_optimizer_of_another_engine_takes_over_and_gives_back(to):
    run = run_of(small(optimizer={"name": "adam"}, training={"batch_size": 7}))
    run.advance(10)
    before = flat(run)
    run.update(run.experiment.with_changes({"optimizer": {"name": to}}))
    assert run.engine.name == "autograd"
    assert torch.equal(flat(run), before)
    assert run.batches.size == (len(run.data.inputs_train) if OPTIMIZERS[to].full_batch else 7)
    run.advance(5)
    assert not torch.equal(flat(run), before)
    run.update(run.experiment.with_changes({"optimizer": {"name": "sgd"}}))
    assert run.engine.name == "dense"
    assert run.batches.size == 7
    run.advance(5)
    assert run.state == "ready"


def test_the_memory_of_l_bfgs_changes_mid_run():
    run = run_of(small(optimizer={"name": "lbfgs", "history": 8}))
    for history in (20, 3, 5):
        run.advance(9)
        run.update(run.experiment.with_changes({"optimizer": {"history": history}}))
        run.advance(7)
        kept = [key for key in run.engine.state() if ".old_dirs:" in key and key[-1].isdigit()]
        assert len(kept) <= history
    assert run.measure().train_loss is not None
