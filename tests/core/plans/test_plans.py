"""Plans as values: what their JSON says, what is refused, what starts a run again."""

import json

import pytest

from playground.core import plans
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.plans import PLANS, Plan, experiment_of, restart_reasons
from playground.core.plans.seeds import MOST_SEEDS, Seeds

XOR = Experiment().with_changes({"data": {"name": "xor"}})


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_comes_back_from_its_json(name: str) -> None:
    plan = PLANS[name](plan=name, experiment=XOR)
    assert plans.read(plan.model_dump_json()) == plan
    assert experiment_of(plan) == XOR
    assert plan.plan == name


def test_an_experiment_is_read_as_one() -> None:
    assert plans.read(XOR.to_json()) == XOR
    assert not isinstance(plans.read("{}"), Plan)
    assert experiment_of(XOR) == XOR


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"plan": "nonsense"},
        {"plan": 3},
        {"plan": "seeds", "count": 0},
        {"plan": "seeds", "count": MOST_SEEDS + 1},
        {"plan": "seeds", "count": "4"},
        {"plan": "seeds", "more": 1},
        {"plan": "seeds", "experiment": {"data": {"name": "nonsense"}}},
        {"plan": "seeds", "experiment": 4},
    ],
)
def test_what_is_no_plan_is_refused(content: object) -> None:
    with pytest.raises(PlaygroundError):
        plans.read(json.dumps(content))


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(PlaygroundError):
        plans.read(b"{")


def test_what_starts_a_run_again() -> None:
    plan = Seeds(experiment=XOR, count=4)
    assert restart_reasons(plan, plan) == ()
    assert restart_reasons(plan, Seeds(experiment=XOR, count=5)) == ("count",)
    assert restart_reasons(plan, XOR) == restart_reasons(XOR, plan) == ("plan",)
    assert restart_reasons(XOR, Experiment()) == ("data.name",)
