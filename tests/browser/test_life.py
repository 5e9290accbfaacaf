"""What becomes of a run: tabs that close, reload or hide, workers that die, wires that break."""

from __future__ import annotations

import os
import re
import signal
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from playground.bench.server import Server, app_server
from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.proxy import Wire
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser

# What a browser says when its connection breaks, and Streamlit while it looks for its server.
BROKEN_WIRE = (
    "ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET|WebSocket|No response|not responding|"
    "Cannot send rerun"
)


def health(server: Server) -> dict[str, Any]:
    return httpx.get(f"{server.url}/live/health").json()


def none_left(page: Visitor, other: Page) -> None:
    """Waits, on another page, until no run of the server is left."""
    waiting = Visitor(other, page.server)
    waiting.until(lambda: health(page.server)["runs"] == 0)


@pytest.mark.slow
def test_a_closed_tab_frees_its_run(visit: Visit, server: Server):
    page = visit()
    other = page.page.context.new_page()
    none_left(page, other)
    page.open().play()
    found = health(server)
    assert (found["runs"], found["playing"]) == (1, 1)
    page.page.close()
    waiting = Visitor(other, server)
    waiting.until(lambda: health(server)["playing"] == 0)
    none_left(page, other)


@pytest.mark.slow
def test_another_page_of_the_session_counts_as_watching(visit: Visit):
    page = visit().open().play()
    page.page.get_by_role("link", name="Guide").click()
    expect(page.page.get_by_role("heading", name="Keyboard")).to_be_visible()
    step = page.step
    frames = page.painted("frames")
    page.page.wait_for_timeout(500)
    page.page.get_by_role("link", name="Playground", exact=True).click()
    page.wait(f"() => window.__playground.frames > {frames}")
    page.wait_beyond(step)
    assert page.painted("state") == "running"
    expect(page.button("Pause")).to_be_visible()


def test_a_reload_starts_the_weights_again_and_says_so(visit: Visit):
    page = visit().open(Experiment().with_changes({"data": {"name": "xor"}}))
    page.button("One epoch").click()
    page.wait_for_step(25)
    page.page.reload()
    page.toast("Your experiment is back, and its weights start again")
    page.wait_for_picture()
    assert page.step == 0
    assert page.query("data") == "xor"


@pytest.mark.slow
def test_keep_running_carries_the_run_over_a_reload(visit: Visit, server: Server):
    page = visit(tap=True).open()
    page.part("bar").get_by_role("switch", name="Keep running").check()
    page.play()
    page.wait_for_frames()
    step = page.step
    page.page.reload()
    page.toast("Your network kept training while the page was reloaded")
    page.wait_for_picture()
    page.wait_beyond(step)
    assert page.painted("state") == "running"
    switch = page.part("bar").get_by_role("switch", name="Keep running")
    expect(switch).to_be_checked()
    switch.uncheck()
    assert page.pause() > step


def test_a_killed_worker_is_replaced_and_the_run_goes_on(visit: Visit, server: Server):
    page = visit(tap=True).open().play()
    page.until(lambda: page.step > 2000)
    page.page.wait_for_timeout(2500)  # a snapshot is taken every second or two
    (worker,) = health(server)["workers"]
    before = page.step
    os.kill(worker["pid"], signal.SIGKILL)
    page.until(lambda: health(server)["workers"][0]["pid"] not in (None, worker["pid"]))
    status = page.part("bar").get_by_role("status")
    expect(status).to_contain_text("The training process had to be restarted")
    told = re.search(r"from epoch ([\d,]+)", status.inner_text())
    assert told and int(told[1].replace(",", "")) > 0, "it began again instead"
    page.wait_beyond(before)
    assert page.painted("state") == "running"
    assert page.frames_seen.newest["history"]["total"] > 0
    page.part("bar").get_by_role("button", name="Dismiss").click()
    expect(status).to_be_empty()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "query"), [("seeds", {"n": "8", "net": "3"}), ("race", {"knob": "optimizer"})]
)
def test_many_networks_go_on_from_where_they_were_saved(
    visit: Visit, server: Server, name: str, query: dict[str, str]
):
    page = visit(tap=True)
    stage = page.open_stage(name, **query)
    page.wait_for_paint()
    stage.get_by_role("button", name="Play", exact=True).click()
    page.until(lambda: page.frames_seen.newest["epoch"] > 20)
    page.page.wait_for_timeout(2500)  # a snapshot is taken every second or two
    scene = page.frames_seen.newest["scene_id"]
    (worker,) = health(server)["workers"]
    os.kill(worker["pid"], signal.SIGKILL)
    page.until(lambda: page.frames_seen.newest["scene_id"] != scene)
    # What had been measured before came along.
    first = page.frames_seen.newest
    assert first["epoch"] > 20 and first["history"]["total"] > 3
    status = stage.get_by_role("status").filter(has_text="had to be restarted")
    expect(status).to_contain_text("The networks go on from epoch")
    page.until(lambda: page.frames_seen.newest["epoch"] > first["epoch"] + 5)
    assert page.frames_seen.newest["state"] == "running"
    if name == "seeds":
        assert page.frames_seen.newest["member"] == 2
        expect(stage.get_by_role("heading", name="Network 3")).to_be_visible()


@pytest.mark.slow
def test_a_reload_takes_many_networks_and_their_experiment_back(visit: Visit, server: Server):
    page = visit(tap=True).open(Experiment().with_changes({"data": {"name": "xor"}}))
    page.page.get_by_role("button", name="Many networks").click()
    page.page.get_by_role("link", name="Many starts").click()
    stage = page.stage("seeds")
    stage.get_by_role("button", name="4", exact=True).click()
    page.until(lambda: len(page.frames_seen.arrays.get("test_loss", [])) == 4)
    stage.get_by_role("button", name="Play", exact=True).click()
    page.until(lambda: page.frames_seen.newest["epoch"] > 20)
    page.page.reload()
    page.toast("Your networks are back")
    page.stage("seeds")
    page.until(lambda: page.frames_seen.newest["epoch"] > 20)
    assert page.frames_seen.newest["state"] == "running"
    page.until(lambda: page.frames_seen.newest["epoch"] > 40)
    assert page.frames_seen.newest["history"]["total"] > 3
    page.page.get_by_role("link", name="Playground", exact=True).click()
    page.until(lambda: page.query("data") == "xor")


def test_a_broken_connection_is_mended(visit: Visit, watch: Watch, server: Server):
    watch.allow(BROKEN_WIRE)
    with Wire(server.port) as wire:
        page = visit(url=f"http://127.0.0.1:{wire.port}").open().play()
        page.page.evaluate("window.same = true")
        wire.cut()
        expect(page.part("bar").get_by_role("status")).to_contain_text("connection was lost")
        step = page.step
        wire.mend()
        page.wait_beyond(step)
        page.wait("window.same")  # the page was not loaded anew
        expect(page.part("bar").get_by_role("status")).to_be_empty()
        page.wait(
            "document.querySelector('[data-testid=stApp]')"
            ".dataset.testConnectionState === 'CONNECTED'"
        )
        page.keyed("pick_gauss").get_by_role("button").click()
        page.until(lambda: page.query("data") == "gauss")


@pytest.mark.slow
def test_a_run_that_was_freed_meanwhile_is_replaced(visit: Visit, watch: Watch):
    watch.allow(BROKEN_WIRE)
    strict_server = app_server({"PLAYGROUND_WORKERS": "1", "PLAYGROUND_GRACE": "0"})
    with strict_server as strict, Wire(strict.port) as wire:
        page = visit(server=strict, url=f"http://127.0.0.1:{wire.port}").open().play()
        wire.cut()
        page.until(lambda: health(strict)["runs"] == 0)
        wire.mend()
        page.toast("The run had ended on the server")
        page.wait_for_step(0)
        page.settle()
        page.play()
        page.page.context.close()


@pytest.mark.slow
def test_a_second_tab_with_the_same_run_takes_it_over(visit: Visit):
    page = visit(tap=True).open()
    address = page.frames_seen.sockets[-1].url
    page.page.evaluate(
        """(address) => new Promise((done) => {
          window.thief = new WebSocket(address);
          window.thief.onopen = () => done();
        })""",
        address,
    )
    status = page.part("bar").get_by_role("status")
    expect(status).to_contain_text("open in another tab")
    status.get_by_role("button", name="Use it here").click()
    expect(status).to_be_empty()
    page.play()
