"""Everything without a mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from playground.core.data import DATASETS
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

MOST_STOPS = 150
WHO = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const keyed = node.closest('[class*="st-key-"]')?.className.match(/st-key-(\\S+)/)?.[1] ?? '';
  const part = node.closest('.np-view')?.dataset.part ?? '';
  const label = node.getAttribute('aria-label') ?? node.textContent.trim();
  return [part || keyed, label];
}"""


def stops(page: Visitor) -> list[tuple[str, str]]:
    """Where the tab key leads, from the top of the page to its end: place and name."""
    found: list[tuple[str, str]] = []
    for _ in range(MOST_STOPS):
        page.page.keyboard.press("Tab")
        who = page.page.evaluate(WHO)
        if who is None:
            return found
        found.append((who[0], who[1]))
    return found


def test_the_tab_key_reaches_everything(visit: Visit):
    page = visit().open()
    found = stops(page)
    assert len(found) < MOST_STOPS
    names = {name for _, name in found}
    places = {place for place, _ in found}
    assert {"Play", "One batch", "One epoch", "Reset", "New seed", "Speed"} <= names
    assert {"PCA", "3-D", "Layer", "Test points", "Discretize", "log x", "log y"} <= names
    assert "Zoom in" in names and "Save as PNG" in names
    points = [name for name, entry in DATASETS.items() if entry.kind == "points"]
    assert {f"pick_{name}" for name in points} <= places
    chips = [
        "rate",
        "batch",
        "optimizer",
        "loss",
        "regularization",
        "initialization",
        "training",
        "share",
    ]
    assert {f"chip_{chip}" for chip in chips} <= places
    assert {"block_0", "block_1", "block_2", "block_3", "add_layer"} <= places
    assert {"set_features", "set_data_noise", "fresh", "language_control"} <= places
    assert {"bar", "network", "analysis", "map", "curves"} <= places
    # All neurons are one stop, from which the arrow keys lead on.
    tools = {"Save as PNG", "Prune"}
    neurons = [name for place, name in found if place == "network" and name not in tools]
    assert len(neurons) == 1


def test_space_plays_and_pauses(visit: Visit):
    page = visit().open()
    page.page.keyboard.press("Space")
    page.wait_beyond(0)
    page.page.keyboard.press("Space")
    page.wait_for_state("paused")
    # On something that takes the space bar itself, it does that instead.
    step = page.step
    page.keyed("pick_gauss").get_by_role("button").focus()
    page.page.keyboard.press("Space")
    page.until(lambda: page.query("data") == "gauss")
    page.wait_for_step(0)
    page.wait_for_state("paused")
    assert step > 0
    page.button("Play").focus()
    page.page.keyboard.press("Space")
    page.wait_beyond(0)
    page.page.keyboard.press("Enter")
    page.wait_for_state("paused")


@pytest.mark.slow
def test_tabs_and_neurons_by_arrow_keys(visit: Visit):
    page = visit(tap=True).open()
    tabs = page.part("analysis").get_by_role("tab")
    tabs.first.focus()
    last = tabs.count() - 1
    for key, chosen in (("ArrowRight", 1), ("End", last), ("ArrowRight", 0), ("ArrowLeft", last)):
        page.page.keyboard.press(key)
        expect(tabs.nth(chosen)).to_be_focused()
        expect(tabs.nth(chosen)).to_have_attribute("aria-selected", "true")
    page.part("network").locator('[data-neuron="0.0"]').focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        page.page.keyboard.press(key)
    page.until(lambda: page.frames_seen.newest["focus"] is not None)
    focus = page.frames_seen.newest["focus"]
    chosen = page.part("network").locator(f'[data-neuron="{focus["block"]}.{focus["unit"]}"]')
    expect(chosen).to_be_focused()
    expect(page.part("map").locator("h3")).to_contain_text("Dense 1, neuron")


@pytest.mark.slow
def test_the_map_by_keyboard(visit: Visit):
    page = visit().open()
    page.wait("document.querySelector('.np-map .js-plotly-plot .nsewdrag')")
    plot = page.part("map").get_by_role("img")
    plot.focus()
    whole = page.ranges("map")
    page.page.keyboard.press("+")
    page.until(lambda: page.ranges("map") != whole)
    page.page.keyboard.press("Shift+ArrowRight")
    page.page.keyboard.press("0")
    page.until(lambda: page.ranges("map") == whole)
    page.page.keyboard.press("ArrowRight")
    expect(page.part("map").locator(".np-tip")).to_contain_text("%")
    page.page.keyboard.press("Escape")
    expect(page.part("map").locator(".np-tip")).to_be_hidden()


@pytest.mark.slow
def test_popovers_and_dialogs_by_keyboard(visit: Visit):
    page = visit().open()
    button = page.keyed("chip_regularization").get_by_role("button")
    button.focus()
    page.page.keyboard.press("Enter")
    body = page.page.locator("[data-testid=stPopoverBody]")
    expect(body).to_be_visible()
    page.page.keyboard.press("Escape")
    expect(body).to_have_count(0)
    expect(button).to_be_focused()
    page.keyed("pick_csv").get_by_role("button").focus()
    page.page.keyboard.press("Enter")
    dialog = page.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(12):
        page.page.keyboard.press("Tab")
        assert page.page.evaluate("document.activeElement.closest('[role=dialog]') !== null")
    page.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
