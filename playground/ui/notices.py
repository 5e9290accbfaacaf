"""What the page has to tell the visitor: sentences that stay until they are read, and toasts."""

from __future__ import annotations

from typing import Any

import streamlit as st

from playground.core.errors import Notice, PlaygroundError
from playground.core.losses import LOSSES
from playground.ui import language
from playground.ui.language import say

_KEY = "notices"
_TOASTS = "toasts"
_MOST = 6


def tell(*notices: Notice) -> None:
    """Puts up what happened; the same thing is not said twice."""
    _put("info", *notices)


def refuse(error: PlaygroundError) -> None:
    """Puts up why something was not done."""
    _put("error", error.notice())


def _put(kind: str, *notices: Notice) -> None:
    waiting: list[tuple[str, Notice]] = st.session_state.setdefault(_KEY, [])
    waiting += [(kind, notice) for notice in notices if (kind, notice) not in waiting]
    del waiting[:-_MOST]


def clear() -> None:
    st.session_state[_KEY] = []


def toast(sentence: str, icon: str = ":material/info:") -> None:
    """Says something in passing, in this run or the next."""
    st.session_state.setdefault(_TOASTS, []).append((sentence, icon))


def show() -> None:
    """Everything that waits to be said. Called once in a run, when all else has spoken."""
    for sentence, icon in st.session_state.pop(_TOASTS, []):
        st.toast(sentence, icon=icon)
    waiting: list[tuple[str, Notice]] = st.session_state.get(_KEY, [])
    if not waiting:
        return
    with st.container(key="notices"):
        for kind, notice in waiting:
            if kind == "error":
                st.error(sentence_of(notice), icon=":material/error:")
            else:
                st.info(sentence_of(notice), icon=":material/info:")
        st.button(
            say("page.dismiss"),
            key="dismiss",
            icon=":material/close:",
            type="tertiary",
            on_click=clear,
        )


def sentence_of(notice: Notice) -> str:
    """The notice in the visitor's language, as Markdown: losses by their names."""
    params = {name: _named(value) for name, value in notice.params.items()}
    return Notice(notice.code, params).sentence(language.current())


def _named(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return language.name_of("losses", value) if value in LOSSES else language.plain(value)
