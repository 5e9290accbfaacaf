"""Tasks with an exact answer: parity, brackets, copying, reversing, adding.

All are made of sequences of which no two are alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from playground.core.data.sequences.drawing import distinct

if TYPE_CHECKING:
    from playground.core.data.sequences.settings import SequenceSettings

DEEPEST = 8
"""Brackets are nested no deeper."""

LETTERS = "ABCDEFGHIJ"
BRACKETS = "()[]{}"
QUERY = "?"
"""Stands where an answer is asked for and nothing is read any more."""

VALIDITY = ("✓", "…", "✗")
"""What has been read is closed, may still be closed, cannot be closed any more."""

_PLENTY = 10**9


@dataclass(frozen=True)
class Puzzle:
    """What one task looks like under some settings.

    Attributes:
        length: T, places of a sequence.
        vocabulary: texts of the tokens; () where numbers are read.
        answers: names of the classes; () where the answer is a number.
        steps: places with an answer, 0 for one answer to the whole.
        possible: how many different sequences there are, at least.
    """

    length: int
    vocabulary: tuple[str, ...]
    answers: tuple[str, ...]
    steps: int
    possible: int


Made = tuple[np.ndarray, np.ndarray]


# ---- parity -------------------------------------------------------------------------------------


def parity(settings: SequenceSettings) -> Puzzle:
    """Is the number of ones odd?"""
    length = settings.length
    steps = length if settings.asked == "each" else 0
    return Puzzle(length, ("0", "1"), ("0", "1"), steps, 2 ** min(length, 30))


def make_parity(random: np.random.Generator, count: int, settings: SequenceSettings) -> Made:
    """Bits, and their running sum modulo two: at every place, or at the end."""
    length = settings.length
    bits = distinct(lambda number: random.integers(0, 2, (number, length)), count)
    running = bits.cumsum(axis=1) % 2
    return bits, running if settings.asked == "each" else running[:, -1]


# ---- brackets -----------------------------------------------------------------------------------


def brackets(settings: SequenceSettings) -> Puzzle:
    """How deep, or whether all are closed in their order."""
    length, kinds = _even(settings.length), settings.bracket_kinds
    steps = length if settings.asked == "each" else 0
    if settings.brackets == "depth":
        answers = tuple(str(depth) for depth in range(min(length, DEEPEST) + 1))
        possible = _ways(length, kinds) // 2  # the other half may be rare
    else:
        answers = VALIDITY if steps else (VALIDITY[0], VALIDITY[2])
        # As many balanced ones as others: Catalan's number, with each pair of any kind.
        pairs = length // 2
        possible = 2 * comb(length, pairs) // (pairs + 1) * kinds**pairs
    return Puzzle(length, tuple(BRACKETS[: 2 * kinds]), answers, steps, min(possible, _PLENTY))


def make_brackets(random: np.random.Generator, count: int, settings: SequenceSettings) -> Made:
    """Brackets as tokens, an opening one even and its closing one behind it."""
    length, kinds = _even(settings.length), settings.bracket_kinds
    if settings.brackets == "depth":
        tokens = distinct(lambda number: _nested(random, number, length, kinds), count)
    else:
        right = distinct(
            lambda number: _rows(_balanced(random, length, kinds) for _ in range(number)),
            count - count // 2,
        )
        wrong = distinct(
            lambda number: _rows(
                _spoilt(random, _balanced(random, length, kinds), kinds) for _ in range(number)
            ),
            count // 2,
        )
        tokens = random.permutation(np.concatenate((right, wrong)))
    if settings.brackets == "depth":
        depth = np.where(tokens % 2 == 0, 1, -1).cumsum(axis=1)
        return tokens, depth if settings.asked == "each" else depth.max(axis=1)
    states = np.array([states_of(row) for row in tokens])
    if settings.asked == "each":
        return tokens, states
    return tokens, (states[:, -1] != 0).astype(np.int64)


def states_of(tokens: np.ndarray) -> list[int]:
    """After each bracket: 0 all closed, 1 some still open, 2 broken."""
    stack: list[int] = []
    broken = False
    states = []
    for token in tokens.tolist():
        if token % 2 == 0:
            stack.append(token)
        elif stack and stack[-1] == token - 1:
            stack.pop()
        else:
            broken = True
        states.append(2 if broken else 1 if stack else 0)
    return states


def _nested(random: np.random.Generator, number: int, length: int, kinds: int) -> np.ndarray:
    """Brackets that are all right so far, no deeper than `DEEPEST`: (number, length)."""
    opens = random.random((number, length)) < 0.5
    kind = random.integers(0, kinds, (number, length))
    tokens = np.empty((number, length), dtype=np.int64)
    for row in range(number):
        stack: list[int] = []
        for place in range(length):
            if not stack or (opens[row, place] and len(stack) < DEEPEST):
                stack.append(int(kind[row, place]))
                tokens[row, place] = 2 * stack[-1]
            else:
                tokens[row, place] = 2 * stack.pop() + 1
    return tokens


def _balanced(random: np.random.Generator, length: int, kinds: int) -> list[int]:
    """One of all balanced sequences, each as likely as any other.

    With `left` places to go, the share of the ways home that begin with an opening bracket is
    (left − depth)(depth + 2) / (2 left (depth + 1)), by the ballot numbers.
    """
    stack: list[int] = []
    tokens = []
    for left in range(length, 0, -1):
        depth = len(stack)
        share = (left - depth) * (depth + 2) / (2 * left * (depth + 1))
        if random.random() < share:
            stack.append(int(random.integers(kinds)))
            tokens.append(2 * stack[-1])
        else:
            tokens.append(2 * stack.pop() + 1)
    return tokens


def _spoilt(random: np.random.Generator, tokens: list[int], kinds: int) -> list[int]:
    """The sequence with one or two brackets changed, so that it is balanced no more."""
    while True:
        changed = list(tokens)
        first, second = random.choice(len(changed), 2, replace=False).tolist()
        way = random.integers(3 if kinds > 1 else 2)
        if way == 0:  # as many of each as before: counting does not help
            changed[first], changed[second] = changed[second], changed[first]
        elif way == 1:
            changed[first] ^= 1
        else:
            changed[first] = (changed[first] + 2 * int(random.integers(1, kinds))) % (2 * kinds)
        if states_of(np.array(changed))[-1] != 0:
            return changed


def _rows(rows: Iterable[list[int]]) -> np.ndarray:
    return np.array(list(rows), dtype=np.int64)


def _ways(length: int, kinds: int) -> int:
    """How many sequences `_nested` may make; each opening bracket is of any kind."""
    ways = {0: 1}
    for _ in range(length):
        following: dict[int, int] = {}
        for depth, number in ways.items():
            if depth < DEEPEST:
                following[depth + 1] = following.get(depth + 1, 0) + kinds * number
            if depth:
                following[depth - 1] = following.get(depth - 1, 0) + number
        ways = following
    return sum(ways.values())


def _even(length: int) -> int:
    return length - length % 2


# ---- copy and reverse ---------------------------------------------------------------------------


def copying(settings: SequenceSettings) -> Puzzle:
    """Say again what was read, forwards or backwards, once all of it was read."""
    length = settings.length
    letters = tuple(LETTERS[: settings.symbols])
    possible = min(settings.symbols ** min(length, 30), _PLENTY)
    return Puzzle(2 * length, (QUERY, *letters), letters, 2 * length, possible)


def make_copying(random: np.random.Generator, count: int, settings: SequenceSettings) -> Made:
    """Letters, then as many question marks; nothing is asked while the letters are read."""
    length = settings.length
    letters = distinct(lambda number: random.integers(0, settings.symbols, (number, length)), count)
    inputs = np.concatenate((letters + 1, np.zeros_like(letters)), axis=1)
    said = letters if settings.order == "copy" else letters[:, ::-1]
    return inputs, np.concatenate((np.full_like(letters, -1), said), axis=1)


# ---- adding -------------------------------------------------------------------------------------


def adding(settings: SequenceSettings) -> Puzzle:
    """Hochreiter and Schmidhuber's adding problem (1997)."""
    return Puzzle(settings.length, (), (), 0, _PLENTY)


def make_adding(random: np.random.Generator, count: int, settings: SequenceSettings) -> Made:
    """Numbers in [0, 1) and a mark at two of them, one in each half; the answer is their sum.

    Returns:
        inputs: float32 (count, length, 2): number, mark. targets: float64 (count,).
    """
    length = settings.length
    numbers = random.random((count, length))
    half = length // 2
    places = np.stack((random.integers(0, half, count), random.integers(half, length, count)), 1)
    marks = np.zeros((count, length))
    np.put_along_axis(marks, places, 1.0, axis=1)
    inputs = np.stack((numbers, marks), axis=2).astype(np.float32)
    return inputs, (inputs[:, :, 0] * inputs[:, :, 1]).sum(axis=1, dtype=np.float64)
