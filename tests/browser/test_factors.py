"""A layer as turn, stretch, turn on the page: steps computed, ways between drawn."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import PIXELS

pytestmark = pytest.mark.browser

EXPERIMENT = Experiment().with_changes(
    {
        "layers": [
            {"kind": "dense", "units": 2, "activation": "tanh"},
            {"kind": "dense", "units": 5, "activation": "tanh"},
        ]
    }
)
WAYS = """async ([url, head, data, shape, positions]) => {
  const { carried, placesBetween } = await import(url);
  const places = { data: Float32Array.from(data), shape };
  return positions.map((position) => [
    Array.from(placesBetween(head, places, position)), carried(head, position, [0.3, -0.8]),
  ]);
}"""


def turn(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def numpys(head: dict[str, Any], position: float) -> tuple[np.ndarray, np.ndarray]:
    """The way so far as a matrix and a shift."""
    shares = np.clip(position - np.arange(4), 0, 1)
    mirror = np.diag([1, 1 - 2 * shares[2] * head["mirrored"]])
    stretch = np.diag(1 + (np.array(head["values"]) - 1) * shares[1])
    way = (
        turn(shares[2] * head["angles"][1]) @ mirror @ stretch @ turn(shares[0] * head["angles"][0])
    )
    return way, shares[3] * np.array(head["bias"])


@pytest.mark.slow
def test_the_steps_make_up_the_layer_and_the_ways_between_are_numpys(visit: Visit):
    page = visit(tap=True).open(EXPERIMENT)
    page.button("One epoch").click()
    page.wait_for_step(25)
    panel = page.tab("Turn, stretch, turn")
    page.until(lambda: "factors" in page.frames_seen.arrays)
    head, stages = page.frames_seen.newest["factors"], page.frames_seen.arrays["factors"]
    weight = page.frames_seen.arrays["links"][:4].reshape(2, 2)
    np.testing.assert_allclose(numpys(head, 3)[0], weight, atol=1e-5)
    positions = [0, 0.35, 1, 1.5, 2, 2.7, 3, 3.5, 4]
    some = np.ascontiguousarray(stages[:, 500:520])
    url = page.page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => name)"
        ".find((name) => name.includes('turning.js'))"
    )
    given = [url, head, some.ravel().tolist(), list(some.shape), positions]
    for position, (found, carried) in zip(positions, page.page.evaluate(WAYS, given), strict=True):
        way, shift = numpys(head, position)
        expected = some[0] @ way.T + shift
        np.testing.assert_allclose(np.reshape(found, (-1, 2)), expected, atol=1e-4)
        np.testing.assert_allclose(carried, way @ [0.3, -0.8] + shift, atol=1e-5)
    expect(panel.locator(".np-factors-numbers dd").nth(1)).to_contain_text("stretch to ")


@pytest.mark.slow
def test_playing_scrubbing_and_another_layer(visit: Visit):
    page = visit(tap=True).open(EXPERIMENT)
    panel = page.tab("Turn, stretch, turn")
    name = panel.locator(".np-warp-name")
    expect(name).to_have_text("Input")
    canvas = panel.locator("canvas.np-layer").first
    before = canvas.evaluate(PIXELS)
    assert before["colors"] > 8
    panel.get_by_role("button", name="Play through the layers").click()
    expect(name).not_to_have_text("Input")
    panel.get_by_role("button", name="tanh").click()
    expect(name).to_have_text("tanh")
    expect(panel.get_by_role("button", name="Play through the layers")).to_be_visible()
    slider = panel.get_by_role("slider", name="Step of the layer")
    slider.focus()
    slider.press("ArrowLeft")
    expect(name).to_have_text("Moved: + b")
    panel.get_by_role("button", name="Σ").click()
    expect(name).to_have_text("Stretched: Σ")
    assert canvas.evaluate(PIXELS)["hash"] != before["hash"]
    page.part("analysis").get_by_role("combobox", name="Layer").select_option("Dense 2")
    page.until(lambda: page.frames_seen.newest["factors"]["block"] == 2)
    expect(panel.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile(r"Dense 2 as turn, stretch, turn, at the step “Stretched: Σ”")
    )
    # 5 × 2: both of its singular directions are seen
    expect(panel.locator(".np-caption")).to_contain_text("Both singular directions")


@pytest.mark.slow
def test_where_motion_is_not_wanted_the_stages_follow_at_once(visit: Visit):
    page = visit().open(EXPERIMENT)
    page.page.emulate_media(reduced_motion="reduce")
    panel = page.tab("Turn, stretch, turn")
    panel.get_by_role("button", name="Play through the layers").click()
    slider = panel.get_by_role("slider", name="Step of the layer")
    seen = set()
    for _ in range(12):
        page.page.wait_for_timeout(120)
        seen.add(float(slider.input_value()))
    assert all(position == round(position) for position in seen)
