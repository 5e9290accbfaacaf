"""What is offered against a finding: it can be trained, and it cures."""

from __future__ import annotations

import pytest

from playground.core.experiment import Experiment
from playground.core.remedies import REMEDIES, remedy_for
from tests.core.helpers import run_of
from tests.core.test_findings import ILL, made, names

# ---- remedies


@pytest.mark.parametrize(("name", "index"), [(name, i) for name in ILL for i in (0, 1)])
def test_the_ill_are_offered_a_change_that_can_be_trained(name, index):
    experiment = made(ILL[name][index]).experiment
    remedy = remedy_for(name, experiment)
    assert remedy is not None
    assert remedy.before != remedy.after
    changed = experiment.with_changes(remedy.changes)
    assert changed != experiment
    run_of(changed).advance(2)


@pytest.mark.parametrize(
    "name", ["unscaled", "symmetric", "vanishing", "exploding", "rate_high", "dead"]
)
def test_the_remedy_cures(name):
    """Of illnesses that are there from the first step; others take their time to heal."""
    case = ILL[name][0]
    remedy = remedy_for(name, made(case).experiment)
    assert remedy is not None
    cured = run_of(made(case).experiment.with_changes(remedy.changes))
    cured.advance(case[2])
    cured.measure()
    if name == "rate_high":  # a third at a time
        before = names(made(case))[name].numbers["rate"]
        assert cured.experiment.optimizer.learning_rate <= before / 3 * 1.01
        return
    assert name not in names(cured)


def test_remedies_end():
    """Asked for again and again, each comes to its end without a value out of bounds."""
    for name in REMEDIES:
        experiment = Experiment()
        for _ in range(40):
            remedy = remedy_for(name, experiment)
            if remedy is None:
                break
            experiment = experiment.with_changes(remedy.changes)
        else:
            assert name == "symmetric", f"{name} has no end"
    assert remedy_for("nonsense", Experiment()) is None
