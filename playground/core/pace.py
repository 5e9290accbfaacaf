"""What a run decides as it goes: its learning rate by the schedule, and when to stop.

Both are looked at when an epoch ends. A run without a schedule and without stop rules pays
nothing for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from playground.core.errors import Notice
from playground.core.schedules import Constant, Plateau
from playground.core.transplant import memory_of, remember

if TYPE_CHECKING:
    from playground.core.experiment import Experiment
    from playground.core.run import Run

# What ended a run in a step that is over; the other rules can be read off the run again
BEHIND_A_STEP = ("stopped_patience", "stopped_gradient")
THRESHOLD = 1e-4  # relative; torch's ReduceLROnPlateau


class ScheduledRate:
    """The learning rate of one network, by its schedule.

    Attributes:
        origin: the epoch from which the schedule counts: where another one was chosen mid-run, or
            it would be over before it began.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._best, self._waited, self._shrunk = math.inf, 0, 1.0
        self.origin = 0
        self._schedule, self._base = experiment.schedule, experiment.optimizer.learning_rate

    @property
    def looks(self) -> bool:
        """Whether it is to be told the training loss behind every epoch."""
        return isinstance(self._schedule, Plateau)

    def configure(self, experiment: Experiment, epoch: int) -> None:
        """Takes over the schedule; another one counts from this epoch."""
        if experiment.schedule.name != self._schedule.name:
            self.origin = epoch
            self._best, self._waited, self._shrunk = math.inf, 0, 1.0
        self._schedule, self._base = experiment.schedule, experiment.optimizer.learning_rate

    def saw(self, loss: float) -> None:
        """Takes the training loss behind an epoch into account."""
        schedule = self._schedule
        if not isinstance(schedule, Plateau):
            return
        if loss < self._best * (1 - THRESHOLD):
            self._best, self._waited = loss, 0
        else:
            self._waited += 1
        if self._waited > schedule.patience:
            self._shrunk *= schedule.gamma
            self._waited = 0

    def at(self, epoch: int) -> float:
        """The learning rate behind so many epochs."""
        shrunk = self._shrunk if self.looks else 1.0
        # Never 0: an optimizer may divide by its rate, and no step is a rule's to say.
        return max(self._base * self._schedule.factor(epoch - self.origin) * shrunk, 1e-12)

    def state(self) -> dict[str, Any]:
        return {
            "train": self._best,
            "waited": self._waited,
            "shrunk": self._shrunk,
            "origin": self.origin,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        self._best, self._waited = float(state["train"]), int(state["waited"])
        self._shrunk, self.origin = float(state["shrunk"]), int(state["origin"])


class Pace:
    """The schedule and the stop rules of one run.

    Attributes:
        rate: the learning rate in use.
        scheduled: what gives it.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.scheduled = ScheduledRate(run.experiment)
        self._best_test = math.inf
        self._best_epoch = 0
        self._best: dict[str, Any] | None = None
        self.rate = 0.0
        self.configure()

    def configure(self) -> None:
        """Takes over the settings of the run's experiment."""
        experiment = self._run.experiment
        schedule, rules = experiment.schedule, experiment.training
        self.busy = not isinstance(schedule, Constant) or bool(
            rules.stop_epochs or rules.stop_patience or experiment.optimizer.least_gradient
        )
        if not rules.stop_patience:
            self._best = None
        self.scheduled.configure(experiment, self._run.epoch)
        self._set_rate()

    @property
    def origin(self) -> int:
        """The epoch from which the schedule counts."""
        return self.scheduled.origin

    def follow(self, state: Mapping[str, Any]) -> None:
        """Goes on as a schedule that stood elsewhere, see `ScheduledRate.state`."""
        self.scheduled.load_state(state)
        self._set_rate()

    def _set_rate(self) -> None:
        self.rate = self.scheduled.at(self._run.epoch)
        self._run.engine.set_learning_rate(self.rate)

    def epoch_ended(self) -> None:
        """To be called behind every epoch of a busy run."""
        run, rules = self._run, self._run.experiment.training
        if isinstance(run.experiment.schedule, Plateau) or rules.stop_patience:
            train, test = self._losses()
            self.scheduled.saw(train)
            self._follow_best(test if math.isfinite(test) else train)
        if not isinstance(run.experiment.schedule, Constant):
            self._set_rate()
        self.check()
        self._check_gradient()

    def _check_gradient(self) -> None:
        """Ends the run where its optimizer has come to the bottom."""
        run, limit = self._run, self._run.experiment.optimizer.least_gradient
        norm = run.engine.gradient_norm() if limit else math.inf
        if norm < limit and run.state == "ready":
            self._stop("stopped_gradient", norm=f"{norm:.3g}", limit=f"{limit:g}")

    @torch.no_grad()
    def _losses(self) -> tuple[float, float]:
        run = self._run
        output = run.output()
        found = [run.loss_of(output, part) for part in ("train", "test")]
        return tuple(math.nan if value is None else value for value in found)  # type: ignore[return-value]

    def _follow_best(self, loss: float) -> None:
        """Keeps the best weights, and goes back to them when patience is at its end."""
        run, patience = self._run, self._run.experiment.training.stop_patience
        if not patience or run.state != "ready":
            return
        if loss < self._best_test:
            self._best_test, self._best_epoch = loss, run.epoch
            self._best = memory_of(run)
        elif run.epoch - self._best_epoch >= patience and self._best is not None:
            remember(run, self._best)
            run.measured_step = -1
            self._stop("stopped_patience", epochs=patience, best=self._best_epoch)

    def check(self) -> None:
        """Ends the run where a rule on epochs, loss, score or time says so."""
        run, rules = self._run, self._run.experiment.training
        if run.state != "ready":
            return
        loss, score = run.metrics.train_loss, run.metrics.test_score
        if rules.stop_epochs and run.epoch >= rules.stop_epochs:
            self._stop("stopped_epochs", epochs=run.epoch)
        elif rules.stop_loss and loss is not None and loss <= rules.stop_loss:
            self._stop("stopped_loss", loss=f"{loss:.4g}")
        elif rules.stop_score and score is not None and score >= rules.stop_score:
            self._stop("stopped_score", score=f"{score:.4g}")
        elif rules.stop_seconds and run.seconds >= rules.stop_seconds:
            self._stop("stopped_seconds", seconds=f"{run.seconds:.1f}")

    def _stop(self, code: str, **params: Any) -> None:
        self._run.state, self._run.notice = "done", Notice(code, params)

    def resume(self) -> None:
        """The visitor goes on: patience begins again."""
        self._best_test, self._best_epoch, self._best = math.inf, self._run.epoch, None

    def state(self) -> dict[str, Any]:
        notice = self._run.notice if self._run.state == "done" else None
        return {
            **self.scheduled.state(),
            "test": self._best_test,
            "epoch": self._best_epoch,
            "best": self._best,
            "stopped": notice.as_dict() if notice and notice.code in BEHIND_A_STEP else None,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        self.scheduled.load_state(state)
        self._best_test, self._best_epoch = float(state["test"]), int(state["epoch"])
        self._best = state["best"]
        if state["stopped"] is not None:
            self._stop(state["stopped"]["code"], **state["stopped"]["params"])
        self._set_rate()
