"""Sequences: a network writes, translates and answers what is typed; texts are taken or refused."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from playground.core.proposal import propose
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

FOX = ("The quick brown fox jumps over the lazy dog.\n" * 60).encode()
BROKEN = {
    "short.txt": (b"Too short.", "at least 200 are needed"),
    "same.txt": (b"a" * 900, "one character over and over"),
    "picture.txt": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "not plain text"),
    "book.txt": (b"PK\x03\x04" + b"abc" * 200, "not plain text"),
}


def small(name: str, **sequences) -> Experiment:
    """A little set and a little network."""
    cell = {"kind": "rnn", "units": 8, "states": "all"}
    return propose(name).with_changes(
        {
            "data": {"samples": 100, "sequences": sequences},
            "layers": [{"kind": "embedding", "width": 4}, cell],
        }
    )


def output(page: Visitor) -> dict:
    return page.frames_seen.newest.get("output") or {}


def test_a_text_is_written_after_a_prompt(visit: Visit):
    page = visit(tap=True).open(small("text", text="zen", length=12))
    pane = page.part("output")
    pane.get_by_label("Prompt").fill("Now is ")
    page.until(lambda: output(page).get("text", "").startswith("Now is "))
    page.until(lambda: output(page)["finished"])  # at rest too
    box = pane.locator(".np-seq-text")
    expect(box.locator("b")).to_have_text("Now is")
    assert len(output(page)["text"]) == len("Now is ") + 200
    first = output(page)["text"]
    pane.get_by_role("button", name="Again").click()
    page.until(lambda: output(page)["finished"] and output(page)["text"] != first)
    expect(pane.get_by_role("img", name="Next character")).to_be_visible()
    pane.get_by_role("slider", name="Top-k").fill("2")
    page.until(lambda: sum(drawn > 0 for _, _, drawn in output(page)["next"]) == 2)
    pane.get_by_label("Prompt").fill("N\u00f6w")
    expect(pane.get_by_role("status")).to_have_text("The network has never seen: ö")


@pytest.mark.slow
def test_a_typed_name_and_a_typed_date_are_answered(visit: Visit):
    page = visit(tap=True).open(propose("surnames"))
    field = page.part("output").get_by_label("Type a surname")
    field.fill("Müller")
    page.until(lambda: output(page)["sample"]["part"] == "own")
    expect(page.part("output").locator(".np-seq-read")).to_have_count(6)
    field.fill("X Æ A-12")
    expect(page.part("output").get_by_role("status")).to_contain_text("never seen")
    field.fill("")
    page.until(lambda: output(page)["sample"]["part"] == "test")
    page.part("output").get_by_role("button", name="Next example").click()
    page.until(lambda: output(page)["sample"]["index"] == 1)

    page.open(propose("translation").with_changes({"data": {"samples": 200}}))
    page.part("output").get_by_label("Type a text to translate").fill("march 5, 2021")
    page.until(lambda: output(page).get("source") == "march 5, 2021")
    page.until(lambda: output(page)["exact"] is not None)
    expect(page.part("output").get_by_text("test examples exact")).to_be_visible()


@pytest.mark.slow
def test_a_unit_is_shown_place_by_place(visit: Visit):
    page = visit(tap=True).open(small("parity", length=8))
    page.part("network").locator(".np-neuron").nth(12).click()
    strip = page.part("output").locator(".np-seq-focus")
    expect(strip.locator(":scope > div")).to_have_count(8)
    page.part("output").locator(".np-seq-back").click()
    expect(strip).to_be_hidden()


@pytest.mark.slow
def test_a_text_of_ones_own_is_taken_and_what_is_none_refused(visit: Visit):
    page = visit(tap=True).open(small("text", text="zen", length=12))
    page.keyed("pick_own_text").get_by_role("button").click()
    dialog = page.page.get_by_role("dialog")
    field = dialog.locator("input[type=file]")
    for name, (content, sentence) in BROKEN.items():
        field.set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
        expect(dialog.get_by_role("alert")).to_contain_text(sentence)
    field.set_input_files({"name": "fox.txt", "mimeType": "text/plain", "buffer": FOX})
    expect(dialog).to_contain_text("different ones")
    dialog.get_by_role("button", name="Learn this text").click()
    page.until(lambda: page.query("data") == "own_text")
    page.until(lambda: page.frames_seen.scene["data"] == "own_text")
    assert set("".join(page.frames_seen.scene["class_names"])) == set(FOX.decode().strip())
