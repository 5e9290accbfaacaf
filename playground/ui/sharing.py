"""Taking an experiment along and bringing one in: link, JSON file, proposed settings."""

from __future__ import annotations

from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from playground.core.document import read_document, write_document
from playground.core.errors import PlaygroundError
from playground.core.tfplayground import SITE
from playground.ui import language, lesson_editor, notices, state
from playground.ui.language import say

_UPLOAD = "experiment_file"
_PASTED = "tfplayground_link"


def sharing() -> None:
    if not state.restricted():
        _bring_in()
    _take_along()
    lesson_editor.editor()


def _bring_in() -> None:
    """Other experiments in the place of this one. A lesson that locks something offers none."""
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
    st.text_input(
        say("share.paste"),
        key=_PASTED,
        placeholder=f"http://{SITE}/#…",
        help=say("share.paste_help"),
        icon=":material/content_paste:",
        on_change=_replay,
    )
    st.file_uploader(
        say("share.upload"),
        type="json",
        key=_UPLOAD,
        help=say("share.upload_help"),
        on_change=_open,
    )


def _take_along() -> None:
    experiment = state.experiment()
    st.download_button(
        say("share.download"),
        # Called when somebody clicks, outside of any script run: it can ask nothing of the session.
        data=partial(write_document, experiment, state.brought()),
        file_name=f"{experiment.data.name}.json",
        mime="application/json",
        key="download",
        icon=":material/download:",
        help=say("share.download_help"),
        width="stretch",
        on_click="ignore",
    )
    st.caption(say("share.link_help"))
    st.code(state.address(state.lesson()), language=None, wrap_lines=True)


def _replay() -> None:
    """The experiment of the pasted link; what is none changes nothing, and stays to be mended."""
    link = st.session_state[_PASTED]
    if link and state.replay(link):
        st.session_state[_PASTED] = ""
        notices.toast(say("share.replayed"), ":material/check:")


def _open() -> None:
    """Takes an experiment out of the uploaded file; what cannot be read changes nothing."""
    uploaded: UploadedFile | None = st.session_state[_UPLOAD]
    if uploaded is None:
        return
    try:
        experiment, own = read_document(uploaded.getvalue())
    except PlaygroundError as error:
        notices.refuse(error)
        return
    if own is not None:
        state.keep_own(own)
    state.adopt(experiment)
    opened = say("share.opened", filename=language.plain(uploaded.name))
    notices.toast(opened, ":material/check:")
