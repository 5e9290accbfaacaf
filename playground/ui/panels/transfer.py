"""A body that begins on other data: for the two halves of the digits."""

from __future__ import annotations

import streamlit as st

from playground.core.data.pictures.digit_sets import HALVES
from playground.core.experiment import Data
from playground.core.transfer import MOST_EPOCHS, Transfer
from playground.ui import forms, language, live_view, state
from playground.ui.language import say


def controls(data: Data) -> None:
    """Where the body begins, for how long, and what becomes of it then; and, for a network that
    has been trained, the button that carries it over."""
    if data.name not in HALVES or state.hidden("transfer.source"):
        return
    transfer = state.experiment().transfer
    other = next(name for name in HALVES if name != data.name)
    name, key = language.name_of("data", other), forms.key_of("transfer.on")
    with st.container(key="transfer"):
        st.toggle(
            say("transfer.begin", name=name),
            value=forms.hold(key, bool(transfer.source)),
            key=key,
            help=say("transfer.begin_help", name=name),
            disabled=state.locked("transfer.source"),
            on_change=_switch,
            args=(other, key),
        )
        if transfer.source:
            for field in ("epochs", "train_percent", "body"):
                forms.setting(transfer, field, f"transfer.{field}")
            return
        st.button(
            say("transfer.carry", name=name),
            key="carry",
            icon=":material/move_down:",
            help=say("transfer.carry_help", name=name),
            width="stretch",
            disabled=state.locked("data.name"),
            on_click=_carry,
            args=(data, other),
        )


def _switch(other: str, key: str) -> None:
    changes = Transfer().model_dump(mode="json")
    state.change({"transfer": changes | {"source": other if st.session_state[key] else ""}})


def _carry(data: Data, other: str) -> None:
    """The other half of the digits, with the body that was trained on this one."""
    trained = live_view.handle().status.epoch
    transfer = {
        "source": data.name,
        "epochs": min(max(trained, 1), MOST_EPOCHS),
        "body": "free",
        "train_percent": data.train_percent,
    }
    state.change({"data": {"name": other}, "transfer": transfer})
