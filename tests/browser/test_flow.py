"""Slow motion: what one batch does is lit up phase by phase, and only when it can be followed."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from playground.live.frames import decode
from tests.browser.conftest import Visit
from tests.browser.view_page import frame, mount, open_page, scene, show
from tests.browser.visitor import PIXELS

pytestmark = pytest.mark.browser

PHASES = ["forward", "loss", "backward", "update"]
# Notes every phase that the caption shows, from the moment it is asked for, with its words and
# with the picture underneath.
WATCH = """() => {
  window.phases = [];
  window.shots = {};
  const caption = document.querySelector('.np-network .np-caption');
  new MutationObserver(() => {
    const { phase } = caption.dataset;
    if (!phase || window.phases.at(-1) === phase) return;
    window.phases.push(phase);
    const [base, light] = document.querySelectorAll('.np-network canvas.np-layer');
    const words = caption.textContent;
    window.shots[phase] = { words, base: base.toDataURL(), light: light.toDataURL() };
  }).observe(caption, { attributes: true, attributeFilter: ['data-phase'] });
}"""
CAPTION = ".np-network .np-caption"
IDLE = "document.querySelector('.np-flow').hidden"
SLOW = {"limit": 1.0, "steps_per_second": 1.0, "ms_per_step": 1, "epochs_per_second": 1}
FULL = {**SLOW, "limit": None}

Opens = Callable[..., Page]


@pytest.fixture
def view(browser: Browser) -> Iterator[Opens]:
    opened: list[tuple[Page, list[str]]] = []

    def arrive(**options: Any) -> Page:
        page, errors = open_page(browser, viewport={"width": 1200, "height": 1400}, **options)
        opened.append((page, errors))
        mount(page, parts=("network",))
        page.wait_for_function("sockets.at(-1)?.sent.some(({ type }) => type === 'ack')")
        show(page, frame(1, scene(), state="paused"))
        page.evaluate(WATCH)
        return page

    yield arrive
    for page, errors in opened:
        assert errors == []
        page.context.close()


def links_of(text: str) -> np.ndarray:
    return decode(base64.b64decode(text))[1]["links"]


def hash_of(page: Page) -> int:
    return page.locator(".np-network canvas.np-layer").first.evaluate(PIXELS)["hash"]


@pytest.mark.slow
def test_one_batch_is_shown_in_four_phases(view: Opens):
    page = view()
    words = page.locator(CAPTION).inner_text()
    before = page.evaluate("document.querySelector('.np-network canvas').toDataURL()")
    text = frame(2, state="paused")
    show(page, text)
    page.wait_for_function("phases.length === 4")
    page.wait_for_function(IDLE)
    assert page.evaluate("phases") == PHASES
    shots = page.evaluate("shots")
    # The picture keeps the weights in front of the batch until their update is shown.
    assert [shots[phase]["base"] == before for phase in PHASES] == [True] * 4
    assert page.evaluate("document.querySelector('.np-network canvas').toDataURL()") != before
    assert len({shots[phase]["light"] for phase in PHASES}) == 4
    largest = np.abs(links_of(text) - links_of(frame(1, scene()))).max()
    assert f"by {largest:.2f} at most" in shots["update"]["words"]
    expect(page.locator(CAPTION)).to_have_text(words)


@pytest.mark.slow
def test_a_slow_run_is_followed_batch_by_batch(view: Opens):
    page = view()
    for step in (2, 3, 4):
        show(page, frame(step, state="running", speed=SLOW))
    page.wait_for_function("phases.length >= 8")
    assert page.evaluate("phases").count("update") >= 2
    # Full speed ends it at once, and lights nothing up any more.
    show(page, frame(400, state="running", speed=FULL))
    page.wait_for_function(IDLE)
    page.evaluate("window.phases = []")
    for step in (500, 600):
        show(page, frame(step, state="running", speed=FULL))
    assert page.evaluate("phases") == []


@pytest.mark.slow
def test_an_epoch_at_once_or_another_network_is_no_single_batch(view: Opens):
    page = view()
    show(page, frame(26, state="paused"))
    assert page.evaluate(IDLE)
    show(page, frame(27, scene((3, 3)), state="paused", scene_id=8))
    assert page.evaluate(IDLE)
    assert page.evaluate("phases") == []


@pytest.mark.slow
def test_a_reset_ends_a_pass(view: Opens):
    page = view()
    show(page, frame(2, state="paused"))
    page.wait_for_selector(f"{CAPTION}[data-phase=forward]")
    show(page, frame(0, state="paused"))
    page.wait_for_function(IDLE)


def test_who_wants_no_motion_gets_none(view: Opens):
    page = view(reduced_motion="reduce")
    before = hash_of(page)
    show(page, frame(2, state="paused"))
    assert page.evaluate(IDLE)
    assert hash_of(page) != before
    assert page.evaluate("phases") == []


@pytest.mark.slow
def test_the_step_button_lights_up_the_flow(visit: Visit):
    page = visit().open()
    page.page.evaluate(WATCH)
    page.button("One batch").click()
    page.wait("() => phases.length === 4")
    assert page.page.evaluate("phases") == PHASES
    page.play()
    page.wait(IDLE)
    page.wait_for_frames()
    assert page.page.evaluate("phases") == PHASES
