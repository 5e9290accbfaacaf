"""Input features: what a network is given of each point, in TensorFlow Playground's order.

They belong to the generated sets. Of a table each column is an input, and none of these apply.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from playground.core.data.model import Schema
from playground.core.errors import PlaygroundError
from playground.core.formula import parse

MOST = 1e6  # where a typed feature has no value, or a larger one, pictures and engines take this
_LABEL = 14


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


def _fits(name: str, schema: Schema) -> bool:
    """Whether a name is a typed formula over inputs that the set has."""
    return name not in FEATURES and set(parse(name).variables) <= set(schema.columns)


def _typed(text: str, schema: Schema) -> Feature:
    formula, dimension = parse(text), len(schema.columns)
    plain = "".join(text.split())
    label = plain if len(plain) <= _LABEL else f"{plain[: _LABEL - 1]}…"

    def value(raw: np.ndarray) -> np.ndarray:
        names = ("x", "y")[:dimension]
        columns = {name: raw[:, k] for k, name in enumerate(names)}
        return formula.numbers(**columns)

    return Feature(text, label, value, frozenset({dimension}))


def check(raw: np.ndarray, names: Sequence[str], schema: Schema) -> None:
    """Sees that every typed feature has a value of a usable size at all points (n, d).

    Raises:
        PlaygroundError: one has not; names the formula and the point.
    """
    for feature in chosen(names, schema):
        values = feature.formula(raw)
        bad = np.flatnonzero(~(np.abs(values) <= MOST))
        if feature.name not in FEATURES and len(bad):
            place = [f"{value:.2f}" for value in raw[bad[0]]]
            code = "formula_no_value_at" if len(place) > 1 else "formula_no_value_on_line"
            where = dict(zip(("x", "y"), place, strict=False))
            raise PlaygroundError(code, formula=feature.name, **where)


def chosen(names: Sequence[str], schema: Schema) -> tuple[Feature, ...]:
    """Those of the features that apply to the set; () for tables.

    Args:
        names: features, which stand in their fixed order, and typed formulas, which follow.
        schema: what the set holds.

    Raises:
        PlaygroundError: none of them applies, so the network would be given nothing.
    """
    found = tuple(entry for entry in applicable(schema) if entry.name in names)
    if schema.domain is not None:
        found += tuple(_typed(name, schema) for name in names if _fits(name, schema))
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
    values = np.stack([entry.formula(raw) for entry in features], axis=1)
    if all(entry.name in FEATURES for entry in features):
        return values
    # A map reaches where no point lies, and a typed formula need not have a value there.
    return np.clip(np.nan_to_num(values, posinf=MOST, neginf=-MOST), -MOST, MOST)
