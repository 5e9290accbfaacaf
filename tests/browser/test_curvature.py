"""Curvature and tangent kernel as the visitor sees them: gauge, map, spectrum, shapes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import PIXELS, Visitor

pytestmark = pytest.mark.browser

# Full batches and a rate far beyond the edge, known before the first step
WILD = Experiment().with_changes(
    {
        "layers": [{"kind": "dense", "units": 3}],
        "data": {"samples": 80},
        "optimizer": {"name": "sgd", "learning_rate": 10.0},
        "training": {"batch_size": 1000},
    }
)
CALM = WILD.with_changes({"optimizer": {"learning_rate": 0.01}, "loss": "mse"})


def reading(page: Visitor) -> dict[str, Any]:
    return page.frames_seen.newest.get("curvature") or {}


def told(page: Visitor, view: str) -> dict[str, Any]:
    return page.frames_seen.newest.get("studies", {}).get(view, {})


def painted(panel: Locator) -> Locator:
    """The canvas of the cards, once it has its alt text and something upon it."""
    canvas = panel.get_by_role("img").first
    expect(canvas).to_be_visible()
    assert canvas.evaluate(PIXELS)["colors"] > 20
    return canvas


@pytest.mark.slow
def test_the_gauge_warns_before_the_first_step(visit: Visit):
    page = visit(tap=True).open(WILD)
    panel = page.tab("Curvature")
    page.until(lambda: reading(page).get("values"))
    top, limit = reading(page)["values"][0], reading(page)["limit"]
    assert limit == pytest.approx(0.2)
    assert top > limit
    note = panel.get_by_text("Beyond the edge")
    expect(note).to_contain_text("2/η, η = 10.0")
    expect(painted(panel)).to_have_attribute("aria-label", re.compile("edge of stability 0.2"))
    # Another direction is drawn, and said.
    panel.page.get_by_label("Direction drawn").select_option(label="Most negative")
    page.until(lambda: reading(page).get("direction") == -1)
    expect(painted(panel)).to_have_attribute("aria-label", re.compile("Most negative: the output"))


@pytest.mark.slow
def test_the_gauge_follows_training_and_the_spectrum_is_computed_aside(visit: Visit):
    page = visit(tap=True).open(CALM)
    panel = page.tab("Curvature")
    page.until(lambda: reading(page).get("values"))
    first = reading(page)["step"]
    page.play()
    page.until(lambda: reading(page)["step"] > first)
    page.pause()
    # The gauge of a resting network is that of its last step.
    page.until(lambda: reading(page)["step"] == page.frames_seen.newest["step"])
    expect(panel.get_by_text("Stable")).to_be_visible()
    page.part("analysis").get_by_role("button", name="Whole spectrum").click()
    page.until(lambda: told(page, "curvature").get("state") == "done")
    parameters = reading(page)["parameters"]
    expect(painted(panel)).to_have_attribute(
        "aria-label", re.compile(f"Spectrum of {parameters} eigenvalues")
    )
    expect(page.part("analysis").get_by_role("button", name="Log scale")).to_be_visible()


@pytest.mark.slow
def test_the_tangent_kernel_is_predicted_and_then_seen(visit: Visit):
    page = visit(tap=True).open(CALM)
    panel = page.tab("Tangent kernel")
    expect(panel.get_by_text("Compute the kernel")).to_be_visible()
    page.part("analysis").get_by_role("button", name="Compute the kernel").click()
    page.until(lambda: told(page, "ntk").get("state") == "done")
    canvas = painted(panel)
    expect(canvas).to_have_attribute("aria-label", re.compile("Shape 1: eigenvalue"))
    expect(panel.get_by_text("Learned by half, predicted: 1")).to_contain_text("closed form")
    before = page.step
    page.button("One epoch").click()
    page.wait_beyond(before)
    page.until(lambda: (page.frames_seen.newest.get("ntk") or {}).get("since", 0) > 0)
    canvas.hover(position={"x": 60, "y": 60})
    expect(panel.locator(".np-tip")).to_contain_text("Shape 1")
