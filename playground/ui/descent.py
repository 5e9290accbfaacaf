"""The page "Least squares and gradient descent"."""

from __future__ import annotations

from playground.ui import page_link, stage

FIELDS = {"m": page_link.numbers(4, -5.0, 5.0)}


def descent() -> None:
    with stage.page("descent"):
        stage.mount("descent", {"link": page_link.read(FIELDS)})
