"""Tensors and pictures in the browser: cells pointed at, shapes that do not fit, a dragged k."""

from __future__ import annotations

import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, expect

from playground.core.photos import sample_photo
from tests.browser.access import HANDHELD, overflow, violations
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

A = np.array([[1, 2, 3], [4, 5, 6]])
B = np.array([[1, 0], [0, 1], [2, -1]])


def bench(visit: Visit, path: str = "/tensors", **options) -> Visitor:
    page = visit(**options)
    page.page.goto(page.url + path)
    expect(card(page, "C").locator(".np-t-cell").first).to_be_visible()
    return page


def pixels_of(canvas: Locator) -> np.ndarray:
    """(rows, columns, 3), as it is painted."""
    address = canvas.evaluate("(canvas) => canvas.toDataURL('image/png')")
    return np.asarray(Image.open(BytesIO(b64decode(address.partition(",")[2]))).convert("RGB"))


def card(page: Visitor, name: str) -> Locator:
    return page.page.locator(f".np-t-card[data-tensor={name}]")


def cells(page: Visitor, name: str) -> Locator:
    return card(page, name).locator("[data-cell]")


def marked(page: Visitor, name: str) -> list[int]:
    """Places of the cells that are marked as read."""
    nodes = card(page, name).locator("td:is(.np-t-read, .np-t-here)")
    return nodes.evaluate_all(
        """(nodes) => nodes.map((td) => Number(td.dataset.cell ?? td.firstChild.dataset.cell))"""
    )


def values(page: Visitor) -> list[list[float]]:
    """The result as it is read on the page."""
    rows = card(page, "C").locator("tbody tr")
    texts = [row.locator(".np-t-cell").all_inner_texts() for row in rows.all()]
    return [[float(text.replace("−", "-")) for text in row] for row in texts]


def typed(page: Visitor, name: str, text: str) -> None:
    field = card(page, name).locator("[data-typed]")
    field.fill(text)
    field.press("Enter")


def test_a_cell_shows_what_it_reads(visit: Visit):
    page = bench(visit)
    assert values(page) == (A @ B).tolist()
    cells(page, "C").nth(3).hover()
    page.until(lambda: marked(page, "A") == [3, 4, 5])
    assert marked(page, "B") == [1, 3, 5] and marked(page, "C") == [3]
    reason = page.page.locator(".np-t-reason")
    expect(reason).to_contain_text("C[1, 1] = A[1, 0] · B[0, 1] + A[1, 1] · B[1, 1]")
    expect(reason).to_contain_text("= 4 · 0 + 5 · 1 + 6 · (−1) = −1")
    reason.locator(".np-t-term").nth(1).hover()
    here = card(page, "A").locator("td.np-t-here input")
    expect(here).to_have_attribute("aria-label", "A[1, 1] = 5")
    cells(page, "B").nth(1).hover()
    page.until(lambda: marked(page, "C") == [1, 3])
    expect(card(page, "B").locator(".np-t-address")).to_contain_text("0·2 + 1·1 = 1")
    # The same by keyboard alone.
    cells(page, "C").nth(3).focus()
    page.page.keyboard.press("ArrowUp")
    page.until(lambda: marked(page, "A") == [0, 1, 2])
    assert marked(page, "B") == [1, 3, 5]
    page.page.keyboard.press("ArrowLeft")
    expect(reason).to_contain_text("= 1 · 1 + 2 · 0 + 3 · 2 = 7")


@pytest.mark.slow
def test_edited_by_hand_and_typed(visit: Visit):
    page = bench(visit)
    cells(page, "A").nth(0).fill("-10")
    page.until(lambda: values(page)[0][0] == -4)
    expect(card(page, "A").locator("[data-typed]")).to_have_value("[[-10, 2, 3], [4, 5, 6]]")
    card(page, "B").get_by_role("button", name="Side 1: one more").click()
    page.until(lambda: len(values(page)[0]) == 3)
    assert values(page) == [[-4, -1, 0], [16, -1, 0]]
    typed(page, "A", "[[1, 2], [3]]")
    expect(card(page, "A").get_by_role("status")).to_contain_text("all rows are equally long")
    typed(page, "A", "[[1, 2], [3, 4]]")
    problem = card(page, "C").get_by_role("status")
    expect(problem).to_contain_text("A of shape (2, 2) has 2 columns, B of shape (3, 3) has 3 rows")
    expect(card(page, "C").locator(".np-t-clash")).to_have_count(2)
    typed(page, "B", "[[5, 6, 7], [8, 9, 10], [1, 1, 1]]")
    typed(page, "A", "[[1, 2], [3, 4], [5, 6]]")
    card(page, "C").get_by_role("button", name=re.compile(r"^A\.T @ B")).click()
    wanted = np.array([[1, 2], [3, 4], [5, 6]]).T @ [[5, 6, 7], [8, 9, 10], [1, 1, 1]]
    expect(problem).to_have_count(0)
    assert values(page) == wanted.tolist()
    expect(page.page.locator(".np-code code")).to_contain_text("A = A.T")
    page.until(lambda: "A.T" not in page.page.url and "transpose" in page.page.url)
    page.page.reload()
    expect(card(page, "C").locator(".np-t-cell")).to_have_count(6)
    assert values(page) == wanted.tolist(), "the address holds all of it"


@pytest.mark.slow
def test_a_picture_of_ones_own_cell_by_cell(visit: Visit):
    page = bench(visit, locale="zh-CN")
    pixels = sample_photo("flower")[120:160, 200:260]
    kept = BytesIO()
    Image.fromarray(pixels).save(kept, "PNG")
    card(page, "A").get_by_role("combobox").first.select_option("file")
    own = FilePayload(name="own.png", mimeType="image/png", buffer=kept.getvalue())
    card(page, "A").locator("input[type=file]").set_input_files(own)
    page.page.get_by_role("button", name=re.compile("permute")).click()
    page.page.get_by_label("顺序").fill("2, 0, 1")
    expect(card(page, "A").locator(".np-t-planes")).to_be_visible()
    expect(card(page, "C").locator(".np-t-facts")).to_contain_text("(3, 40, 60)")
    whole = card(page, "A").locator("canvas.np-t-whole")
    whole.focus()
    page.page.keyboard.press("ArrowDown")
    first = cells(page, "A").nth(0)
    expect(first).to_have_attribute("aria-label", f"A[1, 0, 0] = {pixels[1, 0, 0]}")
    assert len({tuple(pixel) for pixel in pixels_of(whole).reshape(-1, 3)}) > 200
    # Bytes go round, and that is said.
    page.page.get_by_role("button", name=re.compile(r"A \+ s")).click()
    page.page.get_by_label("数", exact=True).fill("255")
    expect(page.page.locator(".np-t-reason")).to_contain_text("uint8 放不下这个数")


@pytest.mark.slow
def test_the_code_is_copied(visit: Visit):
    page = bench(visit)
    page.page.evaluate("navigator.clipboard.writeText = async (t) => { window.copied = t; }")
    page.page.get_by_role("button", name="Copy").click()
    expect(page.page.get_by_role("button", name="Copied")).to_be_visible()
    page.until(lambda: page.page.evaluate("window.copied"))
    names: dict = {}
    exec(page.page.evaluate("window.copied"), names)
    assert names["C"].tolist() == (A @ B).tolist()


# ---- a picture by its singular values ------------------------------------------------------------


def picture_page(visit: Visit, path: str, **options) -> Visitor:
    page = visit(**options)
    page.page.goto(page.url + path)
    page.wait("document.querySelector('[data-picture=approximation]')?.dataset.k")
    return page


def sums_up_to(page: Visitor, k: int) -> np.ndarray:
    """The pixels of the sum, once k terms are in it."""
    canvas = page.page.locator("[data-picture=approximation]")
    page.until(lambda: canvas.get_attribute("data-k") == str(k))
    expect(canvas).to_have_attribute("data-whole", "true")
    return pixels_of(canvas)


def wanted(pixels: np.ndarray, k: int) -> tuple[np.ndarray, float]:
    """The best approximation by NumPy, in bytes; and its relative error."""
    parts = []
    for c in range(3):
        left, sizes, right = np.linalg.svd(pixels[..., c].astype(float), full_matrices=False)
        parts.append(left[:, :k] * sizes[:k] @ right[:k])
    made = np.stack(parts, -1)
    error = np.linalg.norm(made - pixels) / np.linalg.norm(pixels.astype(float))
    return np.clip(made, 0, 255), float(error)


@pytest.mark.slow
def test_k_is_dragged_and_the_sum_follows(visit: Visit):
    page = picture_page(visit, "/compress?size=320&k=3")
    pixels = sample_photo("china")[::2, ::2]
    best, error = wanted(pixels, 3)
    assert np.abs(sums_up_to(page, 3) - best).max() < 1
    fact = page.page.locator("[data-fact=error] dd")
    expect(fact).to_have_text(f"{100 * error:.2f} %")
    slider = page.page.get_by_role("slider")
    slider.focus()
    page.page.keyboard.press("ArrowRight")
    assert np.abs(sums_up_to(page, 4) - wanted(pixels, 4)[0]).max() < 1
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.page.mouse.move(box["x"] + box["width"] * 0.1, middle)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=8)
    page.page.mouse.move(box["x"] + box["width"] * 0.3, middle, steps=8)
    page.page.mouse.up()
    k = int(page.page.get_by_role("spinbutton").input_value())
    assert 4 < k < 60
    best, error = wanted(pixels, k)
    assert np.abs(sums_up_to(page, k) - best).max() < 1, "what was added on the way is taken away"
    expect(fact).to_have_text(f"{100 * error:.2f} %")
    numbers = page.page.locator("[data-fact=numbers] dd")
    expect(numbers).to_contain_text(f"3 · {k} · (214 + 320 + 1) = {3 * k * 535:,} of 205,440")
    page.until(lambda: page.page.locator(".np-c-groups").get_attribute("data-k") == str(k))
    rivals = page.page.locator(".np-c-rival .np-c-error span").all_inner_texts()
    errors = [float(re.findall(r"[\d.]+", text)[0]) for text in rivals]
    assert len(errors) == 6 and min(errors[:4]) == errors[0] == pytest.approx(100 * error, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    "look",
    [
        {},
        {"color_scheme": "dark", "locale": "zh-CN"},
        HANDHELD,
    ],
    ids=["light", "dark-chinese", "phone"],
)
def test_both_pages_are_accessible(visit: Visit, look: dict):
    page = bench(visit, "/tensors", **look)
    typed(page, "B", "[[1, 2, 3], [4, 5, 6]]")
    expect(card(page, "C").get_by_role("status")).to_be_visible()
    page.settle()
    assert violations(page, ".np-page") == []
    page = picture_page(visit, "/compress?size=320&grey=1", **look)
    expect(page.page.locator(".np-c-rival").first).to_be_visible()
    page.settle()
    assert violations(page, ".np-page") == []
    assert overflow(page) == 0
