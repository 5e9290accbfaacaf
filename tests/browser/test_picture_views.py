"""Views of pictures on the page: maps, one operation, attributions, the hardest pictures."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from playground.core.proposal import propose
from tests.browser.access import HANDHELD, overflow, violations
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_arrow_keys_take_another_number_apart(visit: Visit):
    page = visit(tap=True).open(propose("digits"))
    panel = page.tab("Operation")
    page.until(lambda: "operation" in page.frames_seen.newest)
    told = page.frames_seen.newest["operation"]
    assert told["field"]["equal"] and told["field"]["outside"] == 0
    row, column = told["place"][1:]
    grid = panel.get_by_role("group", name="Output map")
    grid.focus()
    page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("ArrowRight")
    wanted = [row + 1, column + 1]
    page.until(lambda: page.frames_seen.newest["operation"]["place"][1:] == wanted)
    told, arrays = page.frames_seen.newest["operation"], page.frames_seen.arrays
    total = float(arrays["operation_products"].sum()) + told["bias"]
    assert total == pytest.approx(told["value"], abs=1e-4)
    place = f"Row {row + 2}, column {column + 2}"
    expect(panel.get_by_text(place)).to_be_visible()
    shown = arrays["operation_map"][row + 1, column + 1]
    assert float(shown) == pytest.approx(told["then"][-1][1], abs=1e-4)


@pytest.mark.slow
def test_a_hard_picture_is_looked_at_everywhere(visit: Visit):
    page = visit(tap=True).open(propose("digits"))
    panel = page.tab("Hardest pictures")
    tile = panel.get_by_role("button").first
    expect(tile).to_have_attribute("aria-label", re.compile(r"^Picture \d+: "))
    tile.click()
    # Which one it was is read from the one that is pressed: until then others may come in front.
    chosen = panel.get_by_role("button", pressed=True)
    expect(chosen).to_have_count(1)
    number = int(re.findall(r"\d+", chosen.get_attribute("aria-label") or "")[0])
    wanted = {"part": "test", "index": number - 1}
    page.until(lambda: wanted.items() <= page.frames_seen.newest["output"]["sample"].items())
    picture = page.frames_seen.arrays["sample_picture"]
    panel = page.tab("Attribution")
    page.until(lambda: "attribution_picture" in page.frames_seen.arrays)
    assert np.array_equal(page.frames_seen.arrays["attribution_picture"][0], picture[..., 0])
    expect(panel.get_by_text(re.compile(r"Integrated gradients add up to"))).to_be_visible()


@pytest.mark.slow
def test_a_cell_of_the_confusion_opens_its_pictures(visit: Visit):
    page = visit(tap=True).open(propose("digits"))
    panel = page.tab("Confusion matrix")
    panel.locator("td.np-opens button").nth(3).click()
    page.until(lambda: page.frames_seen.newest["views"] == ["hardest"])
    wanted = page.frames_seen.said[-1]["value"]["options"]["hardest"]
    assert (wanted["true"], wanted["predicted"]) == (0, 3)


@pytest.mark.slow
@pytest.mark.parametrize("look", [{"color_scheme": "dark"}, {"locale": "zh-CN", **HANDHELD}])
def test_the_views_keep_the_rules_of_access(visit: Visit, look: dict[str, str]):
    page = visit(**look).open(propose("digits"))
    part = page.part("analysis")
    part.scroll_into_view_if_needed()
    for group, names in (
        ("inside", ("maps", "operation", "attribution")),
        ("diagnosis", ("hardest",)),
    ):
        part.locator(f"[data-group={group}]").click()
        for name in names:
            part.locator(f"[data-view={name}]").click()
            page.wait("(view) => window.__playground.views?.includes(view)", name)
            assert violations(page, ".np-analysis") == []
    assert overflow(page) == 0
