"""What a teacher's link adds to the page: heading, text, and the goal, live and over seeds."""

from __future__ import annotations

from html import escape

import streamlit as st

from playground.core.errors import PlaygroundError
from playground.core.lesson import Goal, Lesson, SeedResult, from_header
from playground.core.network import describe, parameter_count
from playground.live.handle import RunHandle
from playground.live.service import service
from playground.live.tasks import Task
from playground.ui import live_view, notices, state
from playground.ui.language import say

_TASK = "goal_task"
_PERIOD = 0.5  # s between two looks at a check


def lesson_panel(run: RunHandle | None) -> None:
    """The lesson above the network, where the page's link brought one."""
    lesson = state.lesson()
    if lesson is None:
        return
    with st.container(key="lesson"):
        _words(lesson)
        if lesson.goal is not None:
            _goal(lesson.goal, run)


def _words(lesson: Lesson) -> None:
    with st.container(key="lesson_head", horizontal=True, vertical_alignment="center", wrap=False):
        heading = escape(lesson.heading or say("lesson.title"))
        st.html(f"<h2>{heading}</h2>")
        st.button(
            say("lesson.leave"),
            key="leave_lesson",
            icon=":material/logout:",
            type="tertiary",
            help=say("lesson.leave_help"),
            on_click=state.leave_lesson,
        )
    if lesson.text:
        # Escaped, and never Markdown: a picture in it would be fetched from elsewhere.
        st.html(f'<p class="np-lesson-text">{escape(lesson.text)}</p>')


def _goal(goal: Goal, run: RunHandle | None) -> None:
    if run is None:
        return
    parameters = _parameters()
    with st.container(key="goal"):
        with st.container(key="part_goal"):
            live_view.mount(
                "goal", run, goal={**goal.model_dump(mode="json"), "parameters": parameters}
            )
        if goal.seeds > 1 or goal.needed > 1:
            _seeds(goal, run)


def _parameters() -> int | None:
    schema = state.schema()
    if schema is None:
        return None
    try:
        return parameter_count(describe(state.experiment(), schema))
    except PlaygroundError:
        return None


# ---- the check over seeds ------------------------------------------------------------------------


def _seeds(goal: Goal, run: RunHandle) -> None:
    task = _task()
    if task is not None and not task.done:
        _following(goal)
        return
    st.button(
        say("lesson.check", seeds=goal.seeds),
        key="check_goal",
        icon=":material/fact_check:",
        help=say("lesson.check_help", epochs=goal.max_epochs, seeds=goal.seeds),
        on_click=_check,
        args=(goal, run),
    )
    if task is not None:
        _verdict(goal, task)


def _task() -> Task | None:
    """The check of this very experiment and goal; one of another is given up."""
    known = st.session_state.get(_TASK)
    if known is None:
        return None
    asked, task = known
    if asked != _question():
        task.cancel()
        del st.session_state[_TASK]
        return None
    return task


def _question() -> str:
    lesson = state.lesson()
    assert lesson is not None
    assert lesson.goal is not None
    return state.experiment().model_dump_json() + lesson.goal.model_dump_json()


def _check(goal: Goal, run: RunHandle) -> None:
    table = run.table.sha256 if run.table is not None else None
    params = {"experiment": state.experiment().to_json(), "goal": goal.model_dump(mode="json")}
    try:
        task = service().begin("goal", {**params, "table": table}, beside=run)
    except PlaygroundError as error:
        notices.refuse(error)
        return
    st.session_state[_TASK] = (_question(), task)


def _cancel() -> None:
    known = st.session_state.pop(_TASK, None)
    if known is not None:
        known[1].cancel()


@st.fragment(run_every=_PERIOD)
def _following(goal: Goal) -> None:
    """How far the check came; when it is done, the page says what came of it."""
    known = st.session_state.get(_TASK)
    if known is None or known[1].done:
        st.rerun()
    progress = known[1].progress
    checked, reached = progress.get("checked", 0), progress.get("reached", 0)
    with st.container(key="goal_progress", horizontal=True, vertical_alignment="center"):
        text = say("lesson.checking", checked=checked, seeds=goal.seeds, reached=reached)
        st.progress(checked / goal.seeds, text=text)
        st.button(
            say("lesson.cancel"), key="cancel_goal", icon=":material/close:", on_click=_cancel
        )


def _verdict(goal: Goal, task: Task) -> None:
    if task.notice is not None:
        st.error(notices.sentence_of(task.notice), icon=":material/error:")
        return
    if task.answer is None:
        return
    results = from_header(task.answer[0]["results"])
    reached = sum(result.epoch is not None for result in results)
    facts = {"reached": reached, "seeds": goal.seeds, "needed": goal.required}
    if reached >= goal.required:
        st.success(say("lesson.passed", **facts), icon=":material/check_circle:")
    else:
        st.warning(say("lesson.failed", **facts), icon=":material/cancel:")
    with st.expander(say("lesson.each_seed")):
        st.markdown("\n".join(f"- {_line(result)}" for result in results))


def _line(result: SeedResult) -> str:
    value = "–" if result.value is None else f"{result.value:.4g}"
    if result.epoch is not None:
        return say("lesson.seed_reached", seed=result.seed, epoch=result.epoch, value=value)
    if result.ended:
        return say("lesson.seed_missed", seed=result.seed, value=value)
    return say("lesson.seed_unfinished", seed=result.seed)
