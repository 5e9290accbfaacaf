"""Pictures of the visitor's own: drawn, from a camera, from a zip or a folder, good and broken."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from playground.core.experiment import Experiment
from tests.browser.access import violations
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

DIGITS = Experiment().with_changes(
    {
        "data": {"name": "digits"},
        "layers": [{"kind": "flatten"}, {"kind": "dense", "units": 8}],
        "loss": "cross_entropy",
    }
)
TWO = [(0.3, 0.25), (0.45, 0.14), (0.66, 0.22), (0.64, 0.42), (0.3, 0.82), (0.74, 0.82)]


def scores(page: Visitor) -> list[float]:
    return page.frames_seen.arrays["class_scores"].tolist()


def sample(page: Visitor) -> dict[str, object]:
    return page.frames_seen.newest.get("output", {}).get("sample", {})


def stroke(page: Visitor, board: Locator, places: list[tuple[float, float]]) -> None:
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    assert box is not None
    at = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in places]
    page.page.mouse.move(*at[0])
    page.page.mouse.down()
    for place in at[1:]:
        page.page.mouse.move(*place, steps=4)
    page.page.mouse.up()


def test_drawing_a_digit_changes_the_class_scores(visit: Visit) -> None:
    """While the network rests, so that nothing else changes them; by keyboard too."""
    page = visit(tap=True).open(DIGITS)
    page.until(lambda: "class_scores" in page.frames_seen.arrays)
    page.page.get_by_role("button", name="Draw", exact=True).click()
    board = page.page.locator(".np-pad-board").first
    page.until(lambda: sample(page).get("part") == "own")
    assert not page.frames_seen.arrays["sample_picture"].any()
    blank = scores(page)
    stroke(page, board, TWO)
    page.until(lambda: bool(page.frames_seen.arrays["sample_picture"].any()))
    page.until(lambda: scores(page) != blank)
    page.page.get_by_role("button", name="Clear the board").click()
    page.until(lambda: scores(page) == blank)
    board.focus()
    for key in (" ", "ArrowDown", "ArrowDown", "ArrowDown", " "):
        page.page.keyboard.press(key)
    page.until(lambda: scores(page) != blank)
    page.page.get_by_role("button", name="From the set").click()
    page.until(lambda: sample(page).get("part") == "test")


def png(color: tuple[int, int, int], side: int = 20) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (side, side), color).save(written, "PNG")
    return written.getvalue()


GOOD = [
    (f"set/{name}/{k}.png", png((red, 20, 220 - red)))
    for name, red in (("red", 200), ("blue", 20))
    for k in range(8)
]


def zipped(members: list[tuple[str, bytes]]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return written.getvalue()


def bomb() -> bytes:
    """A few hundred kilobytes that unpack to 300 MB."""
    return zipped([*GOOD, *((f"set/red/{k}.bin", bytes(30 * 2**20)) for k in range(10))])


def huge() -> bytes:
    written = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(written, "PNG")
    return written.getvalue()


def dialog(page: Visitor) -> Locator:
    page.page.get_by_role("button", name="Own pictures", exact=True).click()
    return page.page.get_by_role("dialog")


def choose(opened: Locator, content: bytes, name: str = "mine.zip") -> None:
    file = {"name": name, "mimeType": "application/zip", "buffer": content}
    opened.locator("input[type=file]").first.set_input_files([file])  # type: ignore[arg-type]


@pytest.mark.slow
def test_own_pictures_good_and_broken(visit: Visit) -> None:
    page = visit(tap=True).open(DIGITS)
    opened = dialog(page)
    for content, said in (
        (bomb(), r"unpacks to 300 MB"),
        (zipped([*GOOD, ("../climbs.png", GOOD[0][1])]), r"lead out of its folder"),
        (b"This is no zip.", r"is no zip"),
        (zipped(GOOD[:8]), r"one class"),
        (zipped([("1.png", GOOD[0][1])]), r"no folder"),
    ):
        choose(opened, content)
        expect(opened.get_by_text(re.compile(said))).to_be_visible()
        expect(opened.get_by_role("button", name="Use these pictures")).to_have_count(0)
    broken = [("set/red/text.png", b"This is a text."), ("set/red/huge.png", huge())]
    choose(opened, zipped([*GOOD, *broken]))
    expect(opened.get_by_text("2 files could not be read")).to_be_visible()
    expect(opened.get_by_text(re.compile("text.png.*cannot be read as a picture"))).to_be_visible()
    expect(opened.get_by_text(re.compile("huge.png.*million pixels"))).to_be_visible()
    # Nothing was lost: the digits are still there, and the good ones can be used now.
    assert page.frames_seen.scene["class_names"] == [str(digit) for digit in range(10)]
    opened.get_by_role("button", name="Use these pictures").click()
    page.until(lambda: page.frames_seen.scene.get("class_names") == ["blue", "red"])
    page.settle()
    link = page.page.url
    assert "data.upload.sha256=" in link
    # A link names the pictures and asks for them again.
    other = visit()
    other.page.goto(link)
    expect(other.page.get_by_text(re.compile("was made with the pictures"))).to_be_visible()


@pytest.mark.slow
def test_a_folder_of_pictures(visit: Visit, tmp_path: Path) -> None:
    for name, content in GOOD:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    page = visit(tap=True).open(DIGITS)
    opened = dialog(page)
    opened.locator("input[type=file]").nth(1).set_input_files(tmp_path / "set")
    expect(opened.get_by_text("16 pictures of 2 classes")).to_be_visible()
    opened.get_by_role("button", name="Use these pictures").click()
    page.until(lambda: page.frames_seen.scene.get("class_names") == ["blue", "red"])


@pytest.mark.slow
def test_without_a_camera_a_photo_will_do(visit: Visit, tmp_path: Path) -> None:
    page = visit(tap=True).open(DIGITS)
    page.page.get_by_role("button", name="Camera").click()
    expect(page.page.get_by_text(re.compile("photo from a file works as well"))).to_be_visible()
    drawn = np.full((60, 80, 3), 240, np.uint8)
    drawn[10:50, 36:44] = 20
    path = tmp_path / "one.png"
    Image.fromarray(drawn).save(path)
    page.page.locator(".np-camera-input").set_input_files(path)
    page.until(lambda: sample(page).get("part") == "own")
    page.until(lambda: bool(page.frames_seen.arrays["sample_picture"].any()))
    path.write_bytes(b"no picture")
    page.page.locator(".np-camera-input").set_input_files(path)
    expect(page.page.get_by_text("cannot read this file as a picture")).to_be_visible()


@pytest.mark.slow
def test_a_set_that_cannot_be_fetched_says_so(visit: Visit) -> None:
    page = visit(tap=True).open(DIGITS)
    page.page.get_by_role("button", name="MNIST", exact=True).click()
    page.page.get_by_role("button", name="Fetch MNIST").click()
    expect(page.page.get_by_text(re.compile("no connection to openml.org"))).to_be_visible()
    assert len(page.frames_seen.scene["class_names"]) == 10


@pytest.mark.slow
def test_the_steps_to_the_network_are_shown(visit: Visit) -> None:
    changed = {"data": {"pictures": {"side": 12, "normalize": True, "rotate": 30}}}
    page = visit(tap=True).open(DIGITS.with_changes(changed))
    page.page.get_by_text("From the picture to the network").click()
    expect(page.page.locator(".np-step")).to_have_count(8)
    page.until(lambda: "step_altered" in page.frames_seen.arrays)
    before = page.frames_seen.arrays["step_altered"].tolist()
    page.page.get_by_role("button", name="Another draw").click()
    page.until(lambda: page.frames_seen.arrays["step_altered"].tolist() != before)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["From the set", "Draw", "Camera"])
def test_axe_finds_nothing_in_the_panes_of_pictures(visit: Visit, mode: str) -> None:
    shapes = {"data": {"name": "shapes", "samples": 100}}
    page = visit(color_scheme="dark").open(DIGITS.with_changes(shapes))
    page.page.get_by_text("From the picture to the network").click()
    expect(page.page.locator(".np-step").first).to_be_visible()
    page.page.get_by_role("button", name=mode, exact=True).click()
    assert violations(page, ".st-key-left") == []
    assert violations(page, ".np-output") == []
