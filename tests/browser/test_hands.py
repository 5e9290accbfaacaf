"""Hands on the weights: set, cut, silenced, pruned and undone in the picture of the network."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

# Links of a 2-4-2-1 network lie in a frame as: 8 weights, 4 biases, 8 weights, 2 biases, …


def links(page: Visitor) -> list[float]:
    return page.frames_seen.arrays["links"].tolist()


def take_link(page: Visitor, start: str, end: str) -> None:
    """Clicks the line between two neurons, in its middle."""
    boxes = [
        page.part("network").locator(f'[data-neuron="{name}"]').bounding_box()
        for name in (start, end)
    ]
    (left, right) = [(box["x"], box["y"] + box["height"] / 2) for box in boxes if box]
    across = boxes[0]["width"] if boxes[0] else 0
    page.page.mouse.click((left[0] + across + right[0]) / 2, (left[1] + right[1]) / 2)


@pytest.mark.slow
def test_a_weight_is_typed_and_taken_back(visit: Visit):
    page = visit(tap=True).open()
    before = links(page)
    take_link(page, "0.0", "1.0")
    card = page.part("network").locator(".np-card")
    expect(card).to_contain_text("x → Dense 1, neuron 1")
    card.get_by_role("spinbutton").fill("1.75")
    card.get_by_role("spinbutton").press("Enter")
    page.until(lambda: links(page)[0] == 1.75)
    assert links(page)[1:] == before[1:]
    page.part("network").get_by_role("button", name="Undo").click()
    page.until(lambda: links(page) == before)
    card.get_by_role("button", name="Close").click()
    expect(card).to_be_hidden()


def test_a_cut_link_stays_cut_while_the_rest_learns(visit: Visit):
    page = visit(tap=True).open()
    take_link(page, "0.0", "1.0")
    cut = page.part("network").get_by_role("button", name="Cut", exact=True)
    cut.click()
    expect(cut).to_have_attribute("aria-pressed", "true")
    page.play().wait_for_frames()
    page.pause()
    assert links(page)[0] == 0
    assert all(value != 0 for value in links(page)[1:8])
    cut.click()
    expect(cut).to_have_attribute("aria-pressed", "false")
    page.play().wait_for_frames()
    page.until(lambda: links(page)[0] != 0)


@pytest.mark.slow
def test_a_neuron_is_silenced_and_a_layer_reset(visit: Visit):
    page = visit(tap=True).open()
    first = links(page)
    page.play().wait_for_frames()
    page.pause()
    page.part("network").locator('[data-neuron="1.1"]').click()
    card = page.part("network").locator(".np-card")
    card.get_by_role("button", name="Silence").click()
    page.until(lambda: links(page)[12 + 1] == 0 and links(page)[12 + 5] == 0)
    card.get_by_role("button", name="Reset layer").click()
    page.until(lambda: links(page)[:12] == first[:12])
    assert links(page)[12:] != first[12:]


@pytest.mark.slow
def test_pruning_and_what_is_noted_on_the_curves(visit: Visit):
    page = visit(tap=True).open().play()
    page.wait_for_frames()
    page.pause()
    prune = page.part("network").get_by_role("slider", name="Prune")
    prune.fill("0.5")
    # 4·2 + 2·4 + 1·2 weights, half of them
    page.until(lambda: "cut" in page.frames_seen.arrays)
    assert int(page.frames_seen.arrays["cut"].sum()) == 9
    assert [what for _, what, _ in page.frames_seen.scene["marks"]] == ["hands"]
    prune.fill("0")
    page.until(lambda: "cut" not in page.frames_seen.arrays)


@pytest.mark.slow
def test_a_schedule_is_drawn_ahead(visit: Visit):
    experiment = Experiment().with_changes({"schedule": {"name": "cosine", "epochs": 300}})
    page = visit(tap=True).open(experiment).play()
    page.wait_for_frames(8)
    page.wait(
        """() => {
          const plot = document.querySelector('.np-curves .js-plotly-plot');
          return plot && plot.data.length >= 7 && plot._fullLayout.yaxis3;
        }"""
    )
    assert page.frames_seen.scene["schedule"][-1][0] == 300
    page.until(lambda: page.frames_seen.newest["rate"] < 0.03)
