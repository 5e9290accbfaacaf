"""Whole runs of the real core, in a worker process and in a thread."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from playground.core.data.csv_reader import read_table
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.plans.race import Race
from playground.core.plans.seeds import Seeds
from playground.core.run import Run
from playground.live.frames import decode
from playground.live.handle import RunHandle
from playground.live.service import LiveService

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0  # s; a worker that has to start on a busy machine
SLOWER = {"optimizer": {"learning_rate": 0.01}}
CSV = b"a,b,c\n" + b"\n".join(b"%d,%d,%d" % (i, i * i % 7, i % 2) for i in range(60))


@pytest.fixture(params=["in_thread", "in_process"])
def service(request: pytest.FixtureRequest) -> LiveService:
    return request.getfixturevalue(request.param)


@pytest.fixture
def handle(service: LiveService, request: pytest.FixtureRequest):
    handle = service.acquire(request.node.name, Experiment())
    yield handle
    service.drop(handle)


def reach(handle: RunHandle, state: str, step: int = 0) -> None:
    """Waits for a state at or behind a step."""
    there = handle.wait(lambda seen: seen.state == state and seen.step >= step, PATIENCE)
    assert there, f"expected {state} at step {step}, got {handle.status}"


def picture(handle: RunHandle) -> tuple[dict, dict[str, np.ndarray]]:
    """The next frame of a run at rest."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        frame = handle.poll(0.5)
        if frame is not None:
            return decode(frame)
    raise AssertionError("no frame came")


def epochs(handle: RunHandle, count: int) -> None:
    for _ in range(count):
        step = handle.status.step
        handle.command({"type": "epoch"})
        reach(handle, "paused", step + 1)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": {"name": "sgd", "momentum": 0.9}, "training": {"batch_size": 7}},
        {"layers": [{"kind": "dense", "units": 5}, {"kind": "dropout", "rate": 0.3}]},
        {"data": {"name": "iris", "scaling": "standard"}, "loss": "cross_entropy"},
    ],
    ids=["default", "momentum", "dropout", "iris"],
)
def test_a_lane_gives_the_same_numbers_as_the_core_alone(service, changes):
    experiment = Experiment().with_changes(changes)
    handle = service.acquire("numbers", experiment)
    try:
        reach(handle, "paused")
        epochs(handle, 3)
        assert handle.apply(experiment.with_changes(SLOWER)) == ()
        epochs(handle, 2)
        header, arrays = picture(handle)
        alone = Run(experiment)
        alone.advance(3 * alone.batches_per_epoch)
        alone.update(experiment.with_changes(SLOWER))
        alone.advance(2 * alone.batches_per_epoch)
        metrics = alone.measure()
        assert header["step"] == alone.step
        assert header["metrics"]["train_loss"] == metrics.train_loss
        assert header["metrics"]["test_loss"] == metrics.test_loss
        weights = [part.numpy().ravel() for pair in alone.engine.parameters() for part in pair]
        np.testing.assert_array_equal(arrays["links"], np.concatenate(weights))
    finally:
        service.drop(handle)


def test_play_pause_step(handle):
    reach(handle, "paused")
    handle.command({"type": "play"})
    reach(handle, "running", 1)
    handle.command({"type": "pause"})
    reach(handle, "paused", 1)
    step = handle.status.step
    handle.command({"type": "step"})
    reach(handle, "paused", step + 1)
    assert handle.status.step == step + 1


def test_polled_frames_stand_alone(handle):
    reach(handle, "paused")
    for _ in range(3):
        handle.command({"type": "epoch"})
        header, arrays = picture(handle)
        assert "scene" in header
        assert len(arrays["history"]) == header["history"]["total"]


def test_a_changed_data_set_plays_on(handle):
    handle.command({"type": "play"})
    reach(handle, "running")
    generation = handle.generation
    assert handle.apply(Experiment().with_changes({"data": {"name": "xor"}})) == ("data.name",)
    assert handle.generation == generation + 1
    reach(handle, "running")
    while picture(handle)[0]["step"] == 0:
        pass
    assert picture(handle)[0]["state"] == "running"


def test_an_uploaded_table_is_trained_on(service):
    table = read_table(CSV, "mine.csv")
    data = {
        "name": "csv",
        "target": "c",
        "upload": {"filename": "mine.csv", "sha256": table.sha256},
        "scaling": "standard",
    }
    handle = service.acquire("csv", Experiment().with_changes({"data": data}), table)
    try:
        reach(handle, "paused")
        epochs(handle, 1)
        header, _ = picture(handle)
        assert header["step"] == handle.status.step > 0
    finally:
        service.drop(handle)


def test_a_missing_table_is_said_to_be(service):
    upload = {"filename": "mine.csv", "sha256": "0" * 64}
    experiment = Experiment().with_changes({"data": {"name": "csv", "upload": upload}})
    handle = service.acquire("no csv", experiment)
    try:
        reach(handle, "failed")
        header, _ = picture(handle)
        assert header["notice"]["code"] == "table_wanted"
    finally:
        service.drop(handle)


def test_a_network_too_large_is_refused_and_the_worker_lives(handle):
    layers = [{"kind": "dense", "units": 512}] * 10
    handle.apply(Experiment().with_changes({"layers": layers}))
    reach(handle, "failed")
    assert handle.status.notice is not None
    assert handle.status.notice.code == "network_too_large"
    handle.apply(Experiment())
    reach(handle, "paused")


def test_divergence_stops_with_a_reason(service):
    changes = {"optimizer": {"name": "sgd", "learning_rate": 100.0}, "loss": "mse"}
    plane = {"data": {"name": "reg-plane"}, "layers": []}
    handle = service.acquire("diverging", Experiment().with_changes({**changes, **plane}))
    try:
        handle.command({"type": "play"})
        reach(handle, "diverged")
        header, _ = picture(handle)
        assert (header["state"], header["notice"]["code"]) == ("diverged", "diverged")
        assert header["metrics"]["train_loss"] is not None
        assert not handle.playing
    finally:
        service.drop(handle)


def test_requests(service):
    header, points = service.request("thumbnails", timeout=PATIENCE)
    assert points.keys() == header["sets"].keys()
    assert points["circle"].shape == (160, 3)
    header, curves = service.request("curves", timeout=PATIENCE)
    z, value, slope = curves["activation/tanh"]
    np.testing.assert_allclose(value, np.tanh(z), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(slope, 1 - np.tanh(z) ** 2, rtol=1e-4, atol=1e-6)
    with pytest.raises(PlaygroundError, match="dance"):
        service.request("dance", timeout=PATIENCE)


def test_a_killed_worker_comes_back_with_its_runs(in_process):
    handle, idle = (in_process.acquire(name, Experiment()) for name in ("busy", "idle"))
    plans = [in_process.acquire(type(plan).__name__, plan) for plan in (Seeds(count=3), Race())]
    try:
        reach(idle, "paused")
        epochs(idle, 2)
        assert idle.wait(lambda seen: idle.saved.step == seen.step, PATIENCE)
        for one in (*plans, handle):
            one.command({"type": "play"})
        for one in (*plans, handle):
            assert one.wait(lambda _, run=one: run.saved.step > 0, PATIENCE)
        os.kill(handle.lane.pid, signal.SIGKILL)
        assert handle.wait(lambda seen: seen.state == "waiting", PATIENCE)
        saved, rested = handle.saved.step, idle.saved.step
        kept = [one.saved.step for one in plans]
        reach(handle, "running")
        handle.command({"type": "pause"})
        reach(handle, "paused", saved)
        header, _ = picture(handle)
        assert header["step"] >= saved > 0
        assert header["notice"]["code"] == "worker_restarted"
        reach(idle, "paused", rested)
        assert idle.status.step == rested == 50
        for one, step in zip(plans, kept, strict=True):
            reach(one, "running")
            one.command({"type": "pause"})
            reach(one, "paused", step)
            header, _ = picture(one)
            assert header["step"] >= step > 0
            assert header["notice"]["code"] == "networks_restarted"
            assert header["history"]["total"] > 1
    finally:
        for one in (handle, idle, *plans):
            in_process.drop(one)


def test_ctrl_c_is_left_to_the_web_process(in_process):
    handle = in_process.acquire("interrupted", Experiment())
    try:
        reach(handle, "paused")
        os.kill(handle.lane.pid, signal.SIGINT)
        epochs(handle, 1)
    finally:
        in_process.drop(handle)


def test_closing_ends_the_workers():
    service = LiveService(workers=1)
    service.start()
    pid = service.health()["workers"][0]["pid"]
    assert psutil.pid_exists(pid)
    service.close()
    assert not psutil.pid_exists(pid)


PROGRAM = """
import os, sys
from playground.core.experiment import Experiment
from playground.live.routes import ROUTES
from playground.live.service import LiveService
service = LiveService(workers=1)
handle = service.acquire("visitor", Experiment())
assert handle.wait(lambda seen: seen.state == "paused", 60)
heavy = [name for name in ("torch", "sklearn", "pandas", "streamlit") if name in sys.modules]
print(handle.lane.pid, *heavy, flush=True)
os._exit(0)
"""


def test_the_web_process_stays_light_and_its_end_ends_the_worker():
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    pid, *heavy = done.stdout.split()
    assert not heavy
    deadline = time.monotonic() + PATIENCE
    while psutil.pid_exists(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(int(pid))
