"""What a sweep shows: one row a trial."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from playground.core.errors import Notice
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.space import Point

Status = Literal["waiting", "running", "done", "pruned", "diverged", "failed"]
FINISHED: tuple[Status, ...] = ("done", "pruned", "diverged", "failed")


@dataclass(frozen=True)
class Start:
    """One network of a trial.

    Attributes:
        start: its `Training.start`; 0 is the visitor's own.
        train_loss, test_loss, train_score, test_score: where it ended; None where there is none.
        reached: (epoch, seconds of training) at which the target was reached; None where it was
            not, or was not asked for.
        diverged: whether it was stopped at values that are not finite; it then stands where it
            was last well.
    """

    start: int
    train_loss: float | None = None
    test_loss: float | None = None
    train_score: float | None = None
    test_score: float | None = None
    reached: tuple[int, float] | None = None
    diverged: bool = False


@dataclass(frozen=True)
class Trial:
    """One point of a sweep, and what became of it.

    Attributes:
        number: from 0, in the order in which points were asked for; visitors read one more.
        values: the knobs' settings, {dotted name: value}; a knob that this optimizer does not
            have is missing.
        status: "waiting", "running", "done", "pruned", "diverged" (every start did) or "failed".
        value: what the sweep compares, see `SweepSettings.metric`; of epochs and seconds to a
            score a start that never reached it counts as twice the limit (PAR2). None where there
            is nothing to compare.
        mean, low, high: of the metric over the starts, without those that never reached the
            target.
        starts: of every network its numbers.
        epochs: trained.
        seconds: of training, all starts together.
        pruned_at: the epoch at which it was stopped as hopeless.
        rungs: (epoch, mean of `SweepSettings.watched`) where it was compared with others.
        curve: (epoch, mean test loss, mean test score) rows, twenty to forty in a long trial.
        notice: why it failed.
        tries: how often it was begun; more than 1 where a worker died.
        where: which worker trained it; "" where it was this process.
        asked: the point as the search drew it, see `Proposal`.
    """

    number: int
    values: Point
    status: Status = "waiting"
    value: float | None = None
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    starts: tuple[Start, ...] = ()
    epochs: int = 0
    seconds: float = 0.0
    pruned_at: int | None = None
    rungs: tuple[tuple[int, float | None], ...] = ()
    curve: tuple[tuple[int, float | None, float | None], ...] = ()
    notice: Notice | None = None
    tries: int = 1
    where: str = ""
    asked: dict[str, float] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        return self.status in FINISHED

    @property
    def diverged(self) -> int:
        """How many starts diverged."""
        return sum(start.diverged for start in self.starts)

    @property
    def reached(self) -> int:
        """How many starts reached the target."""
        return sum(start.reached is not None for start in self.starts)

    def as_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return asdict(self)


def trial_from(content: dict[str, Any]) -> Trial:
    """What `as_dict` wrote, by way of JSON too."""
    names = {one.name for one in fields(Trial)}
    plain = {name: value for name, value in content.items() if name in names}
    starts = tuple(
        Start(**{**one, "reached": tuple(one["reached"]) if one.get("reached") else None})
        for one in plain.get("starts", ())
    )
    notice = plain.get("notice")
    return Trial(
        **plain
        | {
            "starts": starts,
            "rungs": tuple(tuple(row) for row in plain.get("rungs", ())),
            "curve": tuple(tuple(row) for row in plain.get("curve", ())),
            "notice": Notice(**notice) if notice else None,
        }
    )


def better(settings: SweepSettings, trial: Trial) -> tuple[float, int]:
    """Sorts trials, the best first; those without a value last."""
    if trial.value is None or trial.status in ("failed", "diverged"):
        return float("inf"), trial.number
    sign = 1.0 if settings.smaller_is_better else -1.0
    # A pruned trial was stopped early: it stands behind those that came to the end.
    return sign * trial.value + (1e12 if trial.status == "pruned" else 0.0), trial.number


def best(settings: SweepSettings, trials: Sequence[Trial]) -> Trial | None:
    """The best trial that came to its end; None where there is none."""
    done = [trial for trial in trials if trial.status == "done" and trial.value is not None]
    return min(done, key=lambda trial: better(settings, trial), default=None)


@dataclass(frozen=True)
class Progress:
    """How far a sweep is.

    Attributes:
        state: "running", "done", "cancelled" or "lost" (nothing is left to train on).
        planned: how many trials there will be.
        finished, running, pruned, failed: how many trials are; diverged ones are among failed.
        best: the number of the best trial.
        seconds: since the sweep began, or went on.
        where: "here", "processes" or "dask".
        workers: how many trials are trained at once.
        version: grows with every change of a trial.
        notices: what the visitor should know.
    """

    state: Literal["running", "done", "cancelled", "lost"] = "running"
    planned: int = 0
    finished: int = 0
    running: int = 0
    pruned: int = 0
    failed: int = 0
    best: int | None = None
    seconds: float = 0.0
    where: Literal["here", "processes", "dask"] = "here"
    workers: int = 1
    version: int = 0
    notices: tuple[Notice, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class UnderWay:
    """How far a trial is that is being trained.

    Attributes:
        number: of the trial.
        epoch: complete ones.
        curve: (epoch, mean of `SweepSettings.watched`) rows so far; () while nothing was heard.
        limits: (epoch, limit): where a mean is worse, it will be stopped; None judges nobody.
    """

    number: int
    epoch: int
    curve: tuple[tuple[int, float | None], ...]
    limits: tuple[tuple[int, float | None], ...]


COLUMNS = (
    "number", "status", "value", "mean", "low", "high", "epochs", "seconds", "pruned_at", "reached",
    "diverged", "tries",
)  # fmt: skip


def as_csv(settings: SweepSettings, trials: Sequence[Trial]) -> str:
    """The trials as a table: the knobs, what became of them, and every start's own metric."""
    paths = [knob.path for knob in settings.knobs]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    own = [f"{settings.metric}_{start}" for start in range(settings.starts)]
    writer.writerow([*COLUMNS[:2], *paths, *COLUMNS[2:], *own])
    for trial in trials:
        row = [getattr(trial, name) for name in COLUMNS]
        row[0] += 1
        values = [trial.values.get(path) for path in paths]
        numbers = {start.start: metric_of(settings, start) for start in trial.starts}
        cells = [*row[:2], *values, *row[2:], *(numbers.get(k) for k in range(settings.starts))]
        writer.writerow(["" if cell is None else cell for cell in cells])
    return out.getvalue()


def metric_of(settings: SweepSettings, start: Start) -> float | None:
    """The sweep's metric of one network; None where there is none, or the target was missed."""
    if settings.metric in ("epochs", "seconds"):
        place = 0 if settings.metric == "epochs" else 1
        return None if start.reached is None else float(start.reached[place])
    return getattr(start, settings.metric)
