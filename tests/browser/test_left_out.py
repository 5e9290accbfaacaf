"""Points left out one by one: what they do, and a network that goes on without them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from playground.core.proposal import propose
from tests.browser.access import both_looks, overflow, violations
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

FEW = Experiment().with_changes(
    {
        "data": {"name": "gauss", "samples": 40, "label_noise": 10},
        "layers": [{"kind": "dense", "units": 4, "activation": "tanh"}],
    }
)
PART = ".np-view[data-part=analysis]"


def retrained(visit: Visit, **look: Any) -> tuple[Any, Any]:
    page = visit(tap=True, **look).open(FEW)
    panel = page.tab("Leave one out")
    page.part("analysis").locator(".np-tools select").first.select_option("30")
    panel.get_by_role("button", name="Retrain without each").click()
    page.wait(f"() => document.querySelectorAll('{PART} .np-rank').length > 4")
    return page, panel


def test_a_harmful_point_is_left_out_and_taken_back(visit: Visit):
    page, panel = retrained(visit)
    rank = panel.locator(".np-rank").first
    expect(rank).to_have_attribute("aria-label", re.compile("without it the test loss is lower"))
    rank.click()
    expect(rank).to_have_attribute("aria-pressed", "true")
    page.until(lambda: (page.frames_seen.newest["influence"]["chosen"] or {}).get("place", -1) >= 0)
    panel.get_by_role("button", name="Leave it out").click()
    back = page.page.get_by_role("button", name="Take back the left-out point")
    back.wait_for()
    page.until(lambda: len(page.frames_seen.newest["influence"]["left_out"]) == 1)
    # What was found stays, and nothing is computed anew.
    expect(panel.get_by_role("button", name="Take it back")).to_be_visible()
    assert page.frames_seen.newest["studies"]["influence"]["state"] == "done"
    back.click()
    page.until(lambda: page.frames_seen.newest["influence"]["left_out"] == [])
    expect(back).to_have_count(0)


@pytest.mark.slow
def test_the_keys_step_through_the_points(visit: Visit):
    page, panel = retrained(visit)
    canvas = panel.get_by_role("img")
    expect(canvas).to_have_attribute("aria-label", re.compile("Most harmful: #"))
    canvas.focus()
    page.page.keyboard.press("ArrowRight")
    first = panel.locator(".np-rank").first
    expect(first).to_have_attribute("aria-pressed", "true")
    page.page.keyboard.press("ArrowRight")
    expect(panel.locator(".np-rank").nth(1)).to_have_attribute("aria-pressed", "true")
    page.page.keyboard.press("Escape")
    expect(panel.locator(".np-rank[aria-pressed=true]")).to_have_count(0)


@pytest.mark.slow
def test_a_long_computation_says_its_cost_and_can_be_given_up(visit: Visit):
    page = visit(tap=True).open(FEW.with_changes({"data": {"samples": 400}}))
    panel = page.tab("Leave one out")
    selects = page.part("analysis").locator(".np-tools select")
    selects.nth(0).select_option("1000")
    selects.nth(1).select_option("5")
    expect(panel).to_contain_text(re.compile(r"1,005 networks, about [\d,.]+ (s|min)"))
    panel.get_by_role("button", name="Retrain without each").click()
    panel.get_by_role("button", name="Cancel").click()
    page.until(lambda: page.frames_seen.newest["studies"]["influence"]["state"] == "cancelled")


@pytest.mark.slow
def test_names_are_put_in_order_and_say_whom_they_help(visit: Visit):
    few = {"train_percent": 20}
    layers = [{"kind": "embedding", "width": 4}, {"kind": "gru", "units": 8, "states": "last"}]
    page = visit(tap=True).open(propose("surnames").with_changes({"data": few, "layers": layers}))
    panel = page.tab("Leave one out")
    selects = page.part("analysis").locator(".np-tools select")
    page.until(lambda: (page.frames_seen.newest["influence"]["cost"] or {}).get("step"))
    selects.nth(0).select_option("1")
    selects.nth(2).select_option("10")
    expect(panel).to_contain_text(re.compile(r"11 networks, "))
    panel.get_by_role("button", name="Retrain without each").click()
    tiles = panel.locator(".np-influence-tile")
    expect(tiles).to_have_count(10)
    tiles.first.focus()
    page.page.keyboard.press("ArrowRight")
    expect(tiles.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(panel.get_by_role("heading", name="Test examples it helps most")).to_be_visible()
    panel.get_by_role("button", name="Leave it out").click()
    page.until(lambda: len(page.frames_seen.newest["influence"]["left_out"]) == 1)
    assert violations(page, PART) == []


@pytest.mark.slow
@both_looks
def test_axe(visit: Visit, look: dict[str, Any]):
    page, panel = retrained(visit, **look)
    panel.locator(".np-rank").first.click()
    assert violations(page, PART) == []
    assert overflow(page) == 0
