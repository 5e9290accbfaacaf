"""The gallery: each preset shows what it claims."""

from __future__ import annotations

from functools import lru_cache

import pytest

from playground.core.data import schema_of
from playground.core.experiment import Experiment
from playground.core.link import decode, encode
from playground.core.network import checked
from playground.core.presets import PRESETS, Preset, trained
from playground.core.proposal import fit_to_task
from playground.core.run import Run

EACH = pytest.mark.parametrize(
    "preset",
    [
        pytest.param(preset, id=name, marks=[pytest.mark.slow] if preset.heavy else [])
        for name, preset in PRESETS.items()
    ],
)


@lru_cache(maxsize=6)
def after(epochs: int, experiment: str) -> Run:
    """A run at its end; some presets that follow one another are compared with one another."""
    *_, last = trained(Experiment.from_json(experiment), epochs)
    return last


@EACH
def test_a_preset_shows_what_it_claims(preset: Preset) -> None:
    other = None
    if preset.beside is not None:
        beside = preset.experiment.with_changes(dict(preset.beside))
        other = after(preset.epochs, beside.to_json())
    run = after(preset.epochs, preset.experiment.to_json())
    facts = [(r.state, r.metrics) for r in (run, other) if r is not None]
    assert preset.shows(run, other), facts


@EACH
def test_the_claim_is_not_true_of_any_network(preset: Preset) -> None:
    """Before training, or of the opening experiment, it is not shown."""
    run = Run(Experiment())
    assert not preset.shows(run, run)


@EACH
def test_a_preset_is_an_experiment_like_any_other(preset: Preset) -> None:
    experiment = preset.experiment
    schema = schema_of(experiment.data)
    checked(experiment, schema)
    assert fit_to_task(experiment, schema) == (experiment, ())
    assert decode(encode(experiment)) == (experiment, ())


def test_no_two_are_the_same() -> None:
    assert len({preset.experiment.to_json() for preset in PRESETS.values()}) == len(PRESETS)
