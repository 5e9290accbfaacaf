"""The page "Least squares and gradient descent"."""

from __future__ import annotations

from typing import Any

from playground.live.service import service
from playground.ui import page_link, stage

MOST_POINTS = 60
LARGEST = 1e4
# As descent.js writes them: data set, seed, points, scaling, ratio of the step to its limit,
# momentum, tolerance, and the start as a line.
FIELDS = {
    "d": page_link.one_of("line", "far", "units", "outliers", "two", "single", "column"),
    "s": page_link.whole(1, 999),
    "p": page_link.numbers(tuple(range(2, 2 * MOST_POINTS + 1, 2)), -LARGEST, LARGEST),
    "sc": page_link.one_of("raw", "centred", "standard"),
    "r": page_link.number(1e-3, 2),
    "b": page_link.number(0, 0.98),
    "t": page_link.number(1e-10, 1e-2),
    "w": page_link.numbers(2, -LARGEST, LARGEST),
}


def descent() -> None:
    with stage.page("descent"):
        stage.mount("descent", {"link": page_link.read(FIELDS)}, answer=_answer)


def _answer(params: dict[str, Any]) -> stage.Answer:
    return service().request("least_squares", params)
