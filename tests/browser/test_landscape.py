"""The loss landscape: a click puts the network there, keys do too, and optimizers roll upon it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from playground.core.analysis.landscape import SIDE
from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import PIXELS, Visitor

pytestmark = pytest.mark.browser

SMALL = Experiment().with_changes(
    {"layers": [{"kind": "dense", "units": 3}], "data": {"samples": 80}}
)
GEOMETRY = """(root) => {
  const { xaxis: { range: x }, yaxis: { range: y } } =
    root.querySelector('.js-plotly-plot')._fullLayout;
  const { left, top, width, height } = root.querySelector('canvas').getBoundingClientRect();
  return { x, y, left, top, width, height };
}"""


class Landscape:
    """The open view, after some epochs of training."""

    def __init__(self, page: Visitor) -> None:
        self.page = page
        for _ in range(4):
            step = page.step
            page.button("One epoch").click()
            page.wait_beyond(step)
        page.wait_for_state("paused")
        self.panel = page.tab("Loss landscape")
        page.until(lambda: self.head and self.live.get("plane") == self.head["number"])
        page.wait("() => document.querySelector('.np-land-plot .js-plotly-plot')?._fullLayout")
        expect(self.plot.locator("canvas").first).to_be_visible()

    @property
    def head(self) -> dict[str, Any]:
        """What was said of the newest plane."""
        studies = [one.get("studies", {}) for one in self.page.frames_seen.headers]
        found = [
            one["landscape"]["result"] for one in studies if "result" in one.get("landscape", {})
        ]
        return found[-1] if found else {}

    @property
    def live(self) -> dict[str, Any]:
        return self.page.frames_seen.newest.get("landscape", {})

    @property
    def point(self) -> list[float]:
        return self.live["point"]

    @property
    def plot(self) -> Locator:
        return self.panel.locator(".np-land-plot").first

    @property
    def tip(self) -> Locator:
        return self.panel.locator(".np-tip")

    def place(self, column: int, row: int) -> tuple[float, float]:
        """A node of the lattice in the plane."""
        a0, a1, b0, b1 = self.head["window"]
        return a0 + (a1 - a0) * column / (SIDE - 1), b0 + (b1 - b0) * row / (SIDE - 1)

    def pixel(self, a: float, b: float) -> tuple[float, float]:
        """Where a place of the plane is on the page."""
        shown = self.plot.evaluate(GEOMETRY)
        (x0, x1), (y0, y1) = shown["x"], shown["y"]
        return (
            shown["left"] + (a - x0) / (x1 - x0) * shown["width"],
            shown["top"] + (y1 - b) / (y1 - y0) * shown["height"],
        )

    def stands_at(self, a: float, b: float) -> bool:
        """Whether the network is there, as near as a pixel is wide."""
        a0, a1, b0, b1 = self.head["window"]
        near = (abs(self.point[0] - a) / (a1 - a0), abs(self.point[1] - b) / (b1 - b0))
        return max(near) < 0.01 and self.point[2] < 1e-3


@pytest.mark.slow
def test_a_click_into_the_landscape_puts_the_network_there(visit: Visit):
    page = visit(tap=True).open(SMALL)
    land = Landscape(page)
    assert land.point[2] == pytest.approx(0, abs=1e-4), "the plane goes through the network"
    start = page.frames_seen.newest["metrics"]["train_loss"]
    place = land.place(31, 8)
    page.page.mouse.move(*land.pixel(*place))
    expect(land.tip).to_contain_text("Training loss")
    promised = land.tip.locator("b").first.inner_text()
    page.page.mouse.down()
    page.page.mouse.up()
    page.until(lambda: land.stands_at(*place))
    shown = page.part("bar").locator(".np-stat", has_text="Train loss").locator("dd")
    expect(shown).to_have_text(promised)
    assert page.frames_seen.newest["metrics"]["train_loss"] == pytest.approx(
        float(promised.replace("−", "-")), rel=0.02
    )
    assert page.frames_seen.scene["marks"][-1][1:] == ["hands", "stand"]
    # it is held and dragged on, in one deed
    other = land.place(12, 30)
    page.page.mouse.move(*land.pixel(*land.point[:2]))
    page.page.mouse.down()
    page.page.mouse.move(*land.pixel(*land.place(20, 20)), steps=4)
    page.page.mouse.move(*land.pixel(*other), steps=4)
    page.page.mouse.up()
    page.until(lambda: land.stands_at(*other))
    assert page.frames_seen.newest["hands"]["depth"] == 2
    undo = land.page.part("analysis").get_by_role("button", name="Undo")
    undo.click()
    page.until(lambda: land.stands_at(*place))
    undo.click()
    page.until(lambda: page.frames_seen.newest["metrics"]["train_loss"] == start)
    assert page.frames_seen.newest["hands"]["depth"] == 0


@pytest.mark.slow
def test_keys_reach_into_the_landscape_and_the_surface_takes_clicks(visit: Visit):
    page = visit(tap=True).open(SMALL)
    land = Landscape(page)
    before = list(land.point)
    host = land.plot.get_by_role("img")
    host.focus()
    for _ in range(6):
        page.page.keyboard.press("ArrowUp")
    expect(land.tip).to_be_visible()
    page.page.keyboard.press("Enter")
    page.until(lambda: land.point[1] > before[1] + 1e-3)
    assert land.point[0] == pytest.approx(before[0], abs=0.02 * (land.head["window"][1]))
    expect(host).to_have_attribute(
        "aria-label", re.compile("Training loss over PC1 .* off the plane")
    )
    page.part("analysis").get_by_role("button", name="3-D").click()
    surface = land.panel.locator("canvas.np-turn")
    page.until(lambda: surface.evaluate(PIXELS)["colors"] > 100)
    seen, painted = list(land.point), surface.evaluate(PIXELS)["hash"]
    box = surface.bounding_box()
    assert box is not None
    page.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 0.55 * box["height"])
    page.until(lambda: land.point != seen)
    assert land.point[2] < 1e-3
    surface.focus()
    page.page.keyboard.press("ArrowLeft")
    page.until(lambda: surface.evaluate(PIXELS)["hash"] != painted)


@pytest.mark.slow
def test_optimizers_are_released_and_the_run_stays_where_it_is(visit: Visit):
    page = visit(tap=True).open(SMALL)
    land = Landscape(page)
    step, before = page.step, list(land.point)
    page.part("analysis").get_by_role("button", name="Without optimizer 2").click()
    page.part("analysis").get_by_label("Optimizer 2", exact=True).select_option("rmsprop")
    page.part("analysis").get_by_label("Learning rate of optimizer 1").select_option("0.1")
    page.part("analysis").get_by_role("button", name="Release", exact=True).click()
    page.until(lambda: [ball["state"] for ball in land.live.get("balls", [])] == ["done", "done"])
    tracks = page.frames_seen.arrays["landscape_balls"]
    for i, ball in enumerate(land.live["balls"]):
        assert ball["step"] == 300
        ends = tracks[i, [0, ball["count"] - 1]]
        assert ends[0, :2].tolist() == pytest.approx(before[:2], abs=1e-4)
        assert ends[1, 3] < ends[0, 3], "it rolled down"
        expect(land.panel.locator(".np-land-result").nth(i)).to_have_text(re.compile(r"^[\d.e−]+$"))
    assert page.step == step
    assert land.point == before
    # another plane leaves them behind
    page.part("analysis").get_by_label("Plane", exact=True).select_option("random")
    page.until(lambda: land.head["axes"] == "random" and land.live["plane"] == land.head["number"])
    assert land.live["balls"] == []
    number = land.head["number"]
    page.part("analysis").get_by_role("button", name="Another direction").click()
    page.until(lambda: land.head["number"] != number)
    assert land.head["seed"] == 1
