"""Character text: every place of a window predicts the character that follows."""

from __future__ import annotations

import re
from codecs import decode
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from playground.core.data.sequences.vocabulary import RARE, Vocabulary, characters_of
from playground.core.errors import PlaygroundError

if TYPE_CHECKING:
    from playground.core.data.sequences.text_file import TextFile

MOST_CHARACTERS = 1000
"""Of a vocabulary."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """A text as it is learned.

    Attributes:
        text: what a visitor would read.
        vocabulary: its characters.
        numbers: int64 (characters,).
    """

    text: str
    vocabulary: Vocabulary
    numbers: np.ndarray


@lru_cache(maxsize=8)
def shipped(name: str) -> Corpus:
    """One of the texts that come along."""
    return _corpus(_SOURCES[name]())


@lru_cache(maxsize=4)
def corpus_of(own: TextFile) -> Corpus:
    """A visitor's text."""
    return _corpus(own.text)


def _corpus(text: str) -> Corpus:
    vocabulary = characters_of(text, MOST_CHARACTERS)
    known = vocabulary.numbers
    rare = known.get(RARE, 0)
    return Corpus(text, vocabulary, np.array([known.get(c, rare) for c in text], dtype=np.int64))


def zen() -> str:
    """The Zen of Python by Tim Peters, as every Python brings it in rot13."""
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()):  # it prints itself when it is first imported
        import this
    return decode(this.s, "rot13")


def topics() -> str:
    """The help texts on Python's language, a paragraph a line."""
    from pydoc_data.topics import topics as known

    lines = []
    for _, text in sorted(known.items()):
        for paragraph in re.split(r"\n\s*\n", text):
            line = " ".join(re.sub(r"[*=~-]{4,}", " ", paragraph).split())
            if any(c.isalpha() for c in line):
                lines.append(line)
    return "\n".join(lines)


def _shipped(name: str) -> str:
    return (files("playground.core.data.sequences") / "texts" / f"{name}.txt").read_text(
        encoding="utf-8"
    )


def tang() -> str:
    """Quatrains of the Tang dynasty, a poem a line, written down from memory for this project.

    In the public domain for a thousand years; where readings differ, a familiar one was taken.
    """
    return _shipped("tang")


def laozi() -> str:
    """Chapters of the Daodejing, a chapter a line, written down from memory, some shortened."""
    return _shipped("laozi")


_SOURCES = {"zen": zen, "topics": topics, "tang": tang, "laozi": laozi}


@dataclass(frozen=True)
class Windows:
    """Where the windows lie: the front of the text trains, its end tests.

    No character of the text is in windows of both parts, neither read nor asked for.

    Attributes:
        train, test: first places of the windows, int64.
    """

    train: np.ndarray
    test: np.ndarray


def windows(characters: int, length: int, samples: int, train_percent: int) -> Windows:
    """Spreads windows evenly over both parts of a text.

    Args:
        characters: of the text.
        length: T, of a window, which needs a character more for the last answer.
        samples: of both parts; fewer where the text has no more places for them.
        train_percent: share of the text, and of the windows.

    Raises:
        PlaygroundError: a part of the text is shorter than a window.
    """
    cut = characters * train_percent // 100
    room = (cut - length, characters - cut - length)
    if min(room) < 1:
        least = -(-(length + 1) * 100 // min(train_percent, 100 - train_percent))
        raise PlaygroundError("text_too_short", found=characters, least=least)
    wanted = max(1, samples * train_percent // 100)
    starts = [
        np.unique(np.linspace(0, places - 1, min(number, places)).astype(np.int64))
        for places, number in zip(room, (wanted, max(1, samples - wanted)), strict=True)
    ]
    return Windows(starts[0], starts[1] + cut)


def cut(corpus: Corpus, starts: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """What is read and what follows it: int64 (windows, length) each."""
    places = starts[:, None] + np.arange(length)
    return corpus.numbers[places], corpus.numbers[places + 1]
