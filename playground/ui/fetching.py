"""Sets that are fetched from openml.org: one at a time for the whole server, followed by all."""

from __future__ import annotations

import logging
import threading

import streamlit as st

from playground.core.data.pictures import openml
from playground.core.errors import Notice, PlaygroundError

log = logging.getLogger(__name__)


class Fetch:
    """A set on its way.

    Attributes:
        megabytes, seconds: how far it came.
        notice: why it did not come.
        done: nothing more will happen.
    """

    def __init__(self, name: str) -> None:
        self.megabytes = 0.0
        self.seconds = 0.0
        self.notice: Notice | None = None
        self.done = threading.Event()
        self._name = name
        self._given_up = threading.Event()
        threading.Thread(target=self._work, name=f"fetching {name}", daemon=True).start()

    def give_up(self) -> None:
        self._given_up.set()

    def _work(self) -> None:
        steps = openml.fetching(self._name)
        try:
            for word in steps:
                self.megabytes, self.seconds = word["megabytes"], word["seconds"]
                if self._given_up.is_set():
                    steps.close()
                    break
        except PlaygroundError as error:
            self.notice = error.notice()
            log.info("%s was not fetched: %s", self._name, error)
        except OSError as error:
            self.notice = Notice("openml_disk", {"name": openml.SOURCES[self._name].title})
            log.warning("%s was not fetched: %s", self._name, error)
        self.done.set()


class Fetches:
    """All fetches of this server, by the names of the sets; the last one of each is kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, Fetch] = {}

    def of(self, name: str) -> Fetch | None:
        return self._found.get(name)

    def begin(self, name: str) -> None:
        """Starts one, unless it is on its way already."""
        with self._lock:
            present = self._found.get(name)
            if present is None or present.done.is_set():
                self._found[name] = Fetch(name)

    def forget(self, name: str) -> None:
        with self._lock:
            present = self._found.pop(name, None)
        if present is not None:
            present.give_up()


@st.cache_resource(show_spinner=False)
def fetches() -> Fetches:
    return Fetches()
