"""Characters as numbers, and numbers as characters."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from playground.core.errors import PlaygroundError

PAD, START, END = "·", "▷", "■"
"""Nothing, the beginning and the end of what is written; none of them stands in the data."""

PAD_NUMBER = 0
"""Of `PAD` in every vocabulary that has it: it comes first."""

RARE = "\N{REPLACEMENT CHARACTER}"
"""Stands for characters that are too rare to be learned."""


@dataclass(frozen=True)
class Vocabulary:
    """The texts of all tokens, in the order of their numbers."""

    texts: tuple[str, ...]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Each token's number, by its text."""
        return {text: number for number, text in enumerate(self.texts)}

    def __len__(self) -> int:
        return len(self.texts)

    def encode(self, text: str, places: int | None = None, *, pad_left: bool = False) -> np.ndarray:
        """A text's characters as numbers, int64.

        Args:
            places: pads to so many with `PAD`; there must not be more characters.
            pad_left: pads in front, so that the last place holds the last character.

        Raises:
            PlaygroundError: a character is not in the vocabulary, or there are too many.
        """
        unknown = dict.fromkeys(c for c in text if c not in self.numbers)
        if unknown:
            shown = " ".join(c if c.isprintable() else f"U+{ord(c):04X}" for c in list(unknown)[:5])
            raise PlaygroundError("text_unknown_characters", characters=shown)
        if places is not None and len(text) > places:
            raise PlaygroundError("text_too_many", found=len(text), limit=places)
        found = [self.numbers[c] for c in text]
        if places is not None:
            padding = [self.numbers[PAD]] * (places - len(found))
            found = padding + found if pad_left else found + padding
        return np.array(found, dtype=np.int64)

    def decode(self, numbers: Iterable[int]) -> str:
        """The tokens' texts in a row."""
        return "".join(self.texts[number] for number in numbers)


def characters_of(text: str, most: int) -> Vocabulary:
    """The characters of a text; where there are more than `most`, the rarest become `RARE`."""
    counts = Counter(text)
    if len(counts) <= most:
        return Vocabulary(tuple(sorted(counts)))
    # Equally frequent ones by their code: the same on every machine.
    frequent = sorted(counts, key=lambda c: (-counts[c], c))[: most - 1]
    return Vocabulary((*sorted(c for c in frequent if c != RARE), RARE))


def plain_letters(text: str) -> str:
    """Lower-case letters without their accents: Müller as muller."""
    apart = unicodedata.normalize("NFKD", text.strip().lower())
    return "".join(c for c in apart if not unicodedata.combining(c)).replace("ß", "ss")
