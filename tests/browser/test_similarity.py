"""Likeness of layers on the page: a table that moves, and a moment that is held."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

EXPERIMENT = Experiment().with_changes(
    {"layers": [{"kind": "dense", "units": 4, "activation": "tanh"}] * 2}
)


@pytest.mark.slow
def test_a_moment_is_held_and_the_layers_leave_it(visit: Visit):
    page = visit(tap=True).open(EXPERIMENT)
    panel = page.tab("Similarity")
    cells = panel.locator("tbody td b")
    expect(cells).to_have_count(16)
    expect(cells.first).to_have_text("1.00")
    page.part("analysis").get_by_role("button", name="Hold this moment").click()
    page.until(lambda: len(page.frames_seen.newest["similarity"]["moments"]) == 1)
    expect(panel.locator("caption")).to_contain_text("Epoch 0")
    page.play().wait_for_frames(8)
    page.pause()
    found = page.frames_seen.newest["similarity"]
    assert found["against"] == found["moments"][0][0]
    own = [found["values"][k][k] for k in range(4)]
    assert own[0] == pytest.approx(1) and min(own) < 0.99
    expect(cells.nth(5)).to_have_text(re.compile(r"^\d\.\d\d$"))
    page.until(lambda: float(cells.nth(5).inner_text()) == pytest.approx(own[1], abs=0.0101))
    expect(panel.locator("td.np-own").nth(1)).to_have_attribute(
        "title", re.compile(r"Dense 1 \(Epoch 0\) and Dense 1 now: ")
    )
    select = page.part("analysis").get_by_role("combobox", name="Compare now with")
    select.select_option("Now")
    page.until(lambda: page.frames_seen.newest["similarity"]["against"] is None)
    select.select_option("First weights")
    page.until(lambda: page.frames_seen.newest["similarity"]["against"] == 0)
    page.until(lambda: page.frames_seen.said[-1]["value"]["options"]["similarity"]["hold"] == 0)
