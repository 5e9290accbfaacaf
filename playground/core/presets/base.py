"""The gallery: experiments that show one thing each, and the claim that a test holds them to.

An entry is a name, what differs from the default experiment, and what is seen after so many
epochs. What to look for is said in the language catalogs under the entry's name. This module
loads without torch; only `trained` trains.
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
        data: settings with which the data set is proposed first, where the changes are to its
            proposal instead of the default experiment.
        heavy: it takes more than a few seconds to show.
    """

    name: str
    changes: Mapping[str, Any]
    epochs: int
    shows: Callable[[Run, Run | None], bool]
    beside: Mapping[str, Any] | None = None
    data: Mapping[str, Any] | None = None
    heavy: bool = False

    @property
    def experiment(self) -> Experiment:
        if self.data is None:
            return Experiment().with_changes(dict(self.changes))
        from playground.core.proposal import propose

        start = propose(self.data["name"]).with_changes({"data": dict(self.data)})
        return start.with_changes(dict(self.changes))


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


def dense(*units: int, activation: str = "tanh") -> list[dict[str, Any]]:
    """A stack of dense blocks."""
    return [{"kind": "dense", "units": count, "activation": activation} for count in units]


def adam(rate: float) -> dict[str, Any]:
    return {"name": "adam", "learning_rate": rate}


def sgd(rate: float, momentum: float = 0.0) -> dict[str, Any]:
    return {"name": "sgd", "learning_rate": rate, "momentum": momentum}


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
