"""A body that learns from one data set and is carried over to another.

It is a setting of the Experiment, so that a link repeats it: the run begins on the source's
classes, and at the end of the epoch `epochs` goes on with the experiment's own data. All blocks
but the head keep what they have learned; the head is drawn anew. `crossing.py` does it to a run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import field_validator

from playground.core.settings import Settings, setting

if TYPE_CHECKING:
    from playground.core.experiment import Experiment

MOST_EPOCHS = 10_000


class Transfer(Settings):
    """What comes before the experiment's own data, if anything.

    `source` names the data set of the beginning, "" where there is none. From the crossing on the
    body is "free" to learn on, "frozen", or "fresh": drawn anew like the head, for comparison.
    `train_percent` is the source's share for training.
    """

    source: str = setting("", max_length=40)
    epochs: int = setting(10, ge=1, le=MOST_EPOCHS)
    body: Literal["free", "frozen", "fresh"] = setting("free")
    train_percent: int = setting(80, ge=10, le=90)

    @field_validator("source")
    @classmethod
    def _known(cls, name: str) -> str:
        from playground.core.data import DATASETS

        if name and name not in DATASETS:
            raise ValueError(f"unknown data set {name!r}")
        return name


def present(experiment: Experiment, crossed: bool) -> Experiment:
    """What is trained now: the source's data before the crossing, a frozen body behind it."""
    transfer = experiment.transfer
    if not transfer.source:
        return experiment
    if not crossed:
        first = {"name": transfer.source, "train_percent": transfer.train_percent}
        return experiment.model_copy(update={"data": experiment.data.model_copy(update=first)})
    if transfer.body != "frozen":
        return experiment
    layers = tuple(
        layer.model_copy(update={"frozen": True}) if hasattr(layer, "frozen") else layer
        for layer in experiment.layers
    )
    return experiment.model_copy(update={"layers": layers})


def carries(old: Experiment, new: Experiment) -> bool:
    """Whether a change carries a running body over, by hand: what was trained on is the source,
    other data are the experiment's own, and all else is as it was."""
    transfer = new.transfer
    if old.transfer.source or not transfer.source or transfer.body == "fresh":
        return False
    if transfer.source != old.data.name or new.data.name == old.data.name:
        return False
    return old == new.model_copy(update={"data": old.data, "transfer": old.transfer})
