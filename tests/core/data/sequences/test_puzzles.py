"""Parity, brackets, copying, adding: held to a plain computation for each sequence."""

from __future__ import annotations

import numpy as np
import pytest

from playground.core.data.sequences import puzzles
from playground.core.data.sequences.drawing import distinct
from playground.core.data.sequences.settings import SequenceSettings


def settings(**changes) -> SequenceSettings:
    return SequenceSettings(**changes)


def rng(seed=1):
    return np.random.default_rng(seed)


def unlike(rows: np.ndarray) -> bool:
    return len({row.tobytes() for row in rows}) == len(rows)


@pytest.mark.parametrize("asked", ["each", "whole"])
def test_parity_is_the_count_of_ones(asked):
    chosen = settings(length=9, asked=asked)
    bits, odd = puzzles.make_parity(rng(), 200, chosen)
    assert unlike(bits) and len(bits) == 200
    for row, answer in zip(bits.tolist(), odd.tolist(), strict=True):
        running = [sum(row[: k + 1]) % 2 for k in range(9)]
        assert answer == (running if asked == "each" else running[-1])


def test_all_sequences_there_are_can_be_had():
    chosen = settings(length=6)
    assert puzzles.parity(chosen).possible == 64
    bits, _ = puzzles.make_parity(rng(), 64, chosen)
    assert unlike(bits)


def test_more_than_there_are_is_refused():
    with pytest.raises(ValueError, match="65"):
        distinct(lambda number: rng().integers(0, 2, (number, 6)), 65)


def closed(text: str) -> bool:
    """Takes neighbouring pairs out until nothing changes."""
    before = None
    while text != before:
        before = text
        for pair in ("()", "[]", "{}"):
            text = text.replace(pair, "")
    return text == ""


def could_close(text: str) -> bool:
    """Whether some ending makes it balanced: what is left are opening brackets alone."""
    before = None
    while text != before:
        before = text
        for pair in ("()", "[]", "{}"):
            text = text.replace(pair, "")
    return not set(text) & set(")]}")


def texts(tokens: np.ndarray) -> list[str]:
    return ["".join(puzzles.BRACKETS[t] for t in row) for row in tokens]


@pytest.mark.parametrize("kinds", [1, 2, 3])
def test_brackets_are_balanced_or_not(kinds):
    chosen = settings(length=13, brackets="valid", asked="whole", bracket_kinds=kinds)
    tokens, wrong = puzzles.make_brackets(rng(), 200, chosen)
    assert tokens.shape == (200, 12) and unlike(tokens)
    assert [not closed(text) for text in texts(tokens)] == [bool(k) for k in wrong]
    assert wrong.sum() == 100


def test_brackets_at_every_place():
    chosen = settings(length=8, brackets="valid", asked="each", bracket_kinds=2)
    tokens, states = puzzles.make_brackets(rng(), 80, chosen)
    assert set(np.unique(states)) == {0, 1, 2}
    for text, row in zip(texts(tokens), states.tolist(), strict=True):
        for place, state in enumerate(row):
            front = text[: place + 1]
            assert state == (0 if closed(front) else 1 if could_close(front) else 2)


@pytest.mark.parametrize("asked", ["each", "whole"])
def test_depth_of_brackets(asked):
    chosen = settings(length=20, asked=asked, bracket_kinds=2)
    tokens, depth = puzzles.make_brackets(rng(), 150, chosen)
    assert unlike(tokens)
    for text, answer in zip(texts(tokens), depth.tolist(), strict=True):
        fronts = [text[: k + 1] for k in range(20)]
        depths = [sum(map(f.count, "([{")) - sum(map(f.count, ")]}")) for f in fronts]
        assert all(could_close(front) for front in fronts)
        assert answer == (depths if asked == "each" else max(depths))
    assert depth.max() <= puzzles.DEEPEST


def test_balanced_brackets_are_equally_likely():
    drawn = [tuple(puzzles._balanced(rng(k), 8, 1)) for k in range(2800)]
    counts = np.unique(drawn, axis=0, return_counts=True)[1]
    assert len(counts) == 14  # Catalan's number of four pairs
    expected = 2800 / 14
    assert ((counts - expected) ** 2 / expected).sum() < 34.5  # chi², 13 degrees, 0.1 %


@pytest.mark.parametrize("length", [4, 6])
def test_short_brackets_have_as_many_as_they_say(length):
    for way in ("depth", "valid"):
        chosen = settings(length=length, brackets=way, asked="whole")
        possible = puzzles.brackets(chosen).possible
        tokens, _ = puzzles.make_brackets(rng(), possible, chosen)
        assert len(tokens) == possible and unlike(tokens)


@pytest.mark.parametrize("order", ["copy", "reverse"])
def test_copying(order):
    chosen = settings(length=7, symbols=3, order=order)
    inputs, targets = puzzles.make_copying(rng(), 100, chosen)
    puzzle = puzzles.copying(chosen)
    assert inputs.shape == targets.shape == (100, puzzle.length) and unlike(inputs)
    for read, said in zip(inputs, targets, strict=True):
        letters = [puzzle.vocabulary[k] for k in read[:7]]
        assert {puzzle.vocabulary[k] for k in read[7:]} == {puzzles.QUERY}
        assert (said[:7] == -1).all()
        answer = [puzzle.answers[k] for k in said[7:]]
        assert answer == (letters if order == "copy" else letters[::-1])


def test_adding():
    inputs, sums = puzzles.make_adding(rng(), 50, settings(length=11))
    for rows, answer in zip(inputs.tolist(), sums, strict=True):
        marked = [place for place, (_, mark) in enumerate(rows) if mark]
        assert len(marked) == 2 and marked[0] < 5 <= marked[1]
        assert answer == pytest.approx(sum(rows[place][0] for place in marked))
