"""The guide: what this is, how to read each picture, keyboard, limits, licences."""

import streamlit as st

from playground.ui import language, state


def guide() -> None:
    state.leave_playground()
    with st.container(key="guide"):
        for part in language.section("guide").values():
            st.markdown(part)
