"""Memory of many networks is asked for before any of them is made."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from playground import words
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.memory import ALLOWANCE, needs, together
from playground.core.observe import Observer, observe
from playground.core.plans import Plan
from playground.core.plans.race import Race
from playground.core.plans.seeds import Seeds
from playground.core.plans.sweep import SweepPlan
from playground.core.population import population
from playground.core.run import Run
from playground.core.sweep.settings import sweep_from
from playground.live.workshop import CoreWorkshop
from tests.core.helpers import small

WIDE = [{"kind": "dense", "units": 256, "activation": "relu"}] * 2
LARGE = Experiment().with_changes({"layers": WIDE})
LARGEST = Experiment().with_changes({"layers": [WIDE[0] | {"units": 512}] * 4})
KNOB = {"kind": "range", "path": "optimizer.learning_rate", "low": 0.001, "high": 0.1}


@pytest.fixture
def workshop(monkeypatch: pytest.MonkeyPatch) -> CoreWorkshop:
    monkeypatch.setenv("PLAYGROUND_MEMORY", "60")
    return CoreWorkshop()


@pytest.fixture
def short() -> Iterator[None]:
    """There is nothing left to take."""
    before = ALLOWANCE.free
    ALLOWANCE.free = lambda: 2**10
    yield
    ALLOWANCE.free = before


def assert_told(error: PlaygroundError) -> None:
    """In both languages, with both numbers."""
    for language in ("en", "zh"):
        said = words.text(language, f"errors.{error.code}", **error.params)
        amounts = re.findall(r"\d+(?:\.\d)? [MG]B", said)
        assert amounts == [error.params["needed"], error.params["allowed"]], said


@pytest.mark.parametrize(
    "plan",
    [
        Seeds(experiment=LARGE, count=64),
        Race(experiment=LARGEST, knob="learning_rate", values=("0.1", "0.01", "0.001")),
        SweepPlan(experiment=LARGE, sweep=sweep_from({"knobs": [KNOB], "starts": 32})),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_with_both_numbers(
    workshop: CoreWorkshop, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(population, "members_of", lambda *_: pytest.fail("it was made"))
    with pytest.raises(PlaygroundError) as caught:
        workshop.build(plan.model_dump_json(), None, None)
    assert caught.value.code == "networks_too_much_memory"
    assert caught.value.params["allowed"] == "60 MB"
    assert_told(caught.value)


def test_a_plan_takes_room_from_the_others_while_it_is_there(workshop: CoreWorkshop) -> None:
    plan = Seeds(experiment=Experiment(), count=64)
    run = workshop.build(plan.model_dump_json(), None, None)
    assert ALLOWANCE.free() == 60 * 2**20 - plan.needs(None)
    with pytest.raises(PlaygroundError) as caught:
        ALLOWANCE.ask(LARGE, 40)
    assert caught.value.code == "networks_too_much_memory"
    assert together(LARGE, 10).total < ALLOWANCE.free()
    ALLOWANCE.ask(LARGE, 10)
    del run
    workshop.tidy()
    assert ALLOWANCE.free() == 60 * 2**20


def test_trials_of_other_processes_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = SweepPlan(sweep=sweep_from({"knobs": [KNOB], "starts": 4}))
    one = plan.needs(None)
    monkeypatch.setenv("PLAYGROUND_SWEEP_WORKERS", "3")
    assert plan.needs(None) == 3 * one
    monkeypatch.setenv("PLAYGROUND_DASK", "tcp://elsewhere:8786")
    assert plan.needs(None) == one, "a cluster has memory of its own"


@pytest.mark.parametrize(
    ("view", "code"),
    [
        ("certainty", "networks_too_much_memory"),
        ("influence", "networks_too_much_memory"),
        ("whatif", "too_much_memory"),
    ],
)
@pytest.mark.usefixtures("short")
def test_a_view_that_needs_further_networks_asks_first(view: str, code: str) -> None:
    run = Run(small(data={"samples": 24}))
    if view == "influence":  # there is room for the network that the others are compared with
        size = needs(run.experiment).total
        ALLOWANCE.free = lambda: size
    want = {"analysis": [view], "options": {view: {"round": 1, "epochs": 2}}, "resolution": 9}
    observe(run, want, (-1, 0), True)
    assert isinstance(run.observer, Observer)
    while run.observer.studying:
        run.observer.study(0.05)
    told = observe(run, want, (-1, 0), False)[0]["studies"][view]
    assert (told["state"], told["problem"]["code"]) == ("failed", code)
    assert_told(PlaygroundError(told["problem"]["code"], **told["problem"]["params"]))


@pytest.mark.usefixtures("short")
def test_what_a_sweep_would_cost_is_not_tried_where_it_does_not_fit(workshop: CoreWorkshop) -> None:
    ALLOWANCE.free = lambda: 2**10
    settings = sweep_from({"knobs": [KNOB]})
    steps = workshop.request("sweep_cost", {"settings": settings.model_dump_json(), "table": None})
    with pytest.raises(PlaygroundError) as caught:
        next(steps)  # pyright: ignore
    assert_told(caught.value)


def test_a_single_network_is_asked_for_as_one(short: None) -> None:
    size = needs(Experiment()).total
    ALLOWANCE.free = lambda: size
    ALLOWANCE.ask(Experiment(), 1)
    ALLOWANCE.free = lambda: size - 1
    with pytest.raises(PlaygroundError) as caught:
        ALLOWANCE.ask(Experiment(), 1)
    assert caught.value.code == "too_much_memory"
