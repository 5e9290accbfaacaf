"""A teacher's link: what it hides, locks, says and asks for; and the form that makes one."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

from playground.core.experiment import Experiment
from playground.core.lesson import CONTROLS, Goal, Lesson, decode_lesson, encode_lesson
from playground.core.link import decode, encode
from tests.ui.visits import Visit, checked, experiment, press

WIDGETS = {
    "data.name": "pick_xor",
    "data.samples": "set_data_samples",
    "data.noise": "set_data_noise",
    "data.train_percent": "set_data_train_percent",
    "data.scaling": "set_data_scaling",
    "features": "set_features",
    "layers": "add_layer",
    "output_activation": "set_output_activation",
    "optimizer": "set_optimizer",
    "optimizer.learning_rate": "set_optimizer_learning_rate",
    "schedule": "set_schedule",
    "loss": "loss_mse",
    "regularization": "set_regularization_l2",
    "initialization": "set_initialization",
    "training": "set_training_precision",
    "training.batch_size": "set_training_batch_size",
    "training.seed": "set_training_seed",
}
"""A widget of each control that can be hidden and locked; "share" can only be hidden."""


def open_lesson(open_page: Visit, lesson: Lesson, made: Experiment | None = None) -> AppTest:
    query = encode_lesson(lesson) | (encode(made) if made else {})
    return open_page(**{key.replace(".", "__"): text for key, text in query.items()})


def widgets(page: AppTest) -> dict[str, bool]:
    """Every widget by its key, and whether it is disabled."""
    kinds = ("button", "slider", "select_slider", "selectbox", "pills", "toggle", "radio",
             "number_input", "text_input", "menu_button")  # fmt: skip
    found = [entry for kind in kinds for entry in getattr(page, kind)]
    return {str(entry.key): bool(entry.disabled) for entry in found}


OPEN = Experiment().with_changes({"loss": "mse"})  # with BCE the head's activation is settled
APART = len(WIDGETS) // 2  # so that neither of two controls lies in the other


def test_every_control_has_a_widget_here(open_page: Visit) -> None:
    assert {*WIDGETS, "share"} == {*CONTROLS}
    found = widgets(open_lesson(open_page, Lesson(text="only words"), OPEN))
    assert {key: found.get(key) for key in WIDGETS.values()} == dict.fromkeys(
        WIDGETS.values(), False
    )


@pytest.mark.parametrize(
    ("hidden", "locked"),
    list(zip(WIDGETS, [*WIDGETS][APART:] + [*WIDGETS][:APART], strict=True)),
)
def test_a_control_is_hidden_or_locked(open_page: Visit, hidden: Any, locked: Any) -> None:
    """One is hidden and another locked, so that in turn each is either."""
    found = widgets(open_lesson(open_page, Lesson(hidden=(hidden,), locked=(locked,)), OPEN))
    assert WIDGETS[hidden] not in found
    assert found[WIDGETS[locked]] is True


def test_a_group_covers_what_lies_in_it(open_page: Visit) -> None:
    found = widgets(open_lesson(open_page, Lesson(hidden=("optimizer",), locked=("layers",))))
    assert "set_optimizer_learning_rate" not in found
    assert found["set_layers_0_units"]
    assert found["remove_0"]


def test_what_is_locked_cannot_be_changed_from_elsewhere_either(open_page: Visit) -> None:
    """A remedy, the die in the bar: whatever asks for a change asks `state.change`."""
    page = open_lesson(open_page, Lesson(locked=("layers", "training.seed"), hidden=("loss",)))
    assert page.session_state["experiment"] == Experiment()
    for changes in ({"layers": []}, {"training": {"seed": 1}}, {"loss": "mse"}):
        page.session_state["asked"] = changes
        probe = AppTest.from_function(_ask, default_timeout=60)
        for key in ("experiment", "lesson", "asked"):
            probe.session_state[key] = page.session_state[key]
        checked(probe.run())
        assert probe.session_state["experiment"] == Experiment()
        ((kind, notice),) = probe.session_state["notices"]
        assert (kind, notice.code) == ("error", "lesson_locks")
    probe.session_state["asked"] = {"optimizer": {"learning_rate": 0.3}}
    checked(probe.run())
    assert probe.session_state["experiment"].optimizer.learning_rate == 0.3


def _ask() -> None:
    import streamlit as st

    from playground.ui import state

    state.change(st.session_state["asked"])


def test_a_locked_learning_rate_outlives_another_optimizer(open_page: Visit) -> None:
    made = Experiment().with_changes({"optimizer": {"name": "adam", "learning_rate": 0.003}})
    page = open_lesson(open_page, Lesson(locked=("optimizer.learning_rate",)), made)
    checked(page.selectbox(key="set_optimizer").set_value("sgd").run())
    assert (experiment(page).optimizer.name, experiment(page).optimizer.learning_rate) == (
        "sgd",
        0.003,
    )


def test_a_lesson_that_locks_offers_no_way_around(open_page: Visit) -> None:
    page = open_lesson(open_page, Lesson(locked=("data.noise",)))
    found = widgets(page)
    assert not {"propose", "tfplayground", "tfplayground_link"} & found.keys()
    assert not page.get("file_uploader")
    assert "propose" in widgets(open_lesson(open_page, Lesson(text="only words")))
    assert "propose" not in widgets(open_lesson(open_page, Lesson(hidden=("share",))))


def test_words_are_shown_as_they_are(open_page: Visit) -> None:
    lesson = Lesson(
        heading="<b>Bold</b>", text="![x](https://example.org/x.png)\n<script>1</script>"
    )
    page = open_lesson(open_page, lesson)
    bodies = [element.proto.body for element in page.get("html")]
    assert "<h2>&lt;b&gt;Bold&lt;/b&gt;</h2>" in bodies
    assert any("&lt;script&gt;1&lt;/script&gt;" in body for body in bodies)
    assert not any("example.org" in text.value for text in page.markdown)


def test_the_lesson_stays_in_the_link_until_it_is_left(open_page: Visit) -> None:
    lesson = Lesson(heading="Rings", locked=("data.name",), goal=Goal(max_parameters=12))
    page = open_lesson(open_page, lesson)
    checked(page.slider(key="set_data_noise").set_value(10).run())
    query = {key: page.query_params[key] for key in page.query_params}
    assert decode_lesson(query) == (lesson, ())
    press(page, "leave_lesson")
    assert not [key for key in page.query_params if key.startswith("lesson.")]
    assert not widgets(page)["pick_xor"]
    assert experiment(page).data.noise == 10


def test_a_hostile_lesson_is_told(open_page: Visit) -> None:
    page = open_page(lesson__hidden="all", lesson__goal__seeds="-3", lesson__x="1", data="xor")
    assert len(page.info) == 3
    assert experiment(page).data.name == "xor"
    assert page.session_state["lesson"] is None


def test_a_link_of_tensorflow_playground_may_hide_controls(open_page: Visit) -> None:
    page = open_page(tfplayground="seed=0.42000&dataset_hide=true&playButton_hide=true")
    assert page.session_state["lesson"] == Lesson(hidden=("data.name",))
    assert "pick_xor" not in widgets(page)
    assert ["playButton" in info.value for info in page.info] == [True]


def test_a_goal_is_checked_on_seeds(open_page: Visit) -> None:
    goal = Goal(threshold=0.8, max_epochs=60, seeds=2, needed=2)
    page = open_lesson(open_page, Lesson(goal=goal))
    parts = [element.proto.component_name for element in page.get("bidi_component")]
    assert len(parts) == 6
    press(page, "check_goal")
    deadline = time.monotonic() + 60
    while not page.success and time.monotonic() < deadline:
        time.sleep(0.2)
        checked(page.run())
    assert [text.value for text in page.success] == [
        "Passed: 2 of 2 seeds reach the goal; 2 are needed."
    ]
    checked(page.select_slider(key="set_optimizer_learning_rate").set_value(0.0001).run())
    assert not page.success, "that was another experiment"


def test_a_check_that_cannot_be_made_says_why(open_page: Visit) -> None:
    page = open_lesson(open_page, Lesson(goal=Goal(max_parameters=5)))
    press(page, "check_goal")
    deadline = time.monotonic() + 60
    while not page.error and time.monotonic() < deadline:
        time.sleep(0.2)
        checked(page.run())
    assert "the goal allows 5" in page.error[0].value


def test_a_check_is_cancelled(open_page: Visit) -> None:
    goal = Goal(threshold=1000.0, max_epochs=10_000, seeds=20)
    page = open_lesson(open_page, Lesson(goal=goal))
    press(page, "check_goal")
    press(page, "cancel_goal")
    assert page.button(key="check_goal")
    assert not page.success
    assert not page.warning


def test_the_form_makes_a_link(open_page: Visit) -> None:
    made = Experiment().with_changes({"data": {"name": "xor"}})
    page = open_page(data="xor")
    page.text_input(key="set_lesson_heading").set_value("Exclusive or")
    page.text_area(key="set_lesson_text").set_value("Two lines\nof text & more")
    page.multiselect(key="set_lesson_hidden").set_value(["loss"])
    page.multiselect(key="set_lesson_locked").set_value(["data.name", "layers"])
    checked(page.toggle(key="set_lesson_goal").set_value(True).run())
    checked(page.number_input(key="set_lesson_goal_max_parameters").set_value(12).run())
    lesson = Lesson(
        heading="Exclusive or",
        text="Two lines\nof text & more",
        hidden=("loss",),
        locked=("data.name", "layers"),
        goal=Goal(max_parameters=12),
    )
    query = dict(parse_qsl(urlsplit(page.code[-1].value).query, keep_blank_values=True))
    assert decode_lesson(query) == (lesson, ())
    own = {key: text for key, text in query.items() if not key.startswith("lesson.")}
    assert decode(own) == (made, ())
    assert not widgets(page)["pick_xor"], "the teacher's own page stays free"
