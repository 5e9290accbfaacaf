"""The visitor's own pictures: a zip or a folder, a look at what was read, what was left out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from playground.core.data.pictures.album import ALBUM_LIMITS, Album
from playground.core.data.pictures.archive import ENDINGS, packed
from playground.core.errors import Notice, PlaygroundError
from playground.live.service import service
from playground.ui import language, notices, sheet, state
from playground.ui.language import say

_OPEN = "album_open"
_ZIP = "album_zip"
_FOLDER = "album_folder"
_READ = "album_read"
PATIENCE = 120.0  # s
_TICK = 0.2
_COLUMNS = 14
_MEGA = 2**20


def album() -> Album | None:
    """The visitor's own pictures, where some were brought in this session."""
    own = state.brought()
    return own if isinstance(own, Album) else None


def open_dialog() -> None:
    """Callback: the dialog opens in the run that follows."""
    st.session_state[_OPEN] = True
    st.session_state.pop(_READ, None)


def show_dialog() -> None:
    """Opens the dialog where it was asked for. Called once in a run."""
    if st.session_state.pop(_OPEN, False):
        st.dialog(say("album.title"), width="large")(_content)()


def _content() -> None:
    upload = state.experiment().data.upload
    wanted = state.experiment().data.name == "album" and album() is None
    if wanted and upload is not None:
        filename = language.plain(upload.filename)
        st.info(say("album.wanted", filename=filename), icon=":material/upload_file:")
    st.markdown(say("album.how"))
    left, right = st.columns(2)
    limit = ALBUM_LIMITS.file_bytes // _MEGA
    help_text = say(
        "album.upload_help",
        megabytes=limit,
        pictures=f"{ALBUM_LIMITS.pictures:,}",
        classes=ALBUM_LIMITS.classes,
        side=ALBUM_LIMITS.side,
    )
    with left:
        st.file_uploader(
            say("album.zip"), type=["zip"], key=_ZIP, help=help_text, max_upload_size=limit
        )
    with right:
        st.file_uploader(
            say("album.folder"),
            type=sorted(ending[1:] for ending in ENDINGS),
            key=_FOLDER,
            accept_multiple_files="directory",
            help=help_text,
            max_upload_size=limit,
        )
    try:
        found = _found()
    except PlaygroundError as error:
        st.error(notices.sentence_of(error.notice()), icon=":material/error:")
        return
    if found is None:
        return
    read, left_out = found
    same = upload is not None and upload.sha256 == read.sha256
    if wanted and upload is not None and not same:
        st.warning(say("album.another", filename=language.plain(read.filename)))
    _told(read, left_out)
    if st.button(say("album.use"), key="album_use", type="primary", icon=":material/check:"):
        if wanted and same:
            state.keep_own(read)
        else:
            state.choose_own("album", read, {"pictures": {"classes": []}})
        st.rerun()


def _found() -> tuple[Album, dict[str, Any]] | None:
    """What is in the uploaders; else what is in use.

    Raises:
        PlaygroundError: it cannot be read.
    """
    files: Sequence[UploadedFile] = st.session_state.get(_FOLDER) or ()
    zipped: UploadedFile | None = st.session_state.get(_ZIP)
    if zipped is None and not files:
        present = album()
        return None if present is None else (present, {})
    chosen = [zipped] if zipped is not None else list(files)
    key = hashlib.sha256("".join(one.file_id for one in chosen).encode()).hexdigest()
    known = st.session_state.get(_READ)
    if known is None or known.key != key:
        known = st.session_state[_READ] = _read(key, zipped, files)
    if known.album is None:
        raise PlaygroundError(known.notice.code, **known.notice.params)
    return known.album, known.left_out


@dataclass(frozen=True)
class _Known:
    """What came of the files in the uploaders; what went wrong is not tried again."""

    key: str
    album: Album | None = None
    left_out: dict[str, Any] = field(default_factory=dict)
    notice: Notice = field(default_factory=lambda: Notice("album_empty"))


def _read(key: str, zipped: UploadedFile | None, files: Sequence[UploadedFile]) -> _Known:
    """Has a worker read the files."""
    try:
        if zipped is not None:
            _check(zipped.size)
            return _Known(key, *_asked(zipped.name, zipped.getvalue()))
        _check(sum(one.size for one in files))
        inside = [(one.name.lstrip("./"), one.getvalue()) for one in files]
        return _Known(key, *_asked(inside[0][0].split("/")[0], packed(inside)))
    except PlaygroundError as error:
        return _Known(key, notice=error.notice())


def _check(size: int) -> None:
    if size > ALBUM_LIMITS.file_bytes:
        raise PlaygroundError(
            "album_bytes", size=f"{size / _MEGA:.0f}", limit=ALBUM_LIMITS.file_bytes // _MEGA
        )


def _asked(filename: str, content: bytes) -> tuple[Album, dict[str, Any]]:
    encoded = base64.b64encode(content).decode()
    task = service().begin("album", {"filename": filename[:200], "content": encoded})
    bar = st.progress(0.0, say("album.reading"))
    waited = 0.0
    while not task.wait(_TICK):
        waited += _TICK
        if waited > PATIENCE:
            task.cancel()
            raise PlaygroundError("worker_silent")
        total = task.progress.get("total")
        if total:
            bar.progress(task.progress["done"] / total, say("album.reading"))
    bar.empty()
    if task.answer is None:
        assert task.notice is not None
        raise PlaygroundError(task.notice.code, **task.notice.params)
    header, arrays = task.answer
    names = tuple(header["class_names"])
    made = Album(header["filename"], names, arrays["pictures"], arrays["labels"].astype("int64"))
    made.check()
    return made, header


def _told(read: Album, left_out: dict[str, Any]) -> None:
    """What was read, what was not, and a look at it."""
    side = read.pictures.shape[2]
    st.caption(say("album.read", count=f"{len(read):,}", classes=len(read.class_names), side=side))
    broken, others = left_out.get("broken", 0), left_out.get("others", 0)
    if broken:
        lines = [say("album.broken", count=broken)]
        for name, notice in left_out["reasons"]:
            reason = notices.sentence_of(Notice(notice["code"], notice["params"]))
            lines.append(f"- **{language.plain(name)}**: {reason}")
        more = broken - len(left_out["reasons"])
        if more:
            lines.append(f"- {say('album.more', count=more)}")
        st.warning("\n".join(lines), icon=":material/broken_image:")
    if others:
        st.caption(say("album.others", count=others))
    counts = read.counts
    if min(counts) * 4 < max(counts):
        names = read.class_names
        rare, often = names[counts.index(min(counts))], names[counts.index(max(counts))]
        st.caption(
            say(
                "album.unbalanced",
                rare=language.plain(rare),
                few=min(counts),
                often=language.plain(often),
                many=max(counts),
            )
        )
    st.html(sheet.picture(read.pictures, read.labels, read.class_names, columns=_COLUMNS))
