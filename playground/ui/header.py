"""The top row of every page: title, pages, language."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from playground import words
from playground.ui import language, page_link
from playground.ui.forms import hold
from playground.ui.language import say

_KEY = "language_control"


@dataclass(frozen=True)
class Menu:
    """Pages that share one entry of the row.

    Attributes:
        name: of the menu, in [app].
        icon: in front of its name.
    """

    name: str
    icon: str
    pages: tuple[StreamlitPage, ...]


def header(entries: list[StreamlitPage | Menu], current: StreamlitPage) -> None:
    """The row.

    Args:
        entries: pages and menus, in order.
        current: the page that is shown.
    """
    with st.container(key="header", horizontal=True, vertical_alignment="center", wrap=False):
        st.html(f'<h1 class="np-brand">{say("app.title")}</h1>', width="content")
        for entry in entries:
            if isinstance(entry, Menu):
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


def _menu(menu: Menu, current: StreamlitPage) -> None:
    here = "here" if current in menu.pages else "away"
    # A menu of its own for every page: the one that was open is closed when another page comes.
    with (
        st.container(key=f"menu_{here}_{menu.name}", width="content"),
        st.popover(
            say(f"app.{menu.name}"),
            type="tertiary",
            icon=menu.icon,
            key=f"menu_{menu.name}_{current.url_path}",
        ),
    ):
        for page in menu.pages:
            st.page_link(page, label=page.title, query_params=page_link.kept(page.url_path))
