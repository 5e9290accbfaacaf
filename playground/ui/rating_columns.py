"""Which columns of a visitor's table are the user's, the item's and the rating."""

from __future__ import annotations

from typing import Any

import streamlit as st

from playground.core.data.model import Schema
from playground.core.data.ratings.hidden import sides
from playground.core.data.ratings.settings import RatingSettings
from playground.core.data.ratings.table import ROLES, guessed
from playground.core.data.table import Table
from playground.ui import forms, state
from playground.ui.language import say


def choices(table: Table) -> dict[str, Any]:
    """A select box for each of the three; the columns that were found by name are chosen.

    Returns:
        Changes of `Data`: what was found is left to be found.
    """
    present = state.experiment().data
    same = present.upload is not None and present.upload.sha256 == table.sha256
    before = present.ratings if same else RatingSettings()
    found = guessed(table)
    names = list(table.names)
    picked: dict[str, str | None] = {}
    for place, role in zip(st.columns(len(ROLES)), ROLES, strict=True):
        field = f"{role}_column"
        value = getattr(before, field) or found.get(role)
        with place:
            picked[field] = st.selectbox(
                forms.words_of(RatingSettings, field, "label"),
                names,
                index=names.index(value) if value in names else 0,
                key=f"csv_{field}_{table.sha256[:8]}",
                help=forms.words_of(RatingSettings, field, "help"),
            )
    if all(picked[f"{role}_column"] == found.get(role) for role in ROLES):
        picked = dict.fromkeys(picked)
    return {"ratings": picked}


def facts(schema: Schema) -> str:
    """How much there is in a table."""
    users, items = sides(schema)
    return say("ratings.facts", users=users, items=items, count=f"{schema.samples:,}")
