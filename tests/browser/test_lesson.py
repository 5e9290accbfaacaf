"""A teacher's link in a real browser: hidden, locked, and a goal that is reached and checked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from playground.core.lesson import Goal, Lesson, encode_lesson
from tests.browser.access import violations
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

LESSON = Lesson(
    heading="Close the ring",
    text="How few lines fence a disc in?\n<img src=x onerror=alert(1)>",
    hidden=("initialization", "data.scaling"),
    locked=("data.name", "data.noise"),
    goal=Goal(threshold=0.9, max_parameters=25, max_epochs=5000, seeds=2, needed=1),
)


@pytest.mark.slow
def test_a_lesson_hides_locks_and_shows_when_its_goal_is_reached(visit: Visit) -> None:
    page = visit().open(Experiment(), **encode_lesson(LESSON))
    lesson = page.keyed("lesson")
    expect(lesson.get_by_role("heading", name="Close the ring")).to_be_visible()
    expect(lesson).to_contain_text("<img src=x onerror=alert(1)>")
    expect(lesson.locator("img")).to_have_count(0)
    expect(page.keyed("chip_initialization")).to_have_count(0)
    expect(page.keyed("set_data_scaling")).to_have_count(0)
    expect(page.keyed("pick_xor").get_by_role("button")).to_be_disabled()
    noise = page.keyed("set_data_noise")
    expect(page.keyed("locked_set_data_noise")).to_be_visible()
    icon = "(label) => getComputedStyle(label, '::before').maskImage"
    assert "svg" in noise.locator("[data-testid=stWidgetLabel] p").first.evaluate(icon)
    expect(noise.get_by_role("slider")).to_be_disabled()
    expect(page.keyed("pick_xor")).to_be_visible()
    goal = page.part("goal")
    expect(goal).to_contain_text("At most 25 parameters: now 25")
    expect(goal.get_by_role("status")).to_have_text("Goal")
    page.play()
    expect(goal.get_by_role("status")).to_have_text("Goal reached")
    page.pause()
    page.keyed("check_goal").locator("button:visible").click()
    expect(lesson).to_contain_text(re.compile(r"Passed: [12] of 2 seeds reach the goal"))
    page.page.mouse.move(5, 5)  # a tip that is just fading in has no contrast yet
    expect(page.page.locator("[data-testid=stTooltipContent]")).to_have_count(0)
    assert violations(page) == []


@pytest.mark.slow
def test_a_goal_that_is_out_of_reach_stays_open(visit: Visit) -> None:
    lesson = Lesson(goal=Goal(max_parameters=12, max_epochs=5000, threshold=0.9))
    page = visit(locale="zh-CN").open(None, **encode_lesson(lesson))
    goal = page.part("goal")
    expect(goal).to_contain_text("参数不超过 12 个：目前 25 个")
    step = page.step
    page.page.locator(".np-play").click()
    page.wait_beyond(step)
    expect(goal.locator("li.np-met").first).to_contain_text("测试准确率")
    expect(goal.get_by_role("status")).to_have_text("目标")


@pytest.mark.slow
def test_a_lesson_is_made_and_opened(visit: Visit) -> None:
    page = visit().open()
    body = page.chip("share")
    body.get_by_text("Make a lesson").click()
    field = body.get_by_label("Heading")
    field.fill("Mine")
    field.press("Enter")
    link = body.locator("code", has_text="lesson.heading=Mine")
    expect(link).to_be_visible()
    address = link.inner_text()
    page.goto("/?" + address.partition("?")[2].replace("\n", ""))
    expect(page.keyed("lesson").get_by_role("heading", name="Mine")).to_be_visible()
    page.keyed("leave_lesson").locator("button:visible").click()
    expect(page.keyed("lesson")).to_have_count(0)
    page.until(lambda: page.query("lesson.heading") is None)


@pytest.mark.slow
def test_the_gallery_opens_an_experiment(visit: Visit) -> None:
    """Every picture was trained; the chosen one comes with its sentence, until it is closed."""
    page = visit().open()
    page.page.get_by_role("link", name="Gallery").click()
    expect(page.page.locator("img.np-preset")).to_have_count(17, timeout=120_000)
    assert violations(page) == []
    page.keyed("open_triangle").locator("button:visible").click()
    page.wait_for_picture()
    note = page.keyed("preset_note")
    expect(note).to_contain_text("Three tanh units")
    assert (page.query("layers") or "").startswith("dense:3:tanh")
    note.locator("button:visible").click()
    expect(note).to_have_count(0)
