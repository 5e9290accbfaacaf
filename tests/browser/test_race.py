"""A race, as a visitor runs it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from playground.core.link import encode
from tests.browser.access import violations
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


def lanes(page: Any) -> list[dict[str, Any]]:
    return page.frames_seen.newest["lanes"]


def test_lanes_are_chosen_and_race(visit: Visit):
    page = visit(tap=True)
    stage = page.open_stage("race", knob="learning_rate", values="0.003,0.03")
    expect(stage.locator(".np-race-maps figure")).to_have_count(3)
    expect(stage.locator("tbody tr")).to_have_count(2)
    expect(stage.locator(".np-race-leader")).to_have_text("Ready: press play.")
    stage.get_by_role("button", name="Play", exact=True).click()
    page.until(lambda: min(lane["epoch"] for lane in lanes(page)) > 3)
    stage.get_by_role("button", name="Pause", exact=True).click()
    expect(stage.locator(".np-race-leader")).to_have_text(
        re.compile(r"B · 0\.03 leads: training loss .*, before A · 0\.003 with")
    )
    expect(
        stage.get_by_role("img", name=re.compile("training loss against epochs.*B 0.03"))
    ).to_be_visible()
    assert violations(page, ".np-page-race") == []


@pytest.mark.slow
def test_a_lane_comes_and_goes_and_the_address_says_so(visit: Visit):
    page = visit(tap=True)
    spiral = urlencode(encode(Experiment().with_changes({"data": {"name": "spiral"}})))
    stage = page.open_stage("race", of=spiral)
    stage.get_by_role("combobox", name="Knob").select_option("batch_size")
    expect(stage.locator("tbody tr")).to_have_count(4)
    page.until(lambda: page.query("knob") == "batch_size")
    stage.get_by_role("button", name="Remove lane A").click()
    expect(stage.locator("tbody tr")).to_have_count(3)
    stage.get_by_role("button", name="Add a lane").click()
    expect(stage.locator("tbody tr")).to_have_count(4)
    stage.get_by_role("combobox", name="Side by side in").select_option("seconds")
    page.until(lambda: page.query("even") == "seconds")
    stage.get_by_role("combobox", name="Horizontal axis").select_option("seconds")
    page.until(lambda: page.query("x") == "seconds")
    values = page.query("values")
    page.page.reload()
    stage = page.stage("race")
    expect(stage.locator("tbody tr")).to_have_count(4)
    assert page.query("values") == values and page.query("of") == spiral
    page.until(lambda: page.frames_seen.scene.get("data") == "spiral")
    expect(stage.get_by_role("combobox", name="Horizontal axis")).to_have_value("seconds")


@pytest.mark.slow
def test_another_loss_is_compared_by_scores(visit: Visit):
    page = visit(tap=True)
    stage = page.open_stage("race", knob="loss", values="bce,mse")
    expect(stage).to_contain_text("compared by their scores alone")
    expect(stage.get_by_role("columnheader", name="Training loss")).to_be_hidden()
    expect(stage.get_by_role("columnheader", name="Test score")).to_be_visible()
    expect(stage.get_by_role("combobox", name="Measure")).to_have_value("test_score")


@pytest.mark.slow
def test_a_lane_opens_in_the_playground(visit: Visit):
    page = visit()
    stage = page.open_stage("race", knob="learning_rate", values="0.003,0.3")
    stage.get_by_role("button", name="Open in the playground: B · 0.3").click()
    page.wait_for_picture()
    page.until(lambda: page.query("optimizer.learning_rate") == "0.3")
