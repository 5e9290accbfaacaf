"""The playground on one screen: controls, settings, data, stack, network, map, curves."""

from __future__ import annotations

import streamlit as st

from playground.core.errors import PlaygroundError
from playground.live.handle import RunHandle
from playground.ui import (
    album_dialog,
    csv_dialog,
    live_line,
    live_view,
    notices,
    state,
    text_dialog,
)
from playground.ui.data_panel import data_panel
from playground.ui.gallery import preset_note
from playground.ui.lesson_panel import lesson_panel
from playground.ui.settings_row import settings_row
from playground.ui.stack_editor import stack_editor


def playground_page() -> None:
    state.follow_address()
    run = _run()
    with st.container(key="playground"):
        _part("bar", run)
        with st.container(key="settings_area"):
            settings_row()
        with st.container(key="left"):
            data_panel()
        with st.container(key="centre"):
            lesson_panel(run)
            preset_note()
            stack_editor()
            _part("network", run)
            _part("analysis", run)
        with st.container(key="right"):
            with st.container(key="part_map"):
                if run is not None:
                    live_view.output(run)
            _part("curves", run)
    if run is not None:
        live_line.pipe(run)
    csv_dialog.show_dialog()
    album_dialog.show_dialog()
    text_dialog.show_dialog()
    state.write_link()


def _run() -> RunHandle | None:
    """The session's run, following the experiment; None where there can be none."""
    if state.schema() is None:
        live_view.rest()  # a table is awaited
        return None
    try:
        run = live_view.handle()
        live_view.follow(run, state.experiment())
    except PlaygroundError as error:
        notices.refuse(error)
        return None
    return run


def _part(name: str, run: RunHandle | None) -> None:
    with st.container(key=f"part_{name}"):
        if run is not None:
            live_view.mount(name, run)
