"""Character text and surnames: windows that share nothing, files that are refused with a reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.core.data.registry import schema_of
from playground.core.data.sequences import surnames, text
from playground.core.data.sequences.text_file import LIMITS, TextFile, cleaned, read_text
from playground.core.data.sequences.vocabulary import RARE, characters_of, plain_letters
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data

LINES = "All work and no play makes a dull day.\n" * 10


def test_the_texts_that_come_with_python():
    assert text.zen().startswith("The Zen of Python, by Tim Peters")
    assert "Beautiful is better than ugly." in text.zen()
    topics = text.shipped("topics")
    assert len(topics.text) > 200_000 and len(topics.vocabulary) < 300
    assert "\n\n" not in topics.text and "  " not in topics.text


def test_the_zen_prints_nothing(capsys):
    text.zen()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["tang", "laozi"])
def test_the_chinese_texts(name):
    corpus = text.shipped(name)
    assert 2000 < len(corpus.text) < 10_000
    assert set(corpus.text) - set("，。！？；：\n") and not any(
        "a" <= c <= "z" for c in corpus.text
    )
    lines = corpus.text.strip().split("\n")
    assert len(set(lines)) == len(lines)
    assert corpus.vocabulary.decode(corpus.numbers) == corpus.text


@settings(max_examples=60, deadline=None)
@given(st.integers(60, 5000), st.integers(4, 40), st.integers(10, 500), st.integers(10, 90))
def test_windows_of_both_parts_share_no_character(characters, length, samples, percent):
    try:
        found = text.windows(characters, length, samples, percent)
    except PlaygroundError as error:
        assert error.code == "text_too_short"
        return
    width = length + 1  # what is read, and the last character that is asked for
    train = {place for start in found.train for place in range(start, start + width)}
    test = {place for start in found.test for place in range(start, start + width)}
    assert not train & test
    assert min(train) >= 0 and max(test) < characters
    assert len(found.train) + len(found.test) <= samples
    assert len(set(found.train.tolist())) == len(found.train)


def test_too_short_a_text_says_how_long_it_must_be():
    with pytest.raises(PlaygroundError) as caught:
        text.windows(100, 32, 50, 90)
    least = int(str(caught.value.params["least"]))
    assert len(text.windows(least, 32, 50, 90).test)


def test_every_place_is_asked_for_the_next_character():
    corpus = text.corpus_of(TextFile("a.txt", LINES))
    read, asked = text.cut(corpus, np.array([0, 7]), 12)
    assert corpus.vocabulary.decode(read[0]) == LINES[:12]
    assert corpus.vocabulary.decode(asked[1]) == LINES[8:20]


def test_an_own_text_must_be_there():
    with pytest.raises(PlaygroundError) as caught:
        schema_of(Data(name="own_text"))
    assert caught.value.code == "text_missing"
    schema = schema_of(Data(name="own_text", train_percent=50), TextFile("a.txt", LINES))
    assert "".join(schema.vocabulary) == "".join(sorted(set(LINES)))


def test_rare_characters_share_a_token():
    vocabulary = characters_of("aaabbbccd", 3)
    assert vocabulary.texts == ("a", "b", RARE)
    assert characters_of("cab", 3).texts == ("a", "b", "c")


# ---- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_chinese_in_every_usual_encoding(encoding):
    poem = text.tang()
    found = read_text(poem.encode(encoding), "诗.txt")
    assert found.text == poem.strip() and found.filename == "诗.txt"


def test_latin_letters_and_line_ends():
    found = read_text(("Größe\r\nund\tMaß " * 30).encode("latin-1"), "a.txt")
    assert "\r" not in found.text and "\t" not in found.text and "Größe\nund Maß" in found.text


PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(1, 256)) * 20


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "text_too_little"),
        (b"short", "text_too_little"),
        (b"a" * 500, "text_one_character"),
        (b"\x00" * 500, "text_not_text"),
        (PICTURE, "text_not_text"),
        (b"PK\x03\x04" + b"abc" * 200, "text_not_text"),
        (b"\xff\xfe\x00\xd8" * 200, "text_not_text"),
        (b"a b" * (LIMITS.file_bytes // 3 + 1), "text_too_large"),
    ],
)
def test_what_is_no_text_is_refused(content, code):
    with pytest.raises(PlaygroundError) as caught:
        read_text(content, "x.txt")
    assert caught.value.code == code


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=600))
def test_no_bytes_raise_anything_else(content):
    try:
        found = read_text(content, "x")
    except PlaygroundError:
        return
    assert cleaned(found.text) == found.text


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=220, max_size=300))
def test_a_text_travels_whole(content):
    try:
        found = read_text(content.encode("utf-8", "ignore"), "x")
    except PlaygroundError:
        return
    again = TextFile.from_bytes(found.to_bytes())
    assert (again.filename, again.text) == (found.filename, found.text)
    assert again.sha256 == found.sha256
    assert TextFile.from_dict(found.to_dict()).text == found.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}\nabc",
        b'{"filename": 3}\n' + b"ab" * 200,
        b'{"filename": "x"}\n\xff' * 200,
        b'{"filename": "x"}\n' + b"a\x07b" * 200,
        b"[" * 5000,
    ],
)
def test_broken_bytes_are_no_text(content):
    with pytest.raises(PlaygroundError) as caught:
        TextFile.from_bytes(content)
    assert caught.value.code in ("text_broken", "text_too_little")


# ---- surnames -----------------------------------------------------------------------------------


def test_surnames_are_balanced_and_none_comes_twice():
    known = surnames.names_by_language()
    assert list(known) == sorted(known) and len(known) == 10
    assert {len(names) for names in known.values()} == {80}
    every = [name.lower() for names in known.values() for name in names]
    assert len(set(every)) == len(every)


def test_surnames_end_at_the_last_place():
    rows, languages = surnames.made()
    assert rows.shape == (800, surnames.places()) and languages.tolist() == sorted(languages)
    names = [name for names in surnames.names_by_language().values() for name in names]
    for row, name in zip(rows, names, strict=True):
        assert surnames.VOCABULARY.decode(row).lstrip("·") == name.lower()


def test_a_typed_name_loses_its_accents():
    assert plain_letters(" Müller ") == "muller"
    assert plain_letters("Strauß") == "strauss"
    assert plain_letters("Peña") == "pena"
