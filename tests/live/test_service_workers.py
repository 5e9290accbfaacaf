"""Workers that die, hosts without any, and the one service of a process."""

import os
import subprocess
import sys
from typing import Any

import pytest

from playground.core.errors import PlaygroundError
from playground.core.plans import Plan
from playground.core.plans.race import Race
from playground.core.plans.seeds import Seeds
from playground.live import environment, frames, pool
from playground.live.lanes import ThreadLane
from playground.live.leases import LOSSES
from playground.live.service import LiveService
from tests.live.fakes import RecordingLane
from tests.live.test_service import CIRCLE, ROOT, lane_of

# -- workers that die


def test_runs_of_a_dead_worker_resume_from_their_snapshots(recorded: LiveService):
    handle = recorded.acquire("one", CIRCLE)
    handle.attach(lambda: None)
    handle.command({"type": "play"})
    handle.command({"type": "speed", "value": 3.0})
    want = {"map": True, "neurons": False, "analysis": None, "block": 0, "focus": None}
    handle.command({"type": "want", "value": want})
    lane = lane_of(handle)
    lane.status(handle, "snapshot", b"saved", step=400, epoch=16)
    other = next(entry for entry in recorded._pool.lanes if entry is not lane)
    lane.die()
    assert lane not in recorded._pool.lanes
    assert len(recorded._pool.lanes) == 2
    replacement = lane_of(handle)
    assert replacement is not lane
    kind, built, blob = replacement.sent[0]
    assert (kind, blob) == ("create", b"saved")
    assert (built["playing"], built["speed"]) == (True, 3.0)
    assert built["notice"] == {"code": "worker_restarted", "params": {"epoch": 16}}
    assert replacement.of("attach")[0]["viewer"] == handle.viewer
    commands = [fields["command"]["type"] for fields in replacement.of("command")]
    assert commands == ["ack", "want"]
    assert (handle.status.state, handle.status.step) == ("waiting", 400)
    assert other in recorded._pool.lanes


def test_a_run_without_a_snapshot_says_that_it_starts_again(recorded: LiveService):
    handle = recorded.acquire("one", CIRCLE)
    handle.command({"type": "play"})
    lane_of(handle).die()
    assert lane_of(handle).of("create")[0]["notice"]["code"] == "worker_restarted_fresh"


@pytest.mark.parametrize("plan", [Seeds(count=2), Race()])
def test_many_networks_go_on_or_begin_again_and_say_which(recorded: LiveService, plan: Plan):
    handle = recorded.acquire("one", plan, page="many")
    handle.command({"type": "play"})
    lane_of(handle).die()
    (built,) = lane_of(handle).of("create")
    assert built["notice"] == {"code": "networks_restarted_fresh", "params": {}}
    lane_of(handle).status(handle, "snapshot", b"all of them", step=50, epoch=2)
    lane_of(handle).die()
    kind, built, blob = lane_of(handle).sent[0]
    assert (kind, blob, built["playing"]) == ("create", b"all of them", True)
    assert built["notice"] == {"code": "networks_restarted", "params": {"epoch": 2}}


def test_a_run_that_kills_its_workers_is_given_up(recorded: LiveService):
    guilty, innocent = recorded.acquire("one", CIRCLE), recorded.acquire("two", CIRCLE)
    viewer = guilty.attach(lambda: None)
    for _ in range(LOSSES):
        guilty.command({"type": "play"})
        lane_of(guilty).status(guilty)
        lane_of(guilty).die()
    assert guilty.lane is None
    assert guilty.status.state == "failed"
    frame = guilty.take(viewer)
    assert frame is not None
    header, _ = frames.decode(frame)
    assert (header["state"], header["notice"]["code"]) == ("failed", "worker_lost")
    assert innocent.lane is not None
    guilty.command({"type": "reset"})
    assert guilty.lane is not None


def test_a_request_survives_the_death_of_its_worker(recorded: LiveService, monkeypatch):
    blob = frames.encode({"answer": 42}, {})
    deaths = 0

    def send(lane: RecordingLane, message: Any) -> None:
        nonlocal deaths
        if message[0] != "request":
            return
        if deaths == 0:
            deaths += 1
            lane.die()
        else:
            lane.answer("reply", blob, id=message[1]["id"], error=None)

    monkeypatch.setattr(RecordingLane, "send", send)
    header, _ = recorded.request("anything")
    assert header == {"answer": 42}
    assert deaths == 1


def test_a_worker_that_is_silent_is_said_to_be(recorded: LiveService):
    with pytest.raises(PlaygroundError) as caught:
        recorded.request("anything", timeout=0.01)
    assert caught.value.code == "worker_silent"


def test_hosts_without_child_processes_train_in_a_thread(monkeypatch):
    def refuse(*arguments: Any) -> None:
        raise PermissionError("no processes here")

    monkeypatch.setattr(pool, "ProcessLane", refuse)
    monkeypatch.setattr(pool, "ThreadLane", RecordingLane)
    service = LiveService(workers=2)
    service.start()
    assert [type(lane) for lane in service._pool.lanes] == [RecordingLane] * 2
    service.close()


def test_workers_that_never_get_ready_give_way_to_a_thread(monkeypatch):
    class Stillborn(RecordingLane):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self.ready = False

    class InThread(RecordingLane):
        pass

    monkeypatch.setattr(pool, "ProcessLane", Stillborn)
    monkeypatch.setattr(pool, "ThreadLane", InThread)
    service = LiveService(workers=1)
    service.start()
    handle: Any = service.acquire("one", CIRCLE)
    for _ in range(pool.FAILED_STARTS):
        handle.lane.die()
    assert type(handle.lane) is InThread
    service.close()


# -- the singleton


RELOAD = """
import importlib, sys
from playground.core.experiment import Experiment
from playground.live import service as old
before = old.service()
handle = before.acquire("one", Experiment())
for name in [name for name in sys.modules if name.startswith("playground")]:
    del sys.modules[name]
"""


def in_fresh_interpreter(program: str) -> None:
    environment = {**os.environ, "PLAYGROUND_WORKERS": "0"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


def test_a_hot_reload_finds_the_same_service_and_runs():
    in_fresh_interpreter(
        RELOAD
        + """
again = importlib.import_module("playground.live.service")
assert again is not old
assert again.service() is before
assert again.service().find(handle.token) is handle
"""
    )


def test_a_run_follows_experiments_of_reloaded_classes():
    in_fresh_interpreter(
        RELOAD
        + """
new = importlib.import_module("playground.core.experiment").Experiment
assert new is not Experiment
assert handle.apply(new().with_changes({"optimizer": {"learning_rate": 0.1}})) == ()
assert handle.apply(new().with_changes({"data": {"name": "xor"}})) == ("data.name",)
assert type(handle.experiment) is new
"""
    )


@pytest.mark.parametrize(("text", "count"), [("3", 3), ("0", 0), ("-2", 0), ("many", None)])
def test_the_number_of_workers_comes_from_the_environment(monkeypatch, text, count):
    monkeypatch.setenv("PLAYGROUND_WORKERS", text)
    expected = (1 if len(os.sched_getaffinity(0)) <= 2 else 2) if count is None else count
    assert environment.workers() == expected


def test_no_workers_means_a_thread(monkeypatch):
    started: list[str] = []
    monkeypatch.setattr(ThreadLane, "_run", lambda self: started.append(self.name))
    service = LiveService(workers=0)
    service.start()
    assert [type(lane) for lane in service._pool.lanes] == [ThreadLane]
    service.close()
