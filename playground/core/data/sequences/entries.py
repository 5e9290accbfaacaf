"""The sets of sequences, as they are offered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from playground.core.data.model import FOLLOWING, DataSet, Raw, Schema
from playground.core.data.sequences import puzzles, series, surnames, text, translation
from playground.core.data.sequences.puzzles import Made, Puzzle
from playground.core.data.sequences.settings import SequenceSettings
from playground.core.data.sequences.text import Corpus, Windows
from playground.core.data.sequences.vocabulary import PAD_NUMBER
from playground.core.errors import PlaygroundError
from playground.core.shapes import Sequence, Tokens

if TYPE_CHECKING:
    from playground.core.data.sequences.text_file import TextFile
    from playground.core.experiment import Data
    from playground.core.random import Stream

SAMPLES = "samples"
OWN_TEXT = "own_text"


def _entry(
    name: str,
    knobs: tuple[str, ...],
    schema: Callable[[Data, Any], Schema],
    make: Callable[[Data, Stream, Any], Raw],
    proposal: Mapping[str, Any],
    *,
    brings: Literal["text"] | None = None,
) -> DataSet:
    return DataSet(name, "sequences", frozenset(knobs), schema, make, proposal, brings=brings)


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
            "regression",
            names,
            (),
            data.samples,
            FOLLOWING,
            kind="sequences",
            shape=shape,
            steps=length,
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


def _corpus(data: Data, own: TextFile | None) -> Corpus:
    """The visitor's own text, or the one that is chosen.

    Raises:
        PlaygroundError: the visitor's is wanted and is not there.
    """
    if data.name != OWN_TEXT:
        return text.shipped(data.sequences.text)
    if own is None:
        filename = data.upload.filename if data.upload else ""
        raise PlaygroundError("text_missing", filename=filename)
    return text.corpus_of(own)


def _windows(data: Data, corpus: Corpus) -> Windows:
    length = data.sequences.length
    return text.windows(len(corpus.numbers), length, data.samples, data.train_percent)


def _text_schema(data: Data, own: TextFile | None = None) -> Schema:
    corpus = _corpus(data, own)
    length, vocabulary, found = data.sequences.length, corpus.vocabulary, _windows(data, corpus)
    return Schema(
        "multiclass",
        ("character",),
        vocabulary.texts,
        len(found.train) + len(found.test),
        FOLLOWING,
        kind="sequences",
        shape=Tokens(length, (len(vocabulary),)),
        steps=length,
        vocabulary=vocabulary.texts,
    )


def _make_text(data: Data, _stream: Stream, own: TextFile | None = None) -> Raw:
    corpus = _corpus(data, own)
    found = _windows(data, corpus)
    starts = np.concatenate((found.train, found.test))
    test = np.arange(len(starts)) >= len(found.train)
    return Raw(*text.cut(corpus, starts, data.sequences.length), test)


def _surnames_schema(_data: Data, _own: Any = None) -> Schema:
    languages = tuple(surnames.names_by_language())
    return Schema(
        "multiclass",
        ("letter",),
        languages,
        sum(map(len, surnames.names_by_language().values())),
        "language",
        kind="sequences",
        shape=Tokens(surnames.places(), (len(surnames.VOCABULARY),), padding=PAD_NUMBER),
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
        shape=Tokens(layout.places, (len(layout.vocabulary),), layout.source, PAD_NUMBER),
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


def _embedding(width: int) -> dict[str, Any]:
    return {"kind": "embedding", "width": width}


def _cell(kind: str, units: int, states: str = "all") -> dict[str, Any]:
    return {"kind": kind, "units": units, "states": states}


POSITIONS: dict[str, Any] = {"kind": "positions"}


def _reader_and_writer(width: int) -> list[dict[str, Any]]:
    """An encoder and a decoder of one block each (Vaswani et al. 2017)."""
    blocks = [{"kind": kind, "heads": 4, "factor": 2} for kind in ("transformer", "decoder")]
    return [_embedding(width), POSITIONS, *blocks]


def _length(places: int, **more: Any) -> dict[str, Any]:
    return {"length": places, **more}


def _for_text() -> dict[str, Any]:
    layers = _embedding(16), _cell("lstm", 64)
    return _proposal(*layers, rate=0.005, samples=5000, sequences=_length(48))


ENTRIES: tuple[DataSet, ...] = (
    _series(
        "waves",
        series.waves,
        "wave",
        _proposal(_cell("rnn", 16), rate=0.01, samples=500, sequences=_length(40)),
    ),
    _series(
        "chaos",
        series.chaos,
        "chaos",
        _proposal(_cell("gru", 24), rate=0.01, samples=500, sequences=_length(40)),
    ),
    _puzzle(
        "parity",
        puzzles.parity,
        puzzles.make_parity,
        ("asked",),
        _proposal(_embedding(4), _cell("gru", 16), rate=0.01, samples=1000, sequences=_length(16)),
    ),
    _puzzle(
        "brackets",
        puzzles.brackets,
        puzzles.make_brackets,
        ("brackets", "asked", "bracket_kinds"),
        _proposal(_embedding(4), _cell("gru", 16), rate=0.01, samples=1000, sequences=_length(20)),
    ),
    _puzzle(
        "copying",
        puzzles.copying,
        puzzles.make_copying,
        ("order", "symbols"),
        _proposal(_embedding(8), _cell("gru", 48), rate=0.01, samples=2000, sequences=_length(5)),
    ),
    _puzzle(
        "adding",
        puzzles.adding,
        puzzles.make_adding,
        (),
        _proposal(_cell("lstm", 24, "last"), rate=0.01, samples=2000, sequences=_length(20)),
    ),
    _entry("text", (SAMPLES, "length", "text"), _text_schema, _make_text, _for_text()),
    _entry(OWN_TEXT, (SAMPLES, "length"), _text_schema, _make_text, _for_text(), brings="text"),
    _entry(
        "surnames",
        (),
        _surnames_schema,
        _make_surnames,
        _proposal(_embedding(16), _cell("lstm", 48, "last"), rate=0.005),
    ),
    _entry(
        "translation",
        (SAMPLES, "pairs", "direction", "language", "largest"),
        _translation_schema,
        _make_translation,
        _proposal(*_reader_and_writer(32), rate=0.003, train=90, samples=3000, sequences={}),
    ),
)
