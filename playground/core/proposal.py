"""Settings that the playground proposes: for a data set, for a task, and TensorFlow Playground's.

A proposal is an ordinary Experiment; nothing else in the project knows that it was one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playground.core.data import DATASETS, TASK_LOSSES, Schema, proposal_for, schema_of
from playground.core.data.features import applicable
from playground.core.data.model import Brought
from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Experiment
from playground.core.losses import fits
from playground.core.optimizers import SGD

# What belongs to the visitor rather than to a data set: a proposal leaves it alone.
_KEPT = ("seed", "device", "precision")

# Sets that are what the visitor made of them.
_MADE_BY_HAND = ("formula", "own")


def propose(
    name: str, current: Experiment | None = None, table: Brought | None = None
) -> Experiment:
    """The experiment that a data set proposes.

    Args:
        name: the data set.
        current: whose seed, device and precision stay; and its formula and painted points, where
            the set is made of them.
        table: what the visitor brought, for sets that are made of it; what says how stays too.
    """
    experiment = Experiment().with_changes({"data": {"name": name}})
    own = current is not None and current.data.name == name and name in _MADE_BY_HAND
    if current is not None:
        training = current.training.model_dump(mode="json")
        changes: dict[str, Any] = {"training": {key: training[key] for key in _KEPT}}
        if DATASETS[name].brings or own:
            changes["data"] = current.data.model_dump(mode="json") | {"name": name}
        experiment = experiment.with_changes(changes)
    proposal = proposal_for(experiment.data, table, keep=own)
    return experiment.with_changes(proposal)


def is_proposed(experiment: Experiment, table: Brought | None = None) -> bool:
    """Whether the network and its training are still those that the data set proposes."""
    try:
        proposed = propose(experiment.data.name, experiment, table)
    except PlaygroundError:
        return False  # of a table that is not here nothing can have been proposed
    same = ("features", "layers", "loss", "optimizer", "output_activation", "initialization")
    return all(getattr(experiment, part) == getattr(proposed, part) for part in same)


def choose_data(
    name: str,
    current: Experiment,
    table: Brought | None = None,
    *,
    data: Mapping[str, Any] | None = None,
    before: Brought | None = None,
) -> Experiment:
    """The experiment after another data set is chosen.

    A network that was proposed gives way to the next proposal. One that the visitor made stays,
    and only what cannot be used any more is replaced.

    Args:
        name: the data set.
        current: the experiment so far.
        table: the visitor's, for "csv".
        data: more of the data's settings that were chosen with it, such as a table's target.
        before: the table of the experiment so far, where that is another one.

    Raises:
        PlaygroundError: nothing can be learned from these data.
    """
    asked = {"name": name, **(data or {})}
    same = DATASETS[name].brings is not None or name == current.data.name
    proposed = propose(name, current.with_changes({"data": asked}) if same else current, table)
    proposed = proposed.with_changes({"data": asked})
    # A stack for points cannot take pictures, nor the other way round.
    other = DATASETS[name].kind != DATASETS[current.data.name].kind
    if other or is_proposed(current, before or table):
        return proposed
    kept = current.with_changes({"data": proposed.data.model_dump(mode="json")})
    return fit_to_task(kept, schema_of(kept.data, table))[0]


def fit_to_task(experiment: Experiment, schema: Schema) -> tuple[Experiment, tuple[Notice, ...]]:
    """The nearest experiment whose loss and input features fit the data, and what was changed."""
    notices: list[Notice] = []
    if schema.kind != "points" and experiment.layers == Experiment().layers:
        # An address that names pictures and no blocks asks for what suits them.
        experiment = _completed(experiment, schema)
    if fits(experiment.loss, schema.task, experiment.output_activation) is not None:
        before, loss = experiment.loss, TASK_LOSSES[schema.task]
        changes: dict[str, Any] = {"loss": loss}
        if fits(loss, schema.task, experiment.output_activation) is not None:
            changes["output_activation"] = "linear"
        experiment = experiment.with_changes(changes)
        notices.append(Notice("loss_replaced", {"before": before, "after": loss}))
    offered = [entry.name for entry in applicable(schema)]
    if offered and not set(offered) & set(experiment.features):
        plain = [name for name in ("x", "y") if name in offered]
        experiment = experiment.with_changes({"features": plain})
        notices.append(Notice("features_replaced", {}))
    return experiment, tuple(notices)


def _completed(experiment: Experiment, schema: Schema) -> Experiment:
    """With all that the data set proposes in the place of what is as in any experiment."""
    plain = Experiment()
    proposal = {"loss": TASK_LOSSES[schema.task], **DATASETS[experiment.data.name].proposal}
    missing = {
        part: value
        for part, value in proposal.items()
        if part != "data" and getattr(experiment, part) == getattr(plain, part)
    }
    if data := proposal.get("data"):
        now, before = experiment.data, plain.data
        same = {k: v for k, v in data.items() if getattr(now, k) == getattr(before, k)}
        missing["data"] = same
    return experiment.with_changes(missing)


def tfplayground_mode(experiment: Experiment, schema: Schema) -> Experiment:
    """The same network trained as TensorFlow Playground trains it, in ordinary settings.

    Half squared error on labels −1 and +1, a tanh head for classes, weights uniform in
    [−0.5, 0.5) with bias 0.1, its random stream, one fixed order with the incomplete batch carried
    over, plain SGD, and the L1 penalty that holds a weight at zero.
    """
    return experiment.with_changes(
        {
            "loss": "half_squared",
            "output_activation": "linear" if schema.task == "regression" else "tanh",
            "initialization": "tfplayground",
            "optimizer": SGD(learning_rate=experiment.optimizer.learning_rate).model_dump(
                mode="json"
            ),
            "regularization": {"sticky_l1": True, "clip_norm": 0.0},
            "training": {"order": "fixed", "last_batch": "carried", "stream": "tfplayground"},
        }
    )
