"""Spectra of the weights on the page: seen to move, taken hold of by hand, undone."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import PIXELS, Visitor

pytestmark = pytest.mark.browser

EXPERIMENT = Experiment().with_changes(
    {"layers": [{"kind": "dense", "units": 4, "activation": "tanh"}] * 2}
)
SHAPES = [(4, 2), (4, 4), (1, 4)]


def matrix(page: Visitor, number: int) -> np.ndarray:
    """A weight matrix as the newest frame draws it: weights, then biases, of every linear map."""
    start = sum(rows * (columns + 1) for rows, columns in SHAPES[:number])
    rows, columns = SHAPES[number]
    return page.frames_seen.arrays["links"][start : start + rows * columns].reshape(rows, columns)


def values(page: Visitor, number: int) -> np.ndarray:
    return np.linalg.svd(matrix(page, number), compute_uv=False)


def trained(visit: Visit) -> tuple[Visitor, Locator]:
    page = visit(tap=True).open(EXPERIMENT)
    panel = page.tab("Singular values")
    page.play().wait_for_frames(6)
    page.pause()
    page.until(lambda: "singular_record" in page.frames_seen.arrays)
    return page, panel


def handle(panel: Locator, name: str) -> Locator:
    return panel.get_by_role("slider", name=name)


def test_a_singular_value_is_dragged_and_the_boundary_answers(visit: Visit):
    page, panel = trained(visit)
    before = values(page, 1)
    shown = panel.locator(".np-cards canvas").evaluate(PIXELS)
    picture = page.pixels("map")
    knob = handle(panel, "Dense 2: σ₁")
    knob.scroll_into_view_if_needed()
    knob.hover()
    box = knob.bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.mouse.down()
    page.page.mouse.move(middle[0], middle[1] + 12)
    page.page.mouse.move(middle[0], middle[1] + 24)
    page.until(lambda: page.frames_seen.newest["hands"]["depth"] == 1)
    page.page.mouse.up()
    expect(panel.locator(".np-grip-effect")).to_contain_text("Singular value moved: Test accuracy")
    page.until(lambda: float(knob.get_attribute("aria-valuenow") or 0) < before[0] - 0.05)
    deeds = [one["value"] for one in page.frames_seen.said if one["type"] == "deed"]
    moved = deeds[-1]["value"]
    assert {deed["stroke"] for deed in deeds} == {deeds[0]["stroke"]}, "one movement, one deed"
    expected = sorted([moved, *before[1:]], reverse=True)
    page.until(lambda: np.allclose(values(page, 1), expected, atol=1e-3))
    np.testing.assert_allclose(page.frames_seen.arrays["sv_2"], values(page, 1), atol=1e-4)
    cards = panel.locator(".np-cards canvas")
    page.until(lambda: cards.evaluate(PIXELS)["hash"] != shown["hash"])
    page.until(lambda: page.pixels("map")["hash"] != picture["hash"])
    panel.get_by_role("button", name="Undo").click()
    page.until(lambda: np.allclose(values(page, 1), before, atol=1e-5))
    page.until(lambda: page.frames_seen.newest["hands"]["depth"] == 0)


@pytest.mark.slow
def test_keys_and_numbers_move_a_singular_value_while_it_trains(visit: Visit):
    page, panel = trained(visit)
    before = values(page, 0)
    knob = handle(panel, "Dense 1: σ₁")
    knob.focus()
    knob.press("ArrowRight")
    second = handle(panel, "Dense 1: σ₂")
    expect(second).to_be_focused()
    second.press("PageUp")
    page.until(lambda: page.frames_seen.newest["hands"]["depth"] == 1)
    raised = before[1] * 1.2
    wanted = sorted([before[0], raised], reverse=True)
    page.until(lambda: np.allclose(values(page, 0), wanted, rtol=0.02))
    panel.get_by_role("combobox", name="Weight matrix").select_option("Dense 2")
    page.play()
    field = panel.get_by_role("spinbutton", name="New value")
    field.fill("25")
    field.press("Enter")
    page.until(lambda: values(page, 1)[0] > 15)
    page.pause()


@pytest.mark.slow
def test_the_cut_counts_what_it_saves_and_the_polar_factor_is_orthogonal(visit: Visit):
    page, panel = trained(visit)
    before = values(page, 1)
    panel.get_by_role("combobox", name="Weight matrix").select_option("Dense 2")
    panel.get_by_role("slider", name="Rank to keep").fill("1")
    # k (m + n) against m n
    expect(panel.locator(".np-grip-saved")).to_contain_text("8 numbers for 16, 50 % saved")
    panel.get_by_role("button", name="Cut to rank 1").click()
    page.until(lambda: np.linalg.matrix_rank(matrix(page, 1), tol=1e-4) == 1)
    np.testing.assert_allclose(values(page, 1)[0], before[0], rtol=1e-4)
    expect(panel.locator(".np-grip-effect")).to_contain_text(re.compile(r"Rank cut: .* → "))
    panel.get_by_role("button", name="Nearest orthogonal").click()
    page.until(lambda: np.allclose(values(page, 1), 1, atol=1e-4))
    assert [mark[2] for mark in page.frames_seen.scene["marks"]] == ["orthogonal"]


@pytest.mark.slow
def test_the_history_is_told_in_deltas_and_outlives_a_closed_tab(visit: Visit):
    page, panel = trained(visit)
    page.play()
    page.until(lambda: page.frames_seen.newest["singular_record"]["start"] > 20)
    page.tab("Eigenvalues")
    page.wait_for_frames()
    panel = page.tab("Singular values")
    page.until(lambda: page.frames_seen.newest.get("singular_record", {}).get("start", 0) > 20)
    page.pause()
    label = panel.locator(".np-cards canvas")
    expect(label).to_have_attribute("aria-label", re.compile("lie above the band of chance from"))
