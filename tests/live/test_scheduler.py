"""The scheduler's decisions, on a clock that the test moves."""

import pytest

from playground.live.pacing import MAX_RATE, interval_for, resolution_for, slice_for
from tests.live.fakes import Stage


def test_limits_shrink_with_the_number_of_runs():
    assert [slice_for(n) for n in (0, 1, 4, 8, 40)] == [0.01, 0.01, 0.01, 0.005, 0.002]
    assert [resolution_for(n) for n in (0, 4, 16, 64)] == [100, 100, 50, 50]
    assert 50 < resolution_for(8) < 100
    assert interval_for(1, 0.0) == pytest.approx(1 / MAX_RATE)
    assert interval_for(16, 0.0) <= 1 / 5, "sixteen visitors still get five frames a second"
    assert interval_for(1, 0.1) >= 0.2, "costly frames leave time for training"


def test_a_run_trains_only_while_it_plays(stage):
    stage.create("a", playing=False)
    stage.play(1)
    assert stage.run_of("a").step == 0
    stage.command("a", "play")
    stage.play(1)
    trained = stage.run_of("a").step
    assert trained == pytest.approx(1000, rel=0.05)
    stage.command("a", "pause")
    stage.play(1)
    assert stage.run_of("a").step == trained
    assert [m[1]["state"] for m in stage.of("status", "a")] == ["paused", "running", "paused"]


def test_a_dropped_run_is_let_go_before_the_workshop_tidies_up(stage):
    for name in "abc":
        stage.create(name)
    stage.play(1)
    assert stage.workshop.left == []
    stage.say("drop", run="a")
    stage.say("drop", run="b")
    stage.play(1)
    assert stage.workshop.left == [1], "one tidying for both, and only the third run is held"


def test_a_deed_reaches_its_run_and_is_shown(stage):
    stage.create("a", playing=False)
    stage.watch_frames("a")
    stage.play(1, acknowledge=True)
    shown = len(stage.frames("a"))
    stage.command("a", "deed", value={"deed": "undo"})
    stage.play(1, acknowledge=True)
    assert stage.run_of("a").deeds == [{"deed": "undo"}]
    assert len(stage.frames("a")) > shown


def test_equal_runs_get_equal_steps(stage):
    for name in "abcd":
        stage.create(name)
    stage.play(4)
    steps = [stage.run_of(name).step for name in "abcd"]
    assert min(steps) > 0.95 * max(steps)


def test_a_run_with_slow_batches_does_not_starve_the_others(stage):
    stage.create("small", 0.1)
    stage.create("large", 200)
    stage.play(20)
    used = {name: stage.run_of(name).step * stage.run_of(name).cost for name in ("small", "large")}
    assert used["small"] == pytest.approx(used["large"], rel=0.1)


@pytest.mark.parametrize(("large", "small"), [(1, 1), (1, 4), (3, 3)])
def test_large_networks_take_their_share_and_no_more(stage, large, small):
    """Steps of 150 ms, far longer than a turn: all use the same time in the end."""
    for number in range(large):
        stage.create(f"large {number}", 150)
    for number in range(small):
        stage.create(f"small {number}", 0.06)
    stage.play(60)
    used = [job.run.step * job.run.cost for job in stage.scheduler.jobs.values()]
    fair = 60 / (large + small)
    assert max(abs(one - fair) for one in used) < 0.4


def test_a_newcomer_starts_level_instead_of_catching_up(stage):
    stage.create("old")
    stage.play(10)
    stage.create("new")
    before = stage.run_of("old").step
    stage.play(2)
    assert stage.run_of("old").step - before == pytest.approx(1000, rel=0.1)
    assert stage.run_of("new").step == pytest.approx(1000, rel=0.1)


def test_frames_count_as_a_runs_own_time(stage):
    stage.workshop.frame_cost = 0.008
    stage.create("seen")
    stage.create("unseen")
    stage.watch_frames("seen")
    stage.play(4, acknowledge=True)
    assert stage.run_of("unseen").step > 1.1 * stage.run_of("seen").step


@pytest.mark.parametrize("limit", [1.0, 30.0, 400.0])
def test_speed_limit(stage, limit):
    stage.create("a", 0.1)
    stage.command("a", "speed", value=limit)
    stage.play(20)
    assert stage.run_of("a").step == pytest.approx(20 * limit, abs=2, rel=0.05)


def test_a_limit_that_cannot_be_reached_leaves_no_debt(stage):
    stage.create("a", 10, speed=1000.0)
    stage.play(5)
    behind = stage.run_of("a").step
    stage.run_of("a").cost = 0.0001
    stage.scheduler.jobs["a"].seconds_per_batch = 0.0001
    stage.play(1)
    assert stage.run_of("a").step - behind < 1200


def test_slow_motion_shows_every_batch(stage):
    stage.create("a", speed=1.0)
    stage.watch_frames("a")
    stage.play(5.5, acknowledge=True)
    assert [frame["step"] for frame in stage.frames("a")] == [1, 2, 3, 4, 5, 6]


def test_step_and_epoch_end_at_rest(stage):
    stage.create("a", playing=False)
    stage.command("a", "step")
    stage.play(0.5)
    assert stage.run_of("a").step == 1
    stage.command("a", "epoch")
    stage.play(0.5)
    assert stage.run_of("a").step == 25
    stage.command("a", "epoch")
    stage.play(0.5)
    assert (stage.run_of("a").step, stage.scheduler.jobs["a"].state) == (50, "paused")


def test_a_long_epoch_is_taken_in_turns(stage):
    stage.create("a", 100, playing=False)
    stage.create("b", 1)
    stage.command("a", "epoch")
    stage.play(1)
    assert 1 < stage.run_of("a").step < 25
    stage.command("a", "pause")
    stage.play(0.2)
    assert stage.scheduler.jobs["a"].state == "paused"
    assert stage.run_of("b").step > 300


def test_step_while_playing_stops_the_playing(stage):
    stage.create("a")
    stage.play(0.1)
    stage.command("a", "step")
    stage.settle()
    assert stage.scheduler.jobs["a"].state == "paused"


def test_nobody_watches(stage):
    stage.create("a")
    stage.play(0.1)
    stage.say("watch", run="a", value=False)
    stage.settle()
    before = stage.run_of("a").step
    stage.play(1)
    assert stage.scheduler.jobs["a"].state == "waiting"
    assert stage.run_of("a").step == before
    stage.say("watch", run="a", value=True)
    stage.play(1)
    assert stage.run_of("a").step > before


def test_an_unexpected_exception_fails_its_run_alone(stage, caplog):
    stage.create("a")
    stage.create("b")
    stage.play(0.1)
    stage.run_of("a").trouble = RuntimeError("a bug")
    stage.play(1)
    assert stage.of("status", "a")[-1][1]["notice"]["code"] == "run_failed"
    assert stage.of("status", "a")[-1][1]["state"] == "failed"
    assert "a bug" in caplog.text
    assert stage.run_of("b").step > 900
    stage.command("a", "play")
    stage.play(0.1)
    assert stage.scheduler.jobs["a"].state == "failed"


@pytest.mark.parametrize(
    ("error", "code"),
    [(MemoryError(), "out_of_memory"), (RuntimeError("CUDA out of memory."), "out_of_memory")],
)
def test_lack_of_memory_is_named(stage, error, code):
    stage.create("a")
    stage.settle()
    stage.run_of("a").trouble = error
    stage.play(0.1)
    assert stage.of("status", "a")[-1][1]["notice"]["code"] == code


def test_what_cannot_be_built_is_said_and_can_be_mended(stage):
    stage.create("a", "impossible")
    stage.watch_frames("a")
    stage.play(0.1)
    status, frame = stage.of("status", "a")[-1][1], stage.frames("a")[-1]
    assert status["state"] == frame["state"] == "failed"
    assert frame["notice"] == {"code": "network_too_large", "params": {"parameters": 3, "limit": 2}}
    stage.create("a", 1, generation=2)
    stage.ack("a")
    stage.play(0.1)
    assert stage.frames("a")[-1]["state"] == "running"
    assert stage.run_of("a").step > 0


def test_divergence_ends_playing_and_is_reported(stage):
    stage.create("a")
    stage.play(0.1)
    run = stage.run_of("a")
    run.state = "diverged"
    run.advance = lambda batches: 0
    stage.scheduler.jobs["a"].train(0.001)
    stage.scheduler._report(stage.scheduler.jobs["a"])
    status = stage.of("status", "a")[-1][1]
    assert (status["state"], status["playing"]) == ("diverged", False)


def test_curves_grow_while_nobody_looks(stage):
    stage.create("a")
    stage.play(2)
    assert 6 <= stage.run_of("a").measured <= 9


def test_snapshots_while_running_and_after_a_stop(stage):
    stage.create("a")
    stage.play(9)
    saved = [int(blob) for _, _, blob in stage.of("snapshot", "a")]
    assert 4 <= len(saved) <= 6
    stage.command("a", "pause")
    stage.play(1)
    assert int(stage.of("snapshot", "a")[-1][2]) == stage.run_of("a").step
    count = len(stage.of("snapshot"))
    stage.play(10)
    assert len(stage.of("snapshot")) == count


def test_large_snapshots_are_rarer(stage):
    stage.create("a")
    stage.settle()
    stage.run_of("a").snapshot = lambda: b"0" * 2**22
    stage.play(16)
    assert len(stage.of("snapshot")) <= 3


def test_a_snapshot_is_where_a_run_goes_on(stage):
    stage.create("a", snapshot=b"4321", playing=True)
    stage.play(0.1)
    assert stage.run_of("a").step > 4321


def test_drop(stage):
    stage.create("a")
    stage.play(0.1)
    stage.say("drop", run="a")
    stage.command("a", "play")
    stage.play(0.1)
    assert not stage.scheduler.jobs


def test_requests_are_answered_and_refused(stage):
    stage.say("request", id=1, name="echo", params={"x": 2})
    stage.say("request", id=2, name="refused", params={})
    stage.settle()
    (_, good, blob), (_, bad, _) = stage.of("reply")
    assert (good["id"], good["error"]) == (1, None)
    assert b'"x":2' in blob
    assert bad["error"]["code"] == "unknown_request"


def test_an_idle_scheduler_sleeps(stage):
    assert stage.scheduler.tick() is None
    stage.create("a", playing=False)
    stage.settle()
    assert stage.scheduler.tick() is None
    stage.create("b", speed=1.0)
    stage.settle()
    assert 0.5 < (stage.scheduler.tick() or 0) <= 1


def test_a_study_goes_on_beside_training_and_shows_its_progress(stage):
    for playing in (True, False):
        name = f"playing {playing}"
        stage.create(name, playing=playing)
        stage.watch_frames(name)
        stage.play(0.5, acknowledge=True)
        run, shown = stage.run_of(name), len(stage.frames(name))
        run.study_left = 0.3
        stage.command(name, "want", value={"analysis": "pca"})
        before = run.step
        stage.play(0.4, acknowledge=True)
        stage.play(0.6, acknowledge=True)
        assert run.study_left == 0
        assert len(stage.frames(name)) > shown + 2
        assert (run.step > before) == playing
        stage.command(name, "pause")


def test_a_study_takes_from_its_own_run_and_not_from_others(stage):
    for name in "ab":
        stage.create(name)
        stage.watch_frames(name)
    stage.play(0.5, acknowledge=True)
    a, b = stage.run_of("a"), stage.run_of("b")
    a.study_left = 100.0
    stage.command("a", "want", value={"analysis": "pca"})
    stage.play(0.1, acknowledge=True)
    steps = a.step, b.step
    stage.play(2, acknowledge=True)
    assert b.step - steps[1] == pytest.approx(1000, rel=0.1)
    assert a.step - steps[0] == pytest.approx(500, rel=0.1)


def test_a_study_rests_while_nobody_watches(stage):
    stage.create("a", playing=False)
    stage.watch_frames("a")
    stage.play(0.1, acknowledge=True)
    stage.run_of("a").study_left = 10.0
    stage.command("a", "want", value={"analysis": "pca"})
    stage.play(0.5, acknowledge=True)
    stage.say("watch", run="a", value=False)
    stage.settle()
    left = stage.run_of("a").study_left
    assert 9 < left < 10
    stage.play(1)
    assert stage.run_of("a").study_left == left
    stage.say("watch", run="a", value=True)
    stage.play(1)
    assert stage.run_of("a").study_left < left


def test_a_worker_that_may_not_use_a_whole_core_rests_between_turns():
    steps = {}
    for load in (100, 25):
        stage = Stage(load=load)
        stage.create("a")
        stage.watch_frames("a")
        stage.play(4, acknowledge=True)
        steps[load] = stage.run_of("a").step
        assert len(stage.frames("a")) > 40, "pictures go on"
        stage.command("a", "pause")
        stage.settle()
        assert stage.scheduler.jobs["a"].state == "paused", "a click is heard while it rests"
    assert steps[25] == pytest.approx(steps[100] / 4, rel=0.1)
