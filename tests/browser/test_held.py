"""Curves that are held while the experiment changes and starts again."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

TRACES = """() => document.querySelector('.np-curves .js-plotly-plot').data
  .map(({ x, y, mode, yaxis, line, text }) => ({ x, y, mode, yaxis, dash: line?.dash, text }))"""


@pytest.mark.slow
def test_a_held_curve_outlives_its_run(visit: Any):
    page = visit().open()
    for _ in range(2):
        step = page.step
        page.button("One epoch").click()
        page.wait_beyond(step)
    curves = page.part("curves")
    page.wait("document.querySelector('.np-curves .js-plotly-plot .nsewdrag')")
    expect(curves.locator(".np-held li")).to_have_count(0)
    curves.get_by_role("button", name="Hold these curves").click()
    expect(curves.locator(".np-held li")).to_contain_text("Dense 4-2")
    page.button("Reset").click()
    page.wait_for_step(0)
    # Its whole line is still there, numbered, and ends where the run was.
    held = page.page.evaluate(TRACES)[:3]
    assert [trace["mode"] for trace in held] == ["lines", "lines", "text"]
    assert held[1]["x"][-1] == 2 and len(held[1]["y"]) == len(held[1]["x"]) > 1
    assert re.fullmatch(r"<b>\d+</b>", held[2]["text"][0])
    curves.get_by_role("button", name=re.compile("^Let go of curve")).click()
    expect(curves.locator(".np-held li")).to_have_count(0)
    page.wait(
        "!document.querySelector('.np-curves .js-plotly-plot').data.some(t => t.mode==='text')"
    )


@pytest.mark.slow
def test_networks_are_compared_along_steps(visit: Any):
    page = visit().open()
    curves = page.part("curves")
    for units in ("ArrowRight", "ArrowRight"):
        page.play().wait_beyond(50)
        page.pause()
        curves.get_by_role("button", name="Hold these curves").click()
        page.popover(page.keyed("block_1")).get_by_role("slider").press(units)
        page.wait_for_step(0)
        page.close_popover()
    expect(curves.locator(".np-held li")).to_have_count(2)
    expect(curves.locator(".np-held")).to_contain_text("Dense 5-2")
    curves.get_by_role("combobox").select_option("step")
    page.wait("document.querySelector('.np-curves .xtitle')?.textContent === 'Steps'")
    lines = [trace for trace in page.page.evaluate(TRACES) if trace["mode"] == "lines"]
    steps = lines[1]["x"]
    assert steps[0] == 0 and all(step == int(step) for step in steps) and steps == sorted(steps)
    curves.get_by_role("button", name="Clear").click()
    expect(curves.locator(".np-compared")).to_be_hidden()
