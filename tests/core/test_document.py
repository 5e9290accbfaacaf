"""An experiment's file: what goes with it, what comes out, and what anybody may put into it."""

from __future__ import annotations

import json

import pytest

from playground.core.data.csv_reader import read_table
from playground.core.data.model import Brought
from playground.core.data.sequences.text_file import TextFile, read_text
from playground.core.document import MOST_EMBEDDED, read_document, write_document
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment

VERSES = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n" * 20
RATED = "user,item,rating\n" + "\n".join(f"u{k % 9},i{k % 7},{1 + k % 5}" for k in range(60))


def experiment_of(name: str, own: Brought) -> Experiment:
    upload = {"filename": own.filename, "sha256": own.sha256}
    return Experiment().with_changes({"data": {"name": name, "upload": upload}})


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("own_text", read_text(VERSES.encode(), "诗.txt")),
        ("ratings_csv", read_table(RATED.encode(), "stars.csv")),
    ],
)
def test_what_a_visitor_brought_goes_along_and_comes_back(name: str, own: Brought) -> None:
    wanted = experiment_of(name, own)
    again, embedded = read_document(write_document(wanted, own))
    assert again == wanted
    assert embedded is not None and embedded.sha256 == own.sha256
    # Of another set it says nothing.
    assert read_document(write_document(Experiment(), own)) == (Experiment(), None)


def test_a_large_text_stays_outside() -> None:
    own = TextFile("long.txt", "ab" * (MOST_EMBEDDED // 2))
    wanted = experiment_of("own_text", own)
    written = write_document(wanted, own)
    assert len(written) < 10_000
    assert read_document(written) == (wanted, None)


@pytest.mark.parametrize(
    "text", [5, [], {"filename": "x"}, {"filename": "x", "text": "short"}, {"text": VERSES},
             {"filename": "x", "text": "\x00" * 400}, {"filename": "\ud800", "text": VERSES}],
)  # fmt: skip
def test_a_broken_text_is_refused(text: object) -> None:
    content = {**json.loads(write_document(Experiment())), "text": text}
    with pytest.raises(PlaygroundError) as caught:
        read_document(json.dumps(content))
    assert caught.value.code in ("text_broken", "text_too_little")
    assert caught.value.sentence()
