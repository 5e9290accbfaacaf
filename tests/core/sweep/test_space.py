"""Knobs: what they take, what they refuse, and what becomes of an experiment."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from playground.core.data import schema_of
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.sweep.offers import offers
from playground.core.sweep.places import Kind
from playground.core.sweep.settings import SweepSettings, checked_sweep, sweep_from
from playground.core.sweep.space import Range, apply, check_knobs, grid, knob_from, largest, settled

DEFAULT = Experiment()


def points(*knobs: str, experiment: Experiment = DEFAULT) -> list[dict]:
    return list(grid(experiment, tuple(map(knob_from, knobs))))


def refused(*knobs: str, **changes) -> str:
    with pytest.raises(PlaygroundError) as caught:
        checked_sweep(SweepSettings(knobs=tuple(map(knob_from, knobs)), **changes))
    assert str(caught.value) != caught.value.code
    return caught.value.code


def test_a_grid_has_every_combination_once():
    found = points("optimizer.learning_rate=log:0.001:1:4", "layers.0.units=steps:2:8:3")
    assert [tuple(point.values()) for point in found] == [
        (rate, units) for rate in (0.001, 0.01, 0.1, 1.0) for units in (2, 5, 8)
    ]


def test_whole_numbers_are_rounded_and_none_comes_twice():
    assert [p["layers.0.units"] for p in points("layers.0.units=log:1:4:12")] == [1, 2, 3, 4]


def test_a_setting_that_an_optimizer_lacks_makes_no_second_point():
    found = points("optimizer.name=sgd,adam", "optimizer.momentum=0,0.9")
    assert found == [
        {"optimizer.name": "sgd", "optimizer.momentum": 0},
        {"optimizer.name": "sgd", "optimizer.momentum": 0.9},
        {"optimizer.name": "adam"},
    ]


def test_values_are_written_into_the_experiment():
    point = {
        "layers.depth": 3,
        "layers.*.units": 5,
        "layers.2.activation": "relu",
        "optimizer.momentum": 0.5,
        "optimizer.name": "sgd",
        "data.noise": 10,
        "regularization.l2": 0.1,
    }
    made = apply(DEFAULT, point)
    assert [layer.units for layer in made.layers] == [5, 5, 5]  # type: ignore[union-attr]
    assert [layer.activation for layer in made.layers] == ["tanh", "tanh", "relu"]  # type: ignore[union-attr]
    assert (
        made.optimizer.model_dump()
        == DEFAULT.with_changes(
            {"optimizer": {"name": "sgd", "momentum": 0.5}}
        ).optimizer.model_dump()
    )
    assert (made.data.noise, made.regularization.l2) == (10, 0.1)
    assert made.training == DEFAULT.training


def test_the_present_optimizer_keeps_its_settings():
    other = DEFAULT.with_changes({"optimizer": {"name": "adam", "beta1": 0.5}})
    assert apply(other, {"optimizer.name": "adam"}) == other


def test_depth_cuts_and_repeats():
    assert apply(DEFAULT, {"layers.depth": 0}).layers == ()
    assert apply(DEFAULT, {"layers.depth": 1}).layers == DEFAULT.layers[:1]
    assert apply(DEFAULT, {"layers.depth": 4}).layers == (*DEFAULT.layers, *DEFAULT.layers[1:] * 2)
    assert settled(DEFAULT, {"layers.depth": 1, "layers.1.units": 4}) == {"layers.depth": 1}


@pytest.mark.parametrize(
    ("knob", "code"),
    [
        ("bogus=1", "experiment_unknown_setting"),
        ("layers.9.units=4", "experiment_unknown_setting"),
        ("layers.0.units=4,x", "experiment_invalid"),
        ("layers.*.channels=4", "sweep_no_block"),
        ("layers.0.kind=dense", "sweep_closed"),
        ("version=1", "sweep_closed"),
        ("training.start=1,2", "sweep_closed"),
        ("data.points=1", "sweep_closed"),
        ("training=1", "sweep_closed"),
        ("loss=mse,bogus", "experiment_invalid"),
        ("training.batch_size=linear:0.2:0.8", "sweep_no_whole"),
        ("training.batch_size=0", "experiment_out_of_bounds"),
        ("layers.0.activation=linear:0:1", "sweep_no_number"),
        ("layers.depth=2,30", "experiment_out_of_bounds"),
        ("optimizer.learning_rate=true", "experiment_invalid"),
        ("optimizer.momentum=steps:0:0.9:0.001", "sweep_many_values"),
        ("loss=mse,mae", "sweep_unlike_losses"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(knob: str, code: str):
    sgd = DEFAULT.with_changes({"optimizer": {"name": "sgd"}})
    assert refused(knob, experiment=sgd, method="grid") == code


def test_two_knobs_of_one_setting_and_grids_too_large_are_refused():
    assert refused("data.noise=1,2", "data.noise=3,4") == "sweep_twice"
    many = [f"{name}=linear:0:1:64" for name in ("regularization.l1", "regularization.l2")]
    assert refused(*many, method="grid") == "sweep_large_grid"
    wide = tuple(map(knob_from, many))
    assert SweepSettings(knobs=wide, method="grid").planned == 64 * 64


@settings(max_examples=40)
@given(st.text(max_size=40))
def test_any_text_is_a_knob_or_refused(text: str):
    for knob in (text, f"data.noise={text}", f"{text}=1,2"):
        try:
            check_knobs(DEFAULT, (knob_from(knob),))
        except PlaygroundError as error:
            assert error.sentence("zh") != f"{error.code} {error.params}"


@settings(max_examples=50)
@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_any_content_is_a_sweep_or_refused(value):
    for name in ("knobs", "experiment", "trials", "metric", "other"):
        content = SweepSettings().model_dump(mode="json") | {name: value}
        try:
            checked_sweep(sweep_from(content))
        except PlaygroundError:
            continue
        assert value is not None
    with pytest.raises(PlaygroundError):
        sweep_from(json.dumps(value))


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, "1", "null", '{"version": 2}'])
def test_what_is_no_sweep_is_refused(text: str):
    with pytest.raises(PlaygroundError):
        sweep_from(text)


def test_settings_are_the_same_behind_json():
    knobs = tuple(map(knob_from, ("data.noise=0,5", "optimizer.learning_rate=log:0.001:0.3")))
    asked = SweepSettings(knobs=knobs, method="bayes", metric="epochs", pruning=False)
    assert sweep_from(asked.to_json()) == asked


@given(
    st.floats(-1e6, 1e6),
    st.floats(1e-3, 1e6),
    st.booleans(),
    st.floats(0, 1),
    st.booleans(),
)
def test_values_of_a_range_stay_in_it(low, width, log, share, whole):
    low = abs(low) + 1e-6 if log else low
    try:
        knob = Range(low=low, high=low + width, log=log)
    except ValidationError:
        return
    value = knob.at(share, whole)
    assert isinstance(value, int if whole else float)
    if not whole or int(low) + 1 <= low + width:
        assert low <= value <= low + width


def test_the_largest_point_has_the_greatest_numbers():
    knobs = ("layers.depth=1,5,2", "layers.*.units=linear:2:60", "loss=mse,bce", "data.samples=50")
    widest = largest(DEFAULT, tuple(map(knob_from, knobs)))
    assert [layer.units for layer in widest.layers] == [60] * 5  # type: ignore[union-attr]
    assert widest.data.samples == 50 and widest.loss == DEFAULT.loss


@pytest.mark.parametrize("name", ["circle", "reg-plane", "digits"])
def test_every_knob_that_is_offered_fits(name: str):
    experiment = DEFAULT.with_changes({"data": {"name": name}})
    offered = offers(experiment, schema_of(experiment.data, None))
    assert len({offer.path for offer in offered}) == len(offered) > 10
    for offer in offered:
        assert offer.place.kind in get_args(Kind)
        for point in grid(experiment, (offer.knob,)):
            apply(experiment, point)
