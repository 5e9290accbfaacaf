"""The plan "race": the same data and the same start, one knob different in every lane."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from playground.core.activations import ACTIVATIONS
from playground.core.data.model import Schema
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.initializers import INITIALIZERS
from playground.core.losses import LOSSES, fits
from playground.core.neighbours import WIDEST, WIDTHS
from playground.core.optimizers import LEARNING_RATES, OPTIMIZERS
from playground.core.plans.base import Plan
from playground.core.settings import setting

if TYPE_CHECKING:
    from playground.core.data.model import Brought
    from playground.core.plans.race_run import RaceRun

Knob = Literal[
    "optimizer", "learning_rate", "activation", "width", "loss", "batch_size", "initialization"
]
KNOBS: tuple[Knob, ...] = Knob.__args__  # type: ignore[attr-defined]
FEWEST, MOST_LANES = 2, 8
BATCHES = (1, 5, 10, 25, 50, 100, 250, 500, 1000)
WIDTHS_OFFERED = (1, 2, 4, 8, 16, 32, 64, 128, WIDEST)
USUAL = 4  # lanes, when nobody said how many

Value = Annotated[str, Field(min_length=1, max_length=30)]


class Race(Plan):
    """Lanes that differ in one knob.

    Attributes:
        knob: which.
        values: of the lanes, as text: names, or numbers.
        even: what the lanes have in common at any time: epochs, or seconds of computing.
    """

    plan: Literal["race"] = "race"
    knob: Knob = setting("optimizer")
    values: tuple[Value, ...] = setting(("adam", "sgd"), min_length=FEWEST, max_length=MOST_LANES)
    even: Literal["epochs", "seconds"] = setting("epochs", live=True)

    def lanes(self) -> list[Experiment]:
        """The experiment of every lane.

        Raises:
            PlaygroundError: a value that the knob does not have.
        """
        return [lane(self.experiment, self.knob, value) for value in self.values]

    def build(self, own: Brought | None, snapshot: bytes | None) -> RaceRun:
        from playground.core.plans.race_run import RaceRun

        return RaceRun(self, own, snapshot)

    def needs(self, own: Brought | None) -> int:
        from playground.core.memory import needs
        from playground.core.plans.race_run import MOST_BYTES

        return sum(needs(one, own).total + MOST_BYTES for one in self.lanes())


def lane(experiment: Experiment, knob: Knob, value: str) -> Experiment:
    """The experiment with the knob at a value.

    Raises:
        PlaygroundError: a value that the knob does not have.
    """
    try:
        return experiment.with_changes(_CHANGES[knob](experiment, value))
    except (ValueError, KeyError) as error:
        raise PlaygroundError("race_value", value=value[:30]) from error


def value_of(experiment: Experiment, knob: Knob) -> str | None:
    """Where the knob of an experiment stands; None where it has none, or several places."""
    if knob == "width":
        widths = {getattr(layer, WIDTHS[layer.kind]) for layer in _wide(experiment)}
        return str(widths.pop()) if len(widths) == 1 else None
    if knob == "activation":
        used = {getattr(layer, "activation", "linear") for layer in experiment.layers}
        used.discard("linear")
        return used.pop() if len(used) == 1 else None
    stands = {
        "optimizer": experiment.optimizer.name,
        "learning_rate": f"{experiment.optimizer.learning_rate:g}",
        "loss": experiment.loss,
        "batch_size": str(experiment.training.batch_size),
        "initialization": experiment.initialization,
    }
    return stands[knob]


def offered(experiment: Experiment, knob: Knob, schema: Schema) -> list[str]:
    """What the knob may be set to, for a choice; the experiment's own value among them."""
    if knob == "width" and not list(_wide(experiment)):
        return []
    if knob == "activation" and not _bent(experiment):
        return []
    if knob == "batch_size" and experiment.optimizer.full_batch:
        return []
    numbers: dict[str, Iterable[float]] = {
        "learning_rate": LEARNING_RATES,
        "batch_size": [size for size in BATCHES if size < 2 * schema.samples],
        "width": WIDTHS_OFFERED,
    }
    own = value_of(experiment, knob)
    if knob in numbers:
        values = {*numbers[knob], *([float(own)] if own else [])}
        return [f"{value:g}" for value in sorted(values)]
    activation = experiment.output_activation
    names = {
        "optimizer": list(OPTIMIZERS),
        "activation": [name for name in ACTIVATIONS if name not in ("linear", "formula")],
        "loss": [name for name in LOSSES if fits(name, schema.task, activation) is None],
        "initialization": list(INITIALIZERS),
    }[knob]
    return names if own is None or own in names else [own, *names]


_FIRST: dict[str, tuple[str, ...]] = {
    "optimizer": ("adam", "sgd", "rmsprop", "adagrad"),
    "activation": ("tanh", "relu", "sigmoid", "gelu"),
    "initialization": ("pytorch", "xavier", "he", "zeros"),
    "batch_size": ("1", "10", "50", "250"),
    "loss": ("bce", "mse", "hinge", "cross_entropy", "mae", "huber"),
}


def proposed(experiment: Experiment, knob: Knob, schema: Schema) -> list[str]:
    """Values for a first race, the experiment's own among them."""
    choices = offered(experiment, knob, schema)
    own = value_of(experiment, knob)
    if knob in ("learning_rate", "width"):
        if own is None:  # the widest block's
            own = str(max(getattr(layer, WIDTHS[layer.kind]) for layer in _wide(experiment)))
        middle = choices.index(own) if own in choices else len(choices) // 2
        start = min(max(middle - 1, 0), max(len(choices) - USUAL, 0))
        return choices[start : start + USUAL]
    first = [own] if own in choices else []
    named = [name for name in _FIRST[knob] if name in choices]
    return list(dict.fromkeys([*first, *named, *choices]))[: max(FEWEST, min(USUAL, len(choices)))]


def _bent(experiment: Experiment) -> bool:
    return any(getattr(layer, "activation", "linear") != "linear" for layer in experiment.layers)


def _wide(experiment: Experiment) -> Iterable[Any]:
    return (layer for layer in experiment.layers if layer.kind in WIDTHS)


def _optimizer(experiment: Experiment, value: str) -> dict[str, Any]:
    now = experiment.optimizer
    if value == now.name:
        return {}
    kind = OPTIMIZERS[value]
    rate = {} if kind.full_batch else {"learning_rate": now.learning_rate}
    return {"optimizer": {"name": value, **rate}}


def _activation(experiment: Experiment, value: str) -> dict[str, Any]:
    if value not in ACTIVATIONS:
        raise ValueError(value)
    layers = experiment.model_dump(mode="json")["layers"]
    for layer in layers:
        if layer.get("activation", "linear") != "linear":
            layer["activation"] = value
    return {"layers": layers}


def _width(experiment: Experiment, value: str) -> dict[str, Any]:
    layers = experiment.model_dump(mode="json")["layers"]
    for layer in layers:
        if layer["kind"] in WIDTHS:
            layer[WIDTHS[layer["kind"]]] = int(value)
    return {"layers": layers}


_CHANGES: dict[Knob, Callable[[Experiment, str], dict[str, Any]]] = {
    "optimizer": _optimizer,
    "learning_rate": lambda _, value: {"optimizer": {"learning_rate": float(value)}},
    "activation": _activation,
    "width": _width,
    "loss": lambda _, value: {"loss": value},
    "batch_size": lambda _, value: {"training": {"batch_size": int(value)}},
    "initialization": lambda _, value: {"initialization": value},
}
