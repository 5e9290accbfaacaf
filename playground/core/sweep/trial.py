"""What one trial does: the networks of a point, trained side by side, and what was measured.

`run_trial` is a pure function of a job's JSON and names no state of this process, so it runs in
any process that has the core: here, in a pool, on a cluster. Its answer is plain data. On its way
it can be looked at (`under_way.py`); whether anybody does changes nothing.
"""

from __future__ import annotations

import base64
import json
import math
import os
import platform
import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from playground.core.data.brought import read
from playground.core.data.model import Brought
from playground.core.errors import PlaygroundError
from playground.core.experiment import experiment_from
from playground.core.finite import finite
from playground.core.sweep.rows import Start
from playground.core.sweep.settings import Metric
from playground.core.sweep.under_way import Glimpse, brief, entered

if TYPE_CHECKING:
    import numpy as np

    from playground.core.population import Population

CURVE = 20  # rows of a curve
TURN = 0.004  # s between two words of a trial that takes turns
ALONE = 0.1  # s where it takes none

Steps = Generator[None, None, dict[str, Any]]
Row = tuple[int, float | None, float | None]


@dataclass(frozen=True)
class Job:
    """What a worker is given.

    Attributes:
        experiment: the point, as JSON's plain data.
        starts: which starts of it.
        epochs, metric, target: see `SweepSettings`.
        rungs: (epoch, limit): a mean that is worse there ends the trial; None judges nobody.
        own: what the visitor brought, base64; None where that is nothing.
        name: under which it can be looked at while it is trained.
    """

    experiment: dict[str, Any]
    starts: tuple[int, ...]
    epochs: int
    metric: Metric
    target: float
    rungs: tuple[tuple[int, float | None], ...] = ()
    own: str | None = None
    name: str = ""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        content = json.loads(text)
        rungs = tuple((int(epoch), limit) for epoch, limit in content.pop("rungs"))
        return cls(**content | {"starts": tuple(content["starts"]), "rungs": rungs})


def packed(own: Brought | None) -> str | None:
    """What a visitor brought as a job holds it."""
    return None if own is None else base64.b64encode(own.to_bytes()).decode()


def versions() -> dict[str, str]:
    """What a worker's numbers depend on."""
    import torch

    from playground import __version__

    python = ".".join(platform.python_version_tuple()[:2])
    return {"playground": __version__, "torch": torch.__version__, "python": python}


def run_trial(job: str, own: Brought | None = None) -> dict[str, Any]:
    """Trains the networks of one point to the end, or to where they are hopeless.

    Args:
        job: the JSON of a `Job`.
        own: what the visitor brought, where it is in this process anyway and not in the job.

    Returns:
        plain data: "starts", "epochs", "seconds", "pruned_at", "rungs", "curve" as in `Trial`,
        "versions" and "where" of the process; or "error", a notice's code and params.
    """
    import torch

    torch.set_num_threads(1)  # tiny networks are slower on more, and workers share a machine
    steps = trial_steps(job, own, ALONE)
    while True:
        try:
            next(steps)
        except StopIteration as finished:
            return {**finished.value, "where": f"{platform.node()}:{os.getpid()}"}


def trial_steps(job: str, own: Brought | None = None, turn: float = TURN) -> Steps:
    """The same in turns: yields every few milliseconds."""
    about = {"versions": versions(), "where": ""}
    wanted = Job.from_json(job)
    try:
        course = _Course(wanted, own)
        with entered(wanted.name, course):
            found = yield from course.steps(turn)
    except PlaygroundError as error:
        return {"error": error.notice().as_dict(), **about}
    return {**found, **about}


class _Course:
    """One trial under way."""

    def __init__(self, job: Job, own: Brought | None) -> None:
        self.job = job
        self._own = own if job.own is None else read(base64.b64decode(job.own))
        self.starts = [Start(number) for number in job.starts]
        self.rungs: list[tuple[int, float | None]] = []
        self.curve: list[Row] = []
        self.pruned_at: int | None = None
        self._limits = dict(job.rungs)
        self._chunk = 1
        self._trained: Sequence[Population] = ()

    def glimpse(self) -> Glimpse:
        """How far it is; may be asked by another thread than the one that trains."""
        watched = 1 if self.job.metric == "test_loss" else 2
        return {
            "epoch": max((network.epoch for network in self._trained), default=0),
            "curve": [(row[0], brief(row[watched])) for row in thinned(self.curve)],
        }

    def steps(self, turn: float) -> Steps:
        networks = self._trained = self._networks()
        epoch = 0
        for epoch in self._due():
            for network in networks:
                yield from self._to(network, epoch, turn)
            if self._look(networks, epoch):
                break
        # Not the epoch of the last look where all networks diverged on the way to it.
        epoch = min(epoch, max(network.epoch for network in networks))
        return {
            "starts": [asdict(start) for start in self.starts],
            "epochs": epoch,
            "seconds": sum(network.seconds for network in networks),
            "pruned_at": self.pruned_at,
            "rungs": self.rungs,
            "curve": thinned(self.curve),
        }

    def _networks(self) -> list[Population]:
        from playground.core.population import Population

        own = self._own
        experiment = experiment_from(self.job.experiment).unstopped()
        members = [
            experiment.with_changes({"training": {"start": start}}) for start in self.job.starts
        ]
        if self.job.metric == "seconds":
            # Side by side they share their seconds; alone each has its own.
            return [Population([member], own) for member in members]
        return [Population(members, own)]

    def _due(self) -> list[int]:
        """The epochs at which is measured."""
        epochs = self.job.epochs
        if self.job.metric in ("epochs", "seconds"):
            return list(range(1, epochs + 1))
        evenly = {math.ceil(place * epochs / CURVE) for place in range(1, CURVE + 1)}
        return sorted(evenly | {epoch for epoch, _ in self.job.rungs if epoch <= epochs})

    def _to(self, network: Population, epoch: int, turn: float) -> Generator[None, None, None]:
        """Trains to the end of an epoch, yielding every so many seconds."""
        while network.epoch < epoch and network.alive.any():
            left = round((epoch - network.exact_epoch) * network.batches_per_epoch)
            chunk = max(1, min(self._chunk, left))
            begin = time.perf_counter()
            network.advance(chunk)
            spent = max(time.perf_counter() - begin, 1e-7)
            self._chunk = max(1, min(4 * self._chunk, int(turn * chunk / spent)))
            if spent > turn / 2 or chunk < left:
                yield

    def _look(self, networks: Sequence[Population], epoch: int) -> bool:
        """Measures, and says whether there is nothing more to find out."""
        self._measure(networks, epoch)
        means = [self._mean("test_loss"), self._mean("test_score")]
        self.curve.append((epoch, means[0], means[1]))
        if epoch in self._limits:
            watched = means[0] if self.job.metric == "test_loss" else means[1]
            self.rungs.append((epoch, watched))
            if self._hopeless(watched, self._limits[epoch]):
                self.pruned_at = epoch
                return True
        if self.job.metric in ("epochs", "seconds") and all(
            start.reached or start.diverged for start in self.starts
        ):
            return True
        return all(start.diverged for start in self.starts)

    def _measure(self, networks: Sequence[Population], epoch: int) -> None:
        place = 0
        for network in networks:
            scores = network.measure()
            alive = network.alive
            for index in range(network.count):
                before = self.starts[place]
                now = replace(
                    before,
                    train_loss=_number(scores.train_loss, index),
                    test_loss=_number(scores.test_loss, index),
                    train_score=_number(scores.train_score, index),
                    test_score=_number(scores.test_score, index),
                    diverged=not bool(alive[index]),
                )
                if self._reaches(now):
                    now = replace(now, reached=(epoch, network.seconds))
                self.starts[place] = now
                place += 1

    def _reaches(self, start: Start) -> bool:
        """Whether it is at the target for the first time."""
        if self.job.metric not in ("epochs", "seconds") or start.reached or start.diverged:
            return False
        return start.test_score is not None and start.test_score >= self.job.target

    def _mean(self, name: str) -> float | None:
        values = [getattr(start, name) for start in self.starts]
        if any(value is None for value in values):
            return None
        return finite(math.fsum(values) / len(values))

    def _hopeless(self, value: float | None, limit: float | None) -> bool:
        if limit is None:
            return False
        if value is None:
            return True
        return value > limit if self.job.metric == "test_loss" else value < limit


def thinned(rows: list[Row]) -> list[Row]:
    """Twenty to forty rows of a longer curve, the last one among them."""
    rows = list(rows)  # which may be growing
    if len(rows) <= 2 * CURVE:
        return rows
    every = math.ceil(len(rows) / CURVE)
    return rows[:-1:every] + rows[-1:]


def _number(values: np.ndarray, index: int) -> float | None:
    return finite(float(values[index]))
