"""What if: ghosts are sent, what they found is read, and one change is applied."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from tests.browser.access import violations
from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

SLOW = Experiment().with_changes({"optimizer": {"name": "sgd", "learning_rate": 0.003}})


@pytest.mark.slow
def test_ghosts_say_what_a_faster_rate_would_do_and_it_is_applied(visit: Visit):
    page = visit(tap=True).open(SLOW)
    panel = page.tab("What if")
    expect(panel).to_contain_text("Ghosts find out")
    tools = page.part("analysis")
    tools.get_by_role("combobox", name="For").select_option("5")
    tools.get_by_role("combobox", name="Luck").select_option("3")
    tools.get_by_role("button", name="Send ghosts").click()
    row = panel.locator("tr[data-key=rate_up]")
    expect(row).to_contain_text("Learning rate 0.003 → 0.01")
    expect(row.locator("canvas").first).to_have_attribute("aria-label", re.compile("5 epochs"))
    page.until(lambda: page.frames_seen.newest["studies"]["whatif"]["state"] == "done")
    keys = panel.locator("tr[data-key]").evaluate_all("rows => rows.map(row => row.dataset.key)")
    assert {
        "rate_down",
        "rate_up",
        "batch_up",
        "l2_up",
        "activation",
        "width_up",
        "depth_up",
    } <= set(keys)
    assert keys.index("activation") > keys.index("rate_down"), "those that start anew come last"
    assert violations(page, ".np-analysis") == []
    row.get_by_role("button", name="Apply").click()
    page.toast("Learning rate: 0.01 instead of 0.003.")
    page.until(lambda: page.query("optimizer.learning_rate") == "0.01")
