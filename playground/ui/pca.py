"""The page "PCA from nothing"."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from playground.core.data.csv_reader import read_table
from playground.core.data.table import Table
from playground.core.errors import PlaygroundError
from playground.live.service import service
from playground.ui import language, notices, page_link, stage, state, table_file
from playground.ui.language import say

TABLES = ("iris", "wine", "breast_cancer")
MOST_BY_HAND = 40  # points, as in pca.js
MOST_ROWS, MOST_COLUMNS = 2000, 64  # as in core/linalg/components.py
REACH = 100.0  # of points that are placed by hand

_FILE, _TABLE = "pca_file", "pca_table"


def _points(text: str) -> list[list[float]]:
    """Points of the address: x,y,x,y … in one line."""
    values = page_link.numbers(tuple(range(2, 2 * MOST_BY_HAND + 1, 2)), -REACH, REACH)(text)
    return [values[i : i + 2] for i in range(0, len(values), 2)]


FIELDS = {
    "source": page_link.one_of("hand", *TABLES, "own"),
    "tab": page_link.one_of("plane", "table", "digits"),
    "p": _points,
    "a": page_link.number(0, 180),
    "c": page_link.flag,
    "s": page_link.flag,
    "x": page_link.whole(0, MOST_COLUMNS),
    "y": page_link.whole(0, MOST_COLUMNS),
    "k": page_link.whole(0, MOST_COLUMNS),
    "seed": page_link.whole(0, 99_999),
}


def pca() -> None:
    with stage.page("pca"):
        own = _own_table()
        facts: dict[str, Any] = {"link": page_link.read(FIELDS), "own": None}
        arrays = {}
        if own is not None:
            names, values = own
            facts["own"] = {"file": _filename(), "names": names, "rows": len(values)}
            facts["own"]["key"] = hash(values.tobytes())
            arrays["own"] = values.astype(np.float32)
        stage.mount("pca", facts, arrays=arrays, answer=_answer)


# ---- the visitor's own table ---------------------------------------------------------------------


def _own_table() -> tuple[list[str], np.ndarray] | None:
    """The columns of numbers of the visitor's file: here, or the playground's own."""
    with st.popover(say("pages.pca.own"), icon=":material/upload_file:", key="pca_own"):
        uploaded = table_file.uploader(_FILE)
        try:
            if uploaded is not None:
                st.session_state[_TABLE] = read_table(uploaded.getvalue(), uploaded.name)
            table = _table()
            if table is None:
                return None
            names, values = numbers_of(table)
        except PlaygroundError as error:
            st.error(notices.sentence_of(error.notice()), icon=":material/error:")
            return None
        name = language.plain(table.filename)
        st.caption(
            say("pages.pca.own_read", name=name, rows=len(values), columns=len(names),
                left=table.rows - len(values))
        )  # fmt: skip
        return names, values


def _table() -> Table | None:
    return st.session_state.get(_TABLE) or state.table()


def _filename() -> str:
    table = _table()
    return "" if table is None else table.filename


def numbers_of(table: Table) -> tuple[list[str], np.ndarray]:
    """A table's columns of numbers, and its complete rows (n, d) of them.

    Raises:
        PlaygroundError: it has no column of numbers, or no row without a gap in them.
    """
    columns = [column for column in table.columns if column.kind == "number"]
    columns = [column for column in columns if column.missing < table.rows][:MOST_COLUMNS]
    if not columns:
        raise PlaygroundError("points_no_numbers", filename=table.filename)
    values = np.column_stack([column.values for column in columns]).astype(np.float64)
    values = values[np.isfinite(values).all(axis=1)][:MOST_ROWS]
    if not len(values):
        raise PlaygroundError("table_no_rows_left")
    return [column.name for column in columns], values


# ---- questions -----------------------------------------------------------------------------------


def _answer(params: dict[str, Any]) -> stage.Answer:
    if params.get("of") == "digits":
        return service().request("digits", {"seed": int(params.get("seed", 0))})
    asked: dict[str, Any] = {
        "centre": bool(params.get("centre", True)),
        "scale": bool(params.get("scale", False)),
        "row": int(params.get("row", 0)),
    }
    source = params.get("source")
    if source in TABLES:
        return service().request("components", {**asked, "bundled": source})
    if source == "own":
        table = _table()
        if table is None:
            raise PlaygroundError("points_none")
        names, values = numbers_of(table)
        header, arrays = service().request("components", {**asked, "values": values.tolist()})
        return {**header, "names": names, "classes": []}, arrays
    return service().request("components", {**asked, "values": params.get("values") or []})
