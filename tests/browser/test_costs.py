"""Costs of every block and gradient flow, as a visitor reads them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_every_block_has_its_costs(visit: Any):
    panel = visit().open().tab("Costs")
    rows = panel.locator(".np-costs tbody tr")
    expect(rows).to_have_count(3)
    # Measured without being asked; parameters and work were known before
    expect(rows.first.locator("td").nth(2)).to_have_text(re.compile(r"[\d.]+ ms"))
    expect(rows.first.locator("td").first).to_contain_text("12")
    expect(panel.locator("tfoot td").first).to_have_text("25")
    expect(panel).to_contain_text("computes all blocks as one step")
    expect(panel).to_contain_text(re.compile(r"needs about [\d.]+ [KM]B"))


def test_gradients_are_told_in_words_too(visit: Any):
    page = visit(tap=True).open().play()
    panel = page.tab("Gradient flow")
    canvas = panel.locator("canvas")
    expect(canvas).to_have_attribute("aria-label", re.compile("Gradients over the depth, on 250"))
    page.until(lambda: len(page.frames_seen.newest.get("gradients", {}).get("rows", [])) == 3)
