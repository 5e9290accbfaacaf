"""Taking an experiment along and bringing one in: link, JSON file, proposed settings."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from playground.core.data.table import Table
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment, experiment_from
from playground.core.link import encode
from playground.ui import language, notices, state
from playground.ui.language import say

_UPLOAD = "experiment_file"
EMBEDDED_BYTES = 1024 * 1024
"""Largest table that an experiment's file carries along."""


def sharing() -> None:
    experiment = state.experiment()
    st.button(
        say("share.propose"),
        key="propose",
        icon=":material/auto_fix_high:",
        help=say("share.propose_help"),
        width="stretch",
        on_click=state.propose,
    )
    st.button(
        say("share.tfplayground"),
        key="tfplayground",
        icon=":material/history:",
        help=say("share.tfplayground_help"),
        width="stretch",
        on_click=state.tfplayground,
    )
    st.download_button(
        say("share.download"),
        data=lambda: to_file(state.experiment(), state.table()),
        file_name=f"{experiment.data.name}.json",
        mime="application/json",
        key="download",
        icon=":material/download:",
        help=say("share.download_help"),
        width="stretch",
        on_click="ignore",
    )
    st.file_uploader(
        say("share.upload"),
        type="json",
        key=_UPLOAD,
        help=say("share.upload_help"),
        on_change=_open,
    )
    st.caption(say("share.link_help"))
    st.code(_address(), language=None, wrap_lines=True)


def _address() -> str:
    base = (st.context.url or "").split("?")[0]
    query = urlencode(encode(state.experiment()) | language.by_hand())
    return f"{base}?{query}" if query else base


def _open() -> None:
    """Takes an experiment out of the uploaded file; what cannot be read changes nothing."""
    uploaded: UploadedFile | None = st.session_state[_UPLOAD]
    if uploaded is None:
        return
    try:
        experiment, table = from_file(uploaded.getvalue())
    except PlaygroundError as error:
        notices.refuse(error)
        return
    if table is not None:
        state.keep_table(table)
    state.adopt(experiment)
    notices.toast(say("share.opened", filename=uploaded.name), ":material/check:")


def to_file(experiment: Experiment, table: Table | None) -> str:
    """The experiment's JSON, with the visitor's table where it is small enough."""
    content = experiment.model_dump(mode="json")
    if table is not None and experiment.data.name == "csv":
        embedded = table.to_dict()
        if len(json.dumps(embedded)) <= EMBEDDED_BYTES:
            content["table"] = embedded
    return json.dumps(content, indent=2, ensure_ascii=False)


def from_file(text: bytes) -> tuple[Experiment, Table | None]:
    """What `to_file` wrote, or the bare JSON of an experiment.

    Raises:
        PlaygroundError: it is neither.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlaygroundError("experiment_not_json") from error
    if not isinstance(content, dict):
        raise PlaygroundError("experiment_not_json")
    embedded = content.pop("table", None)
    return experiment_from(content), Table.from_dict(embedded) if embedded is not None else None
