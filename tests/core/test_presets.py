"""The gallery: each preset shows what it claims."""

from __future__ import annotations

import pytest

from playground.core.data import schema_of
from playground.core.experiment import Experiment
from playground.core.link import decode, encode
from playground.core.network import checked
from playground.core.presets import PRESETS, Preset, demonstrate
from playground.core.proposal import fit_to_task

EACH = pytest.mark.parametrize(
    "preset",
    [
        pytest.param(preset, id=name, marks=[pytest.mark.slow] if preset.heavy else [])
        for name, preset in PRESETS.items()
    ],
)


@EACH
def test_a_preset_shows_what_it_claims(preset: Preset) -> None:
    run, other = demonstrate(preset)
    facts = [(r.state, r.metrics) for r in (run, other) if r is not None]
    assert preset.shows(run, other), facts


@EACH
def test_the_claim_is_not_true_of_any_network(preset: Preset) -> None:
    """Before training, or of the opening experiment, it is not shown."""
    from playground.core.run import Run

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
