"""Findings and metrics under the network: measured numbers, remedies that work."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import PIXELS

pytestmark = pytest.mark.browser

ALIKE = Experiment().with_changes({"initialization": "zeros"})
FAST = Experiment().with_changes({"optimizer": {"name": "sgd", "learning_rate": 10.0}})


def test_a_finding_is_cured_by_its_button(visit: Visit):
    page = visit(tap=True).open(ALIKE)
    panel = page.tab("What do I see?")
    item = panel.get_by_role("listitem").filter(has_text="Neurons are copies of each other")
    expect(item).to_contain_text("4 of 4 neurons in Dense 1 have the same weights")
    item.get_by_role("button", name="Random first weights").click()
    page.toast("First weights: Xavier")
    expect(item).to_have_count(0)
    expect(page.page).to_have_url(re.compile("initialization=xavier"))
    expect(panel).to_contain_text("Nothing stands out at step 0")


@pytest.mark.slow
def test_a_remedy_that_may_change_mid_run_keeps_the_weights(visit: Visit):
    page = visit(tap=True).open(FAST)
    panel = page.tab("What do I see?")
    item = panel.get_by_role("listitem").filter(has_text="The learning rate is too high")
    page.until(lambda: page.frames_seen.newest.get("findings"))
    largest = next(
        one["numbers"]["largest"]
        for one in page.frames_seen.newest["findings"]["found"]
        if one["rule"] == "rate_high"
    )
    assert 0 < largest < 10
    expect(item).to_contain_text("and it is 10.")
    page.button("One epoch").click()
    page.wait_for_step(25)
    item.get_by_role("button", name="Lower the learning rate").click()
    page.toast("The learning rate goes down from 10 to 3.")
    page.wait_for_step(25)
    page.until(lambda: page.frames_seen.newest["step"] == 25)


@pytest.mark.slow
def test_findings_keep_up_with_training_and_lead_to_their_view(visit: Visit):
    page = visit(tap=True).open(ALIKE)
    panel = page.tab("What do I see?")
    page.until(lambda: page.frames_seen.newest.get("findings") is not None)
    page.play()
    page.until(lambda: page.frames_seen.newest["findings"]["step"] > 0)
    page.pause()
    page.until(
        lambda: page.frames_seen.newest["findings"]["step"] == page.frames_seen.newest["step"]
    )
    panel.get_by_role("button", name="See: Singular values").click()
    expect(page.part("analysis").get_by_role("tab", name="Singular values")).to_have_attribute(
        "aria-selected", "true"
    )


@pytest.mark.slow
def test_metrics_of_train_and_test(visit: Visit):
    page = visit(tap=True).open()
    page.play().wait_for_frames()
    page.pause()
    panel = page.tab("Metrics")
    page.until(lambda: "scores" in page.frames_seen.newest)
    rows = panel.locator("tbody tr")
    for part in ("test", "train"):
        page.part("analysis").get_by_role("button", name=part.title(), exact=True).click()
        scores = page.frames_seen.newest["scores"][part]
        expect(panel.locator("caption")).to_contain_text(f"on {scores['count']} points")
        expect(rows).to_have_count(3)
        expect(rows.nth(1).locator("td").last).to_have_text(str(scores["classes"][1]["support"]))
    assert panel.locator("canvas").evaluate(PIXELS)["colors"] > 6
    expect(panel.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("ROC curve with area .*expected calibration error")
    )


@pytest.mark.slow
def test_residuals_of_a_regression(visit: Visit):
    page = visit(tap=True).open(
        Experiment().with_changes({"data": {"name": "reg-plane"}, "loss": "mse"})
    )
    panel = page.tab("Metrics")
    page.until(lambda: "scores" in page.frames_seen.newest)
    expect(panel.locator("tbody th")).to_have_text(["R²", "RMSE", "MAE"])
    assert panel.locator("canvas").evaluate(PIXELS)["colors"] > 6
