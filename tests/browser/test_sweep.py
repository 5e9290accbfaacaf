"""A sweep in the browser: chosen, run, held, looked at, sorted, opened."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

SMALL = {
    "k": "optimizer.learning_rate=0.003,0.03;layers.*.units=2,4",
    "m": "grid",
    "s": "2",
    "e": "4",
    "prune": "0",
}


def opened(page: Visitor, **query: str) -> Locator:
    wanted = {**SMALL, **query}
    text = "&".join(f"{key}={quote(value, safe=',;:=*')}" for key, value in wanted.items())
    page.page.goto(f"{page.url}/sweep?{text}")
    return page.stage("sweep")


def run(page: Visitor, **query: str) -> Locator:
    """Starts a sweep and waits for its end."""
    stage = opened(page, **query)
    stage.get_by_role("button", name="Start", exact=True).click()
    expect(page.page.locator(".np-s-bar-box")).to_have_attribute("data-state", "done")
    return page.stage("sweep")


def values(stage: Locator, column: str) -> list[str]:
    cells = stage.locator(f"tbody [data-column='{column}']")
    return cells.all_inner_texts()


def test_a_grid_is_searched_and_its_best_opened(visit: Visit):
    page = visit()
    stage = opened(page)
    plan = stage.locator(".np-s-plan")
    expect(plan).to_contain_text("4 trials × 2 starts = 8 networks of 4 epochs.")
    expect(plan).to_contain_text("About")
    stage.get_by_role("button", name="Start", exact=True).click()
    expect(page.page.locator(".np-s-bar-box")).to_have_attribute("data-state", "done")
    stage = page.stage("sweep")
    expect(stage.locator("tbody tr")).to_have_count(4)
    losses = [float(text.split(" ")[0]) for text in values(stage, "metric")]
    assert losses == sorted(losses), "the best comes first"
    assert set(values(stage, "layers.*.units")) == {"2", "4"}
    best = values(stage, "optimizer.learning_rate")[0]
    stage.locator("tbody tr").first.get_by_role("button").click()
    page.wait_for_picture()
    expect(page.keyed("chip_rate")).to_contain_text(best)
