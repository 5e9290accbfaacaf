"""Points painted on the map: they join the training set while it trains."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

Place = tuple[float, float]


def take_pen(page: Visitor) -> None:
    page.part("map").get_by_role("button", name="Paint", exact=True).click()
    expect(page.part("map").get_by_role("toolbar", name="Pen")).to_be_visible()


def stroke(page: Visitor, start: Place, end: Place) -> None:
    """Drags over the map, from and to shares of its width and height."""
    box = page.part("map").locator(".np-pen-layer").bounding_box()
    assert box is not None
    ends = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.page.mouse.move(*ends[0])
    page.page.mouse.down()
    page.page.mouse.move(*ends[1], steps=20)
    page.page.mouse.up()


def painted(page: Visitor) -> list[list[float]]:
    """The painted points that the run trains on, as its newest scene says."""
    return page.frames_seen.scene["painted"]


def test_strokes_join_the_training_set_of_a_running_network(visit: Visit):
    page = visit(tap=True).open()
    expect(page.part("map").locator(".np-axes .xtitle")).to_have_text("x")
    whole = page.ranges("map")
    scene = page.frames_seen.newest["scene_id"]
    page.play().wait_for_frames()
    take_pen(page)
    step = page.step
    stroke(page, (0.1, 0.9), (0.6, 0.9))
    page.until(lambda: len(painted(page)) > 5)
    blue = painted(page)
    assert all(value == 1 and y < -4 for _, y, value in blue)
    page.wait_beyond(step)
    assert page.frames_seen.newest["scene_id"] == scene, "the weights started again"
    assert page.step > step

    page.part("map").get_by_role("button", name="Paint class −1").click()
    stroke(page, (0.45, 0.5), (0.6, 0.5))
    page.until(lambda: len(painted(page)) > len(blue))
    both = painted(page)
    assert both[: len(blue)] == blue
    assert {value for _, _, value in both[len(blue) :]} == {0}

    page.part("map").get_by_role("button", name="Eraser").click()
    stroke(page, (0.1, 0.9), (0.3, 0.9))
    page.until(lambda: len(painted(page)) < len(both))
    assert [row for row in both if row in painted(page)] == painted(page)
    page.part("map").get_by_role("button", name="Undo").click()
    page.until(lambda: painted(page) == both)
    page.part("map").get_by_role("button", name="Undo").click()
    page.until(lambda: painted(page) == blue)
    assert page.ranges("map") == whole, "painting zoomed"
    assert page.frames_seen.newest["scene_id"] == scene
    page.pause()

    page.page.reload()
    page.wait_for_picture()
    page.until(lambda: painted(page) == blue)


@pytest.mark.slow
def test_an_empty_plane_is_painted_by_keyboard_and_trained(visit: Visit):
    page = visit(tap=True).open(Experiment().with_changes({"data": {"name": "own", "classes": 2}}))
    expect(page.page.locator("body")).to_contain_text("There are no points yet")
    take_pen(page)
    page.part("map").get_by_role("img").focus()
    for _ in range(6):
        page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("Enter")
    page.until(lambda: len(painted(page)) == 1)
    page.part("map").get_by_role("button", name="Paint class −1").click()
    page.part("map").get_by_role("img").focus()
    for _ in range(12):
        page.page.keyboard.press("ArrowLeft")
    page.page.keyboard.press("Enter")
    page.until(lambda: len(painted(page)) == 2)
    (right, _, first), (left, _, second) = painted(page)
    assert (first, second) == (1, 0)
    assert right > 0 > left
    step = page.step
    page.play().wait_beyond(step + 20)
    page.page.keyboard.press("Escape")


@pytest.mark.slow
def test_values_are_painted_where_a_number_is_predicted(visit: Visit):
    page = visit(tap=True).open(
        Experiment().with_changes({"data": {"name": "reg-plane"}, "loss": "mse"})
    )
    take_pen(page)
    slider = page.part("map").get_by_role("slider", name="Value to paint")
    slider.fill("-0.5")
    stroke(page, (0.5, 0.2), (0.7, 0.2))
    page.until(lambda: len(painted(page)) > 2)
    assert {value for *_, value in painted(page)} == {-0.5}
