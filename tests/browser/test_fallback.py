"""Where no websocket of the app's own gets through, the same frames come another way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit: Visit, watch: Watch) -> Visitor:
    """The playground in a tab that no websocket to `live/` reaches."""
    # Streamlit starts a script run beside one that is still ending, where the machine is slow and
    # a fragment runs ten times a second; the page shows the next run.
    watch.allow("dictionary changed size during iteration")
    page = visit()
    page.page.route_web_socket(re.compile("/live/"), lambda socket: socket.close(code=1011))
    page.page.goto(page.url)
    page.wait_for_paint()
    return page


def test_frames_arrive_through_the_fragment(page: Visitor):
    assert page.pixels("map")["colors"] > 8
    page.button("One batch").click()
    page.wait_for_step(1)
    page.play()
    before = page.pixels("map")
    page.wait_for_frames(8)
    assert page.pixels("map")["hash"] != before["hash"]
    page.pause()
    assert page.rests(800)


@pytest.mark.slow
def test_buttons_and_settings_work_without_a_websocket(page: Visitor):
    speed = page.part("bar").get_by_role("slider", name="Speed")
    speed.focus()
    speed.press("Home")
    page.play()
    slow = page.step
    page.page.wait_for_timeout(1500)
    assert page.step - slow < 10
    page.pause()
    page.button("Reset").click()
    page.wait_for_step(0)
    page.button("New seed").click()
    page.until(lambda: page.query("training.seed"))
    page.part("network").locator('[data-neuron="1.0"]').click()
    expect(page.part("map").locator("h3")).to_have_text("Dense 1, neuron 1")
    expect(page.part("map").get_by_role("button", name="Back to output")).to_be_visible()
    page.keyed("pick_iris").get_by_role("button").click()
    expect(page.part("network").locator('[data-neuron^="0."]')).to_have_count(4)
    page.tab("Singular values")
