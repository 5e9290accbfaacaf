"""The CSV reader: what it makes of files people have, and of files meant to break it."""

import csv
import io
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from playground import words
from playground.core.data.csv_reader import read_table
from playground.core.data.table import LIMITS, Limits, Table
from playground.core.errors import PlaygroundError


def read(text: str, encoding: str = "utf-8", limits: Limits = LIMITS) -> Table:
    return read_table(text.encode(encoding), "file.csv", limits)


def cells(table: Table) -> list[tuple[str, ...]]:
    return [table.names, *table.preview(table.rows)]


def refusal(content: bytes, limits: Limits = LIMITS) -> PlaygroundError:
    with pytest.raises(PlaygroundError) as caught:
        read_table(content, "file.csv", limits)
    for language in words.LANGUAGES:
        assert caught.value.sentence(language)
    return caught.value


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " "])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(delimiter, ending):
    lines = [["size", "kind"], ["1.5", "a"], ["-2e3", "b"]]
    table = read(ending.join(delimiter.join(line) for line in lines) + ending)
    assert cells(table) == [("size", "kind"), ("1.5", "a"), ("-2000", "b")]
    assert [column.kind for column in table.columns] == ["number", "text"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_encodings(encoding):
    table = read("身高,性别,体重\n170,男,65\n160,女,50\n镕,女,51\n", encoding)
    assert table.names == ("身高", "性别", "体重")
    assert table.columns[1].categories == ("女", "男")


def test_chinese_beside_latin_letters():
    table = read("身高cm,体重kg\n170,60\n160,50\n", "gb18030")
    assert table.names == ("身高cm", "体重kg")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252"])
def test_western_encodings(encoding):
    text = "größe;straße;élève\n1,5;Süd;à\n2,5;Köln;ç\n"
    table = read(text, encoding)
    assert table.names == ("größe", "straße", "élève")
    assert table.columns[1].categories == ("Köln", "Süd")


def test_columns_lined_up_with_spaces():
    table = read("  a    b   c\n  1    2   x  \n 10   20   y\n")
    assert cells(table) == [("a", "b", "c"), ("1", "2", "x"), ("10", "20", "y")]


def test_a_first_line_may_declare_the_delimiter():
    assert cells(read("sep=;\na,b;c\n1,5;2\n")) == [("a,b", "c"), ("1.5", "2")]


def test_quotes_hold_delimiters_line_ends_and_quotes():
    table = read('name,value\n"a, ""b""\nc",1\nd,2\n')
    assert cells(table) == [("name", "value"), ('a, "b" c', "1"), ("d", "2")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;b\n1,5;2\n-0,25;3\n", [1.5, -0.25]),
        ("1,5;2,5\n3,5;4,5\n", [1.5, 3.5]),
        ("a;b\n1.234,5;2\n7;3\n", [1234.5, 7.0]),
        ('a,b\n"1,234.5",2\n"1,000,000",3\n', [1234.5, 1e6]),
        ("a;b\n1.5;2\n2.5;3\n", [1.5, 2.5]),
        ("a\tb\n3,14\t2\n2,7\t3\n", [3.14, 2.7]),
        ("a,b\n+1e-3,2\n.5,3\n", [0.001, 0.5]),
        ("a,b\n\u22121.5,2\n7.,3\n", [-1.5, 7.0]),
    ],
)
def test_numbers_as_people_write_them(text, expected):
    column = read(text).columns[0]
    assert column.kind == "number"
    np.testing.assert_array_equal(column.values, expected)


@pytest.mark.parametrize(
    "value", ["1_000", "0x10", "inf", "1 000", "12 kg", "١٢", "1e", "--1", "1,2,3", "2024-01-31"]
)
def test_what_is_no_number_is_text(value):
    column = read(f'a;b\n"{value}";1\nx;2\n').columns[0]
    assert column.kind == "text"
    assert value in column.categories


def test_missing_values_are_found_and_counted():
    table = read("a,b,c\n1,x,?\nNA,,1\nn/a,y,2\n-,null,3\n5,NaN,none\n")
    assert [column.kind for column in table.columns] == ["number", "text", "number"]
    assert [column.missing for column in table.columns] == [3, 3, 2]
    assert table.missing == 8
    assert table.preview(2) == [("1", "x", ""), ("", "", "1")]


def test_a_column_without_a_value_is_kept_and_counted():
    table = read("a,b,c\n1,,x\n2,,y\n")
    assert table.columns[1].missing == table.rows == 2


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        ("a,b\n1,2\n", ("a", "b"), 1),
        ("1,2\n3,4\n", ("#1", "#2"), 2),
        ("5.1,3.5,setosa\n4.9,3,setosa\n", ("#1", "#2", "#3"), 2),
        ("species,2001,2002\na,1,2\n", ("#1", "#2", "#3"), 2),
        ("id,2001\n1,2\n", ("id", "2001"), 1),
        ("colour,kind\nred,a\nblue,b\n", ("colour", "kind"), 2),
        (",b\n1,2\n", ("#1", "b"), 1),
        ("a,a,a (2),a\n1,2,3,4\n", ("a", "a (2)", "a (2) (2)", "a (3)"), 1),
        ("\n\n a , b \n\n1,2\n,\n", ("a", "b"), 1),
        ("a,b,,\n1,2,,\n3,4\n".replace("3,4\n", "3,4,,\n"), ("a", "b", "#3", "#4"), 2),
        ("a,b\n1,2,\n3,4,\n", ("a", "b"), 2),
    ],
)
def test_headers(text, names, rows):
    table = read(text)
    assert table.names == names
    assert table.rows == rows


def test_names_are_printable_and_short():
    table = read(f"a\u202eb\tc;{'n' * 5000}\n1;2\n")
    assert table.names[0] == "a b c"
    assert len(table.names[1]) <= LIMITS.name_characters


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "csv_empty"),
        (b" \r\n\t\n", "csv_empty"),
        (b",,\n,,\n", "csv_empty"),
        (b"sep=;\n", "csv_empty"),
        (b"\xef\xbb\xbf", "csv_empty"),
        (b"a,b\n1,\x002\n", "csv_not_text"),
        (b"\xff\xfea", "csv_not_text"),
        (b"\xff\xfe\x00\x00a\x00,\x00", "csv_not_text"),
        (b"PK\x03\x04rest", "csv_spreadsheet"),
        (b"\xd0\xcf\x11\xe0rest", "csv_spreadsheet"),
        (b"a\n1\n2\n", "csv_one_column"),
        (b"sep=;\na\n1\n", "csv_one_column"),
        (b"a,b\n", "csv_only_header"),
        (b"a,b\n1,2\n1,2,3\n", "csv_ragged"),
        (b"a,b,c\n1,2,3\n1,2\n", "csv_ragged"),
        (b'a,b\n1,2\n"3,4\n5,6\n', "csv_broken_quotes"),
        (b'a,b\n"1"2,3\n', "csv_broken_quotes"),
        (b"a,b\n" + b"x" * 140_000 + b",1\n", "csv_broken_quotes"),
        (b"x" * 140_000 + b",1\n", "csv_broken_quotes"),
        (b"\n" * 250_000 + b"a", "csv_one_column"),
        (b"a,b\n" + b"x" * 20_000 + b",1\n", "csv_cell_too_long"),
        (b"a,b\n1,1e999\n", "csv_number_too_large"),
        (b"a,b\n-1e31,1\n", "csv_number_too_large"),
        (b"a,b\n1," + b"9" * 400 + b"\n", "csv_number_too_large"),
        (b",".join(b"c%d" % k for k in range(201)) + b"\n", "csv_too_wide"),
        (b"a,b\n" + b"1,2\n" * 50_001, "csv_too_long"),
        (b"a,b\n" * (5 * 2**18 + 1), "csv_too_large"),
    ],
)
def test_every_refusal_is_a_sentence(content, code):
    assert refusal(content).code == code


def test_refusals_name_the_place():
    error = refusal(b'a,b\n"x\ny",2\n\n3,4,5\n')
    assert error.params == {"line": 5, "found": 3, "expected": 2}
    assert "Line 5" in str(error)
    assert "5" in error.sentence("zh")


def test_limits_are_those_that_are_asked_for():
    small = Limits(rows=2, columns=3)
    assert read("a,b\n1,2\n3,4\n", limits=small).rows == 2
    assert refusal(b"a,b\n1,2\n3,4\n5,6\n", small).code == "csv_too_long"
    assert refusal(b"a,b,c,d\n1,2,3,4\n", small).code == "csv_too_wide"
    megabyte = Limits(file_bytes=2**20)
    assert refusal(b"1,2\n" * 2**19, megabyte).params == {"size": "2.0", "limit": "1.0"}


def test_a_large_file_is_read():
    lines = "\n".join(f"{k},{k / 7:.4f},{'abc'[k % 3]}" for k in range(50_000))
    table = read("id,value,kind\n" + lines)
    assert table.rows == 50_000
    np.testing.assert_allclose(table.columns[1].values, np.arange(50_000) / 7, atol=1e-4)


def test_long_almost_numbers_take_no_longer_than_others():
    start = time.process_time()
    for cell in ("1" * 9000 + "x", "1,111" * 1800 + "x", "1.111" * 1800 + ",", "." * 9000):
        assert read(f"{cell};2\n" * 100).columns[0].kind == "text"
    assert time.process_time() - start < 2


@settings(max_examples=250, deadline=None)
@given(st.binary(max_size=300))
@example(b"\xff\xfe\x00\xd8,\x00")
@example(b'"')
@example(b"a,b\r1,2\r")
def test_no_bytes_can_crash_it(content):
    try:
        table = read_table(content, "any.csv")
    except PlaygroundError as error:
        assert str(error)
    else:
        check_sound(table)


# Bytes that look like a table get further in than arbitrary ones.
_PIECES = [b"1", b"-2.5", b"1,5", b"1e999", b"a", b"NA", b'"', b" ", b"#", b",", b";", b"|", b"\t"]
_ODD = [b"\n", b"\n", b"\n", b"\r\n", b"\r", b",\n", b"\x1c", b"\xe2\x80\xa8", b"\xe9", b"\xb9\xfa"]
_TABLE_BYTES = st.lists(st.sampled_from([*_PIECES, *_ODD]), max_size=60).map(b"".join)


@settings(max_examples=400, deadline=None)
@given(_TABLE_BYTES)
def test_no_odd_table_can_crash_it(content):
    try:
        check_sound(read_table(content, "any.csv"))
    except PlaygroundError as error:
        assert str(error)


def check_sound(table: Table) -> None:
    """What everybody who is given a table may rely on."""
    assert len(table.columns) >= 2
    assert len(set(table.names)) == len(table.names)
    assert all(name.isprintable() and name for name in table.names)
    assert {len(column.values) for column in table.columns} == {table.rows}
    assert table.rows >= 1
    for column in table.columns:
        if column.kind == "number":
            assert column.values.dtype == np.float64
            assert not np.any(np.isinf(column.values))
        else:
            assert all(column.categories)
            assert column.values.max(initial=-1) < len(column.categories)
    assert cells(Table.from_bytes(table.to_bytes())) == cells(table)
    assert Table.from_dict(table.to_dict()).sha256 == table.sha256


_TEXTS = (
    st.text(st.characters(categories=("L", "P", "S", "Zs"), codec="utf-8"), max_size=8)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: any(c.isalpha() for c in text) and text.lower() not in WORDS_FOR_MISSING)
)
WORDS_FOR_MISSING = {"na", "n/a", "#n/a", "nan", "null", "none"}
_NUMBERS = st.floats(-1e30, 1e30) | st.integers(-(10**9), 10**9)


@st.composite
def _written_tables(draw):
    """A header and rows of text and numbers, and how they are written down."""
    kinds = draw(st.lists(st.sampled_from(["number", "text"]), min_size=2, max_size=5))
    names = draw(st.lists(_TEXTS, min_size=len(kinds), max_size=len(kinds), unique=True))
    cell = {"number": st.none() | _NUMBERS, "text": st.none() | _TEXTS}
    rows = draw(st.lists(st.tuples(*(cell[kind] for kind in kinds)), min_size=1, max_size=8))
    full = [row for row in rows if any(value is not None for value in row)]
    full.append(tuple(1.5 if kind == "number" else "word" for kind in kinds))
    return kinds, names, full, draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n"]))


@settings(max_examples=150, deadline=None)
@given(_written_tables())
def test_what_is_written_is_what_is_read(written):
    kinds, names, rows, delimiter, ending = written
    file = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL
    writer = csv.writer(file, delimiter=delimiter, lineterminator=ending, quoting=quoting)
    writer.writerow(names)
    writer.writerows([["" if value is None else value for value in row] for row in rows])
    table = read_table(file.getvalue().encode(), "written.csv")
    check_sound(table)
    assert list(table.names) == names
    assert [column.kind for column in table.columns] == kinds
    for place, column in enumerate(table.columns):
        expected = [row[place] for row in rows]
        if column.kind == "number":
            numbers = [np.nan if value is None else float(value) for value in expected]
            np.testing.assert_array_equal(column.values, numbers)
        else:
            assert [column.cell(row) or None for row in range(table.rows)] == expected
