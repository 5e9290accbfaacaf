"""A lesson: what a teacher's link adds to an experiment.

A heading and a text, controls that are hidden or locked, and a goal. The goal is checked here:
against what was measured of a run, and by really training the experiment from several seeds.
This module loads without torch; only `check_seeds` trains.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from pydantic import ValidationError

from playground.core.data.registry import schema_of
from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Experiment
from playground.core.network import describe, parameter_count
from playground.core.settings import Settings, setting

if TYPE_CHECKING:
    from playground.core.data.table import Table
    from playground.core.history import Metrics
    from playground.core.run import Run

SECONDS = 90.0
"""Most computing time that one check of all seeds may take."""

STEP_SECONDS = 0.004  # between two words of a check, so that others get their turn
SEEDS = 100_000
MAX_LENGTH = 8000
PREFIX = "lesson."

Control = Literal[
    "data.name",
    "data.samples",
    "data.noise",
    "data.train_percent",
    "data.scaling",
    "features",
    "layers",
    "output_activation",
    "optimizer",
    "optimizer.learning_rate",
    "schedule",
    "loss",
    "regularization",
    "initialization",
    "training",
    "training.batch_size",
    "training.seed",
    "share",
]
CONTROLS: tuple[str, ...] = get_args(Control)
"""What can be hidden or locked: a setting's place in the experiment, or a group of them."""


class Goal(Settings):
    """What is to be reached. A score is reached from below, a loss from above."""

    metric: Literal["test_score", "train_score", "test_loss", "train_loss"] = setting("test_score")
    threshold: float = setting(0.95, ge=0, le=1000)
    max_parameters: int = setting(0, ge=0, le=10_000_000)
    max_epochs: int = setting(200, ge=1, le=10_000)
    seeds: int = setting(10, ge=1, le=20)
    needed: int = setting(8, ge=1, le=20)

    @property
    def required(self) -> int:
        """How many of the seeds have to reach it."""
        return min(self.needed, self.seeds)

    def value(self, metrics: Metrics) -> float | None:
        return getattr(metrics, self.metric)

    def reached(self, metrics: Metrics) -> bool:
        """Whether what was measured is good enough."""
        value = self.value(metrics)
        if value is None:
            return False
        return value <= self.threshold if self.metric.endswith("_loss") else value >= self.threshold

    def allows(self, parameters: int) -> bool:
        return not self.max_parameters or parameters <= self.max_parameters


class Lesson(Settings):
    """What a teacher's link says beside the experiment."""

    heading: str = setting("", max_length=120)
    text: str = setting("", max_length=2000)
    hidden: tuple[Control, ...] = setting((), max_length=len(CONTROLS))
    locked: tuple[Control, ...] = setting((), max_length=len(CONTROLS))
    goal: Goal | None = setting(None)

    def hides(self, path: str) -> bool:
        """Whether the control of a setting is not to be shown."""
        return _covers(self.hidden, path)

    def locks(self, path: str) -> bool:
        """Whether the control of a setting is not to be moved."""
        return _covers(self.locked, path)

    @property
    def restricts(self) -> bool:
        """Whether anything is hidden or locked, so that no other experiment may be opened."""
        return bool(self.hidden or self.locked)


def _covers(controls: Iterable[str], path: str) -> bool:
    return any(path == control or path.startswith(f"{control}.") for control in controls)


# ---- the link ----------------------------------------------------------------------------------


def encode_lesson(lesson: Lesson | None) -> dict[str, str]:
    """The query parameters of a lesson; none for no lesson."""
    if lesson is None:
        return {}
    query = {"heading": lesson.heading, "text": lesson.text}
    query |= {"hidden": ",".join(lesson.hidden), "locked": ",".join(lesson.locked)}
    if lesson.goal is not None:
        query |= {f"goal.{name}": str(value) for name, value in lesson.goal.model_dump().items()}
    return {PREFIX + key: text for key, text in query.items() if text}


def decode_lesson(query: Mapping[str, str]) -> tuple[Lesson | None, tuple[Notice, ...]]:
    """The lesson of a query's `lesson.` parameters, and what could not be read.

    Args:
        query: anything at all may stand in it; other parameters are passed over.

    Returns:
        None where nothing in it makes a lesson; one notice for each parameter that is unknown or
        does not fit, which is then left out.
    """
    content: dict[str, Any] = {}
    notices: list[Notice] = []
    for key in sorted(key for key in query if key.startswith(PREFIX)):
        candidate = _with(content, key.removeprefix(PREFIX), query[key])
        try:
            if candidate is None:
                raise ValueError(key)
            Lesson.model_validate(candidate)
        except (ValidationError, ValueError):
            notices.append(Notice("link_ignored", {"key": key[:40], "value": query[key][:40]}))
        else:
            content = candidate
    return (Lesson.model_validate(content) if content else None), tuple(notices)


def _with(content: dict[str, Any], key: str, text: str) -> dict[str, Any] | None:
    """The content with one parameter written into it; None where there is no such parameter."""
    if len(text) > MAX_LENGTH:
        return None
    if key in ("heading", "text"):
        return {**content, key: text}
    if key in ("hidden", "locked"):
        return {**content, key: tuple(dict.fromkeys(text.split(",")))}
    part, _, name = key.partition(".")
    if part != "goal" or name not in Goal.model_fields:
        return None
    kind = Goal.model_fields[name].annotation
    try:
        value = kind(text) if kind in (int, float) else text
    except ValueError:
        return None
    return {**content, "goal": {**content.get("goal", {}), name: value}}


# ---- the check ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class SeedResult:
    """How one seed fared.

    Attributes:
        seed: the experiment's seed.
        epoch: when the goal was reached; None where it was not.
        value: the metric then, or at the end.
        ended: whether it was trained to its end: False where the time was up.
    """

    seed: int
    epoch: int | None
    value: float | None
    ended: bool


Check = Generator[dict[str, int], None, list[SeedResult]]


def check_seeds(
    goal: Goal, experiment: Experiment, table: Table | None = None, seconds: float = SECONDS
) -> Check:
    """Trains an experiment from several seeds, its own and the next ones, each to the goal.

    Yields:
        After a few milliseconds each time: seeds "checked", "reached", and "of" how many.

    Returns:
        One result for each seed.

    Raises:
        PlaygroundError: the network has more parameters than the goal allows; what `Run` raises.
    """
    parameters = parameter_count(describe(experiment, schema_of(experiment.data, table)))
    if not goal.allows(parameters):
        raise PlaygroundError(
            "goal_too_many_parameters", parameters=parameters, limit=goal.max_parameters
        )
    results: list[SeedResult] = []
    clock = _Clock(seconds)
    for offset in range(goal.seeds):
        seed = (experiment.training.seed + offset) % SEEDS
        reseeded = experiment.with_changes({"training": {"seed": seed, "seed_text": ""}})
        for result in _one_seed(goal, reseeded, table, clock):
            if result is not None:
                results.append(result)
            yield {
                "checked": len(results),
                "reached": sum(found.epoch is not None for found in results),
                "of": goal.seeds,
            }
    return results


class _Clock:
    """Counts computing time between the words of a check, not the waiting for the next turn."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._since = time.perf_counter()

    def start(self) -> None:
        self._since = time.perf_counter()

    def stop(self) -> float:
        spent = time.perf_counter() - self._since
        self._left -= spent
        return spent

    @property
    def over(self) -> bool:
        return self._left <= 0


def _one_seed(
    goal: Goal, experiment: Experiment, table: Table | None, clock: _Clock
) -> Generator[SeedResult | None, None, None]:
    from playground.core.run import Run

    seed = experiment.training.seed
    if clock.over:
        yield SeedResult(seed, None, None, ended=False)
        return
    clock.start()
    run, chunk = Run(experiment, table), 1
    while run.epoch < goal.max_epochs and run.state == "ready" and not goal.reached(run.metrics):
        taken = _advance(run, chunk)
        spent = clock.stop()
        chunk = max(1, min(2 * chunk, int(STEP_SECONDS / max(spent, 1e-6) * taken), 1000))
        if clock.over:
            yield SeedResult(seed, None, goal.value(run.metrics), ended=False)
            return
        yield None
        clock.start()
    reached = run.epoch if goal.reached(run.metrics) and run.state != "diverged" else None
    clock.stop()
    yield SeedResult(seed, reached, goal.value(run.metrics), ended=True)


def _advance(run: Run, batches: int) -> int:
    """Some minibatches, no more than the epoch still has; measured at its end."""
    epoch = run.epoch
    taken = run.advance(min(batches, run.batches_per_epoch - run.batch_in_epoch))
    if run.epoch > epoch:
        run.measure()
    return taken


def as_header(results: list[SeedResult]) -> list[dict[str, Any]]:
    """Results as plain data."""
    return [asdict(result) for result in results]


def from_header(content: list[dict[str, Any]]) -> list[SeedResult]:
    return [SeedResult(**entry) for entry in content]
