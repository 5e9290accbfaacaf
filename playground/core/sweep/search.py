"""Which point comes next: by a grid, by chance, or from what is known.

A grid and points by chance are functions of the settings alone. A point that is proposed from
what is known is a function of the settings, its number and the trials told so far, in order: the
sampler gets a seed of its own for every number, so a sweep that goes on after a break proposes
what it would have proposed without it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from playground.core.errors import PlaygroundError
from playground.core.random import stable_seed
from playground.core.sweep.rows import Trial
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.space import Choices, Knob, Point, grid, in_order, settled, wholes

if TYPE_CHECKING:
    import optuna

DRAWS = 200  # of one number before a space counts as exhausted


@dataclass(frozen=True)
class Proposal:
    """A point, and what it was drawn as: a share of each range, or the place in a list."""

    values: Point
    asked: Mapping[str, float] = field(default_factory=dict)


class Search(Protocol):
    """Asked for one point after the other, told what became of them."""

    def ask(self, number: int) -> Proposal | None:
        """The point of that number; None where there is no other."""
        ...

    def tell(self, trial: Trial) -> None:
        """Takes a finished trial, whether this object was asked for it or an earlier one."""
        ...


def search_of(settings: SweepSettings) -> Search:
    """The search that the settings name.

    Raises:
        PlaygroundError: the package that it needs is not installed.
    """
    return {"grid": _Grid, "random": _Chance, "bayes": _Parzen}[settings.method](settings)


class _Grid:
    def __init__(self, settings: SweepSettings) -> None:
        self._points = list(grid(settings.experiment, settings.knobs))

    def ask(self, number: int) -> Proposal | None:
        return Proposal(self._points[number]) if number < len(self._points) else None

    def tell(self, trial: Trial) -> None:
        pass


class _Chance:
    """Evenly spread over every knob, and no point twice."""

    def __init__(self, settings: SweepSettings) -> None:
        self._settings = settings
        self._knobs = in_order(settings.knobs)
        self._whole = wholes(settings.experiment, settings.knobs)
        self._points: list[Point] = []
        self._seen: set[str] = set()

    def ask(self, number: int) -> Proposal | None:
        while len(self._points) <= number:
            point = self._another(len(self._points))
            if point is None:
                return None
            self._points.append(point)
        return Proposal(self._points[number])

    def _another(self, number: int) -> Point | None:
        random = np.random.default_rng([self._settings.seed, number])
        for _ in range(DRAWS):
            drawn: Point = {
                knob.path: knob.at(float(random.random()), self._whole[knob.path])
                for knob in self._knobs
            }
            point = settled(self._settings.experiment, drawn)
            key = json.dumps(point, sort_keys=True)
            if key not in self._seen:
                self._seen.add(key)
                return point
        return None

    def tell(self, trial: Trial) -> None:
        pass


class _Parzen:
    """Optuna's tree-structured Parzen estimator, asked and told.

    It works in shares of the ranges, so that a logarithmic knob is searched by factors and a
    list of numbers keeps its order.
    """

    def __init__(self, settings: SweepSettings) -> None:
        try:
            import optuna
        except ImportError as error:
            raise PlaygroundError("sweep_no_optuna") from error
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna = optuna
        self._settings = settings
        self._knobs = in_order(settings.knobs)
        self._whole = wholes(settings.experiment, settings.knobs)
        direction = "minimize" if settings.smaller_is_better else "maximize"
        self._study = optuna.create_study(direction=direction, sampler=self._sampler(0))
        self._open: dict[int, optuna.trial.Trial] = {}

    def _sampler(self, number: int) -> optuna.samplers.BaseSampler:
        first = min(10, max(4, self._settings.trials // 5))
        seed = stable_seed(self._settings.seed, f"sweep {number}") % 2**32
        return self._optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=first, constant_liar=True
        )

    def ask(self, number: int) -> Proposal | None:
        self._study.sampler = self._sampler(number)
        trial = self._study.ask()
        self._open[number] = trial
        point: Point = {}
        for knob in self._knobs:
            # A setting that the optimizer drawn before does not have is not asked for.
            value = self._suggested(trial, knob)
            if knob.path in settled(self._settings.experiment, {**point, knob.path: 0}):
                point[knob.path] = value()
        return Proposal(point, dict(trial.params))

    def _suggested(self, trial: optuna.trial.Trial, knob: Knob) -> Any:
        def draw() -> Any:
            distribution = self._distribution(knob)
            if isinstance(knob, Choices):
                if isinstance(distribution, self._optuna.distributions.IntDistribution):
                    place = trial.suggest_int(knob.path, distribution.low, distribution.high)
                else:
                    place = trial.suggest_categorical(knob.path, list(range(len(knob.values))))
                return knob.values[place]
            share = trial.suggest_float(knob.path, 0.0, 1.0)
            return knob.at(share, self._whole[knob.path])

        return draw

    def _distribution(self, knob: Knob) -> optuna.distributions.BaseDistribution:
        kinds = self._optuna.distributions
        if not isinstance(knob, Choices):
            return kinds.FloatDistribution(0.0, 1.0)
        numbers = [value for value in knob.values if type(value) in (int, float)]
        if len(numbers) == len(knob.values) and numbers == sorted(numbers):
            return kinds.IntDistribution(0, len(knob.values) - 1)
        return kinds.CategoricalDistribution(list(range(len(knob.values))))

    def tell(self, trial: Trial) -> None:
        states = self._optuna.trial.TrialState
        state = states.FAIL
        if trial.status == "done" and trial.value is not None:
            state = states.COMPLETE
        elif trial.status == "pruned" and any(value is not None for _, value in trial.rungs):
            state = states.PRUNED
        seen = {epoch: value for epoch, value in trial.rungs if value is not None}
        asked = self._open.pop(trial.number, None)
        if asked is None:
            by_path = {knob.path: self._distribution(knob) for knob in self._knobs}
            self._study.add_trial(
                self._optuna.trial.create_trial(
                    state=state,
                    value=trial.value if state == states.COMPLETE else None,
                    params=dict(trial.asked),
                    distributions={path: by_path[path] for path in trial.asked},
                    intermediate_values=seen if state == states.PRUNED else None,
                )
            )
            return
        if state == states.PRUNED:
            for epoch, value in seen.items():
                asked.report(value, epoch)
        value = trial.value if state == states.COMPLETE else None
        self._study.tell(asked, value, state=state)
