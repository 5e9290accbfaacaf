"""What must hold of every page in every look: axe finds nothing, and nothing is wider than it."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.visitor import PHONE, Visitor

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
SCHEMES = ["dark", pytest.param("light", marks=pytest.mark.slow)]

# A test's looks that differ most: `@both_looks` gives them as keywords of `visit`.
HANDHELD = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
both_looks = pytest.mark.parametrize(
    "look", [{"color_scheme": "dark"}, HANDHELD], ids=["dark", "phone"]
)


def violations(page: Visitor | Page, within: str | None = None) -> list[Any]:
    """What axe finds on the page, or in a part of it: rule and elements."""
    found = Axe().run(
        page.page if isinstance(page, Visitor) else page,
        context={"include": [[within]]} if within else None,
        options={"runOnly": {"type": "tag", "values": TAGS}},
    )
    return [
        (rule["id"], [f"{node['target']} {node['html'][:200]}" for node in rule["nodes"]])
        for rule in found.response["violations"]
    ]


def overflow(page: Visitor) -> int:
    """By how many pixels the page is wider than the screen; 0 where it is not."""
    return page.page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)")
