"""One point traced in a real browser: chosen on the map, dragged, typed; its numbers shown."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser


def opened(page: Visitor) -> Locator:
    panel = page.tab("One point")
    page.until(lambda: "trace" in page.frames_seen.newest)
    page.wait("document.querySelector('.np-map .js-plotly-plot')")
    return panel


def traced(page: Visitor) -> dict:
    return page.frames_seen.newest["trace"]


def on_map(page: Visitor, x: float, y: float) -> tuple[float, float]:
    """Where a place of the map is on the screen, from its axes' own ranges."""
    box = page.part("map").locator(".js-plotly-plot .plotbg, .js-plotly-plot .nsewdrag").last
    found = box.bounding_box()
    assert found
    x0, x1 = page.ranges("map")
    y0, y1 = page.ranges("map", "y")
    return (
        found["x"] + (x - x0) / (x1 - x0) * found["width"],
        found["y"] + (y1 - y) / (y1 - y0) * found["height"],
    )


@pytest.mark.slow
def test_numbers_on_the_page_are_those_of_the_frame(visit: Visit):
    page = visit(tap=True).open()
    page.play().wait_for_frames()
    page.pause()
    panel = opened(page)
    headings = panel.locator("h4").all_inner_texts()
    assert headings == ["Input", "Dense 1", "Dense 2", "Output", "Loss"]
    steps = traced(page)["steps"]
    weight = steps[1]["tensors"][0]
    table = panel.get_by_role("table", name="W", exact=True).first
    texts = table.locator("tbody td").all_inner_texts()
    shown = [float(text.replace("−", "-")) for text in texts]
    assert shown == pytest.approx(weight["values"], rel=5e-3, abs=6e-4)
    gradients = panel.get_by_role("table", name="∂L/∂W", exact=True).first
    checks = panel.get_by_role("table", name="check", exact=True)
    assert gradients.locator("tbody td").count() == len(weight["gradient"])
    tensors = sum(len(step["tensors"]) for step in steps)
    expect(checks).to_have_count(tensors)
    expect(panel.locator(".np-trace-check")).to_have_count(tensors)
    expect(panel.locator(".np-apart")).to_have_count(0)
    expect(panel).to_contain_text("Binary cross-entropy:  L = −t ln σ(o)")
    with page.page.expect_download() as download:
        page.part("analysis").get_by_role("button", name="Save as PNG").click()
    assert re.fullmatch(r"playground-trace-epoch-\d+\.png", download.value.suggested_filename)


@pytest.mark.slow
def test_a_point_is_chosen_by_click_drag_keys_and_typing(visit: Visit):
    page = visit(tap=True).open()
    panel = opened(page)
    assert (traced(page)["part"], traced(page)["index"]) == ("train", 0)
    panel.get_by_role("button", name="Next training point").click()
    page.until(lambda: traced(page)["index"] == 1)
    expect(panel.locator(".np-trace-name")).to_have_text("Training point 2")
    cross = page.part("map").locator(".np-cross")
    expect(cross).to_be_visible()
    expect(panel.get_by_role("spinbutton", name="Coordinate x")).not_to_have_value("")
    # A click beside all points takes the place.
    page.page.mouse.click(*on_map(page, -5.6, 5.6))
    page.until(lambda: traced(page)["part"] is None)
    assert traced(page)["x"] == pytest.approx(-5.6, abs=0.1)
    assert traced(page)["y"] == pytest.approx(5.6, abs=0.1)
    expect(panel.locator(".np-trace-name")).to_have_text("Free place")
    # The cross is dragged, and Plotly does not zoom.
    ranges = page.ranges("map")
    page.page.mouse.move(*on_map(page, -5.6, 5.6))
    page.page.mouse.down()
    page.page.mouse.move(*on_map(page, 0, 0), steps=4)
    page.page.mouse.move(*on_map(page, 5.5, -5.5), steps=4)
    page.page.mouse.up()
    page.until(lambda: abs(traced(page)["x"] - 5.5) < 0.15)
    assert traced(page)["y"] == pytest.approx(-5.5, abs=0.15)
    assert page.ranges("map") == ranges
    # While the pen paints, clicks are strokes.
    page.part("map").get_by_role("button", name="Paint", exact=True).click()
    page.page.mouse.click(*on_map(page, -5, -5))
    page.wait_for_frames(1)
    assert traced(page)["x"] == pytest.approx(5.5, abs=0.15)
    page.part("map").get_by_role("button", name="Paint", exact=True).click()
    # By keyboard: Enter takes the place under the map's own cross hair.
    page.part("map").get_by_role("img").press("ArrowRight")
    page.part("map").get_by_role("img").press("Enter")
    page.until(lambda: abs(traced(page)["x"]) < 1)
    # Typed coordinates, and another target.
    box = panel.get_by_role("spinbutton", name="Coordinate x")
    box.fill("1.5")
    box.press("Enter")
    page.until(lambda: traced(page)["x"] == 1.5)
    before = traced(page)["loss"]["value"]
    target = panel.get_by_role("combobox", name="Target")
    wanted = 1 - traced(page)["target"]
    target.select_option(label="+1" if wanted else "−1")
    page.until(lambda: traced(page)["target"] == wanted)
    assert traced(page)["given"]
    assert traced(page)["loss"]["value"] != before
    # Another analysis takes the cross away.
    page.tab("PCA")
    expect(cross).to_be_hidden()


@pytest.mark.slow
def test_a_data_point_is_taken_by_a_click_on_it(visit: Visit):
    page = visit(tap=True)
    seen: dict[str, list[list[float]]] = {}

    def keep(socket) -> None:
        def look(_: object) -> None:
            points = page.frames_seen.arrays.get("points_train")
            if points is not None:
                seen["train"] = points.tolist()

        socket.on("framereceived", look)

    page.page.on("websocket", keep)
    page.open()
    opened(page)
    page.until(lambda: "train" in seen)
    x, y, _ = seen["train"][17]
    page.page.mouse.click(*on_map(page, x, y))
    page.until(lambda: traced(page)["index"] not in (0, None))
    found = seen["train"][traced(page)["index"]]
    assert found[:2] == pytest.approx([x, y], abs=0.2)
    assert traced(page)["target"] == found[2]


@pytest.mark.slow
def test_on_one_input_the_height_is_the_target(visit: Visit):
    page = visit(tap=True).open(
        Experiment().with_changes({"data": {"name": "sine"}, "loss": "mse"})
    )
    panel = opened(page)
    domain = page.frames_seen.scene["domain"]
    x, y = domain[0] + 0.02 * (domain[1] - domain[0]), domain[3] - 0.03 * (domain[3] - domain[2])
    page.page.mouse.click(*on_map(page, x, y))
    page.until(lambda: traced(page)["part"] is None)
    assert traced(page)["target"] == pytest.approx(y, abs=0.1)
    expect(panel.get_by_role("spinbutton", name="Coordinate y")).to_be_hidden()
