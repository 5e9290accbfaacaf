"""Tensors and pictures by way of their pages' Python: what scripts ask, files, sentences."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
import streamlit as st
from PIL import Image

from playground.core.errors import PlaygroundError
from playground.core.photos import sample_photo
from playground.ui import compress, tensors, uploads
from tests.ui.test_stages import shown
from tests.ui.visits import ROOT, Visit, checked

TYPED = {"kind": "typed", "text": "[[1, 2], [3, 4]]"}


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The state of a session, in Chinese."""
    state: dict[str, Any] = {"language": "zh"}
    monkeypatch.setattr(st, "session_state", state)
    return state


def test_a_misfit_is_told_in_the_visitors_language(session: dict[str, Any]) -> None:
    header, _ = tensors._answer(
        {"a": TYPED, "b": {"kind": "typed", "text": "[1, 2, 3]"}, "operation": "add"}
    )
    assert "广播" in header["problem"]["sentence"]
    header, _ = tensors._answer({"a": {"kind": "typed", "text": "[[1, 2], [3]]"}, "operation": "x"})
    assert header["problem"]["where"] == "A"
    assert "这不是张量" in header["problem"]["sentence"]


def test_a_file_is_kept_and_brought_where_it_lacks(session: dict[str, Any]) -> None:
    kept = io.BytesIO()
    Image.fromarray(sample_photo("flower")[100:160, :90]).save(kept, "PNG")
    content = base64.b64encode(kept.getvalue()).decode()
    header, _ = uploads.keep({"filename": "own.png", "content": content})
    picture = {"file": header["file"], "filename": header["filename"]}
    found, arrays = tensors._answer(
        {"a": {"kind": "picture", **picture}, "b": {}, "operation": "permute",
         "settings": {"order": "2, 0, 1"}}
    )  # fmt: skip
    assert found["tensors"]["C"]["shape"] == [3, 60, 90]
    assert (arrays["A/picture"] == sample_photo("flower")[100:160, :90]).all()
    found, _ = compress._answer({"picture": picture, "size": 640, "grey": False})
    assert found["rows"] == 60 and found["terms"] == 60
    found, _ = compress._answer({"picture": picture, "size": 640, "grey": False, "k": 4})
    assert found["rivals"]["svd"]["rank"] == 4
    assert session["compress_own"] == picture, "another language shows it again"
    compress._answer({"picture": {"name": "china"}, "size": 320})
    assert session["compress_own"] is None


@pytest.mark.parametrize(
    ("upload", "code"),
    [
        ({"filename": "x", "content": "no base64!"}, "photo_unreadable"),
        ({"filename": "x", "content": "A" * (12 * 2**20)}, "photo_bytes"),
    ],
)
def test_a_file_that_cannot_be_kept(session: dict[str, Any], upload: dict, code: str) -> None:
    with pytest.raises(PlaygroundError) as caught:
        uploads.keep(upload)
    assert caught.value.code == code
    for name in range(9):
        one = base64.b64encode(str(name).encode()).decode()
        uploads.keep({"filename": "x", "content": one})
    assert len(session["bench_files"]) == 4


def test_a_file_that_was_left_behind(session: dict[str, Any]) -> None:
    for answer, params in (
        (tensors._answer, {"a": {"kind": "picture", "file": "gone", "filename": "g.png"},
                           "operation": "transpose"}),
        (compress._answer, {"picture": {"file": "gone", "filename": "g.png"}, "size": 320}),
    ):  # fmt: skip
        with pytest.raises(PlaygroundError) as caught:
            answer(params)
        assert "g.png" in caught.value.sentence("en")


def test_links_of_both_pages(open_page: Visit) -> None:
    page = open_page()
    page.query_params["a"] = '{"kind": "typed", "text": "5"}'
    page.query_params["op"] = "norm"
    page.query_params["s"] = "[1]"
    checked(page.switch_page(str(ROOT / "pages" / "tensors.py")).run())
    told = shown(page)[0]["facts"]
    assert told["link"] == {"a": {"kind": "typed", "text": "5"}, "op": "norm"}
    assert "tables" in told
    assert len(page.info) == 1, "what is no object is said"
    page = open_page(lang="zh")
    page.query_params["k"] = "7"
    page.query_params["picture"] = "flower"
    checked(page.switch_page(str(ROOT / "pages" / "compress.py")).run())
    assert shown(page)[0]["facts"]["link"] == {"k": 7, "picture": "flower"}
