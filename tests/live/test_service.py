"""What the web process decides: who may train, which worker, what survives; no worker needed."""

from pathlib import Path
from typing import Any

import pytest

from playground.core.data.csv_reader import read_table
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.plans.seeds import Seeds
from playground.live import service as service_module
from playground.live.leases import GRACE, HIDDEN, KEEP
from playground.live.service import LiveService
from tests.live.fakes import Clock, RecordingLane

ROOT = Path(__file__).parents[2]
CIRCLE = Experiment()
CSV = b"a,b,c\n" + b"\n".join(b"%d,%d,%d" % (i, i * i % 7, i % 2) for i in range(40))


def lane_of(handle: Any) -> RecordingLane:
    return handle.lane


def watches(handle: Any) -> list[bool]:
    told = lane_of(handle).of("watch")
    return [fields["value"] for fields in told if fields["run"] == handle.token]


# -- sessions and lanes


def test_a_session_has_one_run(recorded: LiveService):
    first = recorded.acquire("one", CIRCLE)
    assert recorded.acquire("one", CIRCLE) is first
    other = recorded.acquire("two", CIRCLE)
    assert other is not first
    assert other.token != first.token
    assert first.lane is not other.lane, "runs are spread over the workers"
    assert recorded.find(first.token) is first
    assert recorded.find("nonsense") is None


def test_the_cap_spares_the_living_and_frees_the_left(recorded: LiveService):
    runs = [recorded.acquire(name, CIRCLE) for name in "abc"]
    with pytest.raises(PlaygroundError, match="3 networks"):
        recorded.acquire("d", CIRCLE)
    recorded.release(runs[1])
    assert recorded.acquire("d", CIRCLE)
    assert recorded.find(runs[1].token) is None
    assert recorded.health()["runs"] == 3


def test_a_run_that_is_kept_counts_against_the_cap(recorded: LiveService):
    runs = [recorded.acquire(name, CIRCLE) for name in "abc"]
    runs[0].command({"type": "keep", "value": True})
    recorded.release(runs[0])
    with pytest.raises(PlaygroundError):
        recorded.acquire("d", CIRCLE)


# -- watching


def test_a_closed_tab_pauses_at_once_and_is_freed_after_a_grace(recorded, clock: Clock):
    handle = recorded.acquire("one", CIRCLE)
    viewer = handle.attach(lambda: None)
    recorded.release(handle)
    assert watches(handle) == [], "the socket is still there"
    handle.detach(viewer)
    assert watches(handle) == [False]
    clock.now += GRACE - 1
    recorded.reap()
    assert recorded.find(handle.token) is handle
    lane = lane_of(handle)
    clock.now += 2
    recorded.reap()
    assert recorded.find(handle.token) is None
    assert lane.of("drop") == [{"run": handle.token}]


def test_a_session_that_comes_back_goes_on(recorded, clock: Clock):
    handle = recorded.acquire("one", CIRCLE)
    recorded.release(handle)
    clock.now += GRACE / 2
    recorded.reap()
    assert recorded.acquire("one", CIRCLE) is handle
    assert watches(handle) == [False, True]
    clock.now += GRACE
    recorded.reap()
    assert recorded.find(handle.token) is handle


def test_a_socket_that_comes_back_goes_on(recorded, clock: Clock):
    handle = recorded.acquire("one", CIRCLE)
    recorded.release(handle)
    clock.now += 5
    viewer = handle.attach(lambda: None)
    assert watches(handle) == [False, True]
    clock.now += 10 * GRACE
    recorded.reap()
    assert recorded.find(handle.token) is handle
    handle.detach(viewer)
    assert watches(handle)[-1] is False


def test_another_page_of_the_session_counts_as_watching(recorded, clock: Clock):
    handle = recorded.acquire("one", CIRCLE)
    handle.detach(handle.attach(lambda: None))
    clock.now += 10 * GRACE
    recorded.reap()
    assert watches(handle) == []


def test_a_hidden_tab_trains_on_for_a_minute(recorded, clock: Clock):
    handle = recorded.acquire("one", CIRCLE)
    handle.attach(lambda: None)
    handle.command({"type": "hidden", "value": True})
    clock.now += HIDDEN - 1
    recorded.reap()
    assert watches(handle) == []
    clock.now += 2
    recorded.reap()
    assert watches(handle) == [False]
    handle.command({"type": "hidden", "value": False})
    assert watches(handle) == [False, True]


def test_keep_running_lasts_an_hour(recorded, clock: Clock):
    handle = recorded.acquire("one", CIRCLE)
    handle.command({"type": "keep", "value": True})
    recorded.release(handle)
    clock.now += KEEP - 1
    recorded.reap()
    assert watches(handle) == []
    lane = lane_of(handle)
    clock.now += 2
    recorded.reap()
    assert recorded.find(handle.token) is None
    assert lane.of("watch")[-1]["value"] is False


def test_a_reloaded_page_of_its_own_gets_its_networks_back_while_they_are_kept(
    recorded: LiveService, clock: Clock
):
    handle = recorded.acquire("before", Seeds(count=2), page="seeds")
    other = recorded.acquire("after", Seeds(count=2), page="seeds")
    recorded.release(handle)
    assert recorded.adopt(handle.keep_token, "after") is None, "it is another page's"
    assert recorded.adopt(handle.keep_token, "after", "seeds") is handle
    assert recorded.find(other.token) is None, "a page has one run"
    assert recorded.acquire("after", Seeds(count=2), page="seeds") is handle
    recorded.release(handle)
    clock.now += recorded.grace + 1
    recorded.reap()
    clock.now += recorded.grace + 1
    recorded.reap()
    assert recorded.adopt(handle.keep_token, "later", "seeds") is None


def test_a_reloaded_session_adopts_the_run_it_kept(recorded: LiveService):
    handle = recorded.acquire("before", CIRCLE)
    assert recorded.adopt(handle.keep_token, "after") is None, "it was not told to go on"
    handle.command({"type": "keep", "value": True})
    recorded.release(handle)
    assert recorded.adopt(handle.token, "after") is None, "the socket's token is another one"
    assert recorded.adopt(handle.keep_token, "after") is handle
    assert recorded.acquire("after", CIRCLE) is handle
    assert recorded.acquire("before", CIRCLE) is not handle


def test_a_run_in_use_is_not_taken(recorded: LiveService, monkeypatch):
    monkeypatch.setattr(service_module, "ADOPTION_PATIENCE", 0.0)
    handle = recorded.acquire("owner", CIRCLE)
    handle.command({"type": "keep", "value": True})
    assert recorded.adopt(handle.keep_token, "thief") is None
    assert handle.session == "owner"


# -- plans beside the experiment


def test_a_page_of_a_session_has_a_run_of_its_own(recorded: LiveService):
    playground = recorded.acquire("one", CIRCLE)
    plan = Seeds(experiment=CIRCLE, count=4)
    seeds = recorded.acquire("one", plan, page="seeds")
    assert seeds is not playground
    assert recorded.acquire("one", plan, page="seeds") is seeds
    assert recorded.acquire("one", CIRCLE) is playground
    assert lane_of(seeds).of("create")[-1]["plan"] == plan.model_dump_json()
    assert seeds.experiment == CIRCLE


def test_of_a_sessions_runs_only_the_one_that_is_shown_trains(recorded: LiveService, clock: Clock):
    playground = recorded.acquire("one", CIRCLE)
    stranger = recorded.acquire("two", CIRCLE)
    recorded.show(playground)
    assert watches(playground) == []
    seeds = recorded.acquire("one", Seeds(experiment=CIRCLE), page="seeds")
    recorded.show(seeds)
    clock.now += 5
    recorded.reap()
    assert watches(playground) == [False]
    assert (watches(seeds), watches(stranger)) == ([], [])
    recorded.show(playground)
    assert (watches(playground), watches(seeds)) == ([False, True], [False])
    playground.command({"type": "keep", "value": True})
    recorded.show(seeds)
    assert watches(playground)[-1] is True, "it was told to go on"


def test_a_plan_that_changed_starts_again(recorded: LiveService):
    seeds = recorded.acquire("one", Seeds(experiment=CIRCLE, count=4), page="seeds")
    assert seeds.apply(Seeds(experiment=CIRCLE, count=4)) == ()
    assert seeds.apply(Seeds(experiment=CIRCLE, count=8)) == ("count",)
    faster = CIRCLE.with_changes({"optimizer": {"learning_rate": 0.1}})
    assert seeds.apply(Seeds(experiment=faster, count=8)) == ("experiment",)
    assert len(lane_of(seeds).of("create")) == 3
    assert not lane_of(seeds).of("update")


def test_a_plan_goes_on_from_its_last_snapshot(recorded: LiveService):
    seeds = recorded.acquire("one", Seeds(experiment=CIRCLE), page="seeds")
    first = lane_of(seeds)
    seeds.command({"type": "play"})
    first.status(seeds, "snapshot", b"saved", step=9, epoch=2)
    first.die()
    (_, fields, blob) = next(m for m in lane_of(seeds).sent if m[0] == "create")
    assert (fields["plan"], blob) == (seeds.plan_json, b"saved")
    assert fields["notice"] == {"code": "networks_restarted", "params": {"epoch": 2}}


# -- viewers


def test_the_newest_viewer_wins(recorded: LiveService):
    handle = recorded.acquire("one", CIRCLE)
    woken: list[str] = []
    first = handle.attach(lambda: woken.append("first"))
    second = handle.attach(lambda: woken.append("second"))
    assert woken == ["first"]
    lane_of(handle).answer("frame", b"late", run=handle.token, viewer=first)
    assert handle.take(second) is None
    lane_of(handle).answer("frame", b"old", run=handle.token, viewer=second)
    lane_of(handle).answer("frame", b"new", run=handle.token, viewer=second)
    assert woken == ["first", "second", "second"]
    assert handle.take(first) is None
    assert handle.take(second) == b"new"
    assert handle.take(second) is None
    handle.detach(first)
    assert handle.connected(0.0), "a viewer that was replaced takes nobody with it"


def test_polling(recorded: LiveService, clock: Clock):
    handle = recorded.acquire("one", CIRCLE)
    lane = lane_of(handle)
    assert handle.poll(timeout=0.0) is None
    assert lane.of("attach")[-1]["whole"] is True
    assert lane.of("command")[-1]["command"]["type"] == "ack"
    lane.answer("frame", b"frame", run=handle.token, viewer=handle.viewer)
    asked = len(lane.of("command"))
    assert handle.poll(timeout=0.0) == b"frame"
    assert len(lane.of("command")) == asked, "what is there is taken before more is asked for"
    recorded.release(handle)
    assert watches(handle) == []
    clock.now += 6
    recorded.reap()
    assert watches(handle) == [False]


def test_polling_does_not_disturb_a_websocket(recorded: LiveService):
    handle = recorded.acquire("one", CIRCLE)
    viewer = handle.attach(lambda: None)
    assert handle.poll(timeout=0.0) is None
    assert handle.viewer == viewer


# -- commands and changes


def test_commands_reach_the_worker_checked(recorded: LiveService):
    handle = recorded.acquire("one", CIRCLE)
    assert handle.command({"type": "play", "extra": 1})
    assert not handle.command({"type": "speed", "value": "fast"})
    assert not handle.command("play")
    assert [fields["command"] for fields in lane_of(handle).of("command")] == [{"type": "play"}]


def test_live_settings_go_into_the_running_network(recorded: LiveService):
    handle = recorded.acquire("one", CIRCLE)
    changed = CIRCLE.with_changes({"optimizer": {"learning_rate": 0.1}})
    assert handle.apply(CIRCLE) == ()
    assert handle.apply(changed) == ()
    assert len(lane_of(handle).of("create")) == 1
    assert len(lane_of(handle).of("update")) == 1
    assert handle.experiment == changed


def test_other_settings_start_the_weights_again_and_play_on(recorded: LiveService):
    handle = recorded.acquire("one", CIRCLE)
    handle.command({"type": "play"})
    handle.command({"type": "speed", "value": 5.0})
    reasons = handle.apply(CIRCLE.with_changes({"data": {"name": "xor"}}))
    assert reasons == ("data.name",)
    built = lane_of(handle).of("create")[-1]
    assert (built["playing"], built["speed"], built["generation"]) == (True, 5.0, 2)


def test_reset_builds_the_same_again_at_rest(recorded: LiveService):
    handle = recorded.acquire("one", CIRCLE)
    handle.command({"type": "play"})
    lane_of(handle).status(handle, "snapshot", b"saved", step=9)
    handle.command({"type": "reset"})
    (_, first, _), (_, second, snapshot) = [m for m in lane_of(handle).sent if m[0] == "create"]
    assert second["plan"] == first["plan"]
    assert (second["playing"], snapshot) == (False, b"")


def test_word_of_an_older_run_is_not_believed(recorded: LiveService):
    handle = recorded.acquire("one", CIRCLE)
    lane = lane_of(handle)
    late = {"run": handle.token, "generation": handle.generation}
    handle.command({"type": "reset"})
    told = {"state": "running", "epoch": 9, "step": 9, "playing": True, "notice": None}
    lane.answer("snapshot", b"old", **late, **told, scene_id=1)
    assert handle.saved.content == b""
    assert handle.status.step == 0


def test_status_is_remembered(recorded: LiveService):
    handle = recorded.acquire("one", CIRCLE)
    handle.command({"type": "play"})
    notice = {"code": "diverged", "params": {"layer": 1}}
    lane_of(handle).status(handle, state="diverged", step=12, playing=False, notice=notice)
    assert (handle.status.state, handle.status.step) == ("diverged", 12)
    assert handle.status.notice is not None
    assert handle.status.notice.code == "diverged"
    assert not handle.playing
    assert handle.wait(lambda status: status.state == "diverged", timeout=0)


# -- tables


def uploaded() -> tuple[Any, Experiment]:
    table = read_table(CSV, "points.csv")
    upload = {"filename": "points.csv", "sha256": table.sha256}
    return table, CIRCLE.with_changes({"data": {"name": "csv", "upload": upload, "target": "c"}})


def test_a_table_goes_to_each_worker_once_and_goes_when_unused(recorded: LiveService):
    table, experiment = uploaded()
    first = recorded.acquire("one", experiment, table)
    recorded.acquire("two", CIRCLE)
    third = recorded.acquire("three", experiment, table)
    assert first.lane is third.lane
    lane = lane_of(first)
    assert [fields["hash"] for fields in lane.of("table")] == [table.sha256]
    kinds = [kind for kind, _, _ in lane.sent]
    assert kinds.index("table") < kinds.index("create")
    recorded.drop(first)
    assert not lane.of("forget")
    third.apply(CIRCLE)
    assert lane.of("forget") == [{"hash": table.sha256}]


def test_an_experiment_without_its_table_is_refused(recorded: LiveService):
    table, experiment = uploaded()
    handle = recorded.acquire("one", CIRCLE)
    with pytest.raises(PlaygroundError, match=r"points\.csv"):
        handle.apply(experiment)
    assert handle.experiment == CIRCLE
    assert handle.apply(experiment, table)
    assert handle.apply(experiment.with_changes({"layers": []})), "the table is remembered"
