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
GRACE = 4  # s that a closed tab's run is kept, so that tests need not wait for the usual 30
# A share of a core for training and a few pictures a second, so that the browsers, which draw
# without a GPU, leave the machine to the tests.
LIGHT = {"WORKERS": 1, "GRACE": GRACE, "LOAD": 30, "RATE": 10}

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
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server that the browser tests of a process share, with nothing fetched before."""
    given = {**LIGHT, "CACHE": tmp_path_factory.mktemp("fetched")}
    with app_server({f"PLAYGROUND_{name}": str(value) for name, value in given.items()}) as running:
        yield running


@pytest.fixture
def watch(server: Server) -> Iterator[Watch]:
    """What goes wrong unseen; the test fails at its end if anything did."""
    watching = Watch()
    watching.follow(server)
    yield watching
    watching.check()


class Contexts:
    """Browser contexts that tests use one after another.

    Each test finds one without cookies, storage or tabs, but with what the browser keeps of
    scripts that it has compiled before: a page opens in three quarters of the time.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[str, list[BrowserContext]] = {}
        self._closed: set[BrowserContext] = set()
        self._taken: list[tuple[str, BrowserContext]] = []

    def take(self, options: dict[str, Any]) -> BrowserContext:
        key = repr(sorted(options.items()))
        idle = self._idle.setdefault(key, [])
        context = idle.pop() if idle else self._new(options)
        self._taken.append((key, context))
        return context

    def _new(self, options: dict[str, Any]) -> BrowserContext:
        context = self._browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        context.on("close", self._forget)
        return context

    def _forget(self, context: BrowserContext) -> None:
        self._closed.add(context)

    def tidy(self) -> None:
        """Takes back what the test used."""
        for key, context in self._taken:
            if context in self._closed:
                continue
            for page in context.pages:
                if page.url.startswith("http") and not page.is_closed():
                    page.evaluate("localStorage.clear(), sessionStorage.clear()")
                page.close()
            context.clear_cookies()
            context.clear_permissions()
            self._idle[key].append(context)
        self._taken.clear()


@pytest.fixture(scope="package")
def contexts(browser: Browser) -> Contexts:
    return Contexts(browser)


@pytest.fixture
def visit(contexts: Contexts, server: Server, watch: Watch) -> Iterator[Visit]:
    """Makes visitors, each in a browser context of its own: `visit().open()`.

    `server`, `url` and `tap` are the Visitor's; other keywords are those of a browser context.
    """

    def arrive(
        *, server: Server = server, url: str | None = None, tap: bool = False, **options: Any
    ) -> Visitor:
        context = contexts.take({"viewport": SIZE, "locale": "en-US", **options})
        watch.follow(server)
        watch.over(context, url or server.url)
        return Visitor(context.new_page(), server, url=url, tap=tap)

    yield arrive
    watch.rest()
    contexts.tidy()
