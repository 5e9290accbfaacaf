"""What is read in a sequence or a rating, as a text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from playground.core.data.ratings import hidden
from playground.core.data.sequences.puzzles import QUERY
from playground.core.data.sequences.translation import pairing_of
from playground.core.data.sequences.vocabulary import PAD
from playground.core.shapes import is_tokens, source_of

if TYPE_CHECKING:
    from playground.core.data.model import Schema
    from playground.core.experiment import Experiment


def reader_of(schema: Schema, experiment: Experiment) -> Callable[[np.ndarray], str]:
    """What makes a text of a point as the data have it; an empty one of pictures and series."""
    if schema.kind == "ratings":
        users, _ = hidden.sides(schema)
        names = schema.vocabulary
        return lambda row: f"{names[row[0]]} × {names[users + row[1]]}"
    if schema.kind != "sequences" or schema.shape is None:
        return lambda row: ""
    if source_of(schema.shape):
        return pairing_of(experiment.data.sequences).read
    if is_tokens(schema.shape):
        return lambda row: characters(schema, row)
    return lambda row: "" if schema.follows else sum_of(row)


def characters(schema: Schema, row: np.ndarray) -> str:
    """What tokens (places,) stand for, without empty places around them."""
    return "".join(schema.vocabulary[token] for token in row).strip(PAD + QUERY)


def sum_of(row: np.ndarray) -> str:
    """The two numbers that are marked in (places, 2): 0.51 + 0.96."""
    return " + ".join(f"{value:.2f}" for value, mark in row if mark)
