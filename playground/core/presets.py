"""The gallery: experiments that show one thing each, and the claim that a test holds them to.

An entry is a name, what differs from the default experiment, and what is seen after so many
epochs. What to look for is said in the language catalogs under the entry's name. This module
loads without torch; only `demonstrate` trains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playground.core.experiment import Experiment

if TYPE_CHECKING:
    from playground.core.run import Run

MEASURES = 20
"""How often a demonstration is measured on its way, so that its curves can be looked at."""


@dataclass(frozen=True)
class Preset:
    """One experiment of the gallery.

    Attributes:
        name: its key in the language catalogs.
        changes: what differs from the default experiment.
        epochs: after how many the claim holds.
        shows: whether a run after so many epochs shows what is claimed; the second is the run of
            `beside`, or None.
        beside: what differs from this experiment in one that it is compared with.
    """

    name: str
    changes: Mapping[str, Any]
    epochs: int
    shows: Callable[[Run, Run | None], bool]
    beside: Mapping[str, Any] | None = None

    @property
    def experiment(self) -> Experiment:
        return Experiment().with_changes(dict(self.changes))


def demonstrate(preset: Preset) -> tuple[Run, Run | None]:
    """Trains a preset, and what it is compared with, for as long as its claim needs."""
    other = None
    if preset.beside is not None:
        beside = preset.experiment.with_changes(dict(preset.beside))
        other = _last(trained(beside, preset.epochs))
    return _last(trained(preset.experiment, preset.epochs)), other


def trained(experiment: Experiment, epochs: int) -> Iterator[Run]:
    """A run on its way through so many epochs: the same one, an epoch further each time."""
    from playground.core.run import Run

    run = Run(experiment, device="cpu")
    yield run
    every = max(1, epochs // MEASURES)
    while run.epoch < epochs and run.state == "ready":
        run.advance(run.batches_per_epoch)
        if run.epoch % every == 0 or run.epoch == epochs:
            run.measure()
        yield run


def _last(runs: Iterator[Run]) -> Run:
    *_, run = runs
    return run


# ---- what can be seen of a run ------------------------------------------------------------------


def train_score(run: Run | None) -> float:
    """Accuracy on the training points, or R²; −1 where there is none."""
    return -1.0 if run is None or run.metrics.train_score is None else run.metrics.train_score


def test_score(run: Run | None) -> float:
    """Accuracy on the test points, or R²; −1 where there is none."""
    return -1.0 if run is None or run.metrics.test_score is None else run.metrics.test_score


def train_loss(run: Run | None) -> float:
    value = None if run is None else run.metrics.train_loss
    return float("inf") if value is None else value


def test_loss(run: Run | None) -> float:
    value = None if run is None else run.metrics.test_loss
    return float("inf") if value is None else value


def least_test_loss(run: Run) -> float:
    """The smallest test loss on the way."""
    return float(run.history.since(0)[:, 2].min())


def gradient_norms(run: Run) -> list[float]:
    """Norm of the loss's gradient by the weights of each linear map, over all training points."""
    from playground.core.replica import Replica

    replica = Replica(run)
    found = replica.gradients(*replica.examples())
    return [float(value.norm()) for name, value in found.items() if value.ndim == 2]


def share_of_small_weights(run: Run | None, limit: float = 0.01) -> float:
    """The share of weights so close to zero that they carry nothing."""
    assert run is not None
    weights = [weight for weight, _ in run.engine.parameters()]
    small = sum(int((weight.abs() < limit).sum()) for weight in weights)
    return small / sum(weight.numel() for weight in weights)


def neurons_are_alike(run: Run) -> bool:
    """Whether all units of each hidden layer have the same weights and bias, but for rounding."""
    hidden = run.engine.parameters()[:-1]
    parts = [part for pair in hidden for part in pair]
    return all(float((part - part[:1]).abs().max()) < 1e-4 for part in parts)


def dead_share(run: Run | None) -> float:
    """The share of hidden units whose value is zero at every training point."""
    from playground.core.replica import Replica

    assert run is not None
    replica = Replica(run)
    inputs, _ = replica.examples()
    hidden = replica.values(inputs)[:-1]
    dead = sum(int((values == 0).all(0).sum()) for values in hidden)
    return dead / sum(values.shape[1] for values in hidden)


# ---- the gallery --------------------------------------------------------------------------------


def _dense(*units: int, activation: str = "tanh") -> list[dict[str, Any]]:
    return [{"kind": "dense", "units": count, "activation": activation} for count in units]


def _adam(rate: float) -> dict[str, Any]:
    return {"name": "adam", "learning_rate": rate}


def _sgd(rate: float, momentum: float = 0.0) -> dict[str, Any]:
    return {"name": "sgd", "learning_rate": rate, "momentum": momentum}


_ENTRIES = (
    Preset(
        "linear_xor",
        {"data": {"name": "xor"}, "layers": []},
        100,
        lambda run, other: (
            max(train_score(run), test_score(run)) <= 0.65 and test_score(other) >= 0.95
        ),
        beside={"layers": _dense(8, 4)},
    ),
    Preset(
        "product_feature",
        {"data": {"name": "xor"}, "layers": [], "features": ["xy"]},
        50,
        lambda run, _: min(train_score(run), test_score(run)) >= 0.99,
    ),
    Preset(
        "triangle",
        {"layers": _dense(3)},
        200,
        lambda run, other: test_score(run) >= 0.97 and test_score(other) < 0.9,
        beside={"layers": _dense(2)},
    ),
    Preset(
        "deep_linear",
        {"layers": _dense(8, 8, 8, activation="linear")},
        100,
        lambda run, other: train_score(run) <= 0.65 and train_score(other) >= 0.98,
        beside={"layers": _dense(8, 8, 8)},
    ),
    Preset(
        "bottleneck",
        {"layers": [*_dense(8), *_dense(1), *_dense(8)]},
        200,
        lambda run, _: test_score(run) >= 0.97,
    ),
    Preset(
        "zeros",
        {"initialization": "zeros", "layers": _dense(4, 4, activation="sigmoid")},
        100,
        lambda run, other: (
            neurons_are_alike(run) and test_score(run) <= 0.75 and test_score(other) >= 0.97
        ),
        beside={"initialization": "xavier"},
    ),
    Preset(
        "diverges",
        {
            "data": {"name": "reg-plane"},
            "layers": _dense(8, activation="relu"),
            "loss": "mse",
            "optimizer": _sgd(10),
        },
        20,
        lambda run, other: run.state == "diverged" and test_score(other) > 0.95,
        beside={"optimizer": _sgd(0.03)},
    ),
    Preset(
        "timid",
        {"optimizer": _sgd(1e-4)},
        50,
        lambda run, other: train_loss(run) > 0.65 and train_loss(other) < 0.2,
        beside={"optimizer": _adam(0.03)},
    ),
    Preset(
        "vanishing",
        {
            "layers": _dense(8, 8, 8, 8, 8, 8, activation="sigmoid"),
            "initialization": "xavier",
            "optimizer": _sgd(0.1),
        },
        20,
        lambda run, other: (
            gradient_norms(run)[0] * 1000 < gradient_norms(run)[-1] and train_score(run) < 0.65
        ),
    ),
    Preset(
        "dead_relus",
        {
            "layers": _dense(8, 8, activation="relu"),
            "optimizer": _sgd(3),
        },
        20,
        lambda run, other: (
            dead_share(run) > 0.5
            and train_score(run) < 0.7
            and dead_share(other) < 0.5
            and train_score(other) > 0.95
        ),
        beside={"optimizer": _sgd(0.1)},
    ),
    Preset(
        "momentum",
        {"optimizer": _sgd(0.01, momentum=0.9)},
        60,
        lambda run, other: train_score(run) > 0.97 and train_score(other) < 0.75,
        beside={"optimizer": _sgd(0.01)},
    ),
    Preset(
        "sine_spiral",
        {
            "data": {"name": "spiral"},
            "layers": _dense(16, 16, activation="sine"),
            "optimizer": _adam(0.01),
            "regularization": {"l2": 3e-4},
        },
        60,
        lambda run, other: test_score(run) >= 0.97 and test_score(other) < 0.9,
        beside={"layers": _dense(16, 16)},
    ),
    Preset(
        "overfitting",
        {
            "data": {"name": "gauss", "samples": 60, "noise": 50},
            "layers": _dense(64, 64, activation="relu"),
            "optimizer": _adam(0.01),
        },
        300,
        lambda run, _: train_loss(run) < 0.02 and test_loss(run) > 3 * least_test_loss(run),
    ),
    Preset(
        "dropout",
        {
            "data": {"name": "gauss", "samples": 60, "noise": 50},
            "layers": [
                *_dense(64, activation="relu"),
                {"kind": "dropout", "rate": 0.5},
                *_dense(64, activation="relu"),
                {"kind": "dropout", "rate": 0.5},
            ],
            "optimizer": _adam(0.01),
        },
        300,
        lambda run, other: test_loss(run) < 0.65 * test_loss(other),
        beside={"layers": _dense(64, 64, activation="relu")},
    ),
    Preset(
        "sparse",
        {
            "features": ["x", "y", "x2", "y2", "xy", "sin_x", "sin_y"],
            "layers": _dense(8),
            "optimizer": _sgd(0.03),
            "regularization": {"l1": 0.003, "sticky_l1": True},
        },
        200,
        lambda run, other: (
            share_of_small_weights(run) > 0.6
            and test_score(run) > 0.97
            and share_of_small_weights(other) < 0.2
        ),
        beside={"regularization": {"l1": 0.0}},
    ),
    Preset(
        "unscaled",
        {
            "data": {"name": "wine", "scaling": "none", "train_percent": 70},
            "layers": _dense(8),
            "loss": "cross_entropy",
            "optimizer": _sgd(0.03),
        },
        50,
        lambda run, other: train_score(run) < 0.75 and test_score(other) > 0.9,
        beside={"data": {"scaling": "standard"}},
    ),
    Preset(
        "wave",
        {
            "data": {"name": "sine", "samples": 200},
            "layers": _dense(16, 16),
            "loss": "mse",
            "optimizer": _adam(0.01),
        },
        150,
        lambda run, other: test_score(run) > 0.95 and test_score(other) < 0.8,
        beside={"layers": []},
    ),
)

PRESETS: dict[str, Preset] = {entry.name: entry for entry in _ENTRIES}
