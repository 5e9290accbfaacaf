"""The warped grid in a real browser: stages, the move between them, colours, zoom, values."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import PIXELS, Visitor

pytestmark = pytest.mark.browser

DEEP = Experiment().with_changes(
    {"layers": [{"kind": "dense", "units": units, "activation": "tanh"} for units in (4, 3)]}
)


def opened(page: Visitor) -> Locator:
    panel = page.tab("Warped grid")
    page.until(lambda: "warp" in page.frames_seen.arrays)
    page.wait("document.querySelector('.np-warp .js-plotly-plot')")
    return panel


@pytest.mark.slow
def test_a_visitor_walks_through_the_stages(visit: Visit):
    page = visit(tap=True).open(DEEP)
    page.play().wait_for_frames()
    page.pause()
    panel = opened(page)
    stages = page.frames_seen.newest["warp"]["stages"]
    names = [
        "Input plane", "Dense 1 before activation", "Dense 1",
        "Dense 2 before activation", "Dense 2", "Output",
    ]  # fmt: skip
    tiles = panel.get_by_role("group", name="All stages").get_by_role("button")
    expect(tiles).to_have_text(names)
    assert len(stages) == len(names)
    canvas = panel.locator("canvas.np-layer").first
    seen = set()
    for tile, name in zip(tiles.all(), names, strict=True):
        tile.click()
        expect(panel.locator("output")).to_have_text(name)
        expect(tile).to_have_attribute("aria-pressed", "true")
        page.until(lambda: canvas.evaluate(PIXELS)["hash"] not in seen)
        found = canvas.evaluate(PIXELS)
        assert found["colors"] > 8
        seen.add(found["hash"])
        expect(panel.get_by_role("img")).to_have_attribute(
            "aria-label", re.compile(f"at the stage “{name}”")
        )
    # Between two stages the picture is another one than at both.
    slider = panel.get_by_role("slider", name="Stage of the network")
    slider.fill("2.5")
    page.until(lambda: canvas.evaluate(PIXELS)["hash"] not in seen)
    slider.press("ArrowRight")
    expect(slider).to_have_js_property("value", "3")
    slider.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", "Dense 1")


@pytest.mark.slow
def test_the_picture_plays_to_the_output(visit: Visit):
    page = visit(tap=True).open(DEEP)
    panel = opened(page)
    slider = panel.get_by_role("slider", name="Stage of the network")
    slider.fill("4")
    panel.get_by_role("button", name="Play through the layers").click()
    page.wait(
        "() => { const at = Number(document.querySelector('.np-warp input').value);"
        " return at > 4 && at < 5; }"
    )
    expect(panel.locator("output")).to_have_text("Output")
    expect(panel.get_by_role("button", name="Play through the layers")).to_be_visible()


@pytest.mark.slow
def test_units_are_chosen_per_layer(visit: Visit):
    page = visit(tap=True).open(DEEP)
    panel = opened(page)
    panel.get_by_role("button", name="Dense 1", exact=True).click()
    panel.get_by_role("combobox", name="Shown in").select_option("Two neurons")
    stage = lambda index: page.frames_seen.newest["warp"]["stages"][index]  # noqa: E731
    page.until(lambda: stage(2)["pair"] == [0, 1])
    panel.get_by_role("combobox", name="Neuron upwards").select_option("Neuron 4")
    page.until(lambda: stage(2)["pair"] == [0, 3])
    assert stage(4)["pair"] is None
    expect(panel.locator(".ytitle")).to_have_text("Dense 1, neuron 4")
    panel.get_by_role("combobox", name="Shown in").select_option("First two components")
    page.until(lambda: stage(2)["pair"] is None)
    expect(panel.locator(".xtitle")).to_have_text(re.compile(r"PC1 \(\d+ % of variance\)"))


@pytest.mark.slow
def test_zoom_survives_training_and_values_are_read(visit: Visit):
    page = visit(tap=True).open(DEEP)
    panel = opened(page)
    panel.get_by_role("button", name="Input plane").click()
    plot = panel.get_by_role("img")
    ranges = lambda: page.ranges("analysis")  # noqa: E731
    page.until(lambda: ranges()[0] < -6)
    box = plot.bounding_box()
    assert box
    plot.hover(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect(plot.locator(".np-tip")).to_be_visible()
    expect(plot.locator(".np-tip")).to_contain_text("x")
    plot.press("+")
    page.until(lambda: ranges()[0] > -6)
    zoomed = ranges()
    page.play().wait_for_frames(8)
    assert ranges() == pytest.approx(zoomed)
    panel_tools = page.part("analysis")
    canvas = panel.locator("canvas.np-layer").first
    page.pause()
    before = canvas.evaluate(PIXELS)["hash"]
    panel_tools.get_by_role("button", name="Colour by direction").click()
    page.until(lambda: canvas.evaluate(PIXELS)["hash"] != before)
    with page.page.expect_download() as download:
        panel_tools.get_by_role("button", name="Save as PNG").click()
    assert re.fullmatch(r"playground-warp-epoch-\d+\.png", download.value.suggested_filename)


@pytest.mark.slow
def test_one_input_is_a_line_and_a_table_a_plane(visit: Visit):
    page = visit(tap=True).open(
        Experiment().with_changes({"data": {"name": "sine"}, "loss": "mse"})
    )
    panel = opened(page)
    assert page.frames_seen.newest["warp"]["lines"] == 1
    assert panel.locator("canvas.np-layer").first.evaluate(PIXELS)["colors"] > 8
    page.open(Experiment().with_changes({"data": {"name": "iris"}, "loss": "cross_entropy"}))
    panel = opened(page)
    assert page.frames_seen.newest["warp"]["lines"] == 22
    panel.get_by_role("button", name="Input plane").click()
    expect(panel.locator(".xtitle")).to_have_text(re.compile("PC1"))
