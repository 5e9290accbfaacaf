"""Many starts, as a visitor looks at them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from tests.browser.access import SCHEMES, overflow, violations
from tests.browser.conftest import Visit
from tests.browser.visitor import PHONE

pytestmark = pytest.mark.browser


def test_many_networks_train_and_one_is_looked_into(visit: Visit):
    page = visit(tap=True)
    stage = page.open_stage("seeds", n="4")
    page.wait_for_paint()
    stage.get_by_role("button", name="Play", exact=True).click()
    page.until(lambda: page.frames_seen.newest["epoch"] > 2)
    stage.get_by_role("button", name="Pause", exact=True).click()
    expect(stage.locator(".np-seeds-share")).to_have_text(re.compile(r"\d of 4: \d+ %"))
    expect(stage.get_by_text("Clopper–Pearson")).to_be_visible()
    stage.locator(".np-tiles").focus()
    page.page.keyboard.press("ArrowRight")
    expect(stage.get_by_role("heading", name="Network 2")).to_be_visible()
    page.until(lambda: page.query("net") == "2")
    assert page.frames_seen.newest["member"] == 1
    assert violations(page, ".np-page-seeds") == []


@pytest.mark.slow
def test_a_network_goes_on_in_the_playground_and_the_others_wait(visit: Visit):
    page = visit(tap=True)
    stage = page.open_stage("seeds", n="4", net="3")
    stage.get_by_role("button", name="One epoch").click()
    page.wait_for_step(25)
    stage.get_by_role("button", name="Open in the playground").click()
    page.wait("() => document.querySelector('.np-map')?.dataset.step === '25'")
    page.until(lambda: page.query("training.start") == "2")
    page.page.get_by_role("button", name="Many networks").click()
    page.page.get_by_role("link", name="Many starts").click()
    stage = page.stage("seeds")
    expect(stage.get_by_text("Network 3 is that of the playground")).to_be_visible()
    page.wait("() => document.querySelector('.np-page-seeds').dataset.step === '25'")


@pytest.mark.slow
def test_what_is_chosen_stands_in_the_address_and_comes_back(visit: Visit):
    page = visit(tap=True)
    stage = page.open_stage("seeds", of="data=xor")
    stage.get_by_role("button", name="4", exact=True).click()
    page.until(lambda: page.query("n") == "4")
    page.until(lambda: len(page.frames_seen.arrays.get("test_loss", [])) == 4)
    stage.get_by_role("button", name="Training", exact=True).click()
    stage.get_by_role("button", name="Information").click()
    stage.get_by_role("button", name="Weights").click()
    stage.get_by_role("button", name="Best first").click()
    limit = stage.get_by_role("slider", name="Success from")
    limit.focus()
    limit.press("ArrowLeft")
    page.until(lambda: page.query("t") == "0.945")
    assert page.query("of") == "data=xor"
    page.page.reload()
    stage = page.stage("seeds")
    page.until(lambda: page.frames_seen.newest.get("success", {}).get("threshold") == 0.945)
    newest = page.frames_seen.newest
    assert page.frames_seen.scene["data"] == "xor"
    assert newest["success"]["part"] == "train"
    assert newest["spread"]["measure"] == "information"
    assert newest["solutions"]["space"] == "weights"
    expect(stage.get_by_role("button", name="Best first")).to_have_attribute("aria-pressed", "true")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sine", "iris", "digits"])
def test_every_kind_of_data(visit: Visit, name: str):
    page = visit(tap=True).open(Experiment().with_changes({"data": {"name": "circle"}}))
    if name == "digits":
        page.page.get_by_role("radio", name="Pictures").click()
    page.keyed(f"pick_{name}").get_by_role("button").click()
    page.until(lambda: page.query("data") == name)
    page.page.get_by_role("button", name="Many networks").click()
    page.page.get_by_role("link", name="Many starts").click()
    stage = page.stage("seeds")
    stage.get_by_role("button", name="4", exact=True).click()
    page.until(lambda: len(page.frames_seen.arrays.get("test_loss", [])) == 4)
    stage.get_by_role("button", name="One batch").click()
    page.wait_for_step(1)
    expect(stage.locator(".np-seeds-mean")).to_be_visible(visible=name != "digits")
    if name == "digits":
        points = stage.get_by_role("group", name="Where they disagree most").get_by_role("button")
        points.nth(3).click()
        index = points.nth(3).get_attribute("data-index")
        page.until(lambda: page.query("point") == str(int(index or 0) + 1))
        expect(stage.get_by_role("heading", name="what they say")).to_be_visible()
        assert (
            sum(
                int(text)
                for text in stage.locator(
                    ".np-seeds-vote-row:not([hidden]) .np-out"
                ).all_inner_texts()
            )
            == 4
        )
        stage.locator(".np-tiles").focus()
        page.page.keyboard.press("ArrowRight")
        expect(stage.get_by_role("button", name="Open in the playground")).to_be_visible()
        assert violations(page, ".np-page-seeds") == []
    expect(stage.locator(".np-seeds-curves .np-layer svg").first).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_on_a_phone_one_map_is_shown(visit: Visit, scheme: str):
    page = visit(color_scheme=scheme, viewport=PHONE)
    stage = page.open_stage("seeds", n="4")
    expect(stage.locator(".np-seeds-mean")).to_be_visible()
    expect(stage.locator(".np-seeds-spread")).to_be_hidden()
    stage.get_by_role("button", name="Where they disagree").click()
    expect(stage.locator(".np-seeds-spread")).to_be_visible()
    expect(stage.locator(".np-seeds-mean")).to_be_hidden()
    assert overflow(page) == 0
    assert violations(page, ".np-page-seeds") == []
