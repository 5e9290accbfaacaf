"""A sweep under way: asks for points, hands them out, takes what comes back, and keeps it.

A trial is judged against those with lower numbers, all finished by then, and never against
whatever happens to be done: so the same settings prune the same trials on every executor.
"""

from __future__ import annotations

import secrets
import statistics
import time
from collections.abc import Generator, Iterable
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import replace
from typing import Any, Protocol

from playground.core.data.model import Brought
from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Experiment
from playground.core.sweep.executors import Crew, WorkerLost, here
from playground.core.sweep.results import finished_trial
from playground.core.sweep.rows import Progress, Trial, UnderWay, best
from playground.core.sweep.search import search_of
from playground.core.sweep.settings import SweepSettings, checked_sweep
from playground.core.sweep.space import apply
from playground.core.sweep.trial import Job, versions

TURN = 0.004  # s of work, or of waiting, between two words
TRIES = 3  # of a trial whose worker died
RENEWALS = 5  # of an executor in a row
LAG = 4  # a trial is judged by those this many numbers before it
JUDGES = 3  # trials seen at a rung before anybody is judged there


class Keeper(Protocol):
    """Where finished trials are kept, see `Store`."""

    def save(self, trial: Trial, /) -> None: ...


class Sweep:
    """One sweep.

    Args:
        settings: what to do.
        own: what the visitor brought, for data sets that are made of it.
        crew: where trials are trained; in turns of this thread where nothing is said.
        kept: trials that were finished before, to go on from.
        keeper: is handed every trial that is finished.

    Raises:
        PlaygroundError: settings of which no sweep can be made.

    Attributes:
        trials: by number: those finished and those running.
    """

    def __init__(
        self,
        settings: SweepSettings,
        own: Brought | None = None,
        *,
        crew: Crew | None = None,
        kept: Iterable[Trial] = (),
        keeper: Keeper | None = None,
    ) -> None:
        self.settings = checked_sweep(settings, own)
        self.crew = crew or here()
        self.trials: dict[int, Trial] = {}
        self._keeper = keeper
        self._own = own
        self._search = search_of(settings)
        self._planned = settings.planned
        self._flying: dict[Future[dict[str, Any]], int] = {}
        self._given: dict[int, Executor] = {}  # who was handed which trial
        self._name = secrets.token_hex(8)  # others may train on the same cluster
        self._jobs: dict[int, Job] = {}  # of the trials that are under way
        self._again: list[int] = []
        self._version = 0
        self._changed: dict[int, int] = {}
        self._counted: tuple[int, dict[str, Any]] = (-1, {})  # at that version
        self._done_below = 0  # all trials with lower numbers are finished
        self._state: Any = "running"
        self._notices: dict[str, Notice] = {}
        self._begin = time.perf_counter()
        self._versions = versions()
        self._next = 0
        self._renewals = 0  # of the executor since a trial came back
        for trial in sorted(kept, key=lambda one: one.number):
            if trial.finished:
                self._put(trial)
                self._search.tell(trial)

    # ---- what it shows

    @property
    def progress(self) -> Progress:
        """How far it is."""
        if self._counted[0] != self._version:
            trials = list(self.trials.values())
            winner = best(self.settings, trials)
            counts = {
                "finished": sum(trial.finished for trial in trials),
                "pruned": sum(trial.status == "pruned" for trial in trials),
                "failed": sum(trial.status in ("failed", "diverged") for trial in trials),
                "best": None if winner is None else winner.number,
            }
            self._counted = self._version, counts
        return Progress(
            **self._counted[1],
            state=self._state,
            planned=self._planned,
            running=len(self._flying),
            seconds=time.perf_counter() - self._begin,
            where=self.crew.where,
            workers=self.crew.workers,
            version=self._version,
            notices=(*self._notices.values(), *self.crew.news()),
        )

    def rows(self, since: int = 0) -> list[Trial]:
        """The trials that changed behind that version, by number."""
        return [
            trial for number, trial in sorted(self.trials.items()) if self._changed[number] > since
        ]

    def finished_since(self, since: int, most: int) -> tuple[list[Trial], int]:
        """Finished trials that changed behind that version, so many at most, those first that
        changed first; and the version up to which that is all."""
        found = sorted(
            (version, number) for number, version in self._changed.items() if version > since
        )
        found = [(version, number) for version, number in found if self.trials[number].finished]
        upto = found[most - 1][0] if len(found) > most else self._version
        return [self.trials[number] for _, number in found[:most]], upto

    def under_way(self, most: int) -> list[UnderWay]:
        """How far the trials are that are being trained, the first so many of them."""
        numbers = sorted(number for number in self._flying.values())[:most]
        seen = self.crew.look([self._jobs[number].name for number in numbers])
        found = []
        for number in numbers:
            job = self._jobs[number]
            glimpse = seen.get(job.name)
            epoch, curve = (glimpse["epoch"], glimpse["curve"]) if glimpse else (0, [])
            found.append(UnderWay(number, epoch, tuple((at, on) for at, on in curve), job.rungs))
        return found

    def experiment_of(self, number: int, start: int = 0) -> Experiment:
        """The experiment of one network, as the playground opens it."""
        point = apply(self.settings.experiment, self.trials[number].values)
        return point.with_changes({"training": {"start": start}})

    # ---- its course

    def cancel(self) -> None:
        """Ends it; finished trials stay. The next step of `steps` is the last."""
        if self._state == "running":
            self._state = "cancelled"

    def steps(self) -> Generator[Progress, None, Progress]:
        """Works, a few milliseconds a step; yields and returns how far it is.

        Closing the generator cancels the sweep.
        """
        try:
            while self._state == "running":
                self._fill()
                if not self._flying and not self._again and self._state == "running":
                    self._state = "done"
                    break
                self.crew.turn(set(self._flying), TURN)
                self._collect()
                self._watch()
                yield self.progress
        except GeneratorExit:
            self.cancel()
            raise
        finally:
            self._end()
        return self.progress

    def run(self) -> Progress:
        """All of it, without a word in between."""
        steps = self.steps()
        while True:
            try:
                next(steps)
            except StopIteration as finished:
                return finished.value

    def _end(self) -> None:
        for future, number in self._flying.items():
            self.crew.drop(future)
            self._drop(number)
        self._flying.clear()
        self._jobs.clear()
        self.crew.close()

    # ---- handing out

    def _fill(self) -> None:
        """Hands out trials until everybody has work."""
        while len(self._flying) < self.crew.workers and self._state == "running":
            if self._again:
                self._send(self.trials[self._again.pop(0)])
                continue
            while self._next in self.trials:
                self._next += 1
            if self._next >= self._planned or not self._judged(self._next):
                return
            proposal = self._search.ask(self._next)
            if proposal is None:
                # There are no other points: fewer trials than were asked for.
                self._planned = self._next
                return
            self._send(
                Trial(self._next, proposal.values, "running", asked=dict(proposal.asked), tries=0)
            )

    @property
    def _lag(self) -> int:
        return LAG if self.crew.workers <= LAG // 2 else 2 * self.crew.workers

    def _judged(self, number: int) -> bool:
        """Whether those are finished by which a trial is judged."""
        if not self.settings.rungs:
            return True
        while self._done_below in self.trials and self.trials[self._done_below].finished:
            self._done_below += 1
        return self._done_below >= number - self._lag

    def _limits(self, number: int) -> tuple[tuple[int, float | None], ...]:
        """At every rung the median of the trials that came so far; None where too few did."""
        found = []
        judges = [self.trials[judge] for judge in range(max(0, number - self._lag))]
        for rung in self.settings.rungs:
            values = [
                value
                for trial in judges
                for epoch, value in trial.rungs
                if epoch == rung and value is not None
            ]
            found.append((rung, statistics.median(values) if len(values) >= JUDGES else None))
        return tuple(found)

    def _send(self, trial: Trial) -> None:
        settings = self.settings
        trial = replace(trial, status="running", tries=trial.tries + 1)
        try:
            point = apply(settings.experiment, trial.values)
        except PlaygroundError as error:
            self._finish(replace(trial, status="failed", notice=error.notice()))
            return
        job = Job(
            point.model_dump(mode="json"),
            tuple(range(settings.starts)),
            settings.epochs,
            settings.metric,
            settings.target,
            self._limits(trial.number),
            name=f"{self._name} {trial.number} {trial.tries}",
        )
        self._jobs[trial.number] = job
        self._put(trial)
        self._given[trial.number] = self.crew.executor
        try:
            future = self.crew.submit(job, self._own)
        except (BrokenExecutor, RuntimeError) as error:
            self._broken(trial.number, error)
            return
        self._flying[future] = trial.number

    # ---- taking back

    def _collect(self) -> None:
        """Takes what is finished, in the order of the numbers."""
        done = sorted((number, future) for future, number in self._flying.items() if future.done())
        for number, future in done:
            del self._flying[future]
            self._jobs.pop(number, None)
            trial = self.trials[number]
            try:
                result = future.result()
            except BrokenExecutor as error:
                self._broken(number, error)
            except CancelledError:
                self._lose(Notice("sweep_scheduler_gone"))
                self._drop(number)
            except Exception as error:
                if type(error).__name__ in ("KilledWorker", "FutureCancelledError"):
                    self._broken(number, error)
                    continue
                problem = f"{type(error).__name__}: {error}"[:200]
                self._fail(trial, Notice("sweep_worker_error", {"problem": problem}))
            else:
                self._compare_versions(result)
                self._renewals = 0
                self._finish(finished_trial(self.settings, trial, result))

    def _broken(self, number: int, error: Exception) -> None:
        """A worker died over a trial: another one tries, or the executor is made anew."""
        trial = self.trials[number]
        # The standard library's pool is gone as a whole when one of its processes is.
        whole = isinstance(error, BrokenExecutor | RuntimeError)
        # With the pool go all its trials, and it is replaced once.
        present = self._given[number] is self.crew.executor
        if whole and present and not isinstance(error, WorkerLost):
            self._renewals += 1
            if self._renewals > RENEWALS or not self.crew.renew():
                self._lose(Notice("sweep_workers_gone"))
                self._drop(number)
                return
        self._say("sweep_worker_died", {"number": number + 1})
        if trial.tries >= TRIES:
            self._fail(trial, Notice("sweep_killed", {"tries": trial.tries}))
        else:
            self._again.append(number)

    def _fail(self, trial: Trial, notice: Notice) -> None:
        self._finish(replace(trial, status="failed", notice=notice))

    def _finish(self, trial: Trial) -> None:
        self._put(trial)
        if self._keeper is not None:
            self._keeper.save(trial)
        self._search.tell(trial)

    def _put(self, trial: Trial) -> None:
        self._version += 1
        self.trials[trial.number] = trial
        self._changed[trial.number] = self._version

    def _drop(self, number: int) -> None:
        """A trial that is not finished and will not be: it is as if it had not been begun."""
        if not self.trials[number].finished:
            self._put(replace(self.trials[number], status="waiting"))

    # ---- what goes wrong

    def _watch(self) -> None:
        trouble = self.crew.lost()
        if trouble is not None:
            self._lose(trouble)

    def _lose(self, notice: Notice) -> None:
        if self._state == "running":
            self._state = "lost"
            self._say(notice.code, notice.params)

    def _say(self, code: str, params: dict[str, Any]) -> None:
        self._notices[code] = Notice(code, params)

    def _compare_versions(self, result: dict[str, Any]) -> None:
        there = result.get("versions", {})
        if there != self._versions:
            self._say("sweep_versions", mismatch(there, self._versions))


def mismatch(there: dict[str, str], here_: dict[str, str]) -> dict[str, str]:
    """What a notice says of a worker of other versions."""
    names = [name for name in here_ if there.get(name) != here_[name]]
    return {
        "there": ", ".join(f"{name} {there.get(name, '?')}" for name in names),
        "here": ", ".join(f"{name} {here_[name]}" for name in names),
    }
