"""What the page has to tell the visitor: sentences that stay until they are read, and toasts."""

from __future__ import annotations

import streamlit as st

from playground.core.errors import Notice, PlaygroundError
from playground.ui import language
from playground.ui.language import say

_KEY = "notices"
_TOASTS = "toasts"
_MOST = 4


def tell(*notices: Notice) -> None:
    """Puts notices up; the same one is not said twice."""
    waiting: list[Notice] = st.session_state.setdefault(_KEY, [])
    for notice in notices:
        if notice not in waiting:
            waiting.append(notice)
    del waiting[:-_MOST]


def refuse(error: PlaygroundError) -> None:
    tell(error.notice())


def clear() -> None:
    st.session_state[_KEY] = []


def toast(sentence: str, icon: str = ":material/info:") -> None:
    """Says something in passing, in this run or the next."""
    st.session_state.setdefault(_TOASTS, []).append((sentence, icon))


def show() -> None:
    """Everything that waits to be said. Called once in a run, when all callbacks have spoken."""
    for sentence, icon in st.session_state.pop(_TOASTS, []):
        st.toast(sentence, icon=icon)
    waiting: list[Notice] = st.session_state.get(_KEY, [])
    if not waiting:
        return
    with st.container(key="notices"):
        for notice in waiting:
            st.error(notice.sentence(language.current()), icon=":material/error:")
        st.button(
            say("page.dismiss"),
            key="dismiss",
            icon=":material/close:",
            type="tertiary",
            on_click=clear,
        )
