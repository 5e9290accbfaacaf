"""Surnames by language: a small list that the project ships, as many names of each language."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np

from playground.core.data.sequences.vocabulary import PAD, Vocabulary

LETTERS = "abcdefghijklmnopqrstuvwxyz"
VOCABULARY = Vocabulary((PAD, *LETTERS))


@lru_cache(maxsize=1)
def names_by_language() -> dict[str, tuple[str, ...]]:
    """The languages in alphabetical order, each with its names; see the file on its source."""
    content = (files("playground.core.data.sequences") / "texts" / "surnames.txt").read_text(
        encoding="utf-8"
    )
    found = {}
    for line in content.splitlines():
        if line and not line.startswith("#"):
            language, _, names = line.partition(":")
            found[language] = tuple(names.split())
    return found


def places() -> int:
    """Letters of the longest name."""
    return max(len(name) for names in names_by_language().values() for name in names)


def made() -> tuple[np.ndarray, np.ndarray]:
    """All names as int64 (names, places), padded in front, and their languages (names,).

    The last letters stand at the last places: there an ending says most, and a recurrent layer
    that gives its last state has just read it.
    """
    rows, languages = [], []
    for number, names in enumerate(names_by_language().values()):
        for name in names:
            rows.append(VOCABULARY.encode(name.lower(), places(), pad_left=True))
            languages.append(number)
    return np.array(rows), np.array(languages, dtype=np.int64)
