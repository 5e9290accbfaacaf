"""Networks on a device that is as strict as a GPU: nothing of theirs meets a tensor of the CPU, and
no step waits for the host or brings it anything."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from playground.core import devices
from playground.core.devices import Device
from playground.core.engine.graphs import capture
from playground.core.engine.stacked import Stacked
from playground.core.optimizers import OPTIMIZERS
from playground.core.population import Population, starts
from playground.core.population.member import members_of
from playground.core.run import Run
from tests.core.elsewhere import NAME, second_device
from tests.core.helpers import run_of, small
from tests.core.recording import Recorded

FLAT = [name for name, kind in OPTIMIZERS.items() if kind.flat]
PENALTIES = [
    {"l1": 0.02, "l2": 0.05, "clip_norm": 0.3},
    {"l1": 0.3, "sticky_l1": True},
]
EPOCH = 4  # minibatches of five, the last one of three


class There(Recorded):
    def can(self, device: torch.device) -> bool:
        return device.type == NAME


@pytest.fixture
def crossings(monkeypatch):
    """Counts the ways between the host and the device, which is there."""
    both = (Device("cpu", "CPU"), Device(NAME, "elsewhere"))
    monkeypatch.setattr(devices, "available", lambda: both)
    monkeypatch.setattr(capture, "CUDA", There())
    with second_device() as found:
        yield found.count


def settings(optimizer: str, dropout: bool = False, **changes: Any) -> dict[str, Any]:
    layers: list[dict[str, Any]] = [{"kind": "dense", "units": 4}, {"kind": "dense", "units": 3}]
    if dropout:
        layers.insert(1, {"kind": "dropout", "rate": 0.2})
    base = {
        "data": {"samples": 36, "train_percent": 50},
        "layers": layers,
        "optimizer": {"name": optimizer, "learning_rate": 0.01},
        "training": {"batch_size": 5},
    }
    return base | changes


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("optimizer", FLAT)
def test_a_step_crosses_nothing(crossings, optimizer, penalty):
    wanted = small(**settings(optimizer, regularization=penalty))
    near, plain = run_of(wanted, device="cpu"), run_of(wanted, device=NAME, engine="dense")
    assert plain.device.kind == NAME
    for run in (near, plain):
        run.advance(EPOCH)
    crossings.clear()
    for run in (near, plain):
        run.engine.train(run.batches.slices[:3])
    assert not crossings
    torch.testing.assert_close(plain.engine.flat().cpu(), near.engine.flat(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nadam"])
@torch.inference_mode()  # a coat of a tensor must not go in and out of it
def test_many_networks_cross_once_an_epoch(crossings, optimizer, dropout):
    experiments = starts(small(**settings(optimizer, dropout, regularization=PENALTIES[0])), 3)
    experiments[1] = experiments[1].with_changes({"optimizer": {"learning_rate": 0.03}})
    near, there = Population(experiments, device="cpu"), Population(experiments, device=NAME)
    for population in (near, there):
        population.advance(4 * EPOCH)
    crossings.clear()
    for population in (near, there):
        population.advance(EPOCH)
    graph = OPTIMIZERS[optimizer].capturable
    assert there.engine_name == ("graph" if graph else "dense")
    drawn = 0 if not dropout else 1 if graph else EPOCH
    assert dict(crossings) == {"to": 1 + drawn}, "the orders, and what dropout draws"
    torch.testing.assert_close(there.flat().cpu(), near.flat(), rtol=0, atol=1e-12)
    seen = near.data.inputs_test
    told = there.outputs(seen).cpu()
    torch.testing.assert_close(told, near.outputs(seen), rtol=0, atol=1e-9)
    for one, other in zip(there.measure().rows(), near.measure().rows(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    assert not capture.CUDA.broken


def walked(optimizer: str, place: str) -> tuple[Tensor, Counter[str]]:
    """Weights after an epoch of three networks of any blocks, and the crossings on the way."""
    own: dict[str, Any] = settings(optimizer, regularization=PENALTIES[0])
    own["layers"] = [{"kind": "dense", "units": 4, "activation": "prelu"}, {"kind": "residual"}]
    members = members_of(starts(small(**own), 3), None)
    with second_device() as found:
        device = torch.device(place)
        problems = [replace(member.problem, device=device) for member in members]
        engine = Stacked(problems, [member.free for member in members])
        engine.load(torch.arange(18).expand(3, 18).contiguous())
        found.count.clear()
        engine.train([(0, 5), (5, 10), (10, 15), (15, 18)])
        crossed = found.count.copy()
        return engine.flat().cpu(), crossed


@pytest.mark.slow
def test_networks_of_any_blocks_train_there():
    # Autograd knows the devices alone that were there when it was first used: a process of its own
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        for optimizer in ("sgd", "adam", "radam"):
            there, crossings = fresh.submit(walked, optimizer, NAME).result()
            here, _ = walked(optimizer, "cpu")
            assert not crossings
            torch.testing.assert_close(there, here, rtol=0, atol=1e-12)


@torch.inference_mode()
def test_a_member_that_diverges_there_stops(crossings):
    wanted = settings("sgd", loss="half_squared")
    wanted["layers"] = [{"kind": "dense", "units": 4, "activation": "linear"}]
    experiments = starts(small(**wanted), 3)
    experiments[1] = experiments[1].with_changes({"optimizer": {"learning_rate": 90.0}})
    there = Population(experiments, device=NAME)
    run = Run(experiments[2], device="cpu")
    for _ in range(12):
        there.advance(5)
        there.measure()
        run.advance(5)
    assert there.alive.tolist() == [True, False, True]
    torch.testing.assert_close(there.flat()[2].cpu(), run.engine.flat(), rtol=0, atol=1e-9)
