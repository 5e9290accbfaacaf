"""Least squares and gradient descent: the browser's preview against the core, the page by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from playground.core.linalg.least_squares import SCALINGS, descend, draw_points, factor, pose
from tests.browser.access import HANDHELD, overflow, violations
from tests.browser.conftest import Visit
from tests.browser.test_plane import drag
from tests.browser.view_page import module, open_page

pytestmark = pytest.mark.browser

CLOUDS = {
    "a cloud": draw_points(count=15, noise=1, centre=0.5, spread=2, outliers=1, seed=3),
    "far away": draw_points(count=15, noise=1, centre=6, spread=1, outliers=0, seed=3),
    "one point": [[2.0, 8.0]],
    "a constant column": [[1.5, 1.0], [1.5, 2.0], [1.5, 4.0]],
    "zeros": [[0.0, 0.0], [0.0, 0.0]],
}
SETTINGS = {"rate": 0.02, "momentum": 0.4, "tolerance": 1e-6, "steps": 300}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page, errors = open_page(browser)
    yield page
    assert errors == []
    page.context.close()


def test_the_preview_is_what_torch_computes(page: Page):
    """Problem, walk and contours of every cloud and scaling, held against the core."""
    script = """a.clouds.flatMap((points) => a.scalings.map((scaling) => {
      const problem = m.pose(points, scaling);
      const { path, state } = m.descend(problem, [3, -2], a.settings);
      const edge = m.contour(problem, 0.7, 4);
      return { ...problem, path, state, heights: edge.map((w) => m.lossAbove(problem, w)),
        above: path.map((w) => m.lossAbove(problem, w)), line: m.lineOf(problem, [2, 1]),
        back: m.weightsOf(problem, m.lineOf(problem, [2, 1])) };
    }))"""
    asked = {"clouds": [*CLOUDS.values()], "scalings": SCALINGS, "settings": SETTINGS}
    said = iter(module(page, "pages/bowl.js", script, asked))
    for points in CLOUDS.values():
        for scaling in SCALINGS:
            mine, theirs = next(said), pose(points, scaling)
            np.testing.assert_allclose(mine["optimum"], theirs.optimum, atol=1e-7)
            np.testing.assert_allclose(mine["hessian"], theirs.hessian.reshape(-1), atol=1e-9)
            np.testing.assert_allclose(mine["eigenvalues"], theirs.eigenvalues, atol=1e-9)
            assert mine["least"] == pytest.approx(theirs.least, abs=1e-9)
            walk = descend(theirs, [3, -2], **SETTINGS)
            assert mine["state"] == walk.state
            np.testing.assert_allclose(mine["path"], walk.path, atol=1e-6)
            above = theirs.loss(walk.path).numpy() - theirs.least
            np.testing.assert_allclose(mine["above"], above, atol=1e-7)
            np.testing.assert_allclose(mine["heights"], 0.7, atol=1e-9)
            np.testing.assert_allclose(mine["back"], [2, 1], atol=1e-12)
            assert mine["line"] == pytest.approx(theirs.line(walk.path.new_tensor([2.0, 1.0])))


def numbers(stage: Locator) -> dict[str, Any]:
    return json.loads(stage.get_attribute("data-torch") or "{}")


@pytest.mark.slow
def test_the_start_is_dragged_and_the_walk_follows(visit: Visit):
    page = visit()
    stage = page.open_stage("descent")
    verdict = stage.locator(".np-verdict")
    expect(verdict).to_contain_text("Converged")
    page.until(lambda: numbers(stage).get("state") == "converged")
    before = numbers(stage)
    assert before["eigenvalues"][0] > before["eigenvalues"][1] > 0
    assert before["factor"] == pytest.approx(factor(before["eigenvalues"], before["rate"], 0))
    drag(page, stage.locator("[data-handle=start]"), 70, 60)
    page.until(lambda: numbers(stage)["path"][0] != before["path"][0])
    assert numbers(stage)["optimum"] == before["optimum"]
    page.wait("() => new URLSearchParams(location.search).has('w')")
    # Beyond the limit it leaves; a reload brings the same walk back.
    stage.get_by_role("button", name="5 % beyond").click()
    expect(verdict).to_contain_text("Diverged")
    page.until(lambda: numbers(stage)["state"] == "diverged")
    assert numbers(stage)["rate"] == pytest.approx(1.05 * numbers(stage)["limit"])
    start = numbers(stage)["path"][0]
    page.wait("() => new URLSearchParams(location.search).has('r')")
    page.page.reload()
    stage = page.stage("descent")
    page.until(lambda: numbers(stage).get("state") == "diverged")
    np.testing.assert_allclose(numbers(stage)["path"][0], start, rtol=1e-6)


@pytest.mark.slow
def test_scaling_makes_the_bowl_round_and_momentum_speeds_a_ravine(visit: Visit):
    page = visit()
    stage = page.open_stage("descent", d="far")
    verdict = stage.locator(".np-verdict")
    expect(verdict).to_contain_text("Not there")
    momentum = stage.get_by_role("slider", name="Momentum")
    momentum.fill("0.9")
    expect(verdict).to_contain_text("Converged")
    page.until(lambda: numbers(stage).get("state") == "converged")
    assert numbers(stage)["eigenvalues"][0] > 100 * numbers(stage)["eigenvalues"][1]
    momentum.fill("0")
    stage.get_by_role("button", name="standardised").click()
    stage.get_by_role("button", name="best step").click()
    expect(verdict).to_contain_text("steps counted: 1;")
    page.until(lambda: np.allclose(numbers(stage)["eigenvalues"], 1))


@pytest.mark.slow
def test_points_are_added_moved_and_removed_without_a_mouse_too(visit: Visit):
    page = visit()
    stage = page.open_stage("descent", p="0,2,1,5,2,8")
    page.until(lambda: numbers(stage).get("line") is not None)
    np.testing.assert_allclose(numbers(stage)["line"], [3, 2], atol=1e-9)
    assert numbers(stage)["least"] < 1e-20
    stage.locator("[data-handle=point0]").focus()
    page.page.keyboard.press("PageDown")
    expect(stage.locator("[data-handle=point1]")).to_be_focused()
    page.page.keyboard.press("ArrowUp")
    page.until(lambda: numbers(stage)["points"][1][1] > 5)
    page.page.keyboard.press("Delete")
    page.until(lambda: len(numbers(stage)["points"]) == 2)
    expect(stage.locator("[data-handle=point0]")).to_be_focused()
    box = stage.locator(".np-scene").first.bounding_box()
    assert box
    page.page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.4)
    page.until(lambda: len(numbers(stage)["points"]) == 3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Constant column", "One point", "Two points"])
def test_a_valley_is_shown_as_one(visit: Visit, name: str):
    page = visit()
    stage = page.open_stage("descent")
    stage.get_by_role("button", name=name).click()
    singular = name != "Two points"
    expected = "none: XᵀX is singular" if singular else "Normal equations"
    expect(stage.locator(".np-direct")).to_contain_text(expected)
    for scaling in ("centred", "standardised"):
        stage.get_by_role("button", name=scaling).click()
        expect(stage.locator(".np-verdict")).to_contain_text("onverged")
    assert "NaN" not in stage.inner_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    "look",
    [
        {"color_scheme": "dark"},
        {"locale": "zh-CN", **HANDHELD},
    ],
    ids=["dark", "phone"],
)
def test_axe_finds_nothing(visit: Visit, look: dict[str, Any]):
    page = visit(**look)
    stage = page.open_stage("descent")
    stage.locator(".np-torch tr").first.wait_for()
    assert violations(page) == []
    assert overflow(page) == 0
