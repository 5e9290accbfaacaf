"""Every data set is painted, in every plane; the visitor's own table is taken or refused."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from playground.core.data import DATASETS
from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

BLANK = 8
# A text column with a missing value, a number column with another, classes to predict.
FLOWERS = "size;colour;weight;kind\n" + "".join(
    f"{i % 7 + 0.5};{('red', 'blue', 'white')[i % 3] if i != 5 else ''};"
    f"{i % 11 if i != 8 else ''};{'tall' if i % 7 > 3 else 'short'}\n"
    for i in range(60)
)
PRICES = "rooms,area,price\n" + "".join(
    f"{i % 5 + 1},{40 + 3 * i},{100 + 10 * (i % 5) + 2 * i}.5\n" for i in range(80)
)
BROKEN = {
    "empty.csv": (b"", "The file is empty"),
    "book.csv": (b"PK\x03\x04" + bytes(200), "This is a spreadsheet"),
    "noise.csv": (bytes(range(256)) * 8, "not text"),
    "narrow.csv": (b"a\n1\n2\n3\n", "Only one column"),
    "head.csv": (b"a,b,c\n", "no rows below"),
    "ragged.csv": (b"a,b,c\n1,2,3\n1,2\n1,2,3\n", "Line 3 has 2 values"),
    "quotes.csv": (b'a,b\n1,"2\n3,4\n' * 3, "quotation mark"),
}


def of_family(*families: str) -> list[str]:
    return [name for name, entry in DATASETS.items() if entry.family in families]


def choose(page: Visitor, name: str) -> None:
    """Clicks a data set and waits until its picture is painted."""
    if page.query("data") == name or (name == "circle" and page.query("data") is None):
        return
    scene = page.frames_seen.newest["scene_id"]
    page.keyed(f"pick_{name}").get_by_role("button").click()
    page.until(lambda: page.query("data") == (name if name != "circle" else None))
    page.until(lambda: page.frames_seen.newest["scene_id"] != scene)
    page.wait_for_step(0)
    page.settle()


def trains(page: Visitor) -> None:
    """Expects an epoch to change the picture."""
    before, step = page.pixels("map"), page.step
    assert before["colors"] > BLANK
    page.button("One epoch").click()
    page.wait_beyond(step)
    page.until(lambda: page.pixels("map")["hash"] != before["hash"])
    assert page.pixels("map")["colors"] > BLANK


@pytest.mark.slow
@pytest.mark.parametrize("families", [("points",), ("line",), ("table",)])
def test_every_data_set_is_painted(visit: Visit, families: tuple[str, ...]):
    page = visit(tap=True).open()
    for name in of_family(*families):
        choose(page, name)
        if name == "own":  # without a point there is nothing to train on, and the page says so
            expect(page.part("bar").get_by_role("status")).to_contain_text("point")
            continue
        trains(page)
        scene = page.frames_seen.scene
        kind = {"points": "xy", "line": "line", "table": "pca"}[DATASETS[name].family]
        assert scene["inputs"]["kind"] == kind
        label = re.compile(re.escape(f" {scene['inputs']['x_label']} "))
        expect(page.part("map").get_by_role("img")).to_have_attribute("aria-label", label)


@pytest.mark.slow
def test_a_table_is_shown_in_the_plane_of_two_columns(visit: Visit):
    page = visit(tap=True).open(
        Experiment().with_changes({"data": {"name": "wine", "scaling": "standard"}})
    )
    components = page.pixels("map")
    weights = page.frames_seen.arrays["links"].copy()
    expect(page.part("map").locator(".np-axes")).to_contain_text("of variance")
    plane = page.keyed("set_view_plane").get_by_role("combobox")
    plane.click()
    page.page.get_by_role("option", name="Two columns").click()
    page.until(lambda: page.frames_seen.scene["inputs"]["kind"] == "columns")
    page.until(lambda: page.pixels("map")["hash"] != components["hash"])
    across = page.keyed("set_view_x_column").get_by_role("combobox")
    across.click()
    page.page.get_by_role("option", name="proline").click()
    expect(page.part("map").locator(".np-axes .xtitle")).to_have_text("proline")
    assert (page.frames_seen.arrays["links"] == weights).all(), "a change of plane trained"
    trains(page)


# ---- a table of one's own ---------------------------------------------------------------------


def dialog(page: Visitor) -> Locator:
    """The open dialog for a table of one's own."""
    opened = page.page.get_by_role("dialog")
    if not opened.count():
        page.keyed("pick_csv").get_by_role("button").click()
    expect(opened).to_be_visible()
    return opened


def upload(page: Visitor, where: Locator, name: str, content: bytes) -> None:
    """Gives a file to the uploader, in place of the one before."""
    remove = where.get_by_role("button", name="Remove")
    if remove.count():
        remove.first.click()
        expect(remove).to_have_count(0)
        page.settle()
    where.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )


@pytest.mark.slow
def test_a_table_of_ones_own(visit: Visit):
    page = visit(tap=True).open()
    opened = dialog(page)
    upload(page, opened, "flowers.csv", FLOWERS.encode())
    expect(opened).to_contain_text("60 rows, 4 columns, 2 missing values")
    expect(opened.get_by_role("region", name="The first rows of flowers.csv")).to_be_visible()
    expect(opened).to_contain_text("text, 3 values")
    expect(opened).to_contain_text("2 rows with missing values are left out")
    scene = page.frames_seen.newest["scene_id"]
    opened.get_by_role("button", name="Use this table").click()
    expect(opened).to_have_count(0)
    page.until(lambda: page.frames_seen.newest["scene_id"] != scene)
    page.settle()
    expect(page.keyed("left")).to_contain_text("two classes")
    page.until(lambda: page.query("data") == "csv")
    assert len(page.frames_seen.scene["blocks"][0]["labels"]) == 5  # the colours one by one
    trains(page)
    page.play().wait_for_frames()
    page.pause()

    opened = dialog(page)
    opened.get_by_role("combobox", name="Missing values").click()
    page.page.get_by_role("option", name="Fill in").click()
    expect(opened).to_contain_text("2 missing values are filled in")
    opened.get_by_role("button", name="Use this table").click()
    expect(opened).to_have_count(0)
    expect(page.keyed("left")).to_contain_text("2 missing values are filled in")


@pytest.mark.slow
def test_a_number_is_predicted_from_a_table(visit: Visit):
    page = visit(tap=True).open()
    opened = dialog(page)
    upload(page, opened, "prices.csv", PRICES.encode())
    expect(opened).to_contain_text("a number to predict")
    opened.get_by_role("button", name="Use this table").click()
    expect(opened).to_have_count(0)
    page.until(lambda: page.frames_seen.scene["task"] == "regression")
    page.settle()
    trains(page)
    expect(page.part("bar")).to_contain_text("Test R²")


def test_broken_tables_are_refused_in_a_sentence_and_nothing_is_lost(visit: Visit):
    page = visit().open(Experiment().with_changes({"data": {"noise": 10}}))
    page.button("One epoch").click()
    page.wait_for_step(25)
    address = page.page.url
    opened = dialog(page)
    for name, (content, words) in BROKEN.items():
        upload(page, opened, name, content)
        alert = opened.get_by_role("alert")
        expect(alert).to_contain_text(words)
        expect(alert).to_have_count(1)
        expect(alert).to_contain_text(re.compile(r"\.\s*$"))
        expect(opened.get_by_role("button", name="Use this table")).to_have_count(0)
    page.page.keyboard.press("Escape")
    expect(opened).to_have_count(0)
    page.settle()
    assert page.step == 25
    assert page.page.url == address
    page.play().wait_for_frames()


# ---- experiments as files ---------------------------------------------------------------------


@pytest.mark.slow
def test_experiments_as_files(visit: Visit):
    page = visit().open(Experiment().with_changes({"data": {"name": "xor", "noise": 5}}))
    body = page.chip("share")
    with page.page.expect_download() as download:
        body.get_by_role("button", name="Download as a file").click()
    saved = download.value.path().read_bytes()
    assert Experiment.from_json(saved).data.noise == 5
    page.button("One batch").click()
    page.wait_for_step(1)

    address = page.page.url
    for name, content, words in (
        ("words.json", b"no JSON at all", "not an experiment file"),
        ("list.json", b"[1, 2, 3]", "not an experiment file"),
        ("future.json", b'{"version": 99}', "version 99"),
        ("wild.json", b'{"data": {"samples": -5}}', "data.samples"),
        ("unknown.json", b'{"lauers": []}', "lauers"),
    ):
        body = page.chip("share")
        upload(page, body, name, content)
        page.notice(words)
        page.keyed("dismiss").get_by_role("button").click()
        expect(page.keyed("notices")).to_have_count(0)
        page.settle()
    assert page.page.url == address
    assert page.step == 1

    body = page.chip("share")
    other = Experiment.from_json(saved).with_changes({"data": {"name": "gauss"}})
    upload(page, body, "other.json", other.to_json().encode())
    page.toast("Opened other.json")
    page.until(lambda: page.query("data") == "gauss")
    page.until(lambda: page.query("data.noise") == "5")
    page.wait_for_step(0)
