"""The page "Compress a picture by SVD"."""

from __future__ import annotations

from typing import Any

import streamlit as st

from playground.core.photos import MAX_BYTES, SAMPLES
from playground.live.bench_requests import SIZES
from playground.ui import page_link, stage, uploads

FIELDS = {
    "picture": page_link.one_of(*SAMPLES),
    "size": page_link.one_of(*map(str, SIZES)),
    "grey": page_link.flag,
    "k": page_link.whole(0, 2_000),
}
_OWN = "compress_own"
"""The picture of the visitor's own that is shown: no address holds it."""


def compress() -> None:
    facts = {
        "link": page_link.read(FIELDS),
        "own": st.session_state.get(_OWN),
        "photos": list(SAMPLES),
        "sizes": SIZES,
        "megabytes": MAX_BYTES // 2**20,
    }
    with stage.page("compress"):
        stage.mount("compress", facts, answer=_answer)


def _answer(params: dict[str, Any]) -> stage.Answer:
    if "upload" in params:
        return uploads.keep(params["upload"])
    picture = params.get("picture") or {}
    asked = {"picture": picture, "size": params.get("size"), "grey": bool(params.get("grey"))}
    files = {str(picture["file"])} if picture.get("file") else set()
    st.session_state[_OWN] = picture if files else None
    if "k" in params:
        return uploads.ask("rivals", {**asked, "k": params["k"]}, files)
    return uploads.ask("compress", asked, files)
