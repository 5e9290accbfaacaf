"""The sets of sequences, as they are offered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.core.data.model import DataSet, Raw, Schema
from playground.core.data.sequences import puzzles, series, surnames, text, translation
from playground.core.data.sequences.puzzles import Made, Puzzle
from playground.core.data.sequences.settings import SequenceSettings
from playground.core.shapes import Sequence, Tokens

if TYPE_CHECKING:
    from playground.core.data.sequences.text_file import TextFile
    from playground.core.experiment import Data
    from playground.core.random import Stream

SAMPLES = "samples"


def _entry(
    name: str,
    knobs: tuple[str, ...],
    schema: Callable[[Data, Any], Schema],
    make: Callable[[Data, Stream, Any], Raw],
    proposal: Mapping[str, Any],
) -> DataSet:
    return DataSet(name, "sequences", frozenset(knobs), schema, make, proposal)


# ---- series -------------------------------------------------------------------------------------


def _series(
    name: str,
    maker: Callable[[np.random.Generator, int, int, SequenceSettings], np.ndarray],
    choice: str,
    proposal: Mapping[str, Any],
) -> DataSet:
    """A series whose next value is forecast at every place."""

    def schema(data: Data, _own: Any = None) -> Schema:
        length = data.sequences.length
        shape = Sequence(length, 1)
        names = ("value",)
        return Schema(
            "regression", names, (), data.samples, "next", kind="sequences", shape=shape, steps=length
        )

    def make(data: Data, stream: Stream, _own: Any = None) -> Raw:
        random, settings = stream.generator(), data.sequences
        values = maker(random, data.samples, settings.length, settings)
        values = values + random.normal(0, data.noise / 100, values.shape)
        inputs = values[:, :-1, None].astype(np.float32)
        return Raw(inputs, values[:, 1:].copy())

    return _entry(name, (SAMPLES, "noise", "length", choice), schema, make, proposal)


# ---- tasks with an exact answer -----------------------------------------------------------------


def _puzzle(
    name: str,
    describe: Callable[[SequenceSettings], Puzzle],
    maker: Callable[[np.random.Generator, int, SequenceSettings], Made],
    choices: tuple[str, ...],
    proposal: Mapping[str, Any],
) -> DataSet:
    def schema(data: Data, _own: Any = None) -> Schema:
        puzzle = describe(data.sequences)
        numbers = not puzzle.vocabulary
        tokens = Tokens(puzzle.length, (len(puzzle.vocabulary),))
        return Schema(
            task="multiclass" if puzzle.answers else "regression",
            columns=("value", "mark") if numbers else ("token",),
            class_names=puzzle.answers,
            samples=min(data.samples, puzzle.possible),
            target="answer",
            kind="sequences",
            shape=Sequence(puzzle.length, 2) if numbers else tokens,
            steps=puzzle.steps,
            vocabulary=puzzle.vocabulary,
        )

    def make(data: Data, stream: Stream, _own: Any = None) -> Raw:
        count = schema(data).samples
        return Raw(*maker(stream.generator(), count, data.sequences))

    return _entry(name, (SAMPLES, "length", *choices), schema, make, proposal)


# ---- text, names, translation -------------------------------------------------------------------


def _text_schema(data: Data, own: TextFile | None = None) -> Schema:
    corpus = text.corpus_of(data.sequences.text, own)
    length, vocabulary = data.sequences.length, corpus.vocabulary
    windows = text.windows(len(corpus.numbers), length, data.samples, data.train_percent)
    return Schema(
        "multiclass",
        ("character",),
        vocabulary.texts,
        len(windows.train) + len(windows.test),
        "next",
        kind="sequences",
        shape=Tokens(length, (len(vocabulary),)),
        steps=length,
        vocabulary=vocabulary.texts,
    )


def _make_text(data: Data, _stream: Stream, own: TextFile | None = None) -> Raw:
    corpus = text.corpus_of(data.sequences.text, own)
    length = data.sequences.length
    found = text.windows(len(corpus.numbers), length, data.samples, data.train_percent)
    starts = np.concatenate((found.train, found.test))
    test = np.arange(len(starts)) >= len(found.train)
    return Raw(*text.cut(corpus, starts, length), test)


def _surnames_schema(_data: Data, _own: Any = None) -> Schema:
    languages = tuple(surnames.names_by_language())
    return Schema(
        "multiclass",
        ("letter",),
        languages,
        sum(map(len, surnames.names_by_language().values())),
        "language",
        kind="sequences",
        shape=Tokens(surnames.places(), (len(surnames.VOCABULARY),)),
        vocabulary=surnames.VOCABULARY.texts,
    )


def _make_surnames(_data: Data, _stream: Stream, _own: Any = None) -> Raw:
    return Raw(*surnames.made())


def _translation_schema(data: Data, _own: Any = None) -> Schema:
    layout = translation.pairing_of(data.sequences)
    return Schema(
        "multiclass",
        ("character",),
        layout.vocabulary.texts,
        min(data.samples, layout.possible),
        "translation",
        kind="sequences",
        shape=Tokens(layout.places, (len(layout.vocabulary),), layout.source),
        steps=layout.places,
        vocabulary=layout.vocabulary.texts,
    )


def _make_translation(data: Data, stream: Stream, _own: Any = None) -> Raw:
    count = _translation_schema(data).samples
    pairs = translation.made(stream.generator(), count, data.sequences)
    return Raw(*translation.encoded(pairs, data.sequences))


# ---- proposals ----------------------------------------------------------------------------------


def _proposal(
    *layers: dict[str, Any], rate: float, batch: int = 32, train: int = 80, **data: Any
) -> dict[str, Any]:
    """Blocks, Adam with this learning rate, settings of the data; `sequences` among them."""
    return {
        "data": {"train_percent": train, "noise": 0, **data},
        "layers": list(layers),
        "optimizer": {"name": "adam", "learning_rate": rate},
        "training": {"batch_size": batch},
    }
