"""The visitor's own table: the file, a look at it, what to predict and from what."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from playground.core.data.csv_reader import read_table
from playground.core.data.csv_table import usable_inputs
from playground.core.data.model import Schema
from playground.core.data.registry import schema_of
from playground.core.data.table import Column, Table
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data, Experiment, Upload
from playground.ui import forms, language, notices, rating_columns, state, table_file
from playground.ui.language import say

_OPEN = "csv_open"
_FOR = "csv_for"
_FILE = "csv_file"
_READ = "csv_read"
_PREVIEW_ROWS = 5
_PREVIEW_COLUMNS = 12


def open_dialog(name: str) -> None:
    """Callback: the dialog opens in the run that follows.

    Args:
        name: the data set that is made of the table.
    """
    st.session_state[_OPEN] = True
    st.session_state[_FOR] = name
    st.session_state.pop(_READ, None)


def file_line() -> None:
    """Below the tiles, for an experiment that uses the visitor's file."""
    data, schema = state.experiment().data, state.schema()
    problem = state.schema_problem()
    if schema is not None:
        lost = []
        if schema.dropped:
            lost.append(say("data_panel.dropped", count=schema.dropped))
        if schema.imputed:
            lost.append(say("data_panel.imputed", count=schema.imputed))
        if lost:
            st.caption(" ".join(lost))
    elif problem is not None:
        st.warning(notices.sentence_of(problem), icon=":material/upload_file:")
    filename = data.upload.filename if data.upload else ""
    st.button(
        say("data_panel.edit") if schema else say("csv.upload"),
        key="csv_edit",
        icon=":material/table_chart:",
        help=language.plain(filename) or None,
        width="stretch",
        on_click=open_dialog,
        args=(data.name,),
    )


def show_dialog() -> None:
    """Opens the dialog where it was asked for. Called once in a run."""
    if st.session_state.pop(_OPEN, False):
        st.dialog(say("csv.title"), width="large")(_content)()


def _content() -> None:
    upload = state.experiment().data.upload
    if upload is not None and state.table() is None:
        wanted = say("csv.wanted", filename=language.plain(upload.filename))
        st.info(wanted, icon=":material/upload_file:")
    table_file.uploader(_FILE)
    table = _read(upload)
    if table is not None:
        _preview(table)
        if st.session_state.get(_FOR, "csv") == "csv":
            _choices(table)
        else:
            _finish(table, rating_columns.choices(table))


def _read(upload: Upload | None) -> Table | None:
    """The table of the file in the uploader; else the one that is in use."""
    uploaded: UploadedFile | None = st.session_state.get(_FILE)
    if uploaded is None:
        return state.table()
    known = st.session_state.get(_READ)
    if known is not None and known[0] == uploaded.file_id:
        return known[1]
    try:
        table = read_table(uploaded.getvalue(), uploaded.name)
    except PlaygroundError as error:
        st.error(notices.sentence_of(error.notice()), icon=":material/error:")
        return None
    st.session_state[_READ] = (uploaded.file_id, table)
    if upload is not None and state.table() is None and upload.sha256 != table.sha256:
        st.warning(say("csv.another", filename=language.plain(uploaded.name)))
    return table


def _preview(table: Table) -> None:
    st.caption(
        say("csv.read", rows=f"{table.rows:,}", columns=len(table.columns), missing=table.missing)
    )
    columns = table.columns[:_PREVIEW_COLUMNS]
    more = len(table.columns) > len(columns)
    head = "".join(f"<th>{escape(column.name)}<br>{_kind(column)}</th>" for column in columns)
    rows = []
    for row in table.preview(_PREVIEW_ROWS):
        cells = "".join(f"<td>{escape(_short(cell))}</td>" for cell in row[: len(columns)])
        rows.append(f"<tr>{cells}{'<td>…</td>' if more else ''}</tr>")
    title = escape(say("csv.preview", filename=table.filename))
    st.html(
        f'<div class="np-table" tabindex="0" role="region" aria-label="{title}"><table>'
        f"<thead><tr>{head}{'<th>…</th>' if more else ''}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _kind(column: Column) -> str:
    if column.kind == "number":
        kind = say("csv.number")
    else:
        kind = say("csv.text", count=len(column.categories))
    return f'<span class="np-note">{kind}</span>'


def _short(cell: str) -> str:
    if not cell:
        return say("csv.missing_cell")
    return cell if len(cell) <= 24 else f"{cell[:23]}…"


def _choices(table: Table) -> None:
    """Target, its kind, inputs, missing values; and the task that follows from them."""
    present = state.experiment().data
    same = present.upload is not None and present.upload.sha256 == table.sha256
    before = present if same else Data()
    left, right = st.columns(2)
    with left:
        target = _select("target", table.names, before.target or table.names[-1])
        kind = _choice("target_kind", before.target_kind)
    usable = usable_inputs(table, target)
    with right:
        missing = _choice("missing", before.missing)
        chosen = [name for name in before.columns or usable if name in usable]
        columns = st.multiselect(
            forms.words_of(Data, "columns", "label"),
            usable,
            default=chosen or list(usable),
            key=f"csv_columns_{table.sha256[:8]}_{target}",
            help=forms.words_of(Data, "columns", "help"),
        )
    choice = {
        "target": target,
        "target_kind": kind,
        "columns": None if list(columns) == list(usable) else list(columns),
        "missing": missing,
    }
    if not columns:
        choice["columns"] = [target]
    _finish(table, choice)


def _select(name: str, options: tuple[str, ...], value: str) -> str:
    chosen = st.selectbox(
        forms.words_of(Data, name, "label"),
        options,
        index=options.index(value) if value in options else len(options) - 1,
        key=f"csv_{name}",
        help=forms.words_of(Data, name, "help"),
    )
    return chosen or options[-1]


def _choice(name: str, value: str) -> str:
    options = forms.choices_of(Data, name)
    return st.selectbox(
        forms.words_of(Data, name, "label"),
        list(options),
        index=list(options).index(value),
        format_func=options.__getitem__,
        key=f"csv_{name}",
        help=forms.words_of(Data, name, "help"),
    )


def _facts(schema: Schema) -> list[str]:
    """What will be learned, and from how much."""
    if schema.kind == "ratings":
        return [rating_columns.facts(schema)]
    return [
        say(f"data_panel.task_{schema.task}", classes=len(schema.class_names)),
        say("data_panel.columns", inputs=len(schema.columns), rows=f"{schema.samples:,}"),
    ]


def _finish(table: Table, choice: dict[str, Any]) -> None:
    """Says what will be learned, or why nothing can be, and takes the table."""
    upload = Upload(filename=table.filename[:200], sha256=table.sha256)
    name, problem = st.session_state.get(_FOR, "csv"), None
    try:
        wanted = {"name": name, "upload": upload.model_dump(), **choice}
        schema = schema_of(Experiment().with_changes({"data": wanted}).data, table)
        facts = _facts(schema)
        lost = [
            say(f"data_panel.{name}", count=count)
            for name, count in (("dropped", schema.dropped), ("imputed", schema.imputed))
            if count
        ]
        st.caption(" ".join([say("csv.task", task=" · ".join(facts)), *lost]))
    except PlaygroundError as error:
        problem = error
        st.error(notices.sentence_of(error.notice()), icon=":material/error:")
    used = st.button(
        say("csv.use"),
        key="csv_use",
        type="primary",
        icon=":material/check:",
        disabled=problem is not None,
    )
    if used:
        state.choose_own(name, table, choice)
        st.rerun()
