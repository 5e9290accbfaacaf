"""How sure the network is, as a visitor measures it."""

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
        "data": {"samples": 60, "noise": 30},
        "layers": [{"kind": "dense", "units": 4, "activation": "tanh"}],
    }
)
PART = ".np-view[data-part=analysis]"


def measured(visit: Visit, experiment: Experiment = FEW, **look: Any) -> tuple[Any, Any]:
    page = visit(tap=True, **look).open(experiment)
    panel = page.tab("How sure")
    page.part("analysis").get_by_role("button", name="Measure").click()
    panel.locator(".np-certainty-bar").wait_for()
    return page, panel


@pytest.mark.slow
def test_four_ways_are_told_apart_and_dropout_can_be_added(visit: Visit):
    page, panel = measured(visit)
    canvas = panel.locator("canvas")
    expect(canvas).to_have_attribute(
        "aria-label",
        re.compile(r"The network alone: uncertainty .*Ensemble of 8: .*nothing can be silenced"),
    )
    panel.get_by_role("button", name="Add dropout").click()
    page.until(lambda: any(b["kind"] == "dropout" for b in page.frames_seen.scene["blocks"]))
    # Of the new network nothing is computed by itself.
    assert page.frames_seen.newest["studies"]["certainty"]["state"] == "none"


@pytest.mark.slow
def test_calibration_window_and_prior(visit: Visit):
    page, panel = measured(visit)
    tools = page.part("analysis").locator(".np-tools")
    tools.get_by_label("Shown").select_option("calibration")
    label = re.compile(r"Calibration error [\d.]+ %, NLL [\d.]+ · Brier [\d.]+")
    expect(panel.locator("canvas")).to_have_attribute("aria-label", label)
    first = page.frames_seen.newest["studies"]["certainty"]["version"]
    tools.get_by_label("Window").select_option("4")
    page.until(lambda: page.frames_seen.newest["studies"]["certainty"]["version"] > first)
    slider = panel.get_by_label("Prior precision of the head")
    slider.focus()
    page.page.keyboard.press("End")
    expect(panel.locator(".np-certainty-prior")).to_contain_text("1000")
    expect(panel.get_by_role("button", name="Most likely")).to_have_attribute(
        "aria-pressed", "false"
    )


@pytest.mark.slow
def test_ratings_show_those_of_which_it_is_least_sure(visit: Visit):
    page, panel = measured(visit, propose("ratings"))
    label = re.compile(r"Off its coverage by [\d.]+ %")
    expect(panel.locator("canvas").first).to_have_attribute("aria-label", label)
    page.part("analysis").get_by_label("Shown").select_option("examples")
    expect(panel.locator(".np-sure-item")).to_have_count(16)
    assert violations(page, PART) == []


@pytest.mark.slow
@both_looks
def test_axe(visit: Visit, look: dict[str, Any]):
    page, _ = measured(visit, **look)
    assert violations(page, PART) == []
    assert overflow(page) == 0
