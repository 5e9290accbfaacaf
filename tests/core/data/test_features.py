"""Input features, written out once more by hand."""

import numpy as np
import pytest

from playground.core.data import schema_of
from playground.core.data.features import FEATURES, applicable, chosen, expand, input_labels
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data

PLANE = schema_of(Data(name="circle"))
LINE = schema_of(Data(name="line"))
TABLE = schema_of(Data(name="iris"))


def test_all_seven_of_a_point():
    raw = np.array([[0.5, -2.0], [3.0, 0.0]])
    expected = [
        [0.5, -2.0, 0.25, 4.0, -1.0, np.sin(0.5), np.sin(-2.0)],
        [3.0, 0.0, 9.0, 0.0, 0.0, np.sin(3.0), 0.0],
    ]
    np.testing.assert_allclose(expand(raw, tuple(FEATURES), PLANE), expected)
    labels = ("x", "y", "x²", "y²", "xy", "sin x", "sin y")
    assert input_labels(tuple(FEATURES), PLANE) == labels


def test_the_order_is_fixed_whatever_order_they_are_named_in():
    assert input_labels(("sin_y", "y", "x"), PLANE) == ("x", "y", "sin y")


def test_one_input_has_three_features():
    assert [entry.name for entry in applicable(LINE)] == ["x", "x2", "sin_x"]
    raw = np.array([[2.0], [-1.0]])
    expected = [[2.0, 4.0, np.sin(2)], [-1.0, 1.0, np.sin(-1)]]
    np.testing.assert_allclose(expand(raw, tuple(FEATURES), LINE), expected)


def test_a_table_is_its_columns():
    assert applicable(TABLE) == chosen(("x", "y"), TABLE) == ()
    assert input_labels(("x",), TABLE) == TABLE.columns
    raw = np.arange(8.0).reshape(2, 4)
    np.testing.assert_array_equal(expand(raw, ("x",), TABLE), raw)


def test_no_feature_that_applies_is_explained():
    with pytest.raises(PlaygroundError) as caught:
        input_labels(("y", "xy"), LINE)
    assert caught.value.code == "no_input_feature"
