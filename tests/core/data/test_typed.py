"""Targets and input features that a visitor types."""

import numpy as np
import pytest

from playground.core.data import schema_of
from playground.core.data.features import MOST, expand, input_labels
from playground.core.data.prepare import prepare
from playground.core.data.typed import check_feature, check_target, spread
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data, Experiment
from playground.core.proposal import choose_data, propose
from playground.core.random import TorchStream
from tests.core.helpers import run_of


def made(**changes):
    return prepare(Experiment().with_changes(changes), None, TorchStream(1, "data"))


def test_a_condition_makes_classes_and_a_number_is_predicted():
    classes = made(data={"name": "formula", "formula": "x**2 + y > 1"})
    x, y = classes.raw_train.T
    np.testing.assert_array_equal(classes.targets_train, x**2 + y > 1)
    values = made(data={"name": "formula", "formula": "sin(3*x)*y"})
    x, y = values.raw_train.T
    np.testing.assert_allclose(values.targets_train, np.sin(3 * x) * y)
    assert values.schema.task == "regression"
    assert values.target_std == pytest.approx(values.targets_train.std())


def test_large_values_are_learned():
    experiment = propose("formula", Experiment().with_changes({"data": {"name": "formula"}}))
    experiment = experiment.with_changes({"data": {"formula": "100*x + 300"}, "loss": "mse"})
    run = run_of(experiment)
    run.advance(30 * run.batches_per_epoch)
    score = run.measure().test_score
    assert score is not None
    assert score > 0.98


@pytest.mark.parametrize(
    ("formula", "code"),
    [("log(x)", "formula_no_value_at"), ("x > 99", "formula_constant"), ("7", "formula_constant")],
)
def test_what_cannot_be_learned_is_said(formula, code):
    with pytest.raises(PlaygroundError) as caught:
        made(data={"name": "formula", "formula": formula})
    assert caught.value.code == code

    with pytest.raises(PlaygroundError) as caught:
        check_target(formula)
    assert caught.value.code == code, "said before a point is drawn"


def test_what_can_be_learned_passes_without_a_sample():
    for formula in ("sin(3*x)*y", "x**2 + y > 1", "1/(x - y)", "x/y", "tan(x) > 5.9"):
        check_target(formula)


def test_places_for_a_check_lie_all_over_the_window():
    places = spread(((-2.0, 4.0), (0.0, 1.0)))
    x, y = places.T
    assert (x >= -2).all() and (x < 4).all() and (y >= 0).all() and (y < 1).all()
    counts, *_ = np.histogram2d(x, y, bins=5, range=((-2, 4), (0, 1)))
    assert counts.min() > 35
    assert counts.max() < 45
    assert len(np.unique(x)) == len(x)


def test_a_feature_without_a_value_is_refused_at_once():
    circle, line = schema_of(Data(name="circle")), schema_of(Data(name="sine"))
    check_feature("x/y", circle)
    check_feature("sin(3*x)", line)
    for text, schema, code in (
        ("log(x)", circle, "formula_no_value_at"),
        ("sqrt(x)", line, "formula_no_value_on_line"),
        ("x*y", line, "formula_unknown_name"),
    ):
        with pytest.raises(PlaygroundError) as caught:
            check_feature(text, schema)
        assert caught.value.code == code


def test_a_painted_point_where_a_feature_has_no_value_is_said():
    points = {"name": "own", "points": [[1, 1, 1], [0, 2, 0]]}
    with pytest.raises(PlaygroundError) as caught:
        made(data=points, typed_features=["y/x"])
    assert caught.value.sentence() == (
        "y/x has no usable value at x = 0.00, y = 2.00. "
        "Change the formula so that it has one everywhere."
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"data": {"formula": "x +"}}, "formula_syntax"),
        ({"typed_features": ["2x"]}, "formula_times"),
        ({"typed_features": ["3"]}, "formula_no_variable"),
        ({"typed_features": ["q"]}, "formula_unknown_name"),
    ],
)
def test_a_wrong_formula_is_refused_with_its_own_sentence(changes, code):
    with pytest.raises(PlaygroundError) as caught:
        Experiment().with_changes(changes)
    assert caught.value.code == code


def test_typed_features_stand_behind_the_others():
    prepared = made(features=["x", "y"], typed_features=["sin(3*x)*y", "x > 1"])
    x, y = prepared.raw_train.T
    expected = np.stack([x, y, np.sin(3 * x) * y, x > 1], axis=1)
    np.testing.assert_allclose(prepared.inputs_train, expected)
    assert prepared.input_labels == ("x", "y", "sin(3*x)*y", "x>1")


def test_sets_take_the_typed_features_that_they_can():
    names = ("x", "y", "y*y", "x*x*x")
    assert input_labels(names, schema_of(Data(name="sine"))) == ("x", "x*x*x")
    assert input_labels(names, schema_of(Data(name="circle"))) == names
    assert len(input_labels(names, schema_of(Data(name="iris")))) == 4
    run = run_of(Experiment().with_changes({"typed_features": ["x*y", "x^2 + y^2"]}))
    run.advance(10)
    assert run.blocks[0].units == 4


def test_a_feature_without_a_value_is_named_and_maps_reach_on():
    with pytest.raises(PlaygroundError) as caught:
        made(typed_features=["log(x)"])
    assert caught.value.code == "formula_no_value_at"
    assert "log(x)" in caught.value.sentence()
    schema = schema_of(Data(name="circle"))
    grid = np.array([[0.0, 0.0], [-1.0, 0.0], [1.0, 0.0]])
    np.testing.assert_array_equal(expand(grid, ("log(x)",), schema)[:, 0], [-MOST, 0, 0])


def test_another_set_starts_clean():
    start = Experiment().with_changes({"data": {"points": [[1, 1, 1]], "label_noise": 10}})
    assert choose_data("xor", start).data == propose("xor").data
