"""Splitting, filling in, scaling: what the training part alone may know."""

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from playground.core.data.csv_reader import read_table
from playground.core.data.prepare import Prepared, prepare
from playground.core.data.table import Table
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data, Experiment
from playground.core.random import Stream, TorchStream


class Unshuffled(Stream):
    """Leaves every row where it is: the first rows are the training part."""

    def random(self) -> float:
        return 0.5

    def shuffle_indices(self, count: int) -> list[int]:
        return list(range(count))


def prepared(table: Table | None = None, **choices) -> Prepared:
    name = choices.pop("name", "csv")
    return prepare(Experiment(data=Data(name=name, **choices)), table, Unshuffled())


def read(text: str) -> Table:
    return read_table(text.encode(), "own.csv")


@pytest.mark.parametrize("percent", range(10, 91, 10))
@pytest.mark.parametrize("samples", [10, 11, 137])
def test_the_share_for_training_is_rounded_down(percent, samples):
    made = prepared(name="xor", samples=samples, train_percent=percent)
    assert len(made.targets_train) == int(samples * percent / 100)
    assert len(made.targets_train) + len(made.targets_test) == samples


def test_no_point_is_lost_or_doubled():
    experiment = Experiment(data=Data(name="gauss", samples=200))
    made = prepare(experiment, None, TorchStream(1, "data"))
    both = np.concatenate([made.raw_train, made.raw_test])
    assert len(np.unique(both, axis=0)) == 200
    assert 60 < np.concatenate([made.targets_train, made.targets_test]).sum() < 140


@pytest.mark.parametrize("scaling", ["standard", "minmax"])
def test_the_test_part_teaches_the_scaler_nothing(scaling):
    rows = [f"{k},{k % 7},{k % 2}\n" for k in range(20)]
    plain = read("a,b,t\n" + "".join(rows))
    wild = read("a,b,t\n" + "".join([*rows[:10], "1e6,-1e6,1\n", *rows[11:]]))
    one, other = prepared(plain, scaling=scaling), prepared(wild, scaling=scaling)
    np.testing.assert_array_equal(one.inputs_train, other.inputs_train)
    assert other.inputs_test.max() > 1e4


def test_features_are_expanded_before_they_are_scaled():
    experiment = Experiment(
        data=Data(name="circle", scaling="standard"), features=("x", "x2", "sin_y")
    )
    made = prepare(experiment, None, TorchStream(1, "data"))
    x, y = made.raw_train.T
    expected = StandardScaler().fit_transform(np.column_stack([x, x**2, np.sin(y)]))
    np.testing.assert_allclose(made.inputs_train, expected, atol=1e-12)
    assert made.input_labels == ("x", "x²", "sin y")


def test_missing_values_are_filled_from_the_training_part():
    table = read(
        "a,c,t\n1,red,0\n,red,1\n3,blue,0\n8,,1\n"  # training
        ",green,0\n100,,1\n5,green,0\n7,green,1\n"
    )
    made = prepared(table, missing="impute")
    assert made.schema.imputed == 4
    assert made.schema.columns == ("a", "c = blue", "c = green", "c = red")
    np.testing.assert_array_equal(made.raw_train[:, 0], [1, 4, 3, 8])
    np.testing.assert_array_equal(made.raw_test[:, 0], [4, 100, 5, 7])
    np.testing.assert_array_equal(made.raw_train[3, 1:], [0, 0, 1])
    np.testing.assert_array_equal(made.raw_test[1, 1:], [0, 0, 1])


def test_means_agree_with_scikit_learn():
    generator = np.random.default_rng(1)
    values = generator.normal(size=(60, 3)).round(3)
    holes = generator.random((60, 3)) < 0.2
    lines = [
        ",".join("" if hole else repr(float(v)) for v, hole in zip(row, gaps, strict=True))
        for row, gaps in zip(values, holes, strict=True)
    ]
    table = read("a,b,c,t\n" + "".join(f"{line},{k % 2}\n" for k, line in enumerate(lines)))
    made = prepared(table, missing="impute")
    values[holes] = np.nan
    imputer = SimpleImputer().fit(values[:30])
    np.testing.assert_allclose(made.raw_train, np.asarray(imputer.transform(values[:30])))
    np.testing.assert_allclose(made.raw_test, np.asarray(imputer.transform(values[30:])))


def test_a_column_that_the_training_part_lacks_becomes_zero():
    table = read("a,b,c,t\n1,,,0\n2,,,1\n3,5,red,0\n4,6,blue,1\n")
    for scaling in ("none", "standard", "minmax"):
        made = prepared(table, missing="impute", scaling=scaling)
        np.testing.assert_array_equal(made.raw_train[:, 1:], 0)
        assert np.all(np.isfinite(made.inputs_test))


@pytest.mark.parametrize("scaling", ["none", "standard", "minmax"])
def test_values_of_a_table_are_standardised_with_its_inputs(scaling):
    made = prepared(name="diabetes", scaling=scaling)
    train = made.targets_train
    assert train.max() > 100  # as they are
    expected = (0.0, 1.0) if scaling == "none" else (train.mean(), train.std())
    assert (made.target_mean, made.target_std) == pytest.approx(expected)


def test_values_of_generated_sets_stay_as_they_are():
    made = prepared(name="reg-plane", scaling="standard")
    assert (made.target_mean, made.target_std) == (0.0, 1.0)


def test_a_class_that_the_training_part_lacks():
    table = read("x,t\n1,a\n2,b\n3,c\n4,c\n")
    made = prepared(table)
    assert made.schema.class_names == ("a", "b", "c")
    np.testing.assert_array_equal(made.targets_train, [0, 1])
    np.testing.assert_array_equal(made.targets_test, [2, 2])


@pytest.mark.parametrize("scaling", ["none", "standard", "minmax"])
def test_a_single_point_in_each_part(scaling):
    made = prepared(read("x,y,t\n1,5,1.5\n2,6,2.5\n"), scaling=scaling, target_kind="number")
    assert len(made.targets_train) == len(made.targets_test) == 1
    assert np.all(np.isfinite(made.inputs_test))
    assert made.target_std == 1


def test_an_empty_part_is_explained():
    table = read("x,t\n1,a\n2,b\n3,a\n")
    with pytest.raises(PlaygroundError) as caught:
        prepared(table, train_percent=30)
    assert caught.value.code == "split_empty"
    assert caught.value.params == {"samples": 3, "percent": 30}
    assert len(prepared(table, train_percent=90).targets_test) == 1


def test_values_at_the_limit_stay_finite():
    table = read("x,y,t\n1e30,-1e30,1e30\n-1e30,1e-30,-1e30\n5,1e30,7\n1e-30,0,8\n")
    for scaling in ("none", "standard", "minmax"):
        made = prepared(table, scaling=scaling, target_kind="number")
        assert np.all(np.isfinite(made.inputs_train))
        assert np.all(np.isfinite(made.inputs_test))
        assert np.isfinite(made.target_std)
