"""The top row of every page: title, pages, language."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from playground import words
from playground.ui import language, page_link
from playground.ui.forms import hold
from playground.ui.language import say

_KEY = "language_control"


def header(entries: list[StreamlitPage | list[StreamlitPage]], current: StreamlitPage) -> None:
    """The row.

    Args:
        entries: pages, and the pages of the menu "Linear algebra" as a list.
        current: the page that is shown.
    """
    with st.container(key="header", horizontal=True, vertical_alignment="center", wrap=False):
        st.html(f'<h1 class="np-brand">{say("app.title")}</h1>', width="content")
        for entry in entries:
            if isinstance(entry, list):
                if entry:
                    _menu(entry, current)
            else:
                st.page_link(entry, label=entry.title)
        st.segmented_control(
            say("app.language"),
            words.LANGUAGES,
            format_func=language.NAMES.__getitem__,
            default=hold(_KEY, language.current()),
            key=_KEY,
            required=True,
            label_visibility="collapsed",
            on_change=lambda: language.switch(st.session_state[_KEY]),
        )


def _menu(pages: list[StreamlitPage], current: StreamlitPage) -> None:
    here = current in pages
    # A menu of its own for every page: the one that was open is closed when another page comes.
    with (
        st.container(key="menu_here" if here else "menu", width="content"),
        st.popover(
            say("app.linear_algebra"),
            type="tertiary",
            icon=":material/data_array:",
            key=f"menu_{current.url_path}",
        ),
    ):
        for page in pages:
            st.page_link(page, label=page.title, query_params=page_link.kept(page.url_path))
