"""The static facts about scikit-learn's tables, held against scikit-learn."""

import numpy as np
import pytest
from sklearn import datasets

from playground.core.data import DATASETS, schema_of
from playground.core.data.tables import BREAST_CANCER, DIABETES, IRIS, WINE
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data
from playground.core.random import TorchStream

TABLES = [IRIS, WINE, BREAST_CANCER, DIABETES]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_facts_agree_with_scikit_learn(table):
    bunch = getattr(datasets, f"load_{table.name}")(**(table.options or {}))
    schema = schema_of(Data(name=table.name))
    assert schema.columns == tuple(bunch.feature_names)
    assert schema.samples == len(bunch.data)
    raw = DATASETS[table.name].make(Data(name=table.name), TorchStream(0, "data"), None)
    np.testing.assert_array_equal(raw.inputs, bunch.data)
    np.testing.assert_array_equal(raw.targets, bunch.target)
    if schema.task == "regression":
        assert schema.class_names == ()
    else:
        assert schema.class_names == tuple(bunch.target_names)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_columns_can_be_chosen(table):
    chosen = (table.columns[3], table.columns[1])
    data = Data(name=table.name, columns=chosen)
    assert schema_of(data).columns == (table.columns[1], table.columns[3])
    whole = DATASETS[table.name].make(Data(name=table.name), TorchStream(0, "data"), None)
    part = DATASETS[table.name].make(data, TorchStream(0, "data"), None)
    np.testing.assert_array_equal(part.inputs, whole.inputs[:, [1, 3]])


@pytest.mark.parametrize(
    ("columns", "code"), [(("petals",), "table_no_such_column"), ((), "table_no_inputs")]
)
def test_unknown_columns_are_refused(columns, code):
    with pytest.raises(PlaygroundError) as caught:
        schema_of(Data(name="iris", columns=columns))
    assert caught.value.code == code
    assert str(caught.value)
