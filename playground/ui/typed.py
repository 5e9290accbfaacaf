"""What the visitor types: the target of the set "formula", and input features.

A formula that is wrong stays in its field, with a sentence below it; the experiment keeps the
last one that was right.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from playground.core.activations.typed import read
from playground.core.data.features import FEATURES, applicable
from playground.core.data.model import Schema
from playground.core.data.typed import check_feature, check_target
from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Data
from playground.core.formula import MAX_LENGTH, parse
from playground.core.layers import Layer
from playground.ui import forms, language, notices, state
from playground.ui.forms import key_of
from playground.ui.language import say

MOST_FEATURES = 4
_PROBLEM = "typed_problem"


def target(data: Data) -> None:
    """The field of the formula to be learned, and how it is written."""
    key = key_of("data.formula")
    wrong = _problem(key, data.formula)
    st.text_input(
        forms.words_of(Data, "formula", "label"),
        forms.hold(key, wrong[0] if wrong else data.formula),
        key=key,
        max_chars=MAX_LENGTH,
        help=forms.words_of(Data, "formula", "help"),
        disabled=state.locked("data.name"),
        on_change=_type_target,
        args=(key,),
    )
    if wrong:
        _say(wrong[1])
    else:
        with st.container(key="target_formula"):
            st.latex(parse(data.formula).latex)


def _type_target(key: str) -> None:
    text = st.session_state[key]
    try:
        check_target(text)
    except PlaygroundError as error:
        _keep(key, state.experiment().data.formula, text, error)
        return
    st.session_state.pop(_PROBLEM, None)
    state.choose_data("formula", {"formula": text})


def activation(layer: Layer, path: str) -> None:
    """The field of a typed activation.

    Args:
        layer: the block that it belongs to.
        path: of its formula, e.g. "layers.0.formula".
    """
    key, present = key_of(path), layer.formula  # type: ignore[attr-defined]
    wrong = _problem(key, present)
    st.text_input(
        forms.words_of(type(layer), "formula", "label"),
        forms.hold(key, wrong[0] if wrong else present),
        key=key,
        max_chars=MAX_LENGTH,
        help=forms.words_of(type(layer), "formula", "help"),
        on_change=_type_activation,
        args=(key, path, present),
    )
    if wrong:
        _say(wrong[1])


def _type_activation(key: str, path: str, present: str) -> None:
    text = st.session_state[key].strip()
    try:
        read(text)
    except PlaygroundError as error:
        _keep(key, present, text, error)
        return
    st.session_state.pop(_PROBLEM, None)
    state.set_value(path, text)


def features(schema: Schema) -> None:
    """The input features, those of the visitor among them, and a field for another one."""
    if state.hidden("features"):
        return
    experiment = state.experiment()
    offered = {feature.name: feature.label for feature in applicable(schema)}
    own = [text for text in experiment.typed_features if _fits(text, schema)]
    labels = {**offered, **{text: f"`{text}`" for text in own}}
    key = key_of("features")
    extra = forms.guarded("features", {"help": say("settings.Experiment.features.help")})
    with forms.frame("features", key):
        st.pills(
            say("settings.Experiment.features.label"),
            list(labels),
            selection_mode="multi",
            format_func=labels.__getitem__,
            default=forms.hold(key, [name for name in experiment.inputs if name in labels]),
            key=key,
            wrap=True,
            on_change=lambda: _choose(st.session_state[key]),
            **extra,
        )
    if own:
        # Not on the pills: what is drawn as a formula has no name that is read aloud.
        with st.container(key="feature_formulas"):
            st.latex(r",\quad ".join(parse(text).latex for text in own))
    if len(experiment.typed_features) < MOST_FEATURES and not state.locked("features"):
        _field(", ".join(schema.columns))


def _field(variables: str) -> None:
    key = key_of("typed_feature")
    wrong = _problem(key, "")
    st.text_input(
        say("settings.Experiment.typed_features.label"),
        forms.hold(key, wrong[0] if wrong else ""),
        key=key,
        max_chars=MAX_LENGTH,
        placeholder=say("data_panel.add_feature", variables=variables),
        label_visibility="collapsed",
        on_change=_add,
        args=(key,),
    )
    if wrong:
        _say(wrong[1])


def _add(key: str) -> None:
    text = st.session_state[key].strip()
    st.session_state.pop(_PROBLEM, None)
    schema, before = state.schema(), state.experiment().typed_features
    if not text or schema is None:
        return
    if text in FEATURES:
        state.set_value("features", [*state.experiment().features, text])
        return
    try:
        check_feature(text, schema)
        state.experiment().with_changes({"typed_features": [*before, text]})
    except PlaygroundError as error:
        _keep(key, "", text, error)
        return
    state.set_value("typed_features", [*before, text])


def _fits(text: str, schema: Schema) -> bool:
    return set(parse(text).variables) <= set(schema.columns)


def _choose(chosen: list[str]) -> None:
    plain = [name for name in chosen if name in FEATURES]
    if plain:
        own = [name for name in state.experiment().typed_features if name in chosen]
        state.change({"features": plain, "typed_features": own})
    else:
        notices.tell(Notice("no_input_feature"))


def _keep(key: str, valid: str, text: str, error: PlaygroundError) -> None:
    st.session_state[_PROBLEM] = (key, valid, text, error.notice())


def _problem(key: str, valid: str) -> tuple[str, Notice] | None:
    """The text of a field that is wrong, and why, while nothing else changed the setting."""
    known = st.session_state.get(_PROBLEM)
    if known is None or known[:2] != (key, valid):
        return None
    return known[2], known[3]


def _say(problem: Notice) -> None:
    sentence = escape(problem.sentence(language.current()))
    st.html(f'<p class="np-problem" role="alert">{sentence}</p>')
