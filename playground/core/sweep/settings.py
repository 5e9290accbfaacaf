"""What a sweep is to do: one frozen value, as an Experiment is."""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import Field, ValidationError

from playground.core.data.model import Brought
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment, experiment_from
from playground.core.settings import Settings, setting
from playground.core.sweep.space import Knobs, Range, check_knobs, grid, grid_size

MAX_TRIALS = 2000
MAX_STARTS = 64
MAX_EPOCHS = 100_000
MOST_READ = 8_000_000  # characters of a sweep's JSON
LEAST_EPOCHS = 8  # below, no trial is worth stopping early

Metric = Literal["test_loss", "test_score", "epochs", "seconds"]
Method = Literal["grid", "random", "bayes"]


class SweepSettings(Settings):
    """A sweep.

    Attributes:
        experiment: where every point starts from; its own stop rules are not heard.
        knobs: the settings that are searched.
        method: every point of a grid, points by chance, or points proposed from what is known
            (a tree-structured Parzen estimator, Bergstra et al. 2011).
        trials: how many points at most; a grid has as many as it has, whatever is said here.
        starts: networks of each point: other first weights, the same data.
        epochs: of each network.
        metric: what is compared: test loss, test score, or how many epochs or seconds it takes to
            reach `target` as test score. Means over the starts.
        target: that score.
        pruning: whether a trial that is worse than half of the others at the same epoch is
            stopped.
        seed: of the search, not of the networks.
    """

    version: Literal[1] = 1
    experiment: Experiment = Field(default_factory=Experiment)
    knobs: Knobs = (Range(path="optimizer.learning_rate", low=0.001, high=1.0, log=True, count=7),)
    method: Method = setting("random")
    trials: int = setting(20, ge=1, le=MAX_TRIALS)
    starts: int = setting(3, ge=1, le=MAX_STARTS)
    epochs: int = setting(100, ge=1, le=MAX_EPOCHS)
    metric: Metric = setting("test_loss")
    target: float = setting(0.95, ge=-10, le=1)
    pruning: bool = setting(True)
    seed: int = setting(0, ge=0, le=99_999)

    @property
    def smaller_is_better(self) -> bool:
        return self.metric != "test_score"

    @property
    def watched(self) -> Literal["test_loss", "test_score"]:
        """What is looked at while a trial runs, and what its curve shows."""
        return "test_loss" if self.metric == "test_loss" else "test_score"

    @property
    def rungs(self) -> tuple[int, ...]:
        """The epochs at which a trial is compared with the others: an eighth, a quarter and half
        of the way."""
        if not self.pruning or self.epochs < LEAST_EPOCHS:
            return ()
        return tuple(sorted({self.epochs // 8, self.epochs // 4, self.epochs // 2}))

    @property
    def planned(self) -> int:
        """How many trials there will be."""
        if self.method != "grid":
            return self.trials
        size = grid_size(self.experiment, self.knobs)
        if size > MAX_TRIALS:
            return size  # none will be begun, see `checked_sweep`
        return sum(1 for _ in grid(self.experiment, self.knobs))

    def to_json(self) -> str:
        return self.model_dump_json()


def checked_sweep(settings: SweepSettings, own: Brought | None = None) -> SweepSettings:
    """The same settings, where a sweep of them can begin.

    Raises:
        PlaygroundError: knobs that do not fit the experiment, a grid that is too large, values of
            different losses that would be compared, an experiment that cannot be trained at
            all.
    """
    from playground.core.data import schema_of
    from playground.core.network import checked

    check_knobs(settings.experiment, settings.knobs)
    if settings.metric == "test_loss" and any(knob.path == "loss" for knob in settings.knobs):
        raise PlaygroundError("sweep_unlike_losses")
    if settings.method == "grid":
        size = grid_size(settings.experiment, settings.knobs)
        if size > MAX_TRIALS:
            raise PlaygroundError("sweep_large_grid", size=size, most=MAX_TRIALS)
    checked(settings.experiment, schema_of(settings.experiment.data, own))
    return settings


def sweep_from(content: str | bytes | dict[str, Any]) -> SweepSettings:
    """Settings from JSON, or from plain data as JSON holds it.

    Raises:
        PlaygroundError: not JSON, or not the settings of a sweep; says what does not fit.
    """
    if not isinstance(content, dict):
        if len(content) > MOST_READ:
            raise PlaygroundError("sweep_not_json")
        try:
            content = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise PlaygroundError("sweep_not_json") from error
    if not isinstance(content, dict):
        raise PlaygroundError("sweep_not_json")
    inner = content.get("experiment")
    if isinstance(inner, dict):
        experiment_from(inner)  # has the better words for what is wrong with an experiment
    try:
        return SweepSettings.model_validate_json(json.dumps(content))
    except (ValidationError, ValueError, RecursionError) as error:
        raise _explained(error) from error


def _explained(error: Exception) -> PlaygroundError:
    if not isinstance(error, ValidationError):
        return PlaygroundError("sweep_not_json")
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:80] or "sweep"
    return PlaygroundError("experiment_invalid", where=where, value=repr(first.get("input"))[:60])
