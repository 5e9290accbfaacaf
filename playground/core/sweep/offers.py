"""Which knobs a page offers for an experiment, each with a range that makes sense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, log10

from playground.core.data.model import Schema
from playground.core.errors import PlaygroundError
from playground.core.experiment import MAX_LAYERS, Experiment
from playground.core.initializers import INITIALIZERS
from playground.core.losses import LOSSES, fits
from playground.core.sweep.places import Place
from playground.core.sweep.space import DEPTH, EVERY, Choices, Knob, Range, check_knobs, setting_of

_ACTIVATIONS = ("tanh", "relu", "sigmoid", "leaky_relu", "gelu", "silu", "linear")
_OPTIMIZERS = ("sgd", "adam", "adamw", "rmsprop", "adagrad")


@dataclass(frozen=True)
class Offer:
    """One knob that can be chosen.

    Attributes:
        path: its name.
        place: the setting that it turns: its class and field have the words, its kind and bounds
            say what may be typed.
        knob: what is proposed for it.
        block: the number of the block whose setting it is; None where it is no block's.
    """

    path: str
    place: Place
    knob: Knob
    block: int | None


def offers(experiment: Experiment, schema: Schema) -> list[Offer]:
    """What can be searched, the most usual first.

    Args:
        schema: of the experiment's data.
    """
    found = []
    for path, knob in _proposals(experiment, schema):
        try:
            check_knobs(experiment, (knob,))
            place = setting_of(experiment, path)
        except PlaygroundError:
            continue  # this network or this optimizer has no such setting
        parts = path.split(".")
        block = int(parts[1]) if parts[0] == "layers" and parts[1].isdecimal() else None
        found.append(Offer(path, place, knob, block))
    return found


def _proposals(experiment: Experiment, schema: Schema) -> Iterator[tuple[str, Knob]]:
    rate = experiment.optimizer.learning_rate
    # Two and a half orders of magnitude around the present rate: up to where it diverges.
    yield _range("optimizer.learning_rate", _near(rate / 30), _near(rate * 10), count=7)
    yield from _names("optimizer.name", _OPTIMIZERS, experiment.optimizer.name)
    yield f"{EVERY}units", Choices(path=f"{EVERY}units", values=(2, 4, 8, 16))
    depth = max(len(experiment.layers), 3)
    yield DEPTH, Choices(path=DEPTH, values=tuple(range(min(depth, MAX_LAYERS) + 1)))
    yield from _names(f"{EVERY}activation", _ACTIVATIONS, "tanh")
    if not experiment.optimizer.full_batch:
        yield "training.batch_size", Choices(path="training.batch_size", values=(4, 10, 32, 100))
    yield _range("regularization.l2", 1e-4, 0.1, count=4)
    yield _range("regularization.l1", 1e-4, 0.1, count=4)
    yield _linear("optimizer.momentum", 0.0, 0.95, count=5)
    yield _linear("optimizer.beta1", 0.5, 0.99, count=5)
    yield _range("optimizer.weight_decay", 1e-4, 0.1, count=4)
    for index, _layer in enumerate(experiment.layers):
        front = f"layers.{index}."
        yield f"{front}units", Choices(path=f"{front}units", values=(2, 4, 8, 16))
        yield from _names(f"{front}activation", _ACTIVATIONS, "tanh")
        yield _linear(f"{front}rate", 0.0, 0.5, count=6)
        yield f"{front}channels", Choices(path=f"{front}channels", values=(4, 8, 16, 32))
        yield f"{front}kernel", Choices(path=f"{front}kernel", values=(3, 5))
        yield f"{front}heads", Choices(path=f"{front}heads", values=(1, 2, 4))
    yield from _names("initialization", tuple(INITIALIZERS), experiment.initialization)
    losses = tuple(
        name for name in LOSSES if fits(name, schema.task, experiment.output_activation) is None
    )
    yield from _names("loss", losses, experiment.loss)
    yield from _names("output_activation", ("linear", "tanh"), "linear")
    yield from _names("schedule.name", ("constant", "step", "exponential", "cosine"), "constant")
    yield _linear("regularization.clip_norm", 0.0, 2.0, count=5)
    yield "data.noise", Choices(path="data.noise", values=(0, 10, 20, 30, 40, 50))
    yield "data.samples", Choices(path="data.samples", values=(50, 100, 200, 500, 1000))
    yield "data.train_percent", Choices(path="data.train_percent", values=(10, 30, 50, 70, 90))
    yield "data.label_noise", Choices(path="data.label_noise", values=(0, 10, 20, 30))
    yield from _names("data.scaling", ("none", "standard", "minmax"), "none")


def _range(path: str, low: float, high: float, count: int) -> tuple[str, Knob]:
    return path, Range(path=path, low=low, high=high, log=True, count=count)


def _linear(path: str, low: float, high: float, count: int) -> tuple[str, Knob]:
    return path, Range(path=path, low=low, high=high, count=count)


def _names(path: str, names: tuple[str, ...], now: str) -> Iterator[tuple[str, Knob]]:
    """A list of names, the present one first."""
    values = tuple(dict.fromkeys((now, *names)))
    if len(values) > 1:
        yield path, Choices(path=path, values=values[:7])


def _near(rate: float) -> float:
    """The rate in one digit, 1 or 3, within what an optimizer takes."""
    power = 10.0 ** floor(log10(rate) + 1e-9)
    return float(f"{min(max(3 * power if rate / power > 2 else power, 1e-6), 100.0):g}")
