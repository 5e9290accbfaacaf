"""A sequence that the visitor types, as a point of the set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from playground.core.data.sequences import puzzles, surnames
from playground.core.data.sequences.translation import pairing_of
from playground.core.data.sequences.vocabulary import PAD, START, Vocabulary, plain_letters
from playground.core.errors import PlaygroundError
from playground.core.shapes import is_tokens

if TYPE_CHECKING:
    from playground.core.data.model import Schema
    from playground.core.experiment import Data

TYPED = ("surnames", "translation", "parity", "brackets", "copying")
"""The sets of which a visitor may type a sequence."""


def typed_row(data: Data, schema: Schema, text: str) -> np.ndarray:
    """
    Returns:
        int64 (T,), of a translation with nothing written yet.

    Raises:
        PlaygroundError: a character is unknown, or there are too many or too few.
    """
    assert schema.shape is not None
    if data.name not in TYPED or not is_tokens(schema.shape):
        raise PlaygroundError("text_not_typed")
    vocabulary, places = Vocabulary(schema.vocabulary), schema.shape[0]
    if data.name == "surnames":
        return surnames.VOCABULARY.encode(plain_letters(text), places, pad_left=True)
    if data.name == "translation":
        layout = pairing_of(data.sequences)
        row = np.full(places, vocabulary.numbers[PAD], dtype=np.int64)
        row[: layout.source] = layout.source_tokens(text.strip().lower())
        row[layout.source] = vocabulary.numbers[START]
        return row
    wanted = data.sequences.length if data.name == "copying" else places
    text = "".join(text.upper().split())
    if data.name == "copying":
        text = text.replace(puzzles.QUERY, "")
    found = vocabulary.encode(text)
    if len(found) != wanted:
        raise PlaygroundError("text_wrong_length", found=len(found), wanted=wanted)
    queries = np.zeros(places - wanted, dtype=np.int64)
    return np.concatenate((found, queries))
