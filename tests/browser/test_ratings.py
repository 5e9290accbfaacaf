"""Ratings, codes and transfer as a visitor meets them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from playground.core.presets import PRESETS
from playground.core.proposal import propose
from tests.browser.access import both_looks, overflow, violations
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

MOVIES = "user,film,stars\n" + "\n".join(
    f"person {k % 9},film {k // 9},{1 + (k * k) % 5}" for k in range(60)
)
WORDS = "who,what,how\n" + "\n".join(f"a{k % 7},b{k % 5},good" for k in range(40))


def tip(page: Visitor) -> str:
    return page.part("output").locator(".np-tip").inner_text()


@pytest.mark.slow
def test_a_cell_says_user_item_rating_and_prediction(visit: Visit):
    page = visit(tap=True).open(propose("ratings"))
    pair = page.part("output").locator(".np-ratings-pair")
    pair.focus()
    for _ in range(2):
        page.page.keyboard.press("ArrowDown")
    page.page.keyboard.press("ArrowRight")
    page.until(lambda: "U3, I2" in tip(page))
    said = page.frames_seen.arrays["ratings_said"][2, 1]
    assert f"{said:.2f}" in tip(page)
    page.page.keyboard.press("Enter")
    expect(page.part("output").get_by_label("User", exact=True)).to_have_value("2")


@pytest.mark.slow
def test_the_plane_of_codes_is_walked_with_mouse_and_keys(visit: Visit):
    page = visit(tap=True).open(PRESETS["digit_codes"].experiment)
    page.play()
    page.wait_beyond(60)
    plane = page.part("output").locator(".np-code-plane")
    box = plane.bounding_box()
    assert box is not None

    def at() -> list[float]:
        return page.frames_seen.newest["output"]["at"]

    def window() -> list[float]:
        return page.frames_seen.newest["output"]["window"]

    page.page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.2)
    page.until(lambda: abs(at()[0] - (window()[0] + 0.75 * (window()[1] - window()[0]))) < 0.5)
    page.pause()
    before = at()
    drawn = page.frames_seen.arrays["code_picture"].copy()
    plane.focus()
    for _ in range(12):
        page.page.keyboard.press("ArrowLeft")
    page.until(lambda: at()[0] < before[0] - 0.2 * (window()[1] - window()[0]))
    assert (page.frames_seen.arrays["code_picture"] != drawn).any()
    page.page.keyboard.press("Enter")  # the nearest picture is chosen
    page.until(lambda: page.frames_seen.newest["output"]["sample"] != {"part": "test", "index": 0})
    page.page.keyboard.press("Escape")
    page.until(lambda: at() == page.frames_seen.newest["output"]["code"])


@pytest.mark.slow
def test_a_table_of_ratings_is_brought_and_a_broken_one_refused(visit: Visit):
    page = visit(tap=True).open(propose("ratings"))
    page.keyed("pick_ratings_csv").get_by_role("button").first.click()
    files = page.page.locator("[data-testid=stFileUploader] input")
    files.set_input_files({"name": "words.csv", "mimeType": "text/csv", "buffer": WORDS.encode()})
    expect(page.page.get_by_text("but it holds text, such as “good”")).to_be_visible()
    expect(page.page.get_by_role("button", name="Use this table")).to_be_disabled()
    files.set_input_files({"name": "films.csv", "mimeType": "text/csv", "buffer": MOVIES.encode()})
    expect(page.page.get_by_text("9 users × 7 items, 60 ratings")).to_be_visible()
    page.page.get_by_role("button", name="Use this table").click()
    page.until(lambda: page.query("data") == "ratings_csv")
    expect(page.part("output").get_by_label("User", exact=True)).to_contain_text("person 3")
    expect(page.part("output")).to_contain_text(re.compile("Test error .* the item mean"))
    # Of a visitor's own table nobody knows what the gaps hide.
    expect(page.part("output").get_by_role("button", name="Hidden truth")).to_be_hidden()


@pytest.mark.slow
def test_a_trained_body_is_carried_over_by_a_button(visit: Visit):
    page = visit(tap=True).open(propose("digits_low"))
    page.play()
    page.wait_beyond(40)
    page.keyed("carry").get_by_role("button").first.click()
    page.until(lambda: page.query("data") == "digits_high")
    step = page.step
    page.wait_beyond(step + 20)
    assert page.frames_seen.scene["class_names"] == ["5", "6", "7", "8", "9"]
    marks = page.frames_seen.scene["marks"]
    assert [what for _, what, _ in marks] == ["transfer"]


@pytest.mark.slow
@both_looks
@pytest.mark.parametrize("name", ["ratings", "digits_code", "digits_high"])
def test_axe_finds_nothing(visit: Visit, name: str, look: dict[str, object]):
    page = visit(**look).open(propose(name))
    page.play()
    page.wait_for_frames()
    page.pause()
    assert violations(page, ".np-output") == []
    assert overflow(page) == 0
