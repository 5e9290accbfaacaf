"""Brushing points in the principal components and on the map, and what stands beside them."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import PIXELS, Visitor

pytestmark = pytest.mark.browser

DEEP = Experiment().with_changes(
    {"layers": [{"kind": "dense", "units": units, "activation": "tanh"} for units in (5, 4)]}
)


def opened(page: Visitor) -> Locator:
    """The view with a few epochs behind it, at rest."""
    page.button("One epoch").click()
    page.wait_for_step(25)
    panel = page.tab("PCA")
    page.until(lambda: "pca" in page.frames_seen.arrays)
    page.wait("document.querySelector('.np-pca .js-plotly-plot')")
    return panel


def option(page: Visitor, name: str) -> Any:
    """What the view was last asked with."""
    wants = [message["value"] for message in page.frames_seen.said if message["type"] == "want"]
    return wants[-1]["options"].get("pca", {}).get(name)


def drag(page: Visitor, layer: Locator, *places: tuple[float, float]) -> None:
    """Drags over a brush's layer, by shares of its width and height."""
    box = layer.bounding_box()
    assert box
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.page.mouse.move(*spots[0])
    page.page.mouse.down()
    for spot in spots[1:]:
        page.page.mouse.move(*spot, steps=4)
    page.page.mouse.up()


def side(page: Visitor, name: str) -> Locator:
    page.part("analysis").get_by_role("button", name=re.compile(name)).click()
    return page.part("analysis").locator(".np-side-body")


@pytest.mark.slow
def test_points_brushed_among_the_components_light_up_everywhere(visit: Visit):
    page = visit(tap=True).open(DEEP)
    opened(page)
    part = page.part("analysis")
    over = page.part("map").locator("canvas.np-layer").nth(1)
    dark = over.evaluate(PIXELS)["hash"]
    part.get_by_role("button", name="Brush", exact=True).click()
    body = side(page, "Brushed points")
    expect(body).to_contain_text("No point is brushed")
    drag(page, part.locator(".np-brush-layer"), (0, 0), (0.5, 1))
    page.until(lambda: over.evaluate(PIXELS)["hash"] != dark)
    # Half of the plane, left of the mean: what the frame's own numbers say lies there.
    scores = page.frames_seen.arrays["pca"]
    ranges = page.ranges("analysis")
    left = np.flatnonzero(scores[:, 0] < sum(ranges) / 2)
    tab = part.get_by_role("button", name=re.compile(r"Brushed points \(\d+\)"))
    expect(tab).to_have_text(f"Brushed points ({len(left)})")
    page.until(lambda: set(option(page, "brushed") or []) == set(left[:64].tolist()))
    rows = body.locator("tbody tr")
    expect(rows).to_have_count(min(len(left), 64))
    expect(rows.first.get_by_role("rowheader")).to_have_text(f"train {left[0] + 1}")
    page.until(lambda: "table" in page.frames_seen.newest["pca"])
    told = page.frames_seen.newest["pca"]["table"]["rows"][0]
    assert told["index"] == left[0]
    assert told["loss"] > 0
    # The next view shows them too, and a lasso with shift adds to them.
    part.get_by_role("button", name="3-D").click()
    part.get_by_role("button", name="Brush", exact=True).click()
    part.get_by_role("button", name="Lasso").click()
    page.page.keyboard.down("Shift")
    drag(page, part.locator(".np-brush-layer"), (0, 0), (1, 0), (1, 1), (0, 1))
    page.page.keyboard.up("Shift")
    expect(tab).to_have_text("Brushed points (500)")
    part.get_by_role("button", name="Clear").click()
    page.until(lambda: over.evaluate(PIXELS)["hash"] == dark)


@pytest.mark.slow
def test_points_are_brushed_by_keys_alone(visit: Visit):
    page = visit(tap=True).open(DEEP)
    panel = opened(page)
    part = page.part("analysis")
    toggle = part.get_by_role("button", name="Brush", exact=True)
    toggle.focus()
    toggle.press("Enter")
    plot = panel.get_by_role("img").first
    plot.focus()
    for key in ["Shift+ArrowLeft"] * 12 + ["Shift+ArrowUp"] * 12:
        plot.press(key)
    plot.press("Enter")
    for key in ["Shift+ArrowRight"] * 24 + ["Shift+ArrowDown"] * 24:
        plot.press(key)
    plot.press("Enter")
    tab = part.get_by_role("button", name=re.compile("Brushed points"))
    expect(tab).to_have_text("Brushed points (500)")
    expect(plot).to_have_attribute("aria-label", re.compile("500 brushed"))
    plot.press("Escape")
    expect(tab).to_have_text("Brushed points")


@pytest.mark.slow
def test_points_brushed_on_the_map_light_up_among_the_components(visit: Visit):
    page = visit(tap=True).open(DEEP)
    panel = opened(page)
    canvas = panel.locator("canvas.np-layer").first
    before = canvas.evaluate(PIXELS)["hash"]
    chart = page.part("map")
    chart.get_by_role("button", name="Brush", exact=True).click()
    drag(page, chart.locator(".np-brush-layer"), (0.35, 0.35), (0.65, 0.65))
    page.until(lambda: canvas.evaluate(PIXELS)["hash"] != before)
    # The middle of the circle is of one class: everything brushed there is.
    body = side(page, "Brushed points")
    count = int(re.findall(r"\d+", chart.get_by_role("status").inner_text())[0])
    expect(body.locator("tbody tr")).to_have_count(min(count, 64))
    truths = body.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert set(truths) == {"+1"}
    # The warped grid shows them too.
    page.tab("Warped grid")
    grid = page.part("analysis").locator(".np-warp canvas.np-layer").first
    page.until(lambda: grid.evaluate(PIXELS)["colors"] > 8)
    lit = grid.evaluate(PIXELS)["hash"]
    chart.get_by_role("button", name="Clear").click()
    page.until(lambda: grid.evaluate(PIXELS)["hash"] != lit)
    drag(page, chart.locator(".np-brush-layer"), (0.35, 0.35), (0.65, 0.65))
    page.until(lambda: grid.evaluate(PIXELS)["hash"] == lit)
    # The same points are brushed while the network learns; other data have other points.
    page.button("One epoch").click()
    page.wait_for_step(50)
    expect(chart.get_by_role("status")).to_contain_text(f"{count} brushed")
    page.keyed("pick_xor").get_by_role("button").click()
    page.settle()
    expect(chart.get_by_role("status")).to_have_text("Drag around points")


@pytest.mark.slow
def test_loadings_neurons_and_a_basis_that_stays(visit: Visit):
    page = visit(tap=True).open(DEEP)
    panel = opened(page)
    part = page.part("analysis")
    canvas = panel.locator("canvas.np-layer").first
    before = canvas.evaluate(PIXELS)["hash"]
    part.get_by_role("button", name="Loadings").click()
    page.until(lambda: canvas.evaluate(PIXELS)["hash"] != before)
    body = panel.locator(".np-side-body")
    axes = page.frames_seen.arrays["pca_axes"]
    top = int(np.abs(axes[1]).argmax())
    body.get_by_role("button", name=re.compile("Component 2: .* a broken stick 27.1 %")).click()
    sign = "+" if axes[1, top] > 0 else "−"
    value = re.escape(f"{sign}{abs(axes[1, top]):.3f} Dense 2, neuron {top + 1}")
    expect(body).to_contain_text(re.compile(f"PC2: {value}"))
    body.get_by_role("combobox", name="Components of").select_option("the moment of choosing")
    page.until(lambda: page.frames_seen.newest["pca"]["basis"]["kind"] == "fixed")
    held = page.frames_seen.arrays["pca_axes"].copy()
    page.button("One epoch").click()
    page.wait_for_step(50)
    page.until(lambda: page.frames_seen.newest["step"] == 50)
    assert np.array_equal(page.frames_seen.arrays["pca_axes"], held)
    expect(body).to_contain_text("epoch 1")
    body.get_by_role("combobox", name="Components of").select_option("an earlier epoch")
    page.until(lambda: page.frames_seen.newest["pca"]["basis"] == {"kind": "epoch", "epoch": 0.0})
    body.get_by_role("slider", name="Epoch of the components").press("ArrowRight")
    body.get_by_role("combobox", name="Components of").select_option("every moment")
    page.until(lambda: page.frames_seen.newest["pca"]["basis"]["kind"] == "frame")
    part.get_by_role("combobox", name="Shown in").select_option("Neurons")
    part.get_by_role("combobox", name="Axis 2").select_option("Dense 2, neuron 4")
    page.until(lambda: (page.frames_seen.newest["pca"]["shown"] or [])[:2] == [0, 3])
    expect(panel.locator(".ytitle")).to_have_text("Dense 2, neuron 4")


@pytest.mark.slow
def test_what_is_left_of_the_network_with_few_components(visit: Visit):
    page = visit(tap=True).open(DEEP)
    page.play().wait_for_frames(8)
    page.pause()
    page.tab("PCA")
    body = side(page, "Keep k")
    page.until(lambda: "kept" in page.frames_seen.newest["pca"])
    slider = body.get_by_role("slider", name="Components kept")
    canvas = body.locator("canvas.np-kept-map")
    seen = set()
    for count in (4, 1, 0):
        slider.fill(str(count))
        page.until(lambda count=count: page.frames_seen.newest["pca"]["kept"]["count"] == count)
        page.until(lambda: canvas.evaluate(PIXELS)["hash"] not in seen)
        seen.add(canvas.evaluate(PIXELS)["hash"])
        scores = page.frames_seen.newest["pca"]["kept"]["scores"]
        train = next(row["train"] for row in scores if row["k"] == count)
        shown = "100 %" if train == 1 else f"{100 * min(train, 0.999):.1f} %"
        expect(body.locator("tbody tr").first.locator("td").first).to_have_text(shown)
    own = page.frames_seen.newest["metrics"]["train_score"]
    assert scores[4]["train"] == pytest.approx(own)
    assert scores[0]["train"] < own
    expect(canvas).to_have_attribute("aria-label", re.compile("0 of 4 components kept"))
    # Nobody pays for it where it is not shown.
    side(page, "^Components$")
    page.until(lambda: "kept" not in page.frames_seen.newest["pca"])


@pytest.mark.slow
def test_coordinates_as_a_file(visit: Visit):
    page = visit(tap=True).open(DEEP)
    opened(page)
    with page.page.expect_download() as download:
        page.part("analysis").get_by_role("button", name="Save coordinates as CSV").click()
    name = download.value.suggested_filename
    assert name == f"playground-pca-dense-2-epoch-{page.frames_seen.newest['epoch']}.csv"
    text = Path(str(download.value.path())).read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["part", "index", "class", "brushed", "PC1", "PC2", "PC3", "PC4"]
    assert len(rows) == 500
    found = np.array([[float(row[f"PC{k}"]) for k in (1, 2, 3)] for row in rows])
    np.testing.assert_allclose(found, page.frames_seen.arrays["pca"], rtol=1e-5, atol=1e-6)
    assert [row["part"] for row in rows] == ["train"] * 250 + ["test"] * 250


@pytest.mark.slow
def test_tsne_and_kernel_pca(visit: Visit):
    page = visit(tap=True, locale="zh-CN").open(DEEP)
    part = page.part("analysis")
    part.get_by_role("button", name="谱分析").click()
    part.get_by_role("tab", name="t-SNE 与核方法").click()
    part.get_by_role("combobox", name="方法").select_option("核主成分")
    told = lambda: page.frames_seen.newest.get("studies", {}).get("embed", {})  # noqa: E731
    page.until(lambda: told().get("state") == "done")
    study = part.locator(".np-study")
    expect(study).to_contain_text("第 0 轮")
    expect(study).to_contain_text("核空间中方差")
    canvas = part.locator(".np-embed canvas.np-layer").first
    page.until(lambda: canvas.evaluate(PIXELS)["colors"] > 8)
    kernel = canvas.evaluate(PIXELS)["hash"]
    part.get_by_role("combobox", name="方法").select_option("t-SNE")
    page.until(lambda: told().get("state") == "done" and told()["round"] == 2)
    expect(study).to_contain_text("困惑度 30")
    page.until(lambda: canvas.evaluate(PIXELS)["hash"] != kernel)
    expect(part.locator(".np-embed [role=img]")).to_have_attribute(
        "aria-label", re.compile("t-SNE，共 500 个点，取自第 0 轮")
    )
