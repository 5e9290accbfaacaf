"""The button beside a ghost, as a script: what it changes, and what it refuses."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from playground import words
from playground.core.experiment import Experiment
from tests.ui.visits import checked

BEGUN = Experiment().with_changes({"optimizer": {"name": "sgd", "learning_rate": 0.003}})


def _apply() -> None:
    import streamlit as st

    from playground.ui import what_if

    st.session_state["fresh"] = what_if.apply(*st.session_state["asked"])


def applied(*asked: str | int) -> AppTest:
    probe = AppTest.from_function(_apply, default_timeout=60)
    probe.session_state["experiment"] = BEGUN
    probe.session_state["asked"] = asked
    return checked(probe.run())


def toasts(probe: AppTest) -> list[str]:
    return [sentence for sentence, *_ in probe.session_state["toasts"]]


def test_a_change_is_made_as_it_was_measured() -> None:
    probe = applied("rate_up", "0.003", "0.01", 250)
    assert probe.session_state["experiment"].optimizer.learning_rate == 0.01
    assert probe.session_state["fresh"] is False
    said = words.text("en", "what_if.applied", knob="Learning rate", before="0.003", after="0.01")
    assert toasts(probe) == [said]


def test_a_change_from_new_weights_asks_for_a_new_start() -> None:
    probe = applied("activation", "tanh", "relu", 250)
    layers = probe.session_state["experiment"].layers
    assert [layer.activation for layer in layers] == ["relu", "relu"]
    assert probe.session_state["fresh"] is True


def test_what_is_stale_or_unknown_changes_nothing() -> None:
    for asked in (
        ("rate_up", "0.03", "0.1", 250),
        ("nonsense", "1", "2", 250),
        ("batch_up", "10", "20", 0),
        ("batch_up", "10", "20", -5),
    ):
        probe = applied(*asked)
        assert probe.session_state["experiment"] == BEGUN
        assert toasts(probe) == [words.text("en", "what_if.stale")]
