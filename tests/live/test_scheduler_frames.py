"""What the scheduler shows of its runs, and when, on a clock that the test moves."""

from itertools import pairwise
from typing import Any

import pytest

from playground.live.pacing import MAX_RATE
from tests.live.fakes import Stage


def test_no_frame_without_credit(stage):
    stage.create("a")
    stage.say("attach", run="a", viewer=1, whole=False)
    stage.play(1)
    assert not stage.of("frame")
    stage.ack("a")
    stage.play(1)
    assert len(stage.of("frame")) == 1
    stage.ack("a")
    stage.play(1)
    assert len(stage.of("frame")) == 2


def test_frame_rate_has_a_limit(stage):
    stage.create("a")
    stage.watch_frames("a")
    stage.play(2, acknowledge=True)
    assert MAX_RATE * 2 * 0.8 < len(stage.of("frame")) <= MAX_RATE * 2 + 2


def shown_at(stage: Stage) -> dict[str, list[float]]:
    """When frames of each run were made, from now on."""
    times: dict[str, list[float]] = {}
    observe = stage.workshop.observe

    def note(run: Any, *rest: Any) -> Any:
        name = next(name for name, job in stage.scheduler.jobs.items() if job.run is run)
        times.setdefault(name, []).append(stage.clock.now)
        return observe(run, *rest)

    stage.workshop.observe = note  # type: ignore[method-assign]
    return times


@pytest.mark.parametrize("large", [1, 2, 3])
def test_the_frames_of_others_go_on_beside_large_networks(stage, large):
    stage.workshop.frame_cost = 0.015
    for number in range(large):
        stage.create(f"large {number}", 150)
    for name in ("one", "two"):
        stage.create(name, 0.06)
    stage.play(1)
    times = shown_at(stage)
    for name in list(stage.scheduler.jobs):
        stage.watch_frames(name)
    stage.play(20, acknowledge=True)
    for name in ("one", "two"):
        assert len(times[name]) >= 5 * 20
        # One long step lies between two frames, never two
        assert max(b - a for a, b in pairwise(times[name])) < 0.3


def test_a_costly_measurement_comes_rarely(stage):
    stage.create("a", 100)
    stage.settle()
    run = stage.run_of("a")
    measure = run.measure

    def slow():
        stage.clock.now += 0.2
        measure()

    run.measure = slow
    stage.play(20)
    assert 5 <= run.measured <= 12


def test_the_scene_comes_once_and_history_as_deltas(stage):
    stage.create("a")
    stage.watch_frames("a")
    stage.play(0.5, acknowledge=True)
    first, *rest = stage.workshop.observed
    assert first[1:] == ((-1, 0), True)
    assert rest and all(seen[1:] == ((0, 5), False) for seen in rest)
    assert "scene" in stage.frames("a")[0]
    assert all("scene" not in frame for frame in stage.frames("a")[1:])


def test_a_new_viewer_starts_from_nothing(stage):
    stage.create("a")
    stage.watch_frames("a")
    stage.play(0.5, acknowledge=True)
    stage.watch_frames("a", viewer=2)
    stage.play(0.1)
    assert stage.of("frame")[-1][1]["viewer"] == 2
    assert stage.workshop.observed[-1][1:] == ((-1, 0), True)


def test_replacing_changes_the_scene_and_keeps_the_viewer(stage):
    stage.create("a")
    stage.watch_frames("a")
    stage.play(0.2, acknowledge=True)
    before = stage.frames("a")[-1]["scene_id"]
    stage.create("a", generation=2)
    stage.play(0.2, acknowledge=True)
    after = stage.frames("a")[-1]
    assert after["scene_id"] != before
    assert any("scene" in frame for frame in stage.frames("a") if frame["scene_id"] != before)
    assert stage.of("frame")[-1][1]["viewer"] == 1


def test_an_update_sends_the_scene_again_and_keeps_the_history(stage):
    stage.create("a")
    stage.watch_frames("a")
    stage.play(0.2, acknowledge=True)
    before, count = stage.frames("a")[-1]["scene_id"], len(stage.frames("a"))
    stage.say("update", run="a", plan="2")
    stage.play(0.2, acknowledge=True)
    new = stage.frames("a")[count:]
    assert any("scene" in frame for frame in new)
    assert {frame["scene_id"] for frame in new} == {before}
    assert stage.run_of("a").cost == 0.002


def test_an_update_that_is_refused_waits_for_one_that_is_not(stage):
    stage.create("a")
    stage.watch_frames("a")
    stage.play(0.2, acknowledge=True)
    stage.say("update", run="a", plan="impossible")
    stage.play(0.2, acknowledge=True)
    status, step = stage.of("status", "a")[-1][1], stage.run_of("a").step
    assert (status["state"], status["notice"]["code"]) == ("failed", "network_too_large")
    assert step > 0
    stage.say("update", run="a", plan="2")
    stage.play(0.2, acknowledge=True)
    status = stage.of("status", "a")[-1][1]
    assert (status["state"], status["notice"]) == ("paused", None)
    stage.command("a", "play")
    stage.play(0.2, acknowledge=True)
    assert stage.run_of("a").step > step
    stage.run_of("a").trouble = RuntimeError("a bug")
    stage.play(0.1)
    stage.say("update", run="a", plan="1")
    stage.play(0.1)
    assert stage.of("status", "a")[-1][1]["state"] == "failed", "an update mends no bug"


def test_a_resting_picture_is_not_sent_again(stage):
    stage.create("a", playing=False)
    stage.watch_frames("a")
    stage.play(5, acknowledge=True)
    assert len(stage.of("frame")) <= 2


def test_a_pause_is_shown_at_once(stage):
    stage.create("a")
    stage.watch_frames("a")
    stage.play(0.5, acknowledge=True)
    stage.command("a", "pause")
    now = stage.clock.now
    while stage.frames("a")[-1]["state"] != "paused":
        stage.scheduler.tick()
    assert stage.clock.now - now <= 0.01
    assert stage.frames("a")[-1]["step"] == stage.run_of("a").step


def test_frames_that_may_be_lost_stand_alone_and_repeat(stage):
    stage.create("a", playing=False)
    stage.watch_frames("a", whole=True)
    for _ in range(30):
        stage.play(0.1)
        stage.ack("a")
    assert 3 <= len(stage.frames("a")) <= 5
    assert all("scene" in frame for frame in stage.frames("a"))
    assert {seen[1] for seen in stage.workshop.observed} == {(-1, 0)}


def test_the_resolution_reaches_the_observer(stage):
    for number in range(16):
        stage.create(str(number))
    stage.watch_frames("0")
    stage.command("0", "want", value={"map": False, "analysis": "pca", "block": 1})
    stage.play(0.3)
    assert stage.workshop.observed[0][0] == {
        "map": False,
        "analysis": "pca",
        "block": 1,
        "resolution": 50,
        "resting": False,
    }


def test_no_more_pictures_are_sent_than_the_operator_allows():
    stage = Stage(rate=5)
    stage.create("a")
    stage.watch_frames("a")
    stage.play(4, acknowledge=True)
    assert 5 * 4 * 0.8 < len(stage.frames("a")) <= 5 * 4 + 2
