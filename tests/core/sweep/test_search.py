"""Which points are tried: repeatable, spread, and learning from what is told."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from playground.core.sweep.rows import Trial
from playground.core.sweep.search import search_of
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.space import knob_from

KNOBS = (
    "optimizer.learning_rate=log:0.0001:1",
    "optimizer.name=adam,sgd",
    "optimizer.momentum=0,0.5,0.9",
)


def asked(method: str, seed: int = 3, trials: int = 30) -> SweepSettings:
    knobs = tuple(map(knob_from, KNOBS))
    return SweepSettings.model_validate(
        {"method": method, "knobs": knobs, "seed": seed, "trials": trials}
    )


def loss(trial: Trial) -> Trial:
    """A made-up result: the best rate is 0.01, Adam is better."""
    away = math.log10(float(trial.values["optimizer.learning_rate"]) / 0.01)
    value = away * away + (trial.values["optimizer.name"] == "sgd")
    if trial.number % 7 == 3:
        return replace(trial, status="failed")
    if trial.number % 7 == 5:
        return replace(trial, status="pruned", rungs=((5, value),))
    return replace(trial, status="done", value=value)


def course(settings: SweepSettings, count: int, break_at: int = -1) -> list[Trial]:
    search, trials = search_of(settings), []
    for number in range(count):
        if number == break_at:
            search = search_of(settings)
            for trial in trials:
                search.tell(trial)
        proposal = search.ask(number)
        assert proposal is not None
        trials.append(loss(Trial(number, proposal.values, asked=dict(proposal.asked))))
        search.tell(trials[-1])
    return trials


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_the_same_seed_proposes_the_same_points(method: str):
    once, again = course(asked(method), 12), course(asked(method), 12)
    assert once == again
    assert course(asked(method, seed=4), 12) != once


@pytest.mark.parametrize("method", ["random", "bayes"])
def test_a_search_goes_on_as_if_it_had_not_been_interrupted(method: str):
    assert course(asked(method), 16, break_at=11) == course(asked(method), 16)


def test_points_by_chance_do_not_depend_on_who_asks_when():
    search = search_of(asked("random"))
    last = search.ask(9)
    assert last == search_of(asked("random")).ask(9) and search.ask(9) == last


def test_rates_are_spread_by_factors():
    rates = [float(t.values["optimizer.learning_rate"]) for t in course(asked("random"), 200)]
    assert 0.4 < sum(rate < 0.01 for rate in rates) / 200 < 0.6


def test_a_space_of_few_points_ends():
    settings = SweepSettings(knobs=(knob_from("data.noise=0,10,20"),), method="random", trials=10)
    search = search_of(settings)
    found = [search.ask(number) for number in range(4)]
    assert {p.values["data.noise"] for p in found[:3] if p} == {0, 10, 20} and found[3] is None


def test_what_is_known_is_used():
    trials = course(asked("bayes", trials=40), 40)
    away = [abs(math.log10(float(t.values["optimizer.learning_rate"]) / 0.01)) for t in trials]
    assert sum(away[25:]) / 15 < 0.6 * sum(away[:10]) / 10
    adam = [trial.values["optimizer.name"] == "adam" for trial in trials]
    assert sum(adam[25:]) >= 10


def test_only_settings_that_are_there_are_asked_for():
    for trial in course(asked("bayes"), 12):
        assert ("optimizer.momentum" in trial.values) == (trial.values["optimizer.name"] == "sgd")
        assert set(trial.asked) == set(trial.values)
