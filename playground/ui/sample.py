"""How the sample is drawn: few points or many, afresh, spoiled, with a test set that stays."""

from __future__ import annotations

import streamlit as st

from playground.core.data.model import Schema
from playground.core.data.prepare import FIXED_TEST
from playground.core.data.registry import DATASETS
from playground.core.data.typed import can_paint
from playground.core.experiment import Data
from playground.core.proposal import propose
from playground.ui import forms, state
from playground.ui.language import say

FEW = 30
DRAWS = 100_000


def sizes(data: Data, schema: Schema) -> str:
    """How many points there are to train on and to test."""
    if data.name == "own":
        return " · ".join((say("data_panel.painted", count=len(data.points)), *_left_out(data)))
    train = schema.samples * data.train_percent // 100
    test = schema.samples - train
    if data.fixed_test and schema.domain is not None:
        test = FIXED_TEST
    parts = [say("data_panel.points", train=train, test=test)]
    if data.first_class < 100 and schema.task != "regression":
        parts.append(say("data_panel.thinned", share=data.first_class))
    if painted := len(data.points) if can_paint(schema) else 0:
        parts.append(say("data_panel.plus_painted", count=painted))
    return " · ".join((*parts, *_left_out(data)))


def _left_out(data: Data) -> tuple[str, ...]:
    return (say("data_panel.left_out", count=len(data.left_out)),) if data.left_out else ()


def take_back(data: Data) -> None:
    """A button while points are left out: they are learned from again."""
    if not data.left_out:
        return
    count = len(data.left_out)
    st.button(
        say("data_panel.take_back_one") if count == 1 else say("data_panel.take_back", count=count),
        key="take_back",
        help=say("data_panel.take_back_help"),
        icon=":material/undo:",
        width="stretch",
        disabled=state.locked("data.name"),
        on_click=state.set_value,
        args=("data.left_out", []),
    )


def controls(data: Data, schema: Schema) -> None:
    """A row of small buttons below the sliders."""
    if data.name == "own" or state.hidden("data.samples"):
        return
    with st.container(key="sample", horizontal=True):
        if "samples" in DATASETS[data.name].knobs:
            few = data.samples <= FEW
            st.button(
                say("data_panel.many" if few else "data_panel.few"),
                key="few",
                help=say("data_panel.few_help", few=FEW),
                disabled=state.locked("data.samples"),
                on_click=_many if few else _few,
            )
        fresh()
        _harder(data, schema)


def fresh() -> None:
    """A button that draws the data anew."""
    st.button(
        say("data_panel.fresh"),
        key="fresh",
        help=say("data_panel.fresh_help"),
        disabled=state.locked("data.samples"),
        on_click=_fresh,
    )


def _harder(data: Data, schema: Schema) -> None:
    names = ["label_noise", "outliers"]
    if schema.task != "regression":
        names.append("first_class")
    plain = Data()
    every = (*names, "fixed_test", *(("scaling",) if schema.domain is not None else ()))
    changed = sum(getattr(data, name) != getattr(plain, name) for name in every)
    label = say("data_panel.harder") + (f" · {changed}" if changed else "")
    with st.popover(label, key="harder", help=say("data_panel.harder_help")):
        for name in every:
            forms.setting(data, name, f"data.{name}")


def _few() -> None:
    state.set_value("data.samples", FEW)


def _many() -> None:
    experiment = state.experiment()
    state.set_value("data.samples", propose(experiment.data.name).data.samples)


def _fresh() -> None:
    state.set_value("data.draw", (state.experiment().data.draw + 1) % DRAWS)
