"""Lessons: their link, what they cover, and a goal that is checked by really training."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import words
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.history import Metrics
from playground.core.lesson import (
    CONTROLS,
    Goal,
    Lesson,
    SeedResult,
    as_header,
    check_seeds,
    decode_lesson,
    encode_lesson,
    from_header,
)
from playground.core.link import decode, encode
from playground.core.run import Run
from tests.core.helpers import CSV, small
from tests.strategies import experiments, settings_of

SETS = st.lists(st.sampled_from(CONTROLS), unique=True).map(tuple)
LESSONS = settings_of(
    Lesson,
    hidden=SETS,
    locked=SETS,
    goal=st.none() | settings_of(Goal),
).filter(lambda lesson: lesson != Lesson())
KEYS = st.sampled_from(
    ["heading", "text", "hidden", "locked", "goal", "goal.", "goal.metric", "goal.threshold",
     "goal.max_parameters", "goal.seeds", "goal.needed", "goal.max_epochs", "goal.metric.x", ""]
) | st.text(max_size=10)  # fmt: skip
TEXTS = st.sampled_from(
    ["", "0", "1", "-1", "1e999", "nan", "0.95", "test_score", "data.name", "data.name,loss", ",",
     "<script>", "x" * 9000, "\x00", "你好", "١٢"]
) | st.text(max_size=20)  # fmt: skip


@given(LESSONS, experiments())
def test_any_lesson_survives_beside_any_experiment(lesson: Lesson, experiment: Experiment) -> None:
    query = encode_lesson(lesson)
    assert decode_lesson(query) == (lesson, ())
    link = dict(parse_qsl(urlencode(encode(experiment) | query), keep_blank_values=True))
    assert decode_lesson(link) == (lesson, ())
    own = {key: text for key, text in link.items() if not key.startswith("lesson.")}
    assert decode(own) == (experiment, ())


def test_no_lesson_needs_no_link() -> None:
    assert encode_lesson(None) == {}
    assert decode_lesson({}) == (None, ())
    assert decode_lesson({"data": "xor"}) == (None, ())


@given(st.dictionaries(KEYS.map("lesson.{}".format), TEXTS, max_size=6))
def test_no_query_is_fatal(query: dict[str, str]) -> None:
    lesson, notices = decode_lesson(query)
    assert decode_lesson(encode_lesson(lesson))[1] == ()
    for notice in notices:
        for language in words.LANGUAGES:
            assert notice.sentence(language)
    if lesson is not None:
        assert Lesson.model_validate_json(lesson.model_dump_json()) == lesson


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lesson.heading", "x" * 121),
        ("lesson.text", "x" * 2001),
        ("lesson.hidden", "everything"),
        ("lesson.locked", "data.name,nothing"),
        ("lesson.goal.metric", "beauty"),
        ("lesson.goal.threshold", "nan"),
        ("lesson.goal.threshold", "-1"),
        ("lesson.goal.seeds", "1000"),
        ("lesson.goal.seeds", "1.5"),
        ("lesson.goal.max_epochs", "0"),
        ("lesson.goal", "1"),
        ("lesson.__class__", "x"),
        ("lesson.", "x"),
    ],
)
def test_what_does_not_fit_is_told_and_left_out(key: str, value: str) -> None:
    lesson, notices = decode_lesson({key: value, "lesson.text": "stays"} | {key: value})
    assert [notice.code for notice in notices] == ["link_ignored"]
    assert notices[0].params == {"key": key, "value": value[:40]}
    assert lesson == (None if key == "lesson.text" else Lesson(text="stays"))


def test_a_control_covers_the_settings_below_it() -> None:
    lesson = Lesson(hidden=("optimizer",), locked=("data.noise", "layers"))
    assert lesson.hides("optimizer")
    assert lesson.hides("optimizer.learning_rate")
    assert not lesson.hides("optimizers")
    assert lesson.locks("layers.0.units")
    assert lesson.locks("data.noise")
    assert not lesson.locks("data")
    assert lesson.restricts
    assert not Lesson(text="only words").restricts


def metrics(value: float | None) -> Metrics:
    return Metrics(value, value, 0.0, value, value)


def test_a_score_is_reached_from_below_and_a_loss_from_above() -> None:
    for metric in ("test_score", "train_score"):
        goal = Goal(metric=metric, threshold=0.9)
        found = [goal.reached(metrics(value)) for value in (0.89, 0.9, 1.0, None)]
        assert found == [False, True, True, False]
    for metric in ("test_loss", "train_loss"):
        goal = Goal(metric=metric, threshold=0.1)
        found = [goal.reached(metrics(value)) for value in (0.11, 0.1, 0.0, None)]
        assert found == [False, True, True, False]


def test_a_goal_may_bound_the_parameters() -> None:
    assert Goal().allows(10**7)
    assert Goal(max_parameters=12).allows(12)
    assert not Goal(max_parameters=12).allows(13)
    assert Goal(seeds=5, needed=8).required == 5


def finish(check: Generator[Any, None, Any]) -> tuple[list[Any], Any]:
    said = []
    while True:
        try:
            said.append(next(check))
        except StopIteration as end:
            return said, end.value


def test_the_check_trains_every_seed() -> None:
    """The same epochs and values as runs of those seeds, trained one by one."""
    experiment = small("circle", training={"seed": 7})
    goal = Goal(threshold=0.9, max_epochs=60, seeds=3, needed=2)
    said, results = finish(check_seeds(goal, experiment))
    assert [result.seed for result in results] == [7, 8, 9]
    assert said[-1]["checked"] == said[-1]["of"] == 3
    assert [entry["checked"] for entry in said] == sorted(entry["checked"] for entry in said)
    for result in results:
        run = Run(experiment.with_changes({"training": {"seed": result.seed}}))
        while run.epoch < 60 and not goal.reached(run.metrics):
            run.advance(run.batches_per_epoch)
            run.measure()
        assert result.ended
        assert result.epoch == (run.epoch if goal.reached(run.metrics) else None)
        assert result.value == run.metrics.test_score
    assert said[-1]["reached"] == sum(result.epoch is not None for result in results) > 0
    assert from_header(as_header(results)) == results


def test_what_cannot_be_reached_is_not() -> None:
    experiment = small("xor", layers=[])
    _, results = finish(check_seeds(Goal(max_epochs=20, seeds=2), experiment))
    assert [(result.epoch, result.ended) for result in results] == [(None, True)] * 2
    assert all(result.value is not None and result.value < 0.95 for result in results)


def test_a_run_that_diverges_does_not_reach_it() -> None:
    experiment = small("reg-plane", optimizer={"name": "sgd", "learning_rate": 100.0}, loss="mse")
    _, results = finish(check_seeds(Goal(max_epochs=20, seeds=2), experiment))
    assert [result.epoch for result in results] == [None, None]


def test_too_many_parameters_are_told_at_once() -> None:
    with pytest.raises(PlaygroundError) as caught:
        next(check_seeds(Goal(max_parameters=12), small("circle")))
    assert caught.value.code == "goal_too_many_parameters"
    assert caught.value.params["limit"] == 12


def test_when_the_time_is_up_the_rest_is_left() -> None:
    goal = Goal(threshold=1000.0, max_epochs=10_000, seeds=3)
    _, results = finish(check_seeds(goal, small("circle"), seconds=0.05))
    assert [(result.epoch, result.ended) for result in results] == [(None, False)] * 3


def test_a_table_of_ones_own_is_checked_too() -> None:
    experiment = small("csv", data={"target": "kind"})
    _, results = finish(check_seeds(Goal(max_epochs=5, seeds=2), experiment, CSV))
    assert [type(result) for result in results] == [SeedResult, SeedResult]
    assert all(result.ended for result in results)


def test_the_seeds_go_round() -> None:
    experiment = small("circle", training={"seed": 99_999})
    _, results = finish(check_seeds(Goal(max_epochs=1, seeds=2), experiment))
    assert [result.seed for result in results] == [99_999, 0]
