"""A table's two written forms, and what happens to forms that nobody wrote."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.core.data.csv_reader import read_table
from playground.core.data.table import Limits, Table
from playground.core.errors import PlaygroundError

TABLE = read_table("größe;farbe;n\n1,5;rot;1\n;blau;2\n2;;3\n".encode(), "eigene.csv")


def test_bytes_and_json_bring_back_the_same_table():
    for copy in (
        Table.from_bytes(TABLE.to_bytes()),
        Table.from_dict(json.loads(json.dumps(TABLE.to_dict()))),
    ):
        assert copy.filename == "eigene.csv"
        assert copy.names == TABLE.names
        assert copy.preview(9) == TABLE.preview(9)
        assert copy.missing == TABLE.missing == 2
        assert copy.sha256 == TABLE.sha256
        for one, other in zip(copy.columns, TABLE.columns, strict=True):
            np.testing.assert_array_equal(one.values, other.values)
            assert one.values.dtype == other.values.dtype


def test_the_hash_is_of_what_the_table_says():
    same = read_table(
        "größe\tfarbe\tn\n1.5\trot\t1\n\tblau\t2\n2\t\t3\n".encode("latin-1"), "b.tsv"
    )
    assert same.sha256 == TABLE.sha256
    other = read_table("größe;farbe;n\n1,5;rot;1\n;blau;2\n2;;4\n".encode(), "eigene.csv")
    assert other.sha256 != TABLE.sha256
    assert len(TABLE.sha256) == 64


def test_an_unknown_column_is_refused():
    with pytest.raises(PlaygroundError) as caught:
        TABLE.column("gewicht")
    assert caught.value.params == {"column": "gewicht"}


NUMBERS = {"name": "a", "kind": "number", "values": [1, None]}


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"filename": "a", "columns": []},
        {"filename": 3, "columns": [NUMBERS]},
        {"filename": "\ud800", "columns": [NUMBERS]},
        {"filename": "a", "columns": {"0": NUMBERS}},
        {"filename": "a", "columns": [NUMBERS, NUMBERS]},
        {"filename": "a", "columns": [NUMBERS, {**NUMBERS, "name": "b", "values": [1]}]},
        {"filename": "a", "columns": [{**NUMBERS, "values": []}]},
        {"filename": "a", "columns": [{**NUMBERS, "values": ["1"]}]},
        {"filename": "a", "columns": [{**NUMBERS, "values": [True]}]},
        {"filename": "a", "columns": [{**NUMBERS, "values": [float("nan")]}]},
        {"filename": "a", "columns": [{**NUMBERS, "values": [1e31]}]},
        {"filename": "a", "columns": [{**NUMBERS, "values": [10**400]}]},
        {"filename": "a", "columns": [{**NUMBERS, "kind": "date"}]},
        {"filename": "a", "columns": [{**NUMBERS, "kind": ["number"]}]},
        {"filename": "a", "columns": [{**NUMBERS, "name": ""}]},
        {"filename": "a", "columns": [{**NUMBERS, "name": "n" * 101}]},
        {"filename": "a", "columns": [{**NUMBERS, "kind": "text"}]},
        {"filename": "a", "columns": [{**NUMBERS, "kind": "text", "values": ["\udfff"]}]},
        {"filename": "a", "columns": [{"name": "a"}]},
        {"filename": "a", "columns": [3]},
        {"filename": "a", "columns": 3},
    ],
)
def test_what_is_no_table_is_refused(content):
    with pytest.raises(PlaygroundError) as caught:
        Table.from_dict(content)
    assert caught.value.code == "table_broken"


def test_json_keeps_the_limits():
    many = [{**NUMBERS, "name": f"c{k}"} for k in range(4)]
    assert Table.from_dict({"filename": "a", "columns": many}, Limits(columns=4)).rows == 2
    for limits in (Limits(columns=3), Limits(rows=1)):
        with pytest.raises(PlaygroundError):
            Table.from_dict({"filename": "a", "columns": many}, limits)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["filename", "columns", "name", "kind", "values"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(_JSON)
def test_no_json_can_crash_it(content):
    with pytest.raises(PlaygroundError):
        Table.from_dict(content)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 400))
def test_no_bytes_can_crash_it(noise, cut):
    for content in (noise, TABLE.to_bytes()[:cut] + noise):
        try:
            Table.from_bytes(content)
        except PlaygroundError as error:
            assert error.code == "table_broken"
