"""The visitor's own text: the file, how it begins, and the button that takes it."""

from __future__ import annotations

from html import escape

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from playground.core.data.sequences.text_file import LIMITS, TextFile, read_text
from playground.core.errors import PlaygroundError
from playground.ui import language, notices, state
from playground.ui.language import say

NAME = "own_text"
_OPEN = "text_open"
_FILE = "text_file"
_READ = "text_read"
_PREVIEW = 400  # characters


def open_dialog() -> None:
    """Callback: the dialog opens in the run that follows."""
    st.session_state[_OPEN] = True
    st.session_state.pop(_READ, None)


def file_line() -> None:
    """Below the tiles, for an experiment that uses the visitor's text."""
    data, problem = state.experiment().data, state.schema_problem()
    if problem is not None:
        st.warning(notices.sentence_of(problem), icon=":material/upload_file:")
    filename = data.upload.filename if data.upload else ""
    st.button(
        say("text_file.choose"),
        key="text_edit",
        icon=":material/description:",
        help=language.plain(filename) or None,
        width="stretch",
        on_click=open_dialog,
    )


def show_dialog() -> None:
    """Opens the dialog where it was asked for. Called once in a run."""
    if st.session_state.pop(_OPEN, False):
        st.dialog(say("text_file.title"), width="large")(_content)()


def _content() -> None:
    data = state.experiment().data
    wanted = data.upload if data.name == NAME else None
    if wanted is not None and not isinstance(state.brought(), TextFile):
        st.info(
            say("text_file.wanted", filename=language.plain(wanted.filename)),
            icon=":material/upload_file:",
        )
    st.file_uploader(
        say("text_file.upload"),
        type=["txt", "md", "text"],
        key=_FILE,
        help=say("text_file.upload_help", megabytes=LIMITS.file_bytes // 1024**2),
    )
    text = _read()
    if text is None:
        return
    if wanted is not None and wanted.sha256 != text.sha256:
        st.warning(say("text_file.another", filename=language.plain(text.filename)))
    st.caption(
        say(
            "text_file.read",
            characters=f"{len(text.text):,}",
            different=f"{len(set(text.text)):,}",
        )
    )
    title = escape(say("text_file.preview"))
    st.html(
        f'<div class="np-table np-text-preview" tabindex="0" role="region" aria-label="{title}">'
        f"<pre>{escape(text.text[:_PREVIEW])}</pre></div>"
    )
    if st.button(say("text_file.use"), key="text_use", type="primary", icon=":material/check:"):
        try:
            state.choose_own(NAME, text, {})
        except PlaygroundError as error:
            st.error(notices.sentence_of(error.notice()), icon=":material/error:")
            return
        st.rerun()


def _read() -> TextFile | None:
    """The text of the file in the uploader; else the one that is in use."""
    uploaded: UploadedFile | None = st.session_state.get(_FILE)
    if uploaded is None:
        present = state.brought()
        return present if isinstance(present, TextFile) else None
    known = st.session_state.get(_READ)
    if known is not None and known[0] == uploaded.file_id:
        return known[1]
    try:
        text = read_text(uploaded.getvalue(), uploaded.name)
    except PlaygroundError as error:
        st.error(notices.sentence_of(error.notice()), icon=":material/error:")
        return None
    st.session_state[_READ] = (uploaded.file_id, text)
    return text
