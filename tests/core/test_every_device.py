"""What a run does, on every device of this machine: a CPU alone, or a GPU beside it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from playground.core import devices
from playground.core.analysis.landscape import ManyLosses
from playground.core.analysis.registry import VIEWS
from playground.core.analysis.release import Ball, roll
from playground.core.analysis.weight_plane import lattice, random_plane
from playground.core.losses import LOSSES
from playground.core.observe import Observer, observe
from playground.core.optimizers import SGD, Adam
from playground.core.run import Run
from tests.core.helpers import POINT_BLOCKS, engine_cases, flat, run_of, small

# Trajectories are compared in float64, which Apple's GPU does not compute.
DEVICES = [one.kind for one in devices.available() if devices.fallback(one.kind, "float64") is None]
STEPS = 25

pytestmark = pytest.mark.parametrize("device", DEVICES)


def pair(device: str, name: str = "circle", engine: str | None = None, **changes: Any):
    """The same experiment on the CPU and on a device."""
    return tuple(
        run_of(small(name, **changes), device=kind, engine=engine) for kind in ("cpu", device)
    )


def assert_together(one: Run, other: Run) -> None:
    torch.testing.assert_close(flat(one).cpu(), flat(other).cpu(), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(("optimizer", "engine"), engine_cases())
def test_every_optimizer_takes_the_same_steps(device, optimizer, engine):
    runs = pair(device, engine=engine, optimizer={"name": optimizer})
    assert [run.device.kind for run in runs] == ["cpu", device]
    for run in runs:
        run.advance(STEPS)
    assert_together(*runs)


@pytest.mark.parametrize("kind", POINT_BLOCKS)
def test_every_block_takes_the_same_steps(device, kind):
    # What is drawn during training comes from a generator on the CPU, wherever the run computes.
    layers = [{"kind": "dense", "units": 4}, {"kind": kind}, {"kind": "dense", "units": 4}]
    runs = pair(device, layers=layers)
    for run in runs:
        run.advance(STEPS)
    assert_together(*runs)


@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_takes_the_same_steps(device, loss):
    kind = LOSSES[loss]
    counts = "diabetes" if kind.rates else "line"
    name = (
        "circle" if "binary" in kind.tasks else counts if kind.rates or not kind.logits else "blobs"
    )
    runs = pair(device, name, loss=loss)
    for run in runs:
        run.advance(STEPS)
    assert_together(*runs)


@pytest.mark.parametrize("name", ["circle", "line", "wine", "reg-plane"])
def test_frames_show_the_same(device, name):
    runs = pair(device, name)
    views = [view for view in VIEWS if view != "health"]  # histograms: a value at an edge may jump
    want = {"map": True, "neurons": True, "focus": [1, 0], "analysis": views, "block": 1}
    frames = []
    for run in runs:
        run.advance(STEPS)
        frames.append(observe(run, want, (-1, 0), True))
        assert isinstance(run.observer, Observer)
    (header, arrays), (other, found) = frames
    assert other["place"]["device"] == device
    assert arrays.keys() == found.keys()
    json.dumps(other, allow_nan=False)
    for key, expected in arrays.items():
        if expected.dtype == np.uint8:
            assert np.abs(found[key].astype(int) - expected).max() <= 1, key
        elif key.startswith("points"):
            np.testing.assert_array_equal(found[key], expected)
    for key in ("train_loss", "test_loss", "train_score", "test_score"):
        assert other["metrics"][key] == pytest.approx(header["metrics"][key], rel=1e-6), key


def test_hands_and_snapshots(device):
    run, other = pair(device)
    deeds = [
        {"deed": "set", "block": 1, "unit": 0, "source": 1, "value": 0.5},
        {"deed": "cut", "block": 1, "unit": 1, "source": 0, "on": True},
        {"deed": "silence", "block": 1, "unit": 2, "on": True},
        {"deed": "prune", "share": 0.2},
        {"deed": "undo"},
    ]
    for deed in deeds:
        for one in (run, other):
            assert one.act(deed)
            one.advance(5)
        assert_together(run, other)
    # A snapshot of one device goes on, on another.
    taken = Run(other.experiment, device="cpu", snapshot=other.snapshot())
    back = Run(run.experiment, device=device, snapshot=run.snapshot())
    for one in (taken, back, run, other):
        one.advance(STEPS)
    for one in (taken, back, other):
        assert_together(run, one)


@pytest.mark.parametrize("engine", ["dense", "autograd"])
def test_a_run_moves_to_another_device_and_back(device, engine):
    layers = [{"kind": "dense", "units": 4}]
    if engine == "autograd":
        layers.append({"kind": "layer_norm"})
    still = run_of(small(layers=layers))
    moving = run_of(small(layers=layers))
    for place in (device, "cpu", device):
        for run in (still, moving):
            run.advance(STEPS)
        moving.update(moving.experiment.with_changes({"training": {"device": place}}))
        assert moving.device.kind == place
    assert moving.step == still.step > 0
    assert_together(still, moving)


def test_painted_points_join_there_too(device):
    runs = pair(device)
    for run in runs:
        run.advance(7)
        run.update(
            run.experiment.with_changes({"data": {"points": [[1.0, 2.0, 1], [2.0, 1.0, 0]]}})
        )
        run.advance(STEPS)
    assert_together(*runs)


@pytest.mark.parametrize("kind", ["dense", "batch_norm", "residual"])
def test_landscapes_and_released_optimizers_are_the_same(device, kind):
    layers = [{"kind": "dense", "units": 3}, {"kind": kind}]
    seen = []
    for run in pair(device, layers=layers):
        run.advance(STEPS)
        plane, losses = random_plane(run, 0), ManyLosses(run)
        values = losses(plane.places(lattice(plane, 5)))
        balls = [Ball(SGD(learning_rate=0.1)), Ball(Adam(learning_rate=0.01))]
        list(roll(run, plane, losses, balls, STEPS))
        tracks = torch.tensor([ball.track for ball in balls], dtype=torch.float64)
        run.hands.stand(plane.place(0.5, -0.5))
        seen.append((values, tracks, flat(run).cpu()))
    for one, other in zip(*seen, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-7, atol=1e-9)
