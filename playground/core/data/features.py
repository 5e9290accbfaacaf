"""Input features: what a network is given of each point, in TensorFlow Playground's order.

They belong to the generated sets. Of a table each column is an input, and none of these apply.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from playground.core.data.model import Schema
from playground.core.errors import PlaygroundError


@dataclass(frozen=True)
class Feature:
    """One function of a point.

    Attributes:
        name: its key in experiments and links.
        label: its formula as it is written beside a neuron.
        formula: raw inputs (n, d) to values (n,).
        dimensions: the numbers of raw inputs it is defined for.
    """

    name: str
    label: str
    formula: Callable[[np.ndarray], np.ndarray]
    dimensions: frozenset[int]


_ANY = frozenset({1, 2})
_PLANE = frozenset({2})

FEATURES: dict[str, Feature] = {
    entry.name: entry
    for entry in (
        Feature("x", "x", lambda raw: raw[:, 0], _ANY),
        Feature("y", "y", lambda raw: raw[:, 1], _PLANE),
        Feature("x2", "x²", lambda raw: raw[:, 0] ** 2, _ANY),
        Feature("y2", "y²", lambda raw: raw[:, 1] ** 2, _PLANE),
        Feature("xy", "xy", lambda raw: raw[:, 0] * raw[:, 1], _PLANE),
        Feature("sin_x", "sin x", lambda raw: np.sin(raw[:, 0]), _ANY),
        Feature("sin_y", "sin y", lambda raw: np.sin(raw[:, 1]), _PLANE),
    )
}


def applicable(schema: Schema) -> tuple[Feature, ...]:
    """The features that a set offers, in their fixed order; () for tables."""
    if schema.domain is None:
        return ()
    dimension = len(schema.columns)
    return tuple(entry for entry in FEATURES.values() if dimension in entry.dimensions)


def chosen(names: Sequence[str], schema: Schema) -> tuple[Feature, ...]:
    """Those of the named features that apply to the set, in their fixed order; () for tables.

    Raises:
        PlaygroundError: none of them applies, so the network would be given nothing.
    """
    found = tuple(entry for entry in applicable(schema) if entry.name in names)
    if not found and schema.domain is not None:
        raise PlaygroundError("no_input_feature")
    return found


def input_labels(names: Sequence[str], schema: Schema) -> tuple[str, ...]:
    """What the network's inputs are called: features of a generated set, columns of a table.

    Raises:
        PlaygroundError: none of the features applies to the set.
    """
    features = chosen(names, schema)
    return tuple(entry.label for entry in features) if features else schema.columns


def expand(raw: np.ndarray, names: Sequence[str], schema: Schema) -> np.ndarray:
    """Raw inputs (m, d) as the network's inputs (m, f), before any scaling."""
    features = chosen(names, schema)
    if not features:
        return raw
    return np.stack([entry.formula(raw) for entry in features], axis=1)
