"""Where a dotted name such as "layers.0.units" leads to, and what may stand there."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from playground.core.activations import ACTIVATIONS
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.initializers import INITIALIZERS
from playground.core.losses import LOSSES
from playground.core.optimizers import OPTIMIZERS
from playground.core.schedules import SCHEDULES
from playground.core.settings import Settings, bounds_of, steps_of

Kind = Literal["whole", "number", "flag", "name"]

# What names no network of another kind, or is the sweep's own business.
_CLOSED = (
    "version",
    "view",
    "transfer",
    "features",
    "typed_features",
    "data.upload",
    "data.points",
    "data.left_out",
    "data.columns",
    "data.target",
    "training.device",
    "training.start",
    "training.stream",
    "training.seed_text",
    "training.stop_epochs",
    "training.stop_loss",
    "training.stop_score",
    "training.stop_patience",
    "training.stop_seconds",
)
_NAMES: Mapping[str, Mapping[str, Any]] = {
    "activation": ACTIVATIONS,
    "initialization": INITIALIZERS,
    "loss": LOSSES,
}
_KINDS: Mapping[str, Mapping[str, type[Settings]]] = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}


@dataclass(frozen=True)
class Place:
    """One setting.

    Attributes:
        path: its dotted name.
        owner: the class that declares it, and so has its words.
        name: its name there.
        kind: what stands there.
        options: the names it may have; () where it is no name or any text will do.
        low, high: its bounds; None where there are none.
        steps: the values that a widget offers; () where any will do.
        value: what stands there now.
    """

    path: str
    owner: type[Settings]
    name: str
    kind: Kind
    options: tuple[str, ...]
    low: float | None
    high: float | None
    steps: tuple[float, ...]
    value: Any


def place_of(experiment: Experiment, path: str) -> Place:
    """The setting of that name.

    Raises:
        PlaygroundError: there is none, or it is not one that a sweep can change.
    """
    if any(path == closed or path.startswith(f"{closed}.") for closed in _CLOSED):
        raise PlaygroundError("sweep_closed", path=path[:80])
    head, _, last = path.rpartition(".")
    if last in ("name", "kind"):
        if head in _KINDS and last == "name":
            owner, names = type(getattr(experiment, head)), tuple(_KINDS[head])
            now = getattr(experiment, head).name
            return Place(path, owner, last, "name", names, None, None, (), now)
        if head.partition(".")[0] in ("optimizer", "schedule", "layers"):
            raise PlaygroundError("sweep_closed", path=path[:80])
    owner = _owner(experiment, head)
    if owner is None or last not in type(owner).model_fields:
        raise PlaygroundError("experiment_unknown_setting", where=path[:80])
    return _declared(path, type(owner), last, getattr(owner, last))


def of_kind(part: str, kind: str, name: str) -> Place | None:
    """The setting of an optimizer or schedule of another kind; None where that has none such."""
    owner = _KINDS[part][kind]
    if name in ("name", "kind") or name not in owner.model_fields:
        return None
    return _declared(f"{part}.{name}", owner, name, owner.model_fields[name].default)


def _owner(experiment: Experiment, path: str) -> Settings | None:
    owner: Any = experiment
    for part in path.split(".") if path else ():
        if isinstance(owner, tuple):
            owner = owner[int(part)] if part.isdecimal() and int(part) < len(owner) else None
        elif isinstance(owner, Settings) and part in type(owner).model_fields:
            owner = getattr(owner, part)
        else:
            return None
    return owner if isinstance(owner, Settings) else None


def _declared(path: str, owner: type[Settings], name: str, value: Any) -> Place:
    field = owner.model_fields[name]
    kind, options = _kind_of(field.annotation)
    if kind is None:
        raise PlaygroundError("sweep_closed", path=path[:80])
    if kind == "name" and not options:
        options = tuple(_NAMES.get(name, ()))
    low, high = bounds_of(field)
    return Place(path, owner, name, kind, options, low, high, steps_of(field) or (), value)


def _kind_of(annotation: Any) -> tuple[Kind | None, tuple[str, ...]]:
    if get_origin(annotation) is Literal:
        return "name", tuple(str(option) for option in get_args(annotation))
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        return _kind_of(inner[0]) if len(inner) == 1 else (None, ())
    plain: dict[Any, Kind] = {bool: "flag", int: "whole", float: "number", str: "name"}
    return plain.get(annotation), ()
