"""axe on every kind of page: no violation of WCAG 2.0 to 2.2, levels A and AA."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from tests.browser.access import HANDHELD, SCHEMES, violations
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

POPOVER = "[data-testid=stPopoverBody]"
TABLE = Experiment().with_changes({"data": {"name": "iris", "scaling": "standard"}})


@pytest.mark.parametrize(
    "look",
    [
        pytest.param({"color_scheme": "light"}, marks=pytest.mark.slow),
        pytest.param({"color_scheme": "dark"}, marks=pytest.mark.slow),
        pytest.param({"locale": "zh-CN"}, marks=pytest.mark.slow),
        HANDHELD,
    ],
    ids=["light", "dark", "chinese", "phone"],
)
def test_the_playground(visit: Visit, look: dict[str, Any]):
    page = visit(**look).open(TABLE)
    page.part("bar").locator(".np-play").click()
    page.wait_for_frames()
    page.part("bar").locator(".np-play").click()
    page.wait_for_state("paused")
    assert violations(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_analyses_and_the_large_map(visit: Visit, scheme: str):
    page = visit(color_scheme=scheme).open()
    older = ("Singular values", "Eigenvalues", "Confusion matrix")
    newer = (
        "Layer health",
        "Metrics",
        "What do I see?",
        "Warped grid",
        "One point",
        "Loss landscape",
        "Similarity",
        "Turn, stretch, turn",
        "Curvature",
        "Tangent kernel",
    )
    for tab in (*older, *newer):
        page.tab(tab)
        assert violations(page, ".np-analysis") == []
    page.tab("t-SNE")
    assert violations(page, ".np-analysis") == []
    page.tab("PCA")
    for name in ("Brush", "Loadings", "Keep k", "Brushed points"):
        page.part("analysis").get_by_role("button", name=name, exact=True).click()
        assert violations(page, ".np-analysis") == []
    page.part("map").get_by_role("button", name="Brush", exact=True).click()
    assert violations(page, ".np-map") == []
    page.part("map").get_by_role("button", name="Brush", exact=True).click()
    page.part("network").locator('[data-neuron="1.0"]').click()
    expect(page.part("map").get_by_role("button", name="Back to output")).to_be_visible()
    assert violations(page, ".np-map") == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_popovers_and_dialogs(visit: Visit, scheme: str):
    page = visit(color_scheme=scheme).open()
    for chip in ("rate", "optimizer", "loss", "regularization", "initialization", "training",
                 "share"):  # fmt: skip
        page.chip(chip)
        assert violations(page, POPOVER) == [], chip
        page.close_popover()
    for block in (0, 1, 3):
        page.popover(page.keyed(f"block_{block}"))
        assert violations(page, POPOVER) == [], block
        page.close_popover()
    page.keyed("pick_csv").get_by_role("button").click()
    expect(page.page.get_by_role("dialog")).to_be_visible()
    assert violations(page, "[role=dialog]") == []


@pytest.mark.slow
def test_messages(visit: Visit):
    page = visit().open(data="nonsense")
    page.notice("The link says")
    page.keyed("pick_xor").get_by_role("button").click()
    page.toast("The weights start again")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_guide(visit: Visit, scheme: str):
    page = visit(color_scheme=scheme)
    page.page.goto(f"{page.server.url}/about")
    expect(page.page.get_by_role("heading", name="Keyboard")).to_be_visible()
    page.settle()
    assert violations(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_pen_and_what_is_typed(visit: Visit, scheme: str):
    page = visit(color_scheme=scheme).open(
        Experiment().with_changes(
            {
                "data": {"name": "formula", "formula": "x*y > 1", "points": [[1, 1, 0]]},
                "typed_features": ["sin(3*x)*y"],
            }
        )
    )
    page.part("map").get_by_role("button", name="Paint", exact=True).click()
    field = page.keyed("set_typed_feature").get_by_role("textbox")
    field.fill("sin(")
    field.press("Enter")
    page.page.get_by_text("This is no formula yet").wait_for()
    page.settle()
    assert violations(page) == []
