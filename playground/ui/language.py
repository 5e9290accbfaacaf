"""The visitor's language: the browser's choice first, the visitor's own when made by hand."""

import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, TypeVar

import streamlit as st

from playground import words

NAMES = {"en": "en", "zh": "中"}
TAGS = {"en": "en", "zh": "zh-CN"}
"""What the page calls its language, for screen readers and fonts."""
WIDGET_PREFIX = "set_"
"""What the keys of all widgets begin with that hold a setting of the experiment."""

PARAMETER = "lang"
"""The query parameter of a language that was chosen by hand."""

_KEY = "language"
_BY_HAND = "language_by_hand"

Made = TypeVar("Made")


def choose() -> str:
    """Settles the language of this run and returns it. Called once, before anything is shown."""
    wanted = st.query_params.get(PARAMETER)
    if st.session_state.get(_BY_HAND) is None and wanted in words.LANGUAGES:
        st.session_state[_BY_HAND] = wanted
    language = st.session_state.get(_BY_HAND) or _of_browser()
    st.session_state[_KEY] = language
    return language


def current() -> str:
    return st.session_state.get(_KEY, "en")


def once_each(made: Callable[[], Made]) -> Callable[[], Made]:
    """A function whose answer follows from the language alone: it is asked once for each.

    All visitors of a language share the answer, so nobody may change it.
    """
    kept: dict[str, Made] = {}

    @wraps(made)
    def answer() -> Made:
        language = current()
        if language not in kept:
            kept[language] = made()
        return kept[language]

    return answer


def by_hand() -> dict[str, str]:
    """The language as query parameter, where the visitor chose it."""
    chosen = st.session_state.get(_BY_HAND)
    return {PARAMETER: chosen} if chosen else {}


def switch(language: str) -> None:
    """Callback: the visitor chose a language by hand.

    A browser names the choices of a widget by their words. Widgets that held a choice in the old
    language forget it, and are given it again from the experiment.
    """
    st.session_state[_BY_HAND] = language
    st.query_params[PARAMETER] = language
    for key in [key for key in st.session_state if str(key).startswith(WIDGET_PREFIX)]:
        del st.session_state[key]


def say(key: str, /, **params: object) -> str:
    """The sentence at `key` in the visitor's language."""
    return words.text(current(), key, **params)


def plain(text: str) -> str:
    """A text from outside, which Markdown is to show as it is.

    A link or a table could else bring a picture along, which the browser fetches from elsewhere.
    """
    return re.sub(r"([\\`*_\[\]<>$~|&])", r"\\\1", text)


def name_of(table: str, key: str) -> str:
    """The name of something registered: `name_of("losses", "mse")`."""
    return say(f"{table}.{key}.name")


def help_of(table: str, key: str) -> str:
    return say(f"{table}.{key}.help")


def names_of(table: str, keys: Iterable[str]) -> dict[str, str]:
    """Keys of what is registered, each with its name."""
    return {key: name_of(table, key) for key in keys}


def class_name(name: str) -> str:
    """What a class of the data is called; its own name where that is the same everywhere."""
    return str(section("classes").get(name, name))


def section(key: str) -> dict[str, Any]:
    return words.section(current(), key)


def _of_browser() -> str:
    locale = st.context.locale or "en"
    return "zh" if locale.lower().startswith("zh") else "en"
