"""The counter of looks at the test set, fed with frames made here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.view_page import frame, module, mount, open_page, scene, show

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page, errors = open_page(browser, viewport={"width": 1200, "height": 600})
    mount(page, parts=("bar",))
    page.wait_for_function("sockets.at(-1)?.sent.some(({ type }) => type === 'ack')")
    yield page
    assert errors == []
    page.context.close()


def looks(page: Page) -> int:
    """The number beside the test score; 0 while there is none."""
    found = page.locator(".np-looks")
    return int(found.inner_text()) if found.is_visible() else 0


@pytest.mark.slow
def test_a_look_is_an_act_after_training_has_moved_on(page: Page) -> None:
    about = scene()
    show(page, frame(0, about, state="paused"))
    assert looks(page) == 0
    show(page, frame(5))
    show(page, frame(9))
    assert looks(page) == 0, "watching alone is no act"
    show(page, frame(10, state="paused"))
    assert looks(page) == 1
    show(page, frame(10))
    show(page, frame(10, state="paused"))
    assert looks(page) == 1, "nothing had moved on"
    show(page, frame(11))
    marked = {**about, "marks": [[0.4, "optimizer.learning_rate", "0.1"]]}
    show(page, frame(12, marked, seed=0))  # the same points as at first
    assert looks(page) == 2, "a setting was changed"
    assert "2" in (page.locator(".np-looks").get_attribute("title") or "")


@pytest.mark.slow
def test_opening_the_scores_of_the_test_points_is_a_look(page: Page) -> None:
    def want(views: list[str]) -> None:
        script = "m.hubFor(a[0], null).want({ analysis: a[1] })"
        module(page, "hub.js", script, ["a-token", views])

    show(page, frame(0, scene(), state="paused"))
    show(page, frame(5))
    want(["metrics"])
    show(page, frame(6))
    assert looks(page) == 1
    show(page, frame(9))
    assert looks(page) == 1, "watching on is the same look"
    want(["health"])
    show(page, frame(12))
    want(["confusion"])
    show(page, frame(13))
    assert looks(page) == 2


@pytest.mark.slow
def test_another_test_set_has_a_count_of_its_own(page: Page) -> None:
    show(page, frame(1, scene()))
    show(page, frame(6, state="paused"))
    assert looks(page) == 1
    show(page, frame(0, scene(), scene_id=8, state="paused"))
    assert looks(page) == 0
