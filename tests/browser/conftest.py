"""A real Chromium and a real server, and a watch over what no visitor should ever see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from playground.bench.chromium import chromium
from playground.bench.server import Server, app_server
from tests.browser.visitor import PATIENCE, Visitor
from tests.browser.watch import Watch

SIZE = {"width": 1440, "height": 900}
GRACE = 8  # s that a closed tab's run is kept, so that tests need not wait for the usual 30

expect.set_options(timeout=PATIENCE)

Visit = Callable[..., Visitor]


# Not for the whole session: while Playwright runs, its event loop keeps other tests in this
# process from running theirs.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for all browser tests. Its absence is a failure: nothing is skipped."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="package")
def server() -> Iterator[Server]:
    """One server that the browser tests of a process share."""
    with app_server({"PLAYGROUND_WORKERS": "1", "PLAYGROUND_GRACE": str(GRACE)}) as running:
        yield running


@pytest.fixture
def watch(server: Server) -> Iterator[Watch]:
    """What goes wrong unseen; the test fails at its end if anything did."""
    watching = Watch()
    watching.follow(server)
    yield watching
    watching.check()


@pytest.fixture
def visit(browser: Browser, server: Server, watch: Watch) -> Iterator[Visit]:
    """Makes visitors, each in a browser context of its own: `visit().open()`.

    `server`, `url` and `tap` are the Visitor's; other keywords are those of a browser context.
    """
    contexts: list[BrowserContext] = []

    def arrive(
        *, server: Server = server, url: str | None = None, tap: bool = False, **options: Any
    ) -> Visitor:
        context = browser.new_context(**{"viewport": SIZE, "locale": "en-US", **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        watch.follow(server)
        watch.over(context, url or server.url)
        return Visitor(context.new_page(), server, url=url, tap=tap)

    yield arrive
    for context in contexts:
        context.close()
