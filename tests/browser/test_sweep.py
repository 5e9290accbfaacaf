"""A sweep in the browser: chosen, run, held, looked at, sorted, opened."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from playground.bench.server import Server
from tests.browser.access import HANDHELD, overflow, violations
from tests.browser.conftest import Visit
from tests.browser.test_life import health
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

SMALL = {
    "k": "optimizer.learning_rate=0.003,0.03;layers.*.units=2,4",
    "m": "grid",
    "s": "2",
    "e": "4",
    "prune": "0",
}


def opened(page: Visitor, **query: str) -> Locator:
    wanted = {**SMALL, **query}
    text = "&".join(f"{key}={quote(value, safe=',;:=*')}" for key, value in wanted.items())
    page.page.goto(f"{page.url}/sweep?{text}")
    return page.stage("sweep")


def run(page: Visitor, **query: str) -> Locator:
    """Starts a sweep and waits for its end."""
    stage = opened(page, **query)
    stage.get_by_role("button", name="Start", exact=True).click()
    expect(page.page.locator(".np-s-bar-box")).to_have_attribute("data-state", "done")
    return page.stage("sweep")


def values(stage: Locator, column: str) -> list[str]:
    cells = stage.locator(f"tbody [data-column='{column}']")
    return cells.all_inner_texts()


def test_a_grid_is_searched_and_its_best_opened(visit: Visit):
    page = visit()
    stage = opened(page)
    plan = stage.locator(".np-s-plan")
    expect(plan).to_contain_text("4 trials × 2 starts = 8 networks of 4 epochs.")
    expect(plan).to_contain_text("About")
    stage.get_by_role("button", name="Start", exact=True).click()
    expect(page.page.locator(".np-s-bar-box")).to_have_attribute("data-state", "done")
    stage = page.stage("sweep")
    expect(stage.locator("tbody tr")).to_have_count(4)
    losses = [float(text.split(" ")[0]) for text in values(stage, "metric")]
    assert losses == sorted(losses), "the best comes first"
    assert set(values(stage, "layers.*.units")) == {"2", "4"}
    best = values(stage, "optimizer.learning_rate")[0]
    stage.locator("tbody tr").first.get_by_role("button", name="Open the best start").click()
    page.wait_for_picture()
    expect(page.keyed("chip_rate")).to_contain_text(best)


LONG = {
    "k": "optimizer.learning_rate=log:0.001:0.3:6;layers.*.units=2,4,8,16",
    "e": "40",
    "prune": "1",
}


def finished(page: Visitor) -> int:
    """How many trials the page says are finished."""
    return int(page.page.locator(".np-s-bar-box").get_attribute("data-finished") or 0)


def begun(page: Visitor, least: int, **query: str) -> Locator:
    """Starts a long sweep and waits until some of its trials are finished."""
    opened(page, **(LONG | query)).get_by_role("button", name="Start", exact=True).click()
    page.until(lambda: finished(page) >= least)
    return page.stage("sweep")


def at_rest(page: Visitor, state: str = "paused") -> int:
    """Waits until the sweep rests; returns how many trials are finished then."""
    expect(page.page.locator(".np-s-bar-box")).to_have_attribute("data-state", state)
    return finished(page)


@pytest.mark.slow
def test_a_sweep_is_paused_cancelled_and_resumed(visit: Visit):
    page = visit()
    stage = begun(page, 2)
    stage.get_by_role("button", name="Pause", exact=True).click()
    kept = at_rest(page)
    assert 2 <= kept < 24
    page.page.wait_for_timeout(500)
    assert finished(page) == kept
    shown = set(values(stage, "metric"))
    stage.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.page.locator(".np-s-bar-box")).to_have_attribute("data-running", "0")
    assert finished(page) == kept
    assert set(values(stage, "metric")) <= shown, "what is finished stays as it was"
    stage.get_by_role("button", name="Go on", exact=True).click()
    page.until(lambda: finished(page) > kept)
    # Another page is shown meanwhile, and the sweep waits for its return.
    page.page.get_by_role("link", name="Gallery").click()
    page.page.locator(".np-preset").first.wait_for()
    page.page.get_by_role("button", name="Many networks").click()
    page.page.get_by_role("link", name="Sweep").click()
    page.stage("sweep")
    assert at_rest(page, "done") == 24
    assert page.page.locator(".np-s-table tbody tr").count() == 24


@pytest.mark.slow
def test_neither_a_reload_nor_a_closed_tab_nor_a_dead_worker_costs_a_finished_trial(
    visit: Visit, server: Server
):
    page = visit()
    begun(page, 2)
    page.page.reload()
    page.stage("sweep")
    page.until(lambda: finished(page) >= 4)  # it goes on by itself
    before = finished(page)
    (worker,) = health(server)["workers"]
    os.kill(worker["pid"], signal.SIGKILL)
    page.until(lambda: health(server)["workers"][0]["pid"] not in (None, worker["pid"]))
    expect(page.page.get_by_text("Finished trials are kept")).to_be_visible()
    page.until(lambda: finished(page) > before)
    address = page.page.url
    page.page.get_by_role("button", name="Pause", exact=True).click()
    kept = at_rest(page)
    page.page.close()
    other = visit()
    other.page.goto(address)
    other.stage("sweep")
    assert at_rest(other) >= kept
    other.page.get_by_role("button", name="Go on", exact=True).click()
    assert at_rest(other, "done") == 24


@pytest.mark.slow
def test_trials_are_seen_while_they_are_trained(visit: Visit):
    page = visit()
    stage = begun(page, 3, e="400", s="8")
    chart = stage.locator(".np-s-curves [role='img']")
    expect(chart).to_have_attribute("aria-label", re.compile(r"Trial \d+ is at epoch \d+ with"))
    row = stage.locator(".np-s-now-row")
    expect(row).to_have_count(1)
    expect(row).to_have_text(re.compile(r"Trial \d+.*\d+ of 400"))


@pytest.mark.slow
def test_a_saved_sweep_is_opened_and_goes_on(visit: Visit, tmp_path: Path):
    page = visit()
    stage = run(page)
    with page.page.expect_download() as download:
        stage.get_by_role("button", name="JSON", exact=True).click()
    content = json.loads(download.value.path().read_text("utf-8"))
    whole = set(values(stage, "metric"))
    content["trials"] = content["trials"][:1]
    part = tmp_path / "part.json"
    part.write_text(json.dumps(content))
    broken = tmp_path / "broken.json"
    broken.write_bytes(part.read_bytes()[:-40])
    address = page.page.url
    page.page.locator(".np-s-fold > summary").click()
    stage.locator(".np-s-form input[type=file]").set_input_files(broken)
    expect(stage.get_by_text("broken.json is damaged")).to_be_visible()
    assert page.page.url == address and finished(page) == 4
    stage.locator(".np-s-form input[type=file]").set_input_files(part)
    page.until(lambda: page.page.url != address)
    expect(page.page.locator(".np-s-bar-box")).to_have_attribute("data-state", "done")
    rows = stage.locator("tbody tr")
    expect(rows).to_have_count(4)
    assert set(values(stage, "metric")) == whole
    # Any start of any row is opened, not only the best one.
    rows.first.get_by_role("button", name="open another one").click()
    stage.get_by_role("button", name=re.compile("^Open start 1 of")).click()
    page.wait_for_picture()
    page.until(lambda: "training.start=1" in page.page.url)


@pytest.mark.slow
def test_what_is_found_is_filtered_sorted_and_saved(visit: Visit):
    page = visit()
    stage = run(page, k="optimizer.learning_rate=0.001,0.01,0.1;layers.*.units=2,4,8", s="2")
    rows = stage.locator("tbody tr")
    expect(rows).to_have_count(9)
    # Sorted by a column's head, either way, by keys.
    head = stage.locator("th[data-column='layers.*.units']")
    head.get_by_role("button").focus()
    page.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert values(stage, "layers.*.units") == ["2"] * 3 + ["4"] * 3 + ["8"] * 3
    page.page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    assert values(stage, "layers.*.units") == ["8"] * 3 + ["4"] * 3 + ["2"] * 3
    # A part of an axis, by the keys of its end.
    end = stage.get_by_role("slider", name="Units of every layer: keep up to")
    end.focus()
    page.page.keyboard.press("ArrowDown")
    expect(rows).to_have_count(6)
    assert set(values(stage, "layers.*.units")) == {"2", "4"}
    expect(stage.get_by_text("6 of 9 trials")).to_be_visible()
    stage.get_by_role("button", name="Show all").click()
    expect(rows).to_have_count(9)
    # The same by a drag along the first axis: only the largest rate is left.
    axes = stage.locator(".np-s-lines")
    axes.evaluate("node => node.scrollIntoView({block: 'center', behavior: 'instant'})")
    strip = stage.locator(".np-s-strip").first.bounding_box()
    assert strip is not None
    x = strip["x"] + strip["width"] / 2
    page.page.mouse.move(x, strip["y"] + 4)
    page.page.mouse.down()
    page.page.mouse.move(x, strip["y"] + strip["height"] * 0.2, steps=4)
    page.page.mouse.up()
    expect(rows).to_have_count(3)
    assert set(values(stage, "optimizer.learning_rate")) == {"0.1"}
    stage.locator(".np-s-strip").first.click()
    expect(rows).to_have_count(9)
    # What is saved is what is shown, and the shares are what NumPy says of it.
    with page.page.expect_download() as download:
        stage.get_by_role("button", name="JSON", exact=True).click()
    trials = json.loads(download.value.path().read_text("utf-8"))["trials"]
    assert len(trials) == 9
    shares = json.loads(stage.locator("[data-shares]").get_attribute("data-shares") or "")
    losses = [trial["value"] for trial in trials]
    log = max(losses) > 20 * min(losses)  # so is the axis
    for knob, share in shares.items():
        assert share == pytest.approx(explained(trials, knob, log), abs=1e-9)


def explained(trials: list[dict], knob: str, log: bool) -> float:
    """Kelley's epsilon squared, from the mean squares of an analysis of variance."""
    losses = np.array([trial["value"] for trial in trials])
    losses = np.log(losses) if log else losses
    groups = np.array([trial["values"][knob] for trial in trials])
    names = np.unique(groups)
    within = sum(losses[groups == name].var() * (groups == name).sum() for name in names)
    n, k = len(losses), len(names)
    between_square = (losses.var() * n - within) / (k - 1)
    within_square = within / (n - k)
    return max(0.0, (k - 1) * (between_square - within_square) / (losses.var() * n))


@pytest.mark.parametrize(
    "look",
    [
        pytest.param({}, marks=pytest.mark.slow),
        {"color_scheme": "dark", "locale": "zh-CN"},
        pytest.param(HANDHELD, marks=pytest.mark.slow),
    ],
    ids=["light", "dark-chinese", "phone"],
)
def test_the_page_is_accessible(visit: Visit, look: dict):
    page = visit(**look)
    stage = opened(page, e="2")
    stage.get_by_role("button", name="开始" if "locale" in look else "Start", exact=True).click()
    at_rest(page, "done")
    page.page.locator(".np-s-fold > summary").click()
    page.settle()
    assert violations(page, ".np-page") == []
    assert overflow(page) == 0
