"""Pairs of notations: numbers or dates, in words and in digits, to be read and to be written."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from playground.core.data.sequences import notation
from playground.core.data.sequences.drawing import distinct
from playground.core.data.sequences.vocabulary import END, PAD, START, Vocabulary

if TYPE_CHECKING:
    from playground.core.data.sequences.settings import SequenceSettings

FIRST_DAY = datetime.date(1900, 1, 1)
LAST_DAY = datetime.date(2099, 12, 31)
DAYS = (LAST_DAY - FIRST_DAY).days + 1

DIGITS = "0123456789"


@dataclass(frozen=True)
class Pairing:
    """What is read and what is written under some settings.

    Attributes:
        source: places of what is read.
        written: places of what is written, its end included.
        vocabulary: of both, after `PAD`, `START` and `END`.
        possible: how many different pairs there are.
    """

    source: int
    written: int
    vocabulary: Vocabulary
    possible: int

    @property
    def places(self) -> int:
        return self.source + self.written

    def source_tokens(self, text: str) -> np.ndarray:
        """A text to read, as int64 (source,).

        Raises:
            PlaygroundError: it has unknown characters, or too many.
        """
        return self.vocabulary.encode(text, self.source)

    def read(self, row: np.ndarray) -> str:
        """What the first part of a point says."""
        return self.vocabulary.decode(row[: self.source]).rstrip(PAD)

    def truth(self, answers: np.ndarray) -> str:
        """What the answers of a point say, (places,) with −1 where nothing is asked."""
        return self.vocabulary.decode(answers[answers >= 0]).removesuffix(END)


@lru_cache(maxsize=32)
def pairing(pairs: str, direction: str, language: str, largest: int) -> Pairing:
    """Sizes and vocabulary, without making a pair."""
    words, letters = _words(pairs, language, largest)
    digits = 10 if pairs == "dates" else len(str(largest))
    symbols = DIGITS + ("-" if pairs == "dates" else "")
    source, written = (words, digits) if direction == "read" else (digits, words)
    texts = (PAD, START, END, *sorted(set(letters) | set(symbols)))
    possible = DAYS if pairs == "dates" else largest + 1
    return Pairing(source, written + 1, Vocabulary(texts), possible)


def pairing_of(settings: SequenceSettings) -> Pairing:
    largest = int(settings.largest)
    return pairing(settings.pairs, settings.direction, settings.language, largest)


def _words(pairs: str, language: str, largest: int) -> tuple[int, str]:
    """Length of the longest text in words, and the characters of all of them."""
    if pairs == "dates":
        # One leap year has every month with every day; all years have the same digits.
        days = [datetime.date(2000, 1, 1) + datetime.timedelta(day) for day in range(366)]
        ways = range(notation.DATE_NOTATIONS[language])
        texts = [notation.written_date(day, language, way) for day in days for way in ways]
        texts.append(notation.ZH_YEAR_DIGITS if language == "zh" else DIGITS)
        return max(map(len, texts[:-1])), "".join(texts)
    write = notation.chinese if language == "zh" else notation.english
    small = [write(number) for number in range(min(largest + 1, 10_000))]
    if largest < 10_000:
        return max(map(len, small)), "".join(small)
    texts = [write(number) for number in _longest(largest, language)]
    return max(map(len, texts)), "".join(small) + "".join(texts)


def _longest(largest: int, language: str) -> list[int]:
    """Numbers beyond 10,000 among which is one with the longest text.

    Their two sections are written independently, so each half is as long as it can be.
    """
    if language == "zh":
        return [high * 10_000 + low for high in range(10, 100) for low in (1111, 9999)]
    write = notation.english
    longest = max(range(1, 1000), key=lambda number: len(write(number)))
    return [longest * 1000 + longest, largest]


def made(
    random: np.random.Generator, count: int, settings: SequenceSettings
) -> list[tuple[str, str]]:
    """`count` pairs (read, written); no two are of the same number or day."""
    pairs = _dates if settings.pairs == "dates" else _numbers
    found = pairs(random, count, settings)
    return found if settings.direction == "read" else [(digits, words) for words, digits in found]


def _dates(
    random: np.random.Generator, count: int, settings: SequenceSettings
) -> list[tuple[str, str]]:
    days = random.choice(DAYS, count, replace=False).tolist()
    # To be written, there must be one right answer.
    ways = notation.DATE_NOTATIONS[settings.language] if settings.direction == "read" else 1
    found = []
    for day, way in zip(days, random.integers(0, ways, count).tolist(), strict=True):
        date = FIRST_DAY + datetime.timedelta(day)
        found.append((notation.written_date(date, settings.language, way), date.isoformat()))
    return found


def _numbers(
    random: np.random.Generator, count: int, settings: SequenceSettings
) -> list[tuple[str, str]]:
    """Short numbers are drawn more often than their share, or there would be hardly any."""
    largest = int(settings.largest)
    write = notation.chinese if settings.language == "zh" else notation.english
    if 2 * count > largest:
        numbers = random.permutation(largest + 1)[:count]
    else:
        lengths = len(str(largest))

        def draw(number: int) -> np.ndarray:
            powers = 10 ** random.integers(1, lengths + 1, number)
            return np.floor(random.random(number) * powers).astype(np.int64)

        numbers = distinct(draw, count)
    return [(write(number), str(number)) for number in numbers.tolist()]


def encoded(
    pairs: list[tuple[str, str]], settings: SequenceSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs as points: what is read, then what is written, each place showing what came before.

    Returns:
        inputs: int64 (n, source + written): the source, `START`, and all but the last of what is
            written. targets: int64 (n, source + written): −1 under the source, then what is
            written, its `END`, and −1 behind.
    """
    layout = pairing_of(settings)
    known = layout.vocabulary
    inputs = np.full((len(pairs), layout.places), known.numbers[PAD], dtype=np.int64)
    targets = np.full((len(pairs), layout.places), -1, dtype=np.int64)
    for row, (read, written) in enumerate(pairs):
        inputs[row, : layout.source] = layout.source_tokens(read)
        answer = known.encode(written + END)
        targets[row, layout.source : layout.source + len(answer)] = answer
        inputs[row, layout.source] = known.numbers[START]
        inputs[row, layout.source + 1 : layout.source + len(answer)] = answer[:-1]
    return inputs, targets
