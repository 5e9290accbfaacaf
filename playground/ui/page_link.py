"""The state of a page of its own, which lives in the page's address.

The address is the truth: what it says is read at every run of the page, and what cannot be read
is taken out of it with a sentence. The script of the page writes it without a run of the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from playground.core.errors import Notice
from playground.ui import notices
from playground.ui.language import PARAMETER
from playground.ui.state import OF

Reader = Callable[[str], Any]
"""Makes a value of a parameter's text; a ValueError where that cannot be."""

MOST = 8000  # characters of one parameter
_KEPT = "page_links"


def read(fields: Mapping[str, Reader]) -> dict[str, Any]:
    """The parameters of the address that say something, each as its reader makes it."""
    found: dict[str, Any] = {}
    for key, text in st.query_params.to_dict().items():
        if key in (PARAMETER, OF):
            continue
        try:
            if len(text) > MOST:
                raise ValueError(len(text))
            found[key] = fields[key](text)
        except (KeyError, ValueError):
            notices.tell(Notice("link_ignored", {"key": key[:40], "value": text[:40]}))
            del st.query_params[key]
    return found


def keep(name: str) -> None:
    """Remembers what the address of a page says, so that the menu leads back to it as it was."""
    kept: dict[str, dict[str, str]] = st.session_state.setdefault(_KEPT, {})
    query = st.query_params.to_dict()
    kept[name] = {key: text for key, text in query.items() if key != PARAMETER}


def kept(name: str) -> dict[str, str] | None:
    """What the address of a page said when it was last seen; None where that is nothing."""
    return st.session_state.get(_KEPT, {}).get(name) or None


def write(**texts: str | None) -> None:
    """Puts parameters into the address, from Python; None takes one out."""
    for key, text in texts.items():
        if text is None:
            st.query_params.pop(key, None)
        elif st.query_params.get(key) != text:
            st.query_params[key] = text


def number(low: float, high: float) -> Reader:
    """One finite number within bounds."""

    def reader(text: str) -> float:
        value = float(text)
        if not (math.isfinite(value) and low <= value <= high):
            raise ValueError(text)
        return value

    return reader


def whole(low: int, high: int) -> Reader:
    """One whole number within bounds."""
    within = number(low, high)
    return lambda text: int(within(str(int(text))))


def numbers(count: int | tuple[int, ...], low: float, high: float) -> Reader:
    """Numbers parted by commas: `count` of them, or one of several counts."""
    counts = (count,) if isinstance(count, int) else count
    one = number(low, high)

    def reader(text: str) -> list[float]:
        values = [one(part) for part in text.split(",")]
        if len(values) not in counts:
            raise ValueError(text)
        return values

    return reader


def one_of(*choices: str) -> Reader:
    """One of several words."""

    def reader(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return reader


def flag(text: str) -> bool:
    """On or off: "1" or "0"."""
    if text not in ("0", "1"):
        raise ValueError(text)
    return text == "1"
