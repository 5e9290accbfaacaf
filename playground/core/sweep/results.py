"""What a worker sent back, as a finished trial."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from playground.core.errors import Notice
from playground.core.finite import finite
from playground.core.sweep.rows import Status, Trial, metric_of, trial_from
from playground.core.sweep.settings import SweepSettings


def finished_trial(settings: SweepSettings, trial: Trial, result: dict[str, Any]) -> Trial:
    """The trial with what was found.

    Args:
        trial: as it was handed out.
        result: of `run_trial`.
    """
    if "error" in result:
        return replace(trial, status="failed", notice=Notice(**result["error"]))
    names = ("starts", "epochs", "seconds", "pruned_at", "rungs", "curve", "where")
    found = trial_from(trial.as_dict() | {name: result[name] for name in names})
    status: Status = "done"
    if all(start.diverged for start in found.starts):
        status = "diverged"
    elif found.pruned_at is not None:
        status = "pruned"
    known = [metric_of(settings, start) for start in found.starts]
    values = [value for value in known if value is not None]
    return replace(
        found,
        status=status,
        value=compared(settings, found),
        mean=finite(math.fsum(values) / len(values)) if values else None,
        low=min(values, default=None),
        high=max(values, default=None),
    )


def compared(settings: SweepSettings, trial: Trial) -> float | None:
    """The number by which the sweep compares trials.

    A start that diverged counts with what it had when it was last well. One that did not reach
    the target counts as twice the limit, of epochs or of the seconds that it was trained (PAR2,
    the penalised average of algorithm configuration).
    """
    values = []
    for start in trial.starts:
        value = metric_of(settings, start)
        if value is None and settings.metric == "epochs":
            value = 2.0 * settings.epochs
        if value is None and settings.metric == "seconds":
            value = 2.0 * trial.seconds / len(trial.starts)
        if value is None:
            return None
        values.append(value)
    return finite(math.fsum(values) / len(values)) if values else None
