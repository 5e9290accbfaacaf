"""An experiment's neighbours: for each knob the experiment with it turned by one notch.

This module loads without torch: the page applies a neighbour where nothing is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from playground.core.activations import ACTIVATIONS
from playground.core.experiment import MAX_LAYERS, Experiment
from playground.core.optimizers import LEARNING_RATES, OPTIMIZERS
from playground.core.settings import RATES

FACTOR = 3  # a learning rate's notch, about
LARGEST_BATCH = 1000
FIRST_L2 = 0.001  # where there is none
MOMENTA = (0.0, 0.5, 0.9, 0.99)
DROPOUTS = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7)
COMMON = ("sgd", "rmsprop", "adam")  # optimizers that are tried in each other's place
TRIED = {"tanh": "relu", "sigmoid": "tanh", "relu": "tanh"}  # activations; "relu" for all others
WIDTHS = {
    "dense": "units",
    "rnn": "units",
    "lstm": "units",
    "gru": "units",
    "conv2d": "channels",
    "conv1d": "channels",
    "residual_conv": "channels",
}
WIDEST = 256
KNOBS = (
    "rate", "batch", "l2", "l1", "momentum", "optimizer", "dropout", "activation", "width", "depth",
)  # fmt: skip


@dataclass(frozen=True)
class Neighbour:
    """One knob, one notch away.

    Attributes:
        key: names it: "rate_up".
        knob: one of `KNOBS`.
        before, after: the knob's value so far and then, as text.
        changes: nested like the experiment's JSON, for `Experiment.with_changes`.
        fresh: it needs new first weights, so it can only be compared from the start.
    """

    key: str
    knob: str
    before: str
    after: str
    changes: dict[str, Any]
    fresh: bool = False


def neighbours(experiment: Experiment, points: int = LARGEST_BATCH) -> list[Neighbour]:
    """All neighbours of an experiment, those that go on with its weights first.

    Args:
        points: how many there are to train on; no minibatch is larger.
    """
    found = [
        *_rates(experiment),
        *_batches(experiment, points),
        *_penalties(experiment),
        *_momentum(experiment),
        *_optimizers(experiment),
        *_dropout(experiment),
        *_activation(experiment),
        *_width(experiment),
        *_depth(experiment),
    ]
    return found


def slower(rate: float) -> float | None:
    """The learning rate offered next below about a third of this one."""
    return max((one for one in LEARNING_RATES if one <= rate / FACTOR * 1.01), default=None)


def faster(rate: float) -> float | None:
    """The learning rate offered next above about three times this one."""
    return min((one for one in LEARNING_RATES if one >= rate * FACTOR * 0.99), default=None)


def _rates(experiment: Experiment) -> Iterator[Neighbour]:
    now = experiment.optimizer.learning_rate
    for key, after in (("rate_down", slower(now)), ("rate_up", faster(now))):
        if after is not None:
            yield _one(key, "optimizer", "learning_rate", now, after)


def _batches(experiment: Experiment, points: int) -> Iterator[Neighbour]:
    if experiment.optimizer.full_batch:
        return
    now, most = experiment.training.batch_size, min(points, LARGEST_BATCH)
    used = min(now, most)
    for key, after in (("batch_down", used // 2), ("batch_up", min(2 * used, most))):
        if 0 < after != used:
            yield _one(key, "training", "batch_size", now, after)


def _penalties(experiment: Experiment) -> Iterator[Neighbour]:
    for name in ("l2", "l1"):
        now = getattr(experiment.regularization, name)
        lower = max((rate for rate in RATES if rate < now), default=None)
        least = now or FIRST_L2
        upper = min((rate for rate in RATES if rate > now and rate >= least), default=None)
        if lower is not None:
            yield _one(f"{name}_down", "regularization", name, now, lower)
        # An L1 penalty that nobody uses is no notch away.
        if upper is not None and (name == "l2" or now):
            yield _one(f"{name}_up", "regularization", name, now, upper)


def _momentum(experiment: Experiment) -> Iterator[Neighbour]:
    now = getattr(experiment.optimizer, "momentum", None)
    if not isinstance(now, float):
        return
    lower = max((one for one in MOMENTA if one < now), default=None)
    upper = min((one for one in MOMENTA if one > now), default=None)
    for key, after in (("momentum_down", lower), ("momentum_up", upper)):
        if after is not None:
            yield _one(key, "optimizer", "momentum", now, after)


def _optimizers(experiment: Experiment) -> Iterator[Neighbour]:
    """Other optimizers, with the same learning rate."""
    now = experiment.optimizer
    for name in COMMON:
        if name != now.name:
            changes = {"optimizer": {"name": name, "learning_rate": now.learning_rate}}
            assert name in OPTIMIZERS
            yield Neighbour(f"optimizer_{name}", "optimizer", now.name, name, changes)


def _dropout(experiment: Experiment) -> Iterator[Neighbour]:
    """All blocks of dropout together, by the strength of the first."""
    rates = [getattr(layer, "rate", 0.0) for layer in experiment.layers if layer.kind == "dropout"]
    if not rates:
        return
    now = rates[0]
    lower = max((one for one in DROPOUTS if one < now), default=None)
    upper = min((one for one in DROPOUTS if one > now), default=None)
    for key, after in (("dropout_down", lower), ("dropout_up", upper)):
        if after is not None:
            layers = _layers(experiment, lambda one: one["kind"] == "dropout", rate=after)
            yield Neighbour(key, "dropout", f"{now:g}", f"{after:g}", {"layers": layers})


def _activation(experiment: Experiment) -> Iterator[Neighbour]:
    """The first hidden activation gives way to another, wherever it stands."""
    used = [getattr(layer, "activation", "linear") for layer in experiment.layers]
    before = next((one for one in used if one != "linear"), None)
    if before is None:
        return
    after = TRIED.get(before, "relu")
    assert after in ACTIVATIONS
    layers = _layers(experiment, lambda one: one.get("activation") == before, activation=after)
    yield Neighbour("activation", "activation", before, after, {"layers": layers}, True)


def _width(experiment: Experiment) -> Iterator[Neighbour]:
    """All widths halved, and doubled."""
    layers = experiment.model_dump(mode="json")["layers"]
    wide = [(layer, WIDTHS[layer["kind"]]) for layer in layers if layer["kind"] in WIDTHS]
    before = [layer[name] for layer, name in wide]
    ways: tuple[tuple[str, Callable[[int], int]], ...] = (
        ("width_down", lambda width: max(width // 2, 1)),
        ("width_up", lambda width: max(min(2 * width, WIDEST), width)),
    )
    for key, turned in ways:
        after = [turned(width) for width in before]
        if after == before:
            continue
        for (layer, name), width in zip(wide, after, strict=True):
            layer[name] = width
        copied = [dict(layer) for layer in layers]
        said = (", ".join(map(str, before)), ", ".join(map(str, after)))
        yield Neighbour(key, "width", *said, {"layers": copied}, True)


def _depth(experiment: Experiment) -> Iterator[Neighbour]:
    """The last dense layer left out, and twice in a row."""
    layers = experiment.model_dump(mode="json")["layers"]
    dense = [place for place, layer in enumerate(layers) if layer["kind"] == "dense"]
    if not dense:
        return
    last, count = dense[-1], len(dense)
    less, more = layers[:last] + layers[last + 1 :], layers[: last + 1] + layers[last:]
    for key, after, changed in (("depth_down", count - 1, less), ("depth_up", count + 1, more)):
        if len(changed) <= MAX_LAYERS:
            yield Neighbour(key, "depth", str(count), str(after), {"layers": changed}, True)


def _layers(
    experiment: Experiment, chosen: Callable[[dict[str, Any]], bool], **values: Any
) -> list[dict[str, Any]]:
    """The experiment's blocks as plain data, some with other values."""
    layers = experiment.model_dump(mode="json")["layers"]
    return [layer | values if chosen(layer) else layer for layer in layers]


def _one(key: str, part: str, name: str, before: float, after: float) -> Neighbour:
    knob = key.rsplit("_", 1)[0]
    return Neighbour(key, knob, f"{before:g}", f"{after:g}", {part: {name: after}})
