"""The left column of data that are ratings."""

from __future__ import annotations

import streamlit as st

from playground.core.data.model import Schema
from playground.core.data.registry import DATASETS
from playground.core.experiment import Data
from playground.ui import forms, rating_columns, sample, state
from playground.ui.language import say

DRAWN = ("users", "items", "rank", "noise", "known", "newcomers")
MORE = ("uneven", "stars")


def controls(data: Data, schema: Schema) -> None:
    """How the matrix is drawn and split; of a visitor's table the split alone."""
    drawn = DATASETS[data.name].brings is None
    if not drawn:
        st.caption(rating_columns.facts(schema))
    for name in DRAWN if drawn else ():
        forms.setting(data.ratings, name, f"data.ratings.{name}")
    forms.setting(data, "train_percent", "data.train_percent")
    if not drawn or state.hidden("data.ratings"):
        return
    with st.container(key="sample", horizontal=True):
        sample.fresh()
        with st.popover(say("ratings.more"), key="ratings_more"):
            for name in MORE:
                forms.setting(data.ratings, name, f"data.ratings.{name}")
