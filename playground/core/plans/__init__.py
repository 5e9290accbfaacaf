"""What a live run may be: one experiment, or a plan of several networks.

A plan is a value like the experiment that it starts from. A kind of plan is one entry of PLANS:
its settings, which say how its run is made. This module loads without torch.
"""

from __future__ import annotations

import json

from pydantic import ValidationError

from playground.core.differences import reset_reasons
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment, experiment_from
from playground.core.plans.base import Plan
from playground.core.plans.race import Race
from playground.core.plans.seeds import Seeds
from playground.core.plans.sweep import SweepPlan
from playground.core.settings import is_live

PLANS: dict[str, type[Plan]] = {"seeds": Seeds, "race": Race, "sweep": SweepPlan}
"""Kinds of plans by the name that their `plan` has."""

__all__ = ["PLANS", "Plan", "experiment_of", "read", "restart_reasons"]


def read(text: str | bytes) -> Experiment | Plan:
    """What the JSON of a run says: a plan where it has the key "plan", else an experiment.

    Raises:
        PlaygroundError: not JSON, a plan that is not known, or settings that do not fit.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlaygroundError("experiment_not_json") from error
    if not isinstance(content, dict) or "plan" not in content:
        return Experiment.from_json(text)
    kind = PLANS.get(str(content["plan"]))
    if kind is None:
        raise PlaygroundError("plan_unknown", name=str(content["plan"])[:40])
    experiment = content.get("experiment", {})
    if not isinstance(experiment, dict):
        raise PlaygroundError("plan_invalid", where="experiment")
    # Read by itself first: what does not fit is then said in words.
    experiment_from(experiment)
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])[:80] or "plan"
        raise PlaygroundError("plan_invalid", where=where) from error


def experiment_of(what: Experiment | Plan) -> Experiment:
    """The experiment that a run is about."""
    return what.experiment if isinstance(what, Plan) else what


def restart_reasons(old: Experiment | Plan, new: Experiment | Plan) -> tuple[str, ...]:
    """The settings whose change makes a run start again, as dotted names; empty where it goes on.

    A plan follows changes of its own live settings; its networks follow no other experiment.
    """
    if isinstance(old, Plan) and isinstance(new, Plan) and old.plan == new.plan:
        return tuple(
            name
            for name, field in type(new).model_fields.items()
            if getattr(old, name) != getattr(new, name) and not is_live(field)
        )
    if isinstance(old, Plan) or isinstance(new, Plan):
        return ("plan",)
    return reset_reasons(old, new)
