"""Hypothesis strategies for the playground's own values, made from their declarations.

A setting that is added is drawn on the day it appears; one whose type is new fails loudly.
"""

from __future__ import annotations

import types
from typing import Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from playground.core.activations import ACTIVATIONS
from playground.core.data import DATASETS
from playground.core.data.features import FEATURES
from playground.core.data.pictures.settings import PictureSettings
from playground.core.experiment import MAX_LAYERS, Data, Experiment, Training, Upload
from playground.core.initializers import INITIALIZERS
from playground.core.layers import LAYERS, Layer
from playground.core.losses import LOSSES
from playground.core.optimizers import OPTIMIZERS, OptimizerBase
from playground.core.schedules import SCHEDULES, ScheduleBase
from playground.core.settings import Settings, bounds_of
from playground.core.transfer import Transfer

FORMULAS = ["x**2 + y > 1", "sin(3*x)*y", "log(x)", "x > 99", "abs(x) - y/2", "7"]
PAINTED = st.tuples(
    st.integers(-700, 700).map(lambda value: value / 100),
    st.integers(-700, 700).map(lambda value: value / 100),
    st.sampled_from([0.0, 1.0, 2.0, -0.25]),
)
# Typed activations: one with a comma and a colon-free one, one without a slope, one with holes
BENDS = ("z/(1+abs(z))", "max(z, 0.1*z)", "z > 0", "1", "sin(3*z)", "log(z)")
NAMES = st.text(min_size=1, max_size=20)


def settings_of(model: type[Settings], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any valid value of a settings model; `given` replaces the strategies of single fields."""
    fields = {
        name: given[name] if name in given else _value(model, name, field)
        for name, field in model.model_fields.items()
    }
    return st.builds(model, **fields)


def layers(data: str | None = None) -> st.SearchStrategy[Layer]:
    """One block of any registered kind; of those that are offered for a kind of data."""
    kinds = [kind for kind in LAYERS.values() if data is None or data in kind.kinds]
    return st.one_of([settings_of(kind) for kind in kinds])


def optimizers() -> st.SearchStrategy[OptimizerBase]:
    """Any registered optimizer with any settings."""
    return st.one_of([settings_of(kind) for kind in OPTIMIZERS.values()])


def schedules() -> st.SearchStrategy[ScheduleBase]:
    """Any registered schedule with any settings."""
    return st.one_of([settings_of(kind) for kind in SCHEDULES.values()])


def experiments() -> st.SearchStrategy[Experiment]:
    """Any valid experiment. Not each can be trained: a loss may not fit its task."""
    return settings_of(Experiment)


def small_experiments() -> st.SearchStrategy[Experiment]:
    """Any valid experiment that is trained fast: few points and narrow layers, on the CPU."""
    narrow = [
        settings_of(kind, **({"units": st.integers(1, 12)} if "units" in kind.model_fields else {}))
        for kind in LAYERS.values()
    ]
    data = settings_of(
        Data,
        samples=st.integers(10, 60),
        target=st.sampled_from([None, "kind", "size", "none such"]),
        columns=st.none(),
        upload=st.none(),
    )
    training = settings_of(
        Training,
        device=st.just("cpu"),
        stop_epochs=st.sampled_from([0, 2]),
        stop_loss=st.sampled_from([0.0, 0.3]),
    )
    return settings_of(
        Experiment,
        data=data,
        layers=st.lists(st.one_of(narrow), max_size=4).map(tuple),
        training=training,
    )


def _value(model: type[Settings], name: str, field: FieldInfo) -> st.SearchStrategy[Any]:
    """Any valid value of one setting."""
    named: dict[tuple[type[Settings], str], st.SearchStrategy[Any]] = {
        (Data, "name"): st.sampled_from(list(DATASETS)),
        (Data, "columns"): st.none() | st.lists(NAMES, max_size=8).map(tuple),
        (PictureSettings, "classes"): st.lists(NAMES, max_size=4).map(tuple),
        (Data, "formula"): st.sampled_from(FORMULAS),
        (Data, "points"): st.lists(PAINTED, max_size=6).map(tuple),
        (Data, "left_out"): st.lists(st.integers(0, 3), max_size=2).map(tuple),
        (Experiment, "typed_features"): st.lists(
            st.sampled_from(["sin(3*x)*y", "x > 1", "log(x)", "y^2 - 1"]), max_size=4, unique=True
        ).map(tuple),
        (Transfer, "source"): st.sampled_from(["", "digits_low", "xor"]),
        (Upload, "sha256"): st.text("0123456789abcdef", min_size=64, max_size=64),
        (Experiment, "features"): st.lists(
            st.sampled_from(list(FEATURES)), min_size=1, max_size=20
        ).map(tuple),
        (Experiment, "layers"): st.lists(st.deferred(layers), max_size=MAX_LAYERS).map(tuple),
        (Experiment, "optimizer"): st.deferred(optimizers),
        (Experiment, "schedule"): st.deferred(schedules),
        (Experiment, "loss"): st.sampled_from(list(LOSSES)),
        (Experiment, "initialization"): st.sampled_from(list(INITIALIZERS)),
    }
    if (model, name) in named:
        return named[model, name]
    if issubclass(model, Layer) and name in ("activation", "second"):
        return st.sampled_from(list(ACTIVATIONS))
    if issubclass(model, Layer) and name == "formula":
        return st.sampled_from(BENDS)
    if issubclass(model, Layer) and name == "initialization":
        return st.none() | st.sampled_from(list(INITIALIZERS))
    return _of_type(field.annotation, field, f"{model.__name__}.{name}")


def _of_type(kind: Any, field: FieldInfo, where: str) -> st.SearchStrategy[Any]:
    low, high = bounds_of(field)
    rules = {type(rule).__name__ for rule in field.metadata}
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) in (Union, types.UnionType):
        return st.one_of([_of_type(part, field, where) for part in get_args(kind)])
    if kind is type(None):
        return st.none()
    if kind is bool:
        return st.booleans()
    if kind is int:
        assert low is not None and high is not None, f"{where} has no bounds"
        return st.integers(int(low), int(high))
    if kind is float:
        assert low is not None and high is not None, f"{where} has no bounds"
        return st.floats(low, high, exclude_min="Gt" in rules, exclude_max="Lt" in rules)
    if kind is str:
        longest = [rule.max_length for rule in field.metadata if hasattr(rule, "max_length")]
        return st.text(max_size=min([30, *longest]))
    if isinstance(kind, type) and issubclass(kind, Settings):
        return settings_of(kind)
    raise NotImplementedError(f"no strategy for {where}: {kind}")
