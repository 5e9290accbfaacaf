"""Files that the scripts of the pages send: kept with the session, brought to a worker once."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

import streamlit as st

from playground.core.errors import PlaygroundError
from playground.core.photos import FORMATS, MAX_BYTES
from playground.live.service import service
from playground.ui.stage import Answer

_KEY = "bench_files"
_MOST = 4
PATIENCE = 60.0  # s for a request that is worked on in steps


def keep(upload: Mapping[str, Any]) -> Answer:
    """Keeps a file of the visitor's: {"filename", "content" in base64}.

    Returns:
        header: {"file": its hash, "filename"}.

    Raises:
        PlaygroundError: it is too large, or did not come whole.
    """
    content = str(upload.get("content", ""))
    if len(content) * 3 // 4 > MAX_BYTES:
        size = f"{len(content) * 3 / 4 / 2**20:.1f}"
        raise PlaygroundError("photo_bytes", size=size, limit=MAX_BYTES // 2**20)
    try:
        decoded = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PlaygroundError("photo_unreadable", formats=", ".join(FORMATS)) from error
    name = hashlib.sha256(decoded).hexdigest()[:32]
    files = st.session_state.setdefault(_KEY, {})
    files[name] = content
    while len(files) > _MOST:
        files.pop(next(iter(files)))
    return {"file": name, "filename": str(upload.get("filename", ""))[:120]}, {}


def ask(name: str, params: dict[str, Any], files: set[str]) -> Answer:
    """Asks a worker for what it works on in steps; what it lacks of these files comes along then.

    Args:
        files: hashes.

    Raises:
        PlaygroundError: what the worker refused.
    """
    try:
        return _in_steps(name, params)
    except PlaygroundError as error:
        kept = st.session_state.get(_KEY, {})
        if error.code != "file_needed" or not files <= kept.keys():
            raise
        return _in_steps(name, {**params, "files": {key: kept[key] for key in files}})


def _in_steps(name: str, params: dict[str, Any]) -> Answer:
    task = service().begin(name, params)
    if not task.wait(PATIENCE):
        task.cancel()
        raise PlaygroundError("worker_silent")
    if task.answer is None:
        assert task.notice is not None
        raise PlaygroundError(task.notice.code, **task.notice.params)
    return task.answer
