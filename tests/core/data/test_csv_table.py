"""A visitor's table as a data set: target, task, columns, one-hot encoding, missing values."""

import numpy as np
import pytest

from playground.core.data import Raw, Schema, proposal_for, schema_of
from playground.core.data.csv_reader import read_table
from playground.core.data.csv_table import guessed_kind, input_problem, usable_inputs
from playground.core.data.registry import DATASETS
from playground.core.data.table import Table
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data, Upload
from playground.core.random import TorchStream


def read(text: str) -> Table:
    return read_table(text.encode(), "own.csv")


PEOPLE = read(
    "age,city,income,note,plan\n"
    "30,Bern,5.5,,basic\n"
    "41,Genf,,,plus\n"
    ",Bern,7.25,,basic\n"
    "25,,3,,\n"
    "52,Basel,9,,plus\n"
)


def use(table: Table, **choices) -> tuple[Schema, Raw]:
    data = Data(name="csv", **choices)
    schema = schema_of(data, table)
    raw = DATASETS["csv"].make(data, TorchStream(0, "data"), table)
    assert raw.inputs.shape == (schema.samples, len(schema.columns))
    return schema, raw


def refused(table: Table | None, **choices) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        schema_of(Data(name="csv", **choices), table)
    assert str(caught.value)
    return caught.value


def test_the_last_column_is_the_target_and_empty_columns_stay_out():
    schema, raw = use(PEOPLE, missing="impute")
    assert schema.task == "binary"
    assert schema.target == "plan"
    assert schema.class_names == ("basic", "plus")
    assert schema.columns == ("age", "city = Basel", "city = Bern", "city = Genf", "income")
    assert schema.one_hot == ((1, 4),)
    assert (schema.samples, schema.dropped, schema.imputed) == (4, 1, 2)
    nan = np.nan
    expected = [[30, 0, 1, 0, 5.5], [41, 0, 0, 1, nan], [nan, 0, 1, 0, 7.25], [52, 1, 0, 0, 9]]
    np.testing.assert_array_equal(raw.inputs, expected)
    np.testing.assert_array_equal(raw.targets, [0, 1, 0, 1])


def test_rows_with_holes_are_dropped_and_counted():
    schema, raw = use(PEOPLE, missing="drop")
    assert (schema.samples, schema.dropped, schema.imputed) == (2, 3, 0)
    assert not np.isnan(raw.inputs).any()


def test_columns_that_are_not_used_drop_no_rows():
    schema, _ = use(PEOPLE, columns=("city",), missing="drop")
    assert (schema.samples, schema.dropped) == (4, 1)


def test_a_missing_text_is_missing_in_all_its_inputs():
    _, raw = use(PEOPLE, target="age", columns=("city",), missing="impute")
    np.testing.assert_array_equal(raw.inputs[2], [np.nan] * 3)


def test_target_and_columns_are_chosen():
    schema, raw = use(PEOPLE, target="income", columns=("plan", "age", "income"), missing="drop")
    assert schema.task == "regression"
    assert schema.class_names == ()
    assert schema.columns == ("age", "plan = basic", "plan = plus")
    np.testing.assert_array_equal(raw.inputs, [[30, 1, 0], [52, 0, 1]])
    np.testing.assert_array_equal(raw.targets, [5.5, 9])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "b"], "classes"),
        (["0", "1"], "classes"),
        (["-1", "1", "1"], "classes"),
        ([str(k % 3) for k in range(30)], "classes"),
        ([str(k % 10) for k in range(50)], "classes"),
        ([str(k % 10) for k in range(49)], "number"),
        ([str(k % 11) for k in range(500)], "number"),
        (["1", "2", "3"], "number"),
        (["0.5", "1"], "number"),
        (["1", "NA", "2"], "classes"),
    ],
)
def test_the_task_is_read_off_the_target(values, kind):
    table = read("x,t\n" + "".join(f"1,{value}\n" for value in values))
    assert guessed_kind(table.columns[1]) == kind


def test_the_visitor_overrides_the_task():
    table = read("x,stars\n" + "".join(f"{k},{k % 5}\n" for k in range(50)))
    schema, raw = use(table)
    assert (schema.task, schema.class_names) == ("multiclass", ("0", "1", "2", "3", "4"))
    schema, raw = use(table, target_kind="number")
    assert schema.task == "regression"
    np.testing.assert_array_equal(raw.targets, np.arange(50) % 5)
    table = read("x,dose\n" + "".join(f"{k},{k % 3 / 4}\n" for k in range(30)))
    schema, raw = use(table, target_kind="classes")
    assert schema.class_names == ("0", "0.25", "0.5")
    np.testing.assert_array_equal(raw.targets, np.arange(30) % 3)


def test_classes_that_lost_all_their_rows_are_gone():
    table = read("x,t\n1,a\n2,b\n,c\n3,a\n")
    assert use(table)[0].class_names == ("a", "b")
    assert use(table, missing="impute")[0].class_names == ("a", "b", "c")


def test_unusable_columns_say_why():
    table = read("id,empty,t\n" + "".join(f"user {k},,{k % 2}\n" for k in range(30)))
    reasons = [input_problem(column) for column in table.columns]
    assert [reason.code if reason else None for reason in reasons] == [
        "table_too_many_categories",
        "table_column_empty",
        None,
    ]
    assert all(reason.sentence("zh") for reason in reasons if reason)
    assert usable_inputs(table, "t") == ()
    assert refused(table).code == "table_no_inputs"
    assert refused(table, columns=("id",)).code == "table_too_many_categories"
    assert refused(table, columns=("empty",)).code == "table_column_empty"


@pytest.mark.parametrize(
    ("choices", "code"),
    [
        ({"target": "weight"}, "table_no_such_column"),
        ({"columns": ("weight",)}, "table_no_such_column"),
        ({"columns": ()}, "table_no_inputs"),
        ({"columns": ("plan",)}, "table_no_inputs"),
        ({"target": "note"}, "table_column_empty"),
        ({"target": "city", "target_kind": "number"}, "table_target_is_text"),
    ],
)
def test_choices_that_cannot_be_are_explained(choices, code):
    assert refused(PEOPLE, **choices).code == code


@pytest.mark.parametrize(
    ("text", "choices", "code"),
    [
        ("x,t\n1,a\n2,a\n", {}, "table_one_target"),
        ("x,t\n1,5\n2,5\n", {}, "table_one_target"),
        ("x,t\n1,a\n,b\n", {}, "table_one_target"),
        ("x,y,t\n1,,a\n,2,b\n", {}, "table_no_rows_left"),
        ("x,t\n" + "".join(f"1,w{k}\n" for k in range(21)), {}, "table_too_many_classes"),
        (
            "x,t\n" + "".join(f"1,{k / 2}\n" for k in range(21)),
            {"target_kind": "classes"},
            "table_too_many_classes",
        ),
    ],
)
def test_targets_that_teach_nothing_are_explained(text, choices, code):
    assert refused(read(text), **choices).code == code


def test_too_many_inputs_are_explained():
    header = ",".join(f"c{k}" for k in range(40)) + ",t\n"
    rows = "".join(
        ",".join(f"w{row % 20}" for _ in range(40)) + f",{row % 2}\n" for row in range(40)
    )
    error = refused(read(header + rows))
    assert error.code == "table_too_many_inputs"
    assert error.params["count"] == 800


def test_the_right_table_is_wanted():
    upload = Upload(filename="own.csv", sha256=PEOPLE.sha256)
    assert use(PEOPLE, upload=upload)[0].target == "plan"
    assert refused(None, upload=upload).params == {"filename": "own.csv"}
    assert refused(read("a,b\n1,2\n3,4\n"), upload=upload).code == "table_wanted"
    assert refused(None).code == "table_wanted"


@pytest.mark.parametrize(
    ("target", "loss"), [("plan", "bce"), ("city", "cross_entropy"), ("income", "mse")]
)
def test_the_proposed_loss_fits_the_target(target, loss):
    assert proposal_for(Data(name="csv", target=target, missing="impute"), PEOPLE)["loss"] == loss
