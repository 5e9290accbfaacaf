"""The heights of a landscape as the browser works them out, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.view_page import open_page

pytestmark = pytest.mark.browser

SIDE = 41
ASK = """async ([values, window, log, places]) => {
  const { Relief } = await import('/app/static/relief.js');
  const numbers = Float32Array.from(values.map((value) => value ?? NaN));
  const relief = new Relief(numbers, window, log);
  const known = (value) => (Number.isNaN(value) ? null : value);
  return {
    levels: relief.levels, low: relief.low, high: relief.high, holes: relief.holes,
    lines: relief.levels.map((level) => relief.lines(level).map((line) =>
      line.map(([x, y]) => relief.fromLattice(x, y)))),
    shares: [...relief.shares].map(known),
    at: places.map(([a, b]) => relief.at(relief.values, a, b)).map(known),
  };
}"""


@pytest.fixture
def page(browser: Browser) -> Any:
    page, errors = open_page(browser)
    yield page
    assert errors == []
    page.context.close()


def relief(
    page: Page, values: np.ndarray, window: tuple[float, ...], log: bool, places: Any = ()
) -> dict[str, Any]:
    flat = [float(value) if np.isfinite(value) else None for value in values.ravel()]
    return page.evaluate(ASK, [flat, list(window), log, [list(place) for place in places]])


def bowl(scale: float = 1.0, floor: float = 0.0) -> tuple[np.ndarray, tuple[float, ...]]:
    window = (-2.0, 2.0, -1.0, 1.0)
    a, b = np.meshgrid(np.linspace(*window[:2], SIDE), np.linspace(*window[2:], SIDE))
    return (scale * (a**2 + 4 * b**2) + floor).astype(np.float32), window


@pytest.mark.parametrize(("floor", "log"), [(0.01, True), (0.0, False), (5.0, True), (-3.0, True)])
def test_contour_lines_lie_where_the_height_is_that_of_the_level(page: Page, floor, log):
    values, window = bowl(floor=floor)
    found = relief(page, values, window, log)
    assert len(found["levels"]) >= 3
    assert found["levels"] == sorted(found["levels"])
    for level, lines in zip(found["levels"], found["lines"], strict=True):
        assert lines, "every level has a line"
        for line in lines:
            a, b = np.array(line).T
            heights = a**2 + 4 * b**2 + floor
            np.testing.assert_allclose(heights, level, atol=0.06)
        if level - floor < 3.9:  # within the window it is one closed ellipse
            (line,) = lines
            assert line[0] == line[-1]
            turns = np.unwrap(np.arctan2(2 * np.array(line)[:, 1], np.array(line)[:, 0]))
            assert abs(turns[-1] - turns[0]) == pytest.approx(2 * np.pi, abs=1e-6)


def test_a_saddle_joins_what_hangs_together(page: Page):
    window = (-1.0, 1.0, -1.0, 1.0)
    a, b = np.meshgrid(np.linspace(-1, 1, 40), np.linspace(-1, 1, 40))
    values = (a * b + 0.001).astype(np.float32)
    found = relief(page, values, window, False)
    for level, lines in zip(found["levels"], found["lines"], strict=True):
        assert len(lines) == 2
        for line in lines:
            signs = np.sign(np.array(line)[:, 0])
            assert abs(signs.sum()) == len(signs), f"{level}: a branch stays on its side"


def test_heights_between_nodes_holes_and_outside(page: Page):
    values, window = bowl()
    values[0, 0] = np.inf
    values[20, 20] = np.nan
    generator = np.random.default_rng(0)
    places = np.column_stack((generator.uniform(-2, 2, 50), generator.uniform(-1, 1, 50)))
    found = relief(page, values, window, True, [*places, (2.1, 0.0), (-2.0, -1.0), (2.0, 1.0)])
    assert found["holes"] == 2
    assert found["shares"][0] is None
    x, y = (places[:, 0] + 2) / 4 * (SIDE - 1), (places[:, 1] + 1) / 2 * (SIDE - 1)
    i, j = np.floor(y).astype(int), np.floor(x).astype(int)
    v, u = y - i, x - j
    with np.errstate(invalid="ignore"):
        expected = (values[i, j] * (1 - u) + values[i, j + 1] * u) * (1 - v) + (
            values[i + 1, j] * (1 - u) + values[i + 1, j + 1] * u
        ) * v
    for ours, theirs in zip(found["at"], expected, strict=False):
        assert (ours is None) == (not np.isfinite(theirs))
        assert ours is None or ours == pytest.approx(theirs, abs=1e-5)
    assert found["at"][50] is None
    assert found["at"][51] is None, "a corner without a height"
    assert found["at"][52] == pytest.approx(8)


@pytest.mark.parametrize(
    "values",
    [np.full((5, 5), np.nan), np.full((5, 5), 3.0), np.zeros((5, 5)), np.full((5, 5), -1.0)],
)
@pytest.mark.parametrize("log", [True, False])
def test_what_is_flat_or_empty_breaks_nothing(page: Page, values, log):
    found = relief(page, values, (0.0, 1.0, 0.0, 1.0), log)
    assert found["low"] < found["high"]
    assert all(share is None or 0 <= share <= 1 for share in found["shares"])
