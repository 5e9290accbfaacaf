"""The top row of every page: title, pages, language."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from playground import words
from playground.ui import language
from playground.ui.forms import hold
from playground.ui.language import say

_KEY = "language_control"


def header(pages: list[StreamlitPage]) -> None:
    with st.container(key="header", horizontal=True, vertical_alignment="center", wrap=False):
        st.html(f'<h1 class="np-brand">{say("app.title")}</h1>', width="content")
        for page in pages:
            st.page_link(page, label=page.title)
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
