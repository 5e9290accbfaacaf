"""The left column of pictures: which ones, how they are drawn, what is done to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import streamlit as st

from playground.core.data.model import Schema
from playground.core.data.pictures import openml
from playground.core.data.pictures.drawn import KINDS
from playground.core.data.pictures.form import ALTERING
from playground.core.data.pictures.sets import LOOKS, OFFERED
from playground.core.data.registry import DATASETS
from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Data
from playground.core.photos import SAMPLES
from playground.live.service import service
from playground.ui import (
    album_dialog,
    fetching,
    forms,
    language,
    notices,
    pictures,
    sample,
    sheet,
    state,
)
from playground.ui.language import say
from playground.ui.panels import transfer

COLUMNS = 8
STEPS = ("side", "channels", "scale", "normalize")
_DIGITS = tuple(str(digit) for digit in range(10))
_TICK = 0.5
_WANTED = "fetch_wanted"


def controls(data: Data, schema: Schema) -> None:
    """How the set is made, split and prepared."""
    _look(data, schema)
    offered = OFFERED.get(data.name, ())
    if "classes" in offered:
        _classes(data)
    knobs = DATASETS[data.name].knobs
    if "samples" in knobs:
        forms.setting(data, "samples", "data.samples", label=say("pictures.samples"))
    if "noise" in knobs:
        forms.setting(data, "noise", "data.noise")
    for name in ("most", "cut"):
        if name in offered:
            _setting(data, name)
    forms.setting(data, "train_percent", "data.train_percent")
    if "samples" in knobs or "most" in offered:
        sample.fresh()
    if set(LOOKS) <= set(offered):
        _group(data, "drawing", ":material/palette:", LOOKS)
    _group(data, "steps", ":material/tune:", STEPS)
    _group(data, "augment", ":material/shuffle:", ALTERING)
    transfer.controls(data)


def _group(data: Data, key: str, icon: str, names: Sequence[str]) -> None:
    """Settings that belong together, behind a button that says how many were changed."""
    shown = [name for name in names if not state.hidden(f"data.pictures.{name}")]
    if not shown:
        return
    plain = type(data.pictures)()
    changed = sum(getattr(data.pictures, name) != getattr(plain, name) for name in shown)
    label = TITLES[key]()
    with st.popover(
        f"{label} · {changed}" if changed else label,
        key=f"pictures_{key}",
        icon=icon,
        width="stretch",
    ):
        st.caption(HELPS[key]())
        for name in shown:
            _setting(data, name)


TITLES = {
    "drawing": lambda: say("pictures.drawing"),
    "steps": lambda: say("pictures.steps"),
    "augment": lambda: say("pictures.augment"),
}
HELPS = {
    "drawing": lambda: say("pictures.drawing_help"),
    "steps": lambda: say("pictures.steps_help"),
    "augment": lambda: say("pictures.augment_help"),
}


def first(data: Data) -> None:
    """What stands above all else: the visitor's file, or the set that is to be fetched."""
    if data.name == "album":
        _album_line()
    wanted = st.session_state.get(_WANTED)
    for name in openml.SOURCES:
        if name in (data.name, wanted) and not openml.is_here(name):
            fetch_line(name)


def choose(name: str) -> None:
    """Callback: a set's tile. What is not here yet is offered to be fetched."""
    missing = name in openml.SOURCES and not openml.is_here(name)
    st.session_state[_WANTED] = name if missing else None
    if name == "album":
        album_dialog.open_dialog()
    elif not missing:
        state.choose_data(name)


def _setting(data: Data, name: str) -> None:
    forms.setting(data.pictures, name, f"data.pictures.{name}")


# ---- a look at the set -------------------------------------------------------------------------


def _look(data: Data, schema: Schema) -> None:
    """A few pictures of each class."""
    album = album_dialog.album()
    if data.name == "album" and album is not None:
        labels, names = album.labels, album.class_names
        wanted = data.pictures.classes or names
        left = np.isin(labels, [place for place, name in enumerate(names) if name in wanted])
        st.html(sheet.picture(album.pictures, np.where(left, labels, -1), names, columns=COLUMNS))
        return
    try:
        some, labels = _sheet(_asked(data))
    except PlaygroundError:
        return
    st.html(sheet.picture(some, labels, schema.class_names, columns=COLUMNS))


def _asked(data: Data) -> str:
    """The settings that decide what the pictures look like, as JSON."""
    content = data.model_dump(mode="json")
    for name in (*STEPS, *ALTERING):
        content["pictures"].pop(name)
    kept = {name: content[name] for name in ("name", "samples", "noise", "pictures")}
    return json.dumps(kept)


@lru_cache(maxsize=32)
def _sheet(data: str) -> tuple[np.ndarray, np.ndarray]:
    _, arrays = service().request("picture_sheet", {"data": data, "columns": COLUMNS})
    return arrays["pictures"], arrays["labels"]


# ---- which classes -----------------------------------------------------------------------------


def class_names(data: Data) -> tuple[str, ...]:
    """All classes of a set, whichever are chosen."""
    album = album_dialog.album()
    if data.name in openml.SOURCES:
        return openml.SOURCES[data.name].class_names
    if data.name == "album":
        return album.class_names if album is not None else ()
    return {"digits": _DIGITS, "shapes": tuple(KINDS), "photographs": tuple(SAMPLES)}[data.name]


def _classes(data: Data) -> None:
    path = "data.pictures.classes"
    if state.hidden(path):
        return
    every = class_names(data)
    chosen = [name for name in every if name in data.pictures.classes] or list(every)
    with st.popover(
        say("pictures.classes_of", chosen=len(chosen), total=len(every)),
        key="picture_classes",
        icon=":material/category:",
        width="stretch",
    ):
        forms.several(
            data.pictures,
            "classes",
            path,
            every,
            chosen,
            format_func=language.class_name,
            disabled=state.locked(path),
            choose=_choose_classes,
        )


def _choose_classes(chosen: list[str], every: tuple[str, ...]) -> None:
    if len(chosen) < 2:
        notices.tell(Notice("pictures_two_classes", {"known": ", ".join(every)}))
        return
    ordered = [] if len(chosen) == len(every) else [name for name in every if name in chosen]
    state.set_value("data.pictures.classes", ordered)


# ---- what is not here --------------------------------------------------------------------------


def _album_line() -> None:
    problem = state.schema_problem()
    if problem is not None:
        st.warning(notices.sentence_of(problem), icon=":material/upload_file:")
    st.button(
        say("album.change") if problem is None else say("album.choose"),
        key="album_edit",
        icon=":material/photo_library:",
        width="stretch",
        on_click=album_dialog.open_dialog,
    )


def fetch_line(name: str) -> None:
    """The button that fetches a set, how far it came, and why it did not come."""
    fetch = fetching.fetches().of(name)
    if fetch is not None and not fetch.done.is_set():
        _following(name)
        return
    title = openml.SOURCES[name].title
    if fetch is not None and fetch.notice is not None:
        st.error(notices.sentence_of(fetch.notice), icon=":material/cloud_off:")
    else:
        st.info(say("pictures.fetch_note", name=title), icon=":material/cloud_download:")
    st.button(
        say("pictures.fetch", name=title),
        key=f"fetch_{name}",
        icon=":material/download:",
        width="stretch",
        on_click=fetching.fetches().begin,
        args=(name,),
    )


@st.fragment(run_every=_TICK)
def _following(name: str) -> None:
    """How far a fetch came, until it is done; then the page is made once more."""
    fetch = fetching.fetches().of(name)
    if fetch is None or fetch.done.is_set():
        if openml.is_here(name):
            pictures.shelf().look_again()
            choose(name)
        st.rerun()
    title = openml.SOURCES[name].title
    st.info(
        say(
            "pictures.fetching",
            name=title,
            megabytes=f"{fetch.megabytes:.1f}",
            seconds=f"{fetch.seconds:.0f}",
        ),
        icon=":material/downloading:",
    )
    st.button(
        say("pictures.give_up"),
        key=f"give_up_{name}",
        icon=":material/close:",
        width="stretch",
        on_click=fetching.fetches().forget,
        args=(name,),
    )
