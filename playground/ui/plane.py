"""The page "A matrix moves the plane"."""

from __future__ import annotations

from typing import Any

from playground.live.service import service
from playground.ui import page_link, stage

MOST = 10.0  # the largest entry, as in plane.js
FIELDS = {
    "m": page_link.numbers((4, 9), -MOST, MOST),
    "v": page_link.numbers((2, 3), -1.001, 1.001),
    "lens": page_link.one_of("area", "eigen", "power", "orbit", "inverse", "svd", "rank1"),
}


def plane() -> None:
    with stage.page("plane"):
        stage.mount("plane", {"link": page_link.read(FIELDS)}, answer=_answer)


def _answer(params: dict[str, Any]) -> stage.Answer:
    return service().request("matrix", {"matrix": params["matrix"]})
