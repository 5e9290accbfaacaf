"""Whatever a visitor puts together trains, is seen and can be saved, or is refused in words."""

from __future__ import annotations

import json
import math

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.core.analysis.registry import VIEWS
from playground.core.data import schema_of
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.link import decode, encode
from playground.core.observe import observe
from playground.core.proposal import fit_to_task, tfplayground_mode
from playground.core.run import Run
from tests.core.helpers import CSV, flat, states_equal
from tests.strategies import small_experiments

ANALYSES = st.sampled_from([None, *VIEWS])


def started(experiment: Experiment) -> Run | None:
    """A run, or None where one clear sentence says why there is none."""
    try:
        return Run(experiment, CSV)
    except PlaygroundError as error:
        for language in ("en", "zh"):
            assert error.sentence(language)
        return None


@settings(max_examples=100)
@given(experiment=small_experiments(), analysis=ANALYSES, fitted=st.booleans(), tf=st.booleans())
def test_any_experiment_runs_or_says_why(experiment, analysis, fitted, tf):
    if fitted:
        try:
            schema = schema_of(experiment.data, CSV)
        except PlaygroundError:
            return
        experiment, _ = fit_to_task(experiment, schema)
        if tf:
            experiment = tfplayground_mode(experiment, schema)
    run = started(experiment)
    if run is None:
        return
    for _ in range(3):
        run.advance(7)
        want = {"analysis": analysis, "block": 1, "resolution": 20, "focus": [1, 0]}
        header, arrays = observe(run, want, (-1, 0), True)
        json.dumps(header, allow_nan=False)
        for name, values in arrays.items():
            assert name == "history" or np.isfinite(values.astype(float)).all(), name
    assert torch.isfinite(flat(run)).all(), "what is kept is always finite"
    assert math.isfinite(run.metrics.penalty)
    if run.state == "diverged":
        assert run.notice is not None
        assert run.notice.sentence()
        return
    again = Run(decode(encode(run.experiment))[0], CSV, snapshot=run.snapshot())
    for one in (run, again):
        one.advance(5)
    assert states_equal(run, again)
