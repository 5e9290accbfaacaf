"""The uploader of a table, as the playground and the page on PCA have it."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from playground.core.data.table import LIMITS
from playground.ui.language import say


def uploader(key: str) -> UploadedFile | None:
    """The uploader, with its limits said; what was given to it."""
    return st.file_uploader(
        say("csv.upload"),
        type=["csv", "tsv", "txt"],
        key=key,
        max_upload_size=LIMITS.file_bytes // 1024**2,
        help=say(
            "csv.upload_help",
            megabytes=LIMITS.file_bytes // 1024**2,
            rows=f"{LIMITS.rows:,}",
            columns=LIMITS.columns,
        ),
    )
