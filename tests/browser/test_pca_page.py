"""PCA from nothing: the browser's closed forms against NumPy, and the page by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.access import HANDHELD, overflow, violations
from tests.browser.conftest import Visit
from tests.browser.view_page import module, open_page
from tests.browser.visitor import PIXELS, Visitor

pytestmark = pytest.mark.browser

SETS: list[list[list[float]]] = [
    [[1, 2]],
    [[1, 2], [1, 2]],
    [[0, 0], [1, 2], [2, 4]],
    [[1, 7], [2, 7], [4, 7]],
    [[7, 1], [7, 2], [7, 4]],
    [[1, 0], [-1, 0], [0, 1], [0, -1]],
    [[1e-9, 2e-9], [3e-9, 1e-9], [0, 5e-9]],
    [[1e6, 1], [1e6 + 1, 2], [1e6 + 2, 2.5]],
    *(np.random.default_rng(i).normal(size=(5 + i, 2)).round(3).tolist() for i in range(12)),
]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page, errors = open_page(browser)
    yield page
    assert errors == []
    page.context.close()


@pytest.mark.parametrize(("centre", "scale"), [(True, False), (True, True), (False, False)])
def test_the_closed_forms_are_numpys(page: Page, centre: bool, scale: bool):
    script = """a.sets.map((points) => {
      const found = m.standardise(points, a.centre, a.scale);
      const cov = m.covariance(found.standard);
      const eigen = m.symmetricEigen(cov);
      return { ...found, cov, eigen, along: m.varianceAlong(cov, 0.7),
        onto: m.projected(found.standard, 0.7) };
    })"""
    given = {"sets": SETS, "centre": centre, "scale": scale}
    for points, said in zip(SETS, module(page, "pages/pcamath.js", script, given), strict=True):
        values = np.array(points, dtype=float)
        below = max(len(values) - 1, 1)
        spread = np.sqrt(((values - values.mean(0)) ** 2).sum(0) / below)
        still = spread <= 1e-12 * np.abs(values).max(0)
        assert said["still"] == still.tolist()
        x = values - values.mean(0) if centre else values
        x = x / np.where(still | (not scale), 1, spread)
        np.testing.assert_allclose(said["standard"], x, atol=1e-9 * max(1, np.abs(x).max()))
        cov = x.T @ x / below
        size = max(np.abs(cov).max(), 1e-300)
        np.testing.assert_allclose(said["cov"], cov, atol=1e-9 * size)
        found = np.linalg.eigvalsh(cov)[::-1]
        np.testing.assert_allclose(said["eigen"]["values"], found, atol=1e-9 * size)
        vectors = np.array(said["eigen"]["vectors"])
        np.testing.assert_allclose(vectors @ vectors.T, np.eye(2), atol=1e-12)
        np.testing.assert_allclose(
            vectors @ cov @ vectors.T, np.diag(found), atol=1e-8 * max(size, 1e-12)
        )
        assert said["eigen"]["every"] == bool(found[0] - found[1] <= 2e-12 * found.sum())
        u = np.array([np.cos(0.7), np.sin(0.7)])
        assert said["along"] == pytest.approx(u @ cov @ u, rel=1e-9, abs=1e-12 * size)
        np.testing.assert_allclose(said["onto"], np.outer(x @ u, u), atol=1e-9 * np.abs(x).max())


def test_typed_points_are_read_or_their_fault_is_named(page: Page):
    typed = [
        "1, 2; 3, 4", "[[1, 2], [3, 4]]", "1 2\n3 4", "[[1, 2], [3]]", "[[1, x]]", "1,2,3", "",
        "[]", "9e9, 1", ";".join(["1,1"] * 5),
    ]  # fmt: skip
    read = "(text) => text.trim() && Number.isFinite(Number(text)) ? Number(text) : null"
    said: list[dict[str, Any]] = module(
        page, "pages/pcamath.js", f"a.map((typed) => m.readPoints(typed, {read}, 4, 100))", typed
    )
    assert said[0] == said[1] == said[2] == {"points": [[1, 2], [3, 4]]}
    assert said[3] == {"problem": "ragged", "facts": {"first": 2, "row": 2, "other": 1}}
    assert said[4]["problem"] == "unread"
    assert said[5] == {"problem": "size", "facts": {"columns": 3}}
    assert [one["problem"] for one in said[6:]] == ["none", "size", "far", "many"]


# ---- the page ------------------------------------------------------------------------------------


def told(stage: Locator) -> dict[str, Any]:
    return json.loads(stage.get_attribute("data-plane") or "{}")


def torch_says(stage: Locator) -> dict[str, list[float]]:
    said = json.loads(stage.get_attribute("data-torch") or "null")
    return said if isinstance(said, dict) else {"eigenvalues": [], "svd": []}


def drag(page: Visitor, start: Locator, x: float, y: float) -> None:
    box = start.bounding_box()
    assert box
    page.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.page.mouse.down()
    page.page.mouse.move(x, y, steps=4)
    page.page.mouse.up()


def test_the_axis_is_turned_by_hand_until_it_is_the_first_component(visit: Visit):
    page = visit()
    stage = page.open_stage("pca")
    verdict = stage.locator(".np-pca-right .np-verdict").first
    expect(verdict).to_contain_text("Turn the axis")
    before = told(stage)
    assert before["along"] < 0.5 * before["values"][0]
    # Dragged along the first eigenvector of what NumPy says of the page's points.
    first = np.linalg.eigh(np.array(before["cov"]))[1][:, 1]
    first = first * np.sign(first[0])
    box = stage.locator(".np-pca-scene canvas").bounding_box()
    assert box
    axis = stage.locator("[data-handle=axis]")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    drag(page, axis, x + 150 * first[0], y - 150 * first[1])
    after = told(stage)
    assert after["along"] > before["along"]
    axis.focus()
    for _ in range(60):
        if "Found" in verdict.inner_text():
            break
        axis.press(
            "ArrowUp" if told(stage)["angle"] < np.arctan2(first[1], first[0]) else "ArrowDown"
        )
    expect(verdict).to_contain_text("Found: this is the first principal component")
    assert told(stage)["along"] == pytest.approx(before["values"][0], rel=1e-3)
    # Torch says the same by both ways.
    page.until(lambda: len(torch_says(stage)["eigenvalues"]) == 2)
    np.testing.assert_allclose(torch_says(stage)["eigenvalues"], before["values"], rtol=1e-9)
    np.testing.assert_allclose(torch_says(stage)["svd"], before["values"], rtol=1e-9)
    expect(stage).to_contain_text("Both ways agree up to rounding")
    # The address brings the angle back, in the other language too.
    page.wait("() => new URLSearchParams(location.search).has('a')")
    page.keyed("language_control").get_by_text("中").click()
    expect(page.page.get_by_role("heading", name="从零开始的主成分分析")).to_be_visible()
    expect(page.stage("pca")).to_contain_text("找到了：这就是第一主成分")


@pytest.mark.slow
def test_points_are_added_moved_and_removed(visit: Visit):
    page = visit()
    stage = page.open_stage("pca", p="0,0,2,0,1,1")
    points = stage.locator(".np-point-handle")
    expect(points).to_have_count(3)
    canvas = stage.locator(".np-pca-scene canvas")
    box = canvas.bounding_box()
    assert box
    canvas.click(position={"x": box["width"] * 0.2, "y": box["height"] * 0.2})
    expect(points).to_have_count(4)
    drag(page, points.nth(3), box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.3)
    page.wait("() => (new URLSearchParams(location.search).get('p') ?? '').split(',').length === 8")
    values = np.array([float(value) for value in (page.query("p") or "").split(",")]).reshape(4, 2)
    np.testing.assert_allclose(told(stage)["cov"], np.cov(values.T), atol=1e-9)
    points.nth(3).focus()
    points.nth(3).press("Delete")
    expect(points).to_have_count(3)
    stage.get_by_role("button", name="Add a point").click()
    expect(points.nth(3)).to_be_focused()
    points.nth(3).press("ArrowRight")
    for name, said in (
        ("Single point", "One point does not vary"),
        ("Constant column", "Do not vary"),
        ("Round", "%"),
    ):
        stage.get_by_role("button", name=name, exact=True).click()
        stage.get_by_role("button", name="Scale", exact=True).click()
        expect(stage).to_contain_text(said)
    stage.get_by_text("Type the points").first.click()
    field = stage.get_by_role("textbox", name="Type the points")
    field.fill("[[1, 2], [3]]")
    field.blur()
    expect(stage).to_contain_text("Row 1 has 2 numbers, row 2 has 1")
    field.fill("1, 2; 3, 4; 0, 5")
    field.blur()
    expect(points).to_have_count(3)


@pytest.mark.slow
def test_a_whole_table_and_digits(visit: Visit):
    page = visit()
    stage = page.open_stage("pca", source="iris", tab="table", s="1")
    page.until(lambda: len(torch_says(stage)["eigenvalues"]) == 4)
    assert sum(torch_says(stage)["eigenvalues"]) == pytest.approx(4)
    np.testing.assert_allclose(
        torch_says(stage)["eigenvalues"], torch_says(stage)["svd"], rtol=1e-9
    )
    kept = stage.get_by_role("slider", name="Components kept")
    expect(stage).to_contain_text("95.8 %")
    kept.fill("4")
    expect(stage).to_contain_text("100.0 %")
    scene = stage.locator(".np-pca-scene canvas")
    scene.press("ArrowRight")
    expect(stage).to_contain_text("Row 2, given back by 4")
    stage.get_by_role("tab", name="Eigen-digits").click()
    page.until(lambda: len(torch_says(stage)["eigenvalues"]) == 64)
    pairs = stage.get_by_role("img", name="The digits 0, 1, 2, 3, 4, 5, 6, 7, 8, 9")
    few = pairs.evaluate(PIXELS)["hash"]
    stage.get_by_role("slider", name="Components kept").fill("40")
    page.until(lambda: pairs.evaluate(PIXELS)["hash"] != few)
    expect(stage).to_contain_text("40 instead of 64")


def test_the_visitors_own_table(visit: Visit):
    page = visit()
    stage = page.open_stage("pca")
    page.page.get_by_role("button", name="Your own table (CSV)").click()
    content = b"name,a,b,c\n" + b"".join(f"r{i},{i},{2 * i + i % 3},7\n".encode() for i in range(9))
    page.page.locator("input[type=file]").set_input_files(
        {"name": "mine.csv", "mimeType": "text/csv", "buffer": content}
    )
    expect(page.page.get_by_text("mine.csv: 9 complete rows of 3 columns")).to_be_visible()
    page.page.keyboard.press("Escape")
    stage.get_by_role("button", name="mine.csv").click()
    rows = np.array([[i, 2 * i + i % 3] for i in range(9)])
    page.until(lambda: told(stage).get("n") == 9)
    np.testing.assert_allclose(told(stage)["cov"], np.cov(rows.T), rtol=1e-6)
    stage.get_by_role("tab", name="A whole table").click()
    page.until(lambda: len(torch_says(stage)["eigenvalues"]) == 3)
    expect(stage.locator(".np-facts")).to_contain_text("Do not vary")


@pytest.mark.slow
@pytest.mark.parametrize(
    "look",
    [
        {"color_scheme": "dark"},
        {"locale": "zh-CN", **HANDHELD},
    ],
    ids=["dark", "phone"],
)
def test_everybody_can_use_it(visit: Visit, look: dict[str, Any]):
    page = visit(**look)
    for tab in ("plane", "table", "digits"):
        stage = page.open_stage("pca", source="iris", tab=tab)
        page.until(lambda stage=stage: len(torch_says(stage)["eigenvalues"]) > 1)
        assert violations(page) == []
        assert overflow(page) == 0
