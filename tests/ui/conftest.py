"""The pages, run by Streamlit's AppTest: scripts and widgets, no browser and no worker process."""

import os
from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner

from playground.ui import pictures
from tests.ui.visits import Visit, visit


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs in a thread of this process, nothing left of the session before, no pictures."""
    monkeypatch.setitem(os.environ, "PLAYGROUND_WORKERS", "0")
    monkeypatch.setattr(pictures.Shelf, "_fetch", lambda shelf: shelf.ready.set())
    # Every visit would look through all installed packages for components that they bring, which
    # takes longer than to run the page. There are none of them here.
    monkeypatch.setattr(manifest_scanner, "scan_component_manifests", lambda *_: [])
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def open_page() -> Visit:
    """Opens the playground as a first visit, with a query if one is given."""
    return visit
