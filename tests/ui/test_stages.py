"""The pages of their own, as scripts: both languages, what a link says, what a stage asks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from playground import words
from playground.live.frames import decode
from playground.ui.plane import plane  # noqa: F401 - the page is importable without the router
from tests.ui.visits import ROOT, Visit, checked

PAGES = ("plane",)


def shown(page: AppTest) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the page's stage is told."""
    (stage,) = page.get("bidi_component")
    return decode(stage.proto.bytes)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_a_page_is_shown_in_the_visitors_language(
    open_page: Visit, name: str, language: str
) -> None:
    page = open_page(lang=language)
    checked(page.switch_page(str(ROOT / "pages" / f"{name}.py")).run())
    header, _ = shown(page)
    assert header["lang"] == language
    assert header["words"][name] == words.section(language, f"pages.{name}")
    title = words.text(language, f"pages.{name}.title")
    assert any(title in heading.value for heading in page.markdown)
    assert not page.info


def test_a_link_brings_the_matrix_and_what_is_odd_in_it_is_said(open_page: Visit) -> None:
    page = open_page()
    page.query_params["m"] = "1,2,3,4"
    page.query_params["lens"] = "nonsense"
    checked(page.switch_page(str(ROOT / "pages" / "plane.py")).run())
    assert shown(page)[0]["facts"] == {"link": {"m": [1, 2, 3, 4]}}
    assert [message.value for message in page.info] == [
        words.text("en", "errors.link_ignored", key="lens", value="nonsense")
    ]
