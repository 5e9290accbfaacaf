"""From an experiment to the numbers a network is trained on: made, split, filled in, scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from playground.core.data.features import check, expand, input_labels
from playground.core.data.model import Domain, Raw, Schema
from playground.core.data.registry import DATASETS, schema_of
from playground.core.data.scaling import SCALINGS
from playground.core.data.trouble import thinned, troubled
from playground.core.data.typed import painted
from playground.core.data.wholes import Form, form_for, parts_of, sample_stream, spread_of
from playground.core.errors import PlaygroundError
from playground.core.random import Stream, TorchStream

if TYPE_CHECKING:
    from playground.core.data.model import Brought
    from playground.core.experiment import Data, Experiment

FIXED_TEST = 250  # points of a test set that stays while the sample changes


@dataclass(frozen=True, eq=False)
class Prepared:
    """The data of one run, float64 throughout. n points, d raw inputs, f inputs of the network.

    Of points that are whole pictures or sequences, (n, d) and (n, f) read (n, *shape); pictures
    and series are float32, tokens int64, raw pictures uint8.

    Attributes:
        schema: what the set holds.
        features: the input features of the experiment, typed ones included.
        form: raw points as the network is given them.
        raw_train, raw_test: (n, d), before features and scaling, nothing missing any more.
        inputs_train, inputs_test: (n, f), what the network is given.
        targets_train, targets_test: (n,) int64 class indices, or float64 values as they are.
        target_mean, target_std: what a network's targets are standardised by; 0 and 1 unless the
            values of a table are scaled.
        left_out: the places of the training points that were left out, among all of them.
    """

    schema: Schema
    features: tuple[str, ...]
    form: Form
    raw_train: np.ndarray
    raw_test: np.ndarray
    inputs_train: np.ndarray
    inputs_test: np.ndarray
    targets_train: np.ndarray
    targets_test: np.ndarray
    target_mean: float = 0.0
    target_std: float = 1.0
    left_out: tuple[int, ...] = ()

    @property
    def input_labels(self) -> tuple[str, ...]:
        """What the f inputs are called."""
        return input_labels(self.features, self.schema)

    @property
    def domain(self) -> Domain | None:
        """The window in which the points are drawn; None for tables."""
        return self.schema.domain

    def to_inputs(self, raw: np.ndarray) -> np.ndarray:
        """Raw points (m, d) as the network is given them, (m, f)."""
        return self.form(raw)


def prepare(experiment: Experiment, table: Brought | None, stream: Stream) -> Prepared:
    """Makes, shuffles, splits, fills in, troubles, adds what was painted, and scales, in order.

    Args:
        experiment: its data and its input features.
        table: what the visitor brought, for sets that are made of it.
        stream: draws the points and then one shuffle, as TensorFlow Playground does. A fresh
            sample and a fixed test set have streams of their own, so that what is drawn from
            this one after the points, such as first weights, stays the same.

    Raises:
        PlaygroundError: the data cannot be had like this; the code says why.
    """
    schema = schema_of(experiment.data, table)
    make = _points if schema.kind == "points" else _whole
    return without_points(make(experiment, schema, table, stream), experiment.data.left_out)


def without_points(data: Prepared, left_out: Sequence[int]) -> Prepared:
    """The data without some of the training points; scales and the rest stay as they are."""
    count = len(data.targets_train)
    chosen = tuple(dict.fromkeys(place for place in left_out if place < count))
    if not chosen:
        return data
    return replace(
        data,
        left_out=chosen,
        raw_train=np.delete(data.raw_train, list(chosen), axis=0),
        inputs_train=np.delete(data.inputs_train, list(chosen), axis=0),
        targets_train=np.delete(data.targets_train, list(chosen), axis=0),
    )


def _points(
    experiment: Experiment, schema: Schema, table: Brought | None, stream: Stream
) -> Prepared:
    """Of points in columns."""
    data, names = experiment.data, experiment.inputs
    train, test = _parts(experiment, schema, table, stream)
    raw_train, raw_test = _filled_in(train.inputs, test.inputs, schema)
    for raw in (raw_train, raw_test):
        check(raw, names, schema)
    seed = experiment.training.seed
    raw_train, targets = troubled(data, schema, seed, raw_train, train.targets)
    # What is painted changes no scale, or every stroke would move all inputs under the weights.
    scaling = data.scaling if len(raw_train) else "none"
    scaler = SCALINGS[scaling](expand(raw_train, names, schema))
    mean, std = 0.0, 1.0
    scaled = schema.free or (schema.domain is None and data.scaling != "none")
    if schema.task == "regression" and scaled:
        target = SCALINGS["standard"](train.targets[:, None])
        mean, std = float(target.shift[0]), float(target.unit[0])
    own = painted(data, schema)
    if len(own.targets):
        check(own.inputs, names, schema)
        raw_train = np.concatenate((raw_train, own.inputs))
        targets = np.concatenate((targets, own.targets))

    def form(raw: np.ndarray) -> np.ndarray:
        return scaler.transform(expand(raw, names, schema))

    return Prepared(
        schema=schema,
        features=names,
        form=form,
        raw_train=raw_train,
        raw_test=raw_test,
        inputs_train=form(raw_train),
        inputs_test=form(raw_test),
        targets_train=targets,
        targets_test=test.targets,
        target_mean=mean,
        target_std=std,
    )


def _whole(experiment: Experiment, schema: Schema, own: Brought | None, stream: Stream) -> Prepared:
    """Of points that are whole pictures, sequences or ratings."""
    data = experiment.data
    drawn = sample_stream(data, experiment.training.seed) if data.draw else stream
    train, test = parts_of(*_sample(data, own, drawn), data)
    form = form_for(schema, data, train.inputs)
    mean, std = spread_of(schema, train.targets)
    return Prepared(
        schema=schema,
        features=(),
        form=form,
        raw_train=train.inputs,
        raw_test=test.inputs,
        inputs_train=form(train.inputs),
        inputs_test=form(test.inputs),
        targets_train=train.targets,
        targets_test=test.targets,
        target_mean=mean,
        target_std=std,
    )


def _parts(
    experiment: Experiment, schema: Schema, table: Brought | None, stream: Stream
) -> tuple[Raw, Raw]:
    """The points to train on and those to test on, as they are made."""
    data, seed = experiment.data, experiment.training.seed
    entry = DATASETS[data.name]
    made, order = _sample(data, table, stream)
    generated = schema.domain is not None
    if data.draw and (generated or not data.fixed_test):
        made, order = _sample(data, table, TorchStream(seed, f"data {data.draw}"))
    train_count = len(order) * data.train_percent // 100
    if entry.family != "own" and not 0 < train_count < len(order):
        raise PlaygroundError("split_empty", samples=len(order), percent=data.train_percent)
    train, test = order[:train_count], order[train_count:]
    other = made
    if data.fixed_test and generated and entry.family != "own":
        other, test = _sample(
            data.model_copy(update={"samples": FIXED_TEST}), table, TorchStream(seed, "test")
        )
    if schema.task != "regression" and data.first_class < 100:
        train = thinned(train, made.targets, data.first_class)
        test = thinned(test, other.targets, data.first_class)
    return (
        Raw(made.inputs[train], made.targets[train]),
        Raw(other.inputs[test], other.targets[test]),
    )


def _sample(data: Data, table: Brought | None, stream: Stream) -> tuple[Raw, np.ndarray]:
    """The points of a set, and the order in which they are dealt to the two parts."""
    entry = DATASETS[data.name]
    made = entry.make(data, stream, entry.suited(table))
    return made, np.array(stream.shuffle_indices(len(made.targets)), dtype=np.intp)


def _filled_in(
    train: np.ndarray, test: np.ndarray, schema: Schema
) -> tuple[np.ndarray, np.ndarray]:
    """Missing values replaced by the training part's mean, or its most frequent text.

    Of a column that the training part lacks altogether nothing can be learned: it becomes 0.
    """
    if not (np.isnan(train).any() or np.isnan(test).any()):
        return train, test
    known = ~np.isnan(train)
    total = np.where(known, train, 0.0).sum(axis=0)
    fill = total / np.maximum(known.sum(axis=0), 1)
    for start, stop in schema.one_hot:
        fill[start:stop] = 0.0
        if total[start:stop].any():
            fill[start + int(np.argmax(total[start:stop]))] = 1.0
    return np.where(known, train, fill), np.where(np.isnan(test), fill, test)


def as_counts(data: Prepared) -> Prepared:
    """The data with targets as they are, for a loss of counts.

    Raises:
        PlaygroundError: a target is negative.
    """
    lowest = min(part.min(initial=0) for part in (data.targets_train, data.targets_test))
    if lowest < 0:
        raise PlaygroundError("loss_needs_counts", lowest=f"{lowest:.3g}")
    return replace(data, target_mean=0.0, target_std=1.0)
