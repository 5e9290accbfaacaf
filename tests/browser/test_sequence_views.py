"""Views of sequences and embeddings: attention under the pointer, states by the keys, a search."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from playground.core.proposal import propose
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

EMBEDDING = {"kind": "embedding", "width": 8}


def experiment(name: str, *layers: dict[str, Any], **data: Any) -> Experiment:
    return propose(name).with_changes(
        {"layers": [EMBEDDING, *layers], "data": data, "training": {"device": "cpu"}}
    )


def test_a_hovered_token_lights_its_row_and_its_arcs(visit: Visit):
    page = visit(tap=True).open(
        experiment(
            "translation",
            {"kind": "positions"},
            {"kind": "transformer", "heads": 2},
            {"kind": "decoder", "heads": 2},
            samples=200,
        )
    )
    panel = page.tab("Attention")
    read = panel.locator(".np-attention-read")
    expect(read).to_contain_text("Point at a token")
    matrix, arcs = (panel.locator(f".np-attention-{part} canvas") for part in ("matrix", "arcs"))
    box = matrix.bounding_box()
    assert box is not None
    matrix.hover(position={"x": box["width"] * 0.5, "y": box["height"] * 0.4})
    expect(read).to_have_text(re.compile(r"looks at .+: \d+\.\d %"))
    arcs.focus()
    arcs.press("Home")
    expect(read).to_have_text(re.compile(r"\(19\) looks at (.+ \d+\.\d %(, )?)+ · after reading"))
    arcs.press("Escape")
    expect(read).to_contain_text("Point at a token")
    page.part("analysis").get_by_role("combobox", name="Which attention").select_option(index=0)
    page.until(lambda: page.frames_seen.newest["attention"]["map"] == 0)
    panel.get_by_role("button", name="Head 2").click()
    page.until(lambda: page.frames_seen.newest["attention"]["head"] == 1)


@pytest.mark.slow
def test_states_are_read_by_the_keys_while_the_network_trains(visit: Visit):
    page = visit(tap=True).open(experiment("surnames", {"kind": "lstm", "units": 6}))
    panel = page.tab("States")
    read, canvas = panel.locator(".np-states-read"), panel.locator(".np-states-maps canvas")
    expect(read).to_contain_text("Point at a cell")
    canvas.focus()
    canvas.press("End")
    canvas.press("End")
    expect(read).to_have_text(re.compile(r"Place 15 .+unit 1 .+c = f × c₋₁ \+ i × g = .+h = o"))
    page.play()
    canvas.focus()
    canvas.press("End")
    page.wait_for_frames(3)
    expect(read).to_contain_text("Place 1")
    page.part("analysis").get_by_role("combobox", name="Order of the units").select_option(
        "activity"
    )
    page.until(lambda: page.frames_seen.newest["states"]["sorted"])


@pytest.mark.slow
def test_an_entry_is_searched_and_an_analogy_asked(visit: Visit):
    page = visit(tap=True).open(experiment("surnames", {"kind": "gru", "units": 6}))
    panel = page.tab("Embeddings")
    search = panel.get_by_role("combobox", name="Search an entry")
    search.fill("e")
    search.press("Enter")
    expect(panel.get_by_role("heading", name=re.compile("Nearest to e"))).to_be_visible()
    near = page.frames_seen.newest["embeddings"]["chosen"]["near"]
    assert len(near) == 10
    for letter, term in zip("abc", "aei", strict=True):
        panel.get_by_role("combobox", name=f"Term {letter}").fill(term)
        panel.get_by_role("combobox", name=f"Term {letter}").press("Enter")
    page.until(lambda: page.frames_seen.newest["embeddings"]["analogy"])
    search.fill("nothing")
    search.press("Enter")
    expect(panel.get_by_text("Nothing is called “nothing”.")).to_be_visible()
