"""The left column of data that are pictures."""

from __future__ import annotations

from playground.core.data.model import Schema
from playground.core.data.registry import DATASETS
from playground.core.experiment import Data
from playground.ui import forms, sample
from playground.ui.panels import transfer


def controls(data: Data, schema: Schema) -> None:
    """How the set is made and split."""
    if "samples" in DATASETS[data.name].knobs:
        forms.setting(data, "samples", "data.samples")
    forms.setting(data, "train_percent", "data.train_percent")
    sample.fresh()
    transfer.controls(data)
