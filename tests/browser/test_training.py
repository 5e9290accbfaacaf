"""Play, pause, step, epoch, reset, seed, speed: what they do to the run and to the picture."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

BLANK = 8  # a picture with fewer colours shows nothing
BATCHES = 25  # per epoch: 250 training points in batches of 10


def test_frames_are_painted_and_pause_stops_them(visit: Visit):
    page = visit().open()
    before = {part: page.pixels(part) for part in ("map", "network")}
    assert all(picture["colors"] > BLANK for picture in before.values())
    page.play()
    page.wait_for_frames(12)
    step = page.step
    page.wait_beyond(step)
    for part, picture in before.items():
        now = page.pixels(part)
        assert now["hash"] != picture["hash"], f"{part} stands still"
        assert now["colors"] > BLANK
    at = page.pause()
    assert page.rests()
    assert page.step == at
    expect(page.button("Play")).to_be_visible()


@pytest.mark.slow
def test_curves_get_points(visit: Visit):
    page = visit().open()
    points = """() => document.querySelector('.np-curves .js-plotly-plot')?._fullData
      ?.find((trace) => trace.name === 'Test loss')?.x.length ?? 0"""
    page.play()
    page.wait(f"({points})() > 5")
    few = page.page.evaluate(points)
    page.wait(f"(few) => ({points})() > few", few)
    page.wait(
        """() => document.querySelector('.np-curves .scatterlayer path.js-line')
        ?.getAttribute('d').length > 50"""
    )


@pytest.mark.slow
def test_numbers_of_the_bar_follow_the_run(visit: Visit):
    page = visit().open()
    shown = page.part("bar").locator(".np-stat-epoch_count dd")
    expect(shown).to_have_text("0")
    page.play()
    expect(page.part("bar").locator(".np-stat-epochs_rate dd")).not_to_have_text("–")
    page.wait_for_frames()
    page.pause()
    expect(shown).to_have_text(f"{page.painted('epoch'):,}")
    expect(page.part("bar").locator(".np-place")).to_contain_text("Paused · CPU")
    expect(page.part("bar").locator(".np-place")).to_contain_text("parameters")


@pytest.mark.slow
def test_one_step_and_one_epoch(visit: Visit):
    page = visit().open()
    for step in (1, 2):
        page.button("One batch").click()
        page.wait_for_step(step)
        assert page.rests(200)
    page.button("One epoch").click()
    page.wait_for_step(BATCHES)
    assert page.rests(200)
    assert page.painted("epoch") == 1
    page.button("One epoch").click()
    page.wait_for_step(2 * BATCHES)
    page.wait_for_state("paused")


def first_steps(page) -> list[tuple]:
    """Losses and weights of the first steps."""
    found = []
    for step in range(3):
        if step:
            page.button("One batch").click()
            page.wait_for_step(step)
        page.until(lambda step=step: page.frames_seen.newest["step"] == step)
        frame = page.frames_seen
        found.append((frame.newest["metrics"], frame.arrays["links"].copy()))
    return found


@pytest.mark.slow
def test_reset_brings_the_same_weights_back_and_a_new_seed_others(visit: Visit):
    page = visit(tap=True).open()
    before = first_steps(page)
    page.play()
    page.wait_for_frames()
    page.button("Reset").click()
    page.wait_for_step(0)
    page.wait_for_state("paused")
    again = first_steps(page)
    for (metrics, links), (other_metrics, other_links) in zip(before, again, strict=True):
        assert metrics == other_metrics
        assert np.array_equal(links, other_links)

    assert page.query("training.seed") is None
    page.button("New seed").click()
    page.wait("() => new URLSearchParams(location.search).has('training.seed')")
    page.wait_for_step(0)
    page.settle()
    other = first_steps(page)
    assert not np.allclose(other[0][1], before[0][1])
    assert other[0][0] != before[0][0]


@pytest.mark.slow
def test_slow_motion(visit: Visit):
    page = visit().open(Experiment())
    speed = page.part("bar").get_by_role("slider", name="Speed")
    speed.focus()
    speed.press("Home")
    expect(speed).to_have_attribute("aria-valuetext", "1 batch/s")
    page.play()
    start = page.step
    page.page.wait_for_timeout(2500)
    slow = page.step - start
    assert 1 <= slow <= 6  # two or three, and a few more if this process was kept waiting
    speed.press("End")
    expect(speed).to_have_attribute("aria-valuetext", "as fast as it goes")
    page.wait_beyond(page.step + 50 * slow)
