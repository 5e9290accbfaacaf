"""The stage by itself: what Python says comes in, what the page asks goes out, one at a time."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from playground import words
from playground.core.linalg.plane import matrix_facts
from playground.live.frames import encode
from tests.browser.view_page import open_page

pytestmark = pytest.mark.browser

MOUNT = """async ([text]) => {
  window.asked ??= [];
  const stage = await import('/app/static/stage.js');
  const host = document.getElementById('parts');
  stage.mount({
    parentElement: host,
    base: `${location.origin}/`,
    data: new Uint8Array(bytes(text)),
    setTriggerValue: (name, value) => window.asked.push(value),
  });
}"""
IDENTITY, SHEAR = [[1, 0], [0, 1]], [[1, 1], [0, 1]]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page, errors = open_page(browser, viewport={"width": 900, "height": 900})
    yield page
    assert errors == []
    page.context.close()


def tell(page: Page, language: str = "en", answer: dict[str, Any] | None = None) -> None:
    """One run of the page's script, as `ui/stage.py` makes its message."""
    header = {
        "name": "plane",
        "lang": language,
        "palette": None,
        "words": {name: words.section(language, f"pages.{name}") for name in ("plane", "common")},
        "facts": {"link": {"m": [1, 0, 0, 1]}},
        "answer": answer or {},
    }
    page.evaluate(MOUNT, [base64.b64encode(encode(header, {})).decode()])


def question(page: Page, number: int) -> dict[str, Any]:
    page.wait_for_function("(count) => window.asked?.length >= count", arg=number)
    return page.evaluate("window.asked.at(-1)")


def test_an_answer_reaches_the_question_that_was_asked(page: Page):
    tell(page)
    asked = question(page, 1)
    assert asked["params"] == {"matrix": IDENTITY}
    page.evaluate("window.first = document.querySelector('.np-page')")
    table = page.locator(".np-torch")
    # What Python kept for a stage before this one is no answer to it.
    tell(page, answer={"number": 1, "lines": matrix_facts([[7, 0], [0, 7]])})
    expect(table).to_be_empty()
    tell(page, answer={"number": asked["number"], "lines": matrix_facts(IDENTITY)})
    expect(table).to_contain_text("torch.linalg.det(A)")
    # While one question is on its way, of those that come after it only the newest is asked.
    page.get_by_role("button", name="Shear").click()
    second = question(page, 2)
    for name in ("Reflection", "Zero", "Shear"):
        page.get_by_role("button", name=name).click()
        page.wait_for_timeout(300)
    assert page.evaluate("window.asked.length") == 2
    tell(page, answer={"number": second["number"], "lines": matrix_facts(SHEAR)})
    assert question(page, 3)["params"] == {"matrix": SHEAR}
    tell(page, answer={"number": question(page, 3)["number"], "error": "no such matrix"})
    expect(table).to_have_text("no such matrix")
    # All that time nothing was built anew; another language does so.
    assert page.evaluate("document.querySelector('.np-page') === window.first")
    tell(page, "zh")
    expect(page.get_by_role("tab", name="特征向量")).to_be_visible()
    assert page.locator(".np-page").count() == 1
