"""Making a lesson: what a teacher hides, locks, says and asks for becomes a link."""

from __future__ import annotations

import streamlit as st

from playground.core.lesson import CONTROLS, Goal, Lesson
from playground.ui import forms, language, state
from playground.ui.language import say

_PREFIX = f"{language.WIDGET_PREFIX}lesson_"


def editor() -> None:
    """The form and the link that it makes; nothing of it changes the page."""
    with st.expander(say("lesson.make"), key="lesson_editor"):
        st.caption(say("lesson.make_help"))
        lesson = _form(state.lesson() or Lesson())
        if lesson != Lesson():
            st.caption(say("lesson.link"))
            st.code(state.address(lesson), language=None, wrap_lines=True)


def _form(before: Lesson) -> Lesson:
    heading = st.text_input(
        say("lesson.heading"), value=before.heading, max_chars=120, key=f"{_PREFIX}heading"
    )
    text = st.text_area(
        say("lesson.text"), value=before.text, max_chars=2000, key=f"{_PREFIX}text", height=90
    )
    names = {control: _name_of(control) for control in CONTROLS}
    chosen = {}
    labels = {
        "hidden": (say("lesson.hidden"), say("lesson.hidden_help")),
        "locked": (say("lesson.locked_controls"), say("lesson.locked_controls_help")),
    }
    for part, (label, help_text) in labels.items():
        chosen[part] = tuple(
            st.multiselect(
                label,
                CONTROLS,
                default=getattr(before, part),
                format_func=names.__getitem__,
                key=f"{_PREFIX}{part}",
                help=help_text,
                placeholder=say("lesson.choose"),
            )
        )
    return Lesson(heading=heading, text=text, goal=_goal(before.goal), **chosen)


def _goal(before: Goal | None) -> Goal | None:
    wanted = st.toggle(
        say("lesson.goal"),
        value=before is not None,
        key=f"{_PREFIX}goal",
        help=say("lesson.goal_help"),
    )
    if not wanted:
        return None
    start, key = before or Goal(), f"{_PREFIX}goal_"
    metrics = forms.choices_of(Goal, "metric")
    metric = st.selectbox(
        forms.words_of(Goal, "metric", "label"),
        list(metrics),
        index=list(metrics).index(start.metric),
        format_func=metrics.__getitem__,
        key=f"{key}metric",
        help=forms.words_of(Goal, "metric", "help"),
    )
    values = {
        name: st.number_input(
            forms.words_of(Goal, name, "label"),
            value=getattr(start, name),
            **forms.bounds(Goal, name),
            key=f"{key}{name}",
            help=forms.words_of(Goal, name, "help"),
        )
        for name in ("threshold", "max_parameters", "max_epochs", "seeds", "needed")
    }
    return Goal.model_validate({"metric": metric, **values})


def _name_of(control: str) -> str:
    return say(f"lesson.controls.{control.replace('.', '_')}")
