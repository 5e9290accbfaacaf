"""The left column: which points, how they are drawn and split, and what the network is given."""

from __future__ import annotations

import streamlit as st

from playground.core.data.model import Schema
from playground.core.data.registry import DATASETS, schema_of
from playground.core.errors import Notice
from playground.core.experiment import Data
from playground.ui import (
    csv_dialog,
    forms,
    language,
    notices,
    panels,
    pictures,
    sample,
    state,
    typed,
)
from playground.ui.forms import key_of
from playground.ui.language import say

KNOBS = ("samples", "noise", "classes")


def data_panel() -> None:
    data, schema = state.experiment().data, state.schema()
    st.html(f"<h2>{say('page.data')}</h2>")
    if not state.hidden("data.name"):
        _kinds(data.name)
        _tiles(data.name)
        pictures.style()
    _caption(data, schema)
    sample.take_back(data)
    if DATASETS[data.name].brings == "table":
        csv_dialog.file_line()
    kind = DATASETS[data.name].kind
    if kind in panels.FIRST:
        panels.FIRST[kind](data)
    if schema is None:
        return
    if schema.kind != "points":
        panels.CONTROLS[schema.kind](data, schema)
        return
    if data.name == "formula":
        typed.target(data)
    elif data.name == "own":
        _own(data)
    _knobs(data, schema)
    sample.controls(data, schema)
    if schema.domain is not None:
        typed.features(schema)
    else:
        if (
            not state.hidden("features")
            and "columns" in DATASETS[data.name].knobs
            and data.name != "csv"
        ):
            _columns(data)
        if len(schema.columns) > 2:
            _plane(schema)


def _kinds(chosen: str) -> None:
    """What the points are: each kind of data begins with its first set."""
    sets: dict[str, str] = {}
    for name, entry in DATASETS.items():
        sets.setdefault(entry.kind, name)
    kind, key = DATASETS[chosen].kind, key_of("data.kind")

    def choose() -> None:
        wanted = st.session_state[key]
        if wanted is not None and wanted != kind:
            state.choose_data(sets[wanted])

    with st.container(key="kinds"):
        st.segmented_control(
            say("data_panel.kinds"),
            list(sets),
            format_func=lambda name: say(f"data_panel.kind_{name}"),
            default=forms.hold(key, kind),
            key=key,
            label_visibility="collapsed",
            disabled=state.locked("data.name"),
            width="stretch",
            required=True,
            on_change=choose,
        )


def _tiles(chosen: str) -> None:
    """One button per data set of the kind: pictures of the drawn ones, names of the others."""
    kind = DATASETS[chosen].kind
    offered = {name: entry for name, entry in DATASETS.items() if entry.kind == kind}
    drawn = [name for name, entry in offered.items() if pictures.has_picture(entry)]
    if drawn:
        with st.container(key="pictures"):
            for name in drawn:
                _tile(name, chosen)
    if len(drawn) < len(offered):
        with st.container(key="tables"):
            for name in offered:
                if name not in drawn:
                    _tile(name, chosen)


def _tile(name: str, chosen: str) -> None:
    title = language.name_of("data", name)
    table = DATASETS[name].brings == "table"
    choose = panels.CHOOSE.get(DATASETS[name].kind, state.choose_data)
    st.button(
        title,
        key=f"pick_{name}",
        type="primary" if name == chosen else "secondary",
        help=f"**{title}.** {language.help_of('data', name)}",
        width="stretch",
        disabled=state.locked("data.name"),
        on_click=csv_dialog.open_dialog if table else choose,
        args=(name,),
    )


def _caption(data: Data, schema: Schema | None) -> None:
    parts = []
    if schema is not None:
        parts.append(sample.sizes(data, schema))
        if schema.domain is None:
            many = schema.outputs > 1
            parts.append(
                say("data_panel.task_numbers", count=schema.outputs)
                if many
                else say(f"data_panel.task_{schema.task}", classes=len(schema.class_names))
            )
    name = language.name_of("data", data.name)
    st.html(
        f'<p class="np-chosen"><strong>{name}</strong> '
        f'<span class="np-note">{language.help_of("data", data.name)}<br>'
        f"{' · '.join(parts)}</span></p>"
    )


def _knobs(data: Data, schema: Schema) -> None:
    if data.name == "own":
        return
    knobs = DATASETS[data.name].knobs
    for name in KNOBS:
        if name in knobs:
            forms.setting(data, name, f"data.{name}")
    forms.setting(data, "train_percent", "data.train_percent")
    if schema.domain is None:
        forms.setting(data, "scaling", "data.scaling")


def _own(data: Data) -> None:
    """Of an empty plane: classes, and how many, or values."""

    def choose(name: str) -> None:
        state.choose_data("own", {name: st.session_state[key_of(f"data.{name}")]})

    forms.setting(data, "own_values", "data.own_values", on_change=choose, args=("own_values",))
    if not data.own_values:
        forms.setting(data, "classes", "data.classes", on_change=choose, args=("classes",))


def _columns(data: Data) -> None:
    """Which columns of a bundled table are inputs."""
    every = schema_of(data.model_copy(update={"columns": None})).columns
    chosen = list(data.columns or every)
    with st.popover(
        say("data_panel.inputs_of", chosen=len(chosen), total=len(every)),
        key="columns",
        icon=":material/view_column:",
        width="stretch",
    ):
        forms.several(
            data,
            "columns",
            "data.columns",
            every,
            chosen,
            disabled=state.locked("features"),
            choose=_choose_columns,
        )


def _choose_columns(chosen: list[str], every: tuple[str, ...]) -> None:
    if chosen:
        state.set_value("data.columns", None if len(chosen) == len(every) else chosen)
    else:
        notices.tell(Notice("table_no_inputs"))


def _plane(schema: Schema) -> None:
    """In which plane of a table the map lies."""
    view = state.experiment().view
    forms.setting(view, "plane", "view.plane")
    if view.plane != "columns":
        return
    last = len(schema.columns) - 1
    for name in ("x_column", "y_column"):
        key = key_of(f"view.{name}")
        forms.choice(
            forms.words_of(type(view), name, "label"),
            dict(enumerate(schema.columns)),
            key,
            min(getattr(view, name), last),
            help=forms.words_of(type(view), name, "help"),
            on_change=forms.write,
            args=(f"view.{name}", key),
        )
