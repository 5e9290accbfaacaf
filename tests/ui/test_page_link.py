"""The address of a page of its own: what can be read is given, what cannot is taken out, said."""

from __future__ import annotations

import math
from typing import Any

import pytest
import streamlit as st
from hypothesis import given
from hypothesis import strategies as some

from playground.ui import notices, page_link

FIELDS = {
    "m": page_link.numbers((4, 9), -5, 5),
    "n": page_link.whole(1, 9),
    "x": page_link.number(0, 1),
    "tab": page_link.one_of("map", "svd"),
    "grid": page_link.flag,
}


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The address's parameters; nothing has been said yet."""

    class Parameters(dict[str, str]):
        to_dict = dict[str, str].copy

    parameters = Parameters()
    monkeypatch.setattr(st, "query_params", parameters)
    monkeypatch.setattr(st, "session_state", {})
    return parameters


def said() -> list[Any]:
    return [notice.params for _, notice in st.session_state.get(notices._KEY, [])]


def test_what_fits_is_read(address: dict[str, str]) -> None:
    address |= {"m": "1,-2.5,0,5", "n": "3", "x": "0.25", "tab": "svd", "grid": "0", "lang": "zh"}
    assert page_link.read(FIELDS) == {
        "m": [1, -2.5, 0, 5],
        "n": 3,
        "x": 0.25,
        "tab": "svd",
        "grid": False,
    }
    assert said() == []
    assert address["lang"] == "zh"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("m", "1,2,3"),
        ("m", "1,2,3,6"),
        ("m", "1,2,3,nan"),
        ("m", "[[1, 2], [3]]"),
        ("n", "2.5"),
        ("n", "0"),
        ("x", "inf"),
        ("tab", "nonsense"),
        ("grid", "yes"),
        ("other", "1"),
        ("m", "1," * page_link.MOST),
    ],
)
def test_what_does_not_fit_is_taken_out_and_said(
    address: dict[str, str], key: str, text: str
) -> None:
    address[key] = text
    assert page_link.read(FIELDS) == {}
    assert said() == [{"key": key, "value": text[:40]}]
    assert address == {}


@given(some.text(max_size=30))
def test_no_text_is_fatal(text: str) -> None:
    for reader in FIELDS.values():
        try:
            value = reader(text)
        except ValueError:
            continue
        numbers = value if isinstance(value, list) else [value]
        assert all(isinstance(one, str) or math.isfinite(one) for one in numbers)


def test_python_writes_it_too(address: dict[str, str]) -> None:
    page_link.write(m="1,0,0,1", n="3")
    page_link.write(n=None)
    assert address == {"m": "1,0,0,1"}


def test_the_menu_leads_back_to_what_was_left(address: dict[str, str]) -> None:
    assert page_link.kept("plane") is None
    address |= {"m": "1,0,0,1", "lang": "zh"}
    page_link.keep("plane")
    address.clear()
    page_link.keep("descent")
    assert page_link.kept("plane") == {"m": "1,0,0,1"}
    assert page_link.kept("descent") is None
