"""What must not happen behind a visitor's back: errors in console and log, requests elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

from playground.bench.server import Server

# Messages that are no fault of the page, each with its reason.
ALLOWED = [
    # On a page with a path of its own, Streamlit looks for its server below that path first.
    r"status of 404.*/(guide|about|seeds|race|sweep|plane|descent|tensors|pca|compress)"
    r"/_stcore/(health|host-conf)",
]


class Watch:
    """Collects what went wrong in any tab or server of a test."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.allowed = list(ALLOWED)
        self._servers: list[tuple[Server, int]] = []
        self._listening: list[tuple[BrowserContext, str, Callable[..., None]]] = []

    def allow(self, pattern: str) -> None:
        """Lets messages pass that a test brings about on purpose."""
        self.allowed.append(pattern)

    def follow(self, server: Server) -> None:
        """Reads what the server says from now on."""
        if all(server is not known for known, _ in self._servers):
            self._servers.append((server, len(server.log())))

    def over(self, context: BrowserContext, url: str) -> None:
        """Watches all tabs of a browser context that may reach the host of one address only."""
        host = urlsplit(url).netloc
        for event, heard in (
            ("console", self._console),
            ("weberror", self._error),
            ("request", lambda request: self._request(request, host)),
        ):
            context.on(event, heard)  # pyright: ignore[reportArgumentType, reportCallIssue]
            self._listening.append((context, event, heard))

    def rest(self) -> None:
        """Listens no longer."""
        for context, event, heard in self._listening:
            context.remove_listener(event, heard)
        self._listening.clear()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"console {message.type}: {message.text} ({message.location['url']})")

    def _error(self, error: WebError) -> None:
        self._note(f"uncaught: {error.error}")

    def _request(self, request: Request, host: str) -> None:
        # What the page makes itself has its own address inside: blob:http://host/…
        address = urlsplit(request.url.removeprefix("blob:"))
        if address.scheme != "data" and address.netloc != host:
            self._note(f"request to another host: {request.url}")

    def _note(self, what: str) -> None:
        if not any(re.search(pattern, what) for pattern in self.allowed):
            self.found.append(what)

    def check(self) -> None:
        """
        Raises:
            AssertionError: something went wrong; says what.
        """
        for server, start in self._servers:
            for trouble in _troubles(server.log()[start:]):
                self._note(f"in the server's log: {trouble}")
        assert not self.found, "\n".join(self.found)


def _troubles(log: str) -> list[str]:
    """The entries of a server's log that carry a stack or tell an error."""
    entries = re.split(r"^(?=\d{4}-\d\d-\d\d )", log, flags=re.MULTILINE)
    signs = ("Traceback", "Stack (most recent call last)", "ERROR")
    return [entry for entry in entries if any(sign in entry for sign in signs)]
