"""What a viewer sees of many starts: mean and disagreement, curves, members, shares, solutions.

Of data without a plane what is disputed most stands in the place of mean and disagreement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from playground.core.analysis.calm import Calm
from playground.core.analysis.plane import plane_for
from playground.core.analysis.views import Arrays, Header
from playground.core.history import single
from playground.core.network import parameter_count
from playground.core.plans.bands import COLUMNS, LEVELS, MEASURES
from playground.core.plans.crowd import Crowd, resolution_for
from playground.core.plans.disputed import Disputed, Said
from playground.core.plans.ranking import Ranking
from playground.core.plans.solutions import Solutions
from playground.core.scene import over_plane
from playground.core.shares import LEVEL, success_interval
from playground.core.want import Want

if TYPE_CHECKING:
    from playground.core.plans.seeds_run import SeedsRun

SHOWN = 64  # members with a small map of their own
CURVE = 400  # rows of one member's own curves
POINTS = 400  # fixed points at which functions are compared
THRESHOLDS = {"accuracy": 0.95, "r2": 0.9}
PARTS = ("test", "train")
SPACES = ("function", "weights")


class SeedsView:
    """Observes one run of many starts; see `SeedsRun.frame`."""

    def __init__(self, run: SeedsRun) -> None:
        self._run = run
        population = run.population
        self._crowd = (
            Crowd(population, plane_for(population.data, run.plan.experiment.view))
            if population.schema.kind == "points"
            else None
        )
        self._disputed = Disputed(population) if self._crowd is None else None
        self._heard: Calm[Said] = Calm()
        self._told: Calm[tuple[Header, Arrays]] = Calm()
        self._places = self._fixed_points()
        self._solutions = {space: Solutions() for space in SPACES}
        self._placed: Calm[tuple[np.ndarray, list[float]]] = Calm()
        self._ranking = Ranking()
        self._wrong: Calm[np.ndarray] = Calm()

    def snapshot(self) -> dict[str, torch.Tensor]:
        """What keeps the solutions where they are looked for."""
        pairs = self._solutions.items()
        return {space: one.axes for space, one in pairs if one.axes is not None}

    def restore(self, kept: Mapping[str, torch.Tensor]) -> None:
        """Takes over what `snapshot` gave."""
        for space, axes in kept.items():
            self._solutions[space].axes = axes

    @property
    def score(self) -> str:
        """What scores are: "accuracy" or "r2"."""
        return "r2" if self._run.population.schema.task == "regression" else "accuracy"

    def frame(
        self, want: Want, history_from: tuple[int, int], scene: bool
    ) -> tuple[Header, Arrays]:
        run, wishes = self._run, want.of("plan")
        header = self._numbers(history_from)
        arrays: Arrays = {"history": run.bands.since(header["history"]["start"])}
        for name in MEASURES:
            arrays[name] = single(getattr(run.scores, name))
        arrays["alive"] = run.alive.astype(np.uint8)
        if scene:
            header["scene"] = self._scene(arrays)
        part = str(wishes["part"]) if wishes.get("part") in PARTS else "test"
        scores = getattr(run.scores, f"{part}_score")
        header["success"] = self._success(wishes, part, scores)
        if want.map:
            self._pictures(want, wishes, scores, header, arrays)
        self._member(wishes, header, arrays)
        self._solution(want, wishes, header, arrays)
        return header, arrays

    # ---- numbers

    def _numbers(self, history_from: tuple[int, int]) -> Header:
        run = self._run
        return {
            "epoch": run.epoch,
            "batch": run.batch_in_epoch,
            "batches_per_epoch": run.batches_per_epoch,
            "step": run.step,
            "views": [],
            "place": {
                "device": run.population.device.kind,
                "device_name": run.population.device.name,
                "step_seconds": dict(run.population.step_seconds),
                "engines": run.population.ways,
            },
            "memory": run.population.nbytes,
            "score": self.score,
            "history": {**run.bands.told(history_from), "columns": COLUMNS},
        }

    def _scene(self, arrays: Arrays) -> Header:
        population = self._run.population
        schema = population.schema
        scene: Header = {
            "kind": schema.kind,
            "data": population.experiments[0].data.name,
            "task": schema.task,
            "class_names": list(schema.class_names),
            "target": schema.target,
            "count": population.count,
            "levels": list(LEVELS),
            "parameters": parameter_count(population.blocks),
            "batch_size": population.experiments[0].training.batch_size,
            "fixed_points": 0 if self._places is None else len(self._places),
        }
        if self._crowd is None:
            return scene
        return scene | over_plane(population, self._crowd.plane, arrays)

    def _success(self, wishes: Mapping[str, Any], part: str, scores: np.ndarray) -> Header:
        """How many networks reach a score, and how sure one may be of their share."""
        threshold = wishes.get("threshold")
        if isinstance(threshold, bool) or not isinstance(threshold, int | float):
            threshold = THRESHOLDS[self.score]
        known = scores[np.isfinite(scores)]
        trials = len(known)
        # What is written as 95 % is reached by what is shown as 95 %.
        successes = int((known >= threshold - 1e-9).sum())
        low, high = success_interval(successes, trials) if trials else (None, None)
        return {
            "threshold": float(threshold),
            "part": part,
            "successes": successes,
            "trials": trials,
            "low": low,
            "high": high,
            "level": LEVEL,
        }

    # ---- pictures

    def _pictures(
        self,
        want: Want,
        wishes: Mapping[str, Any],
        scores: np.ndarray,
        header: Header,
        arrays: Arrays,
    ) -> None:
        count = self._run.population.count
        order = self._ordered(wishes, scores, want.resting)
        first = min(max(_whole(wishes.get("first")), 0), max(count - 1, 0)) // SHOWN * SHOWN
        shown = order[first : first + SHOWN]
        header["members"] = {"shown": shown, "first": first, "of": count}
        if self._crowd is None:
            return self._disputes(want, wishes, header, arrays)
        crowd, regression = self._crowd, self._run.population.schema.task == "regression"
        answers = crowd.answers(resolution_for(count, want.resting))
        information = wishes.get("measure") == "information" and not regression
        measure = "information" if information else "deviation"
        arrays["map"] = crowd.mean(answers)
        arrays["spread"], top = crowd.spread(answers, measure)
        header["spread"] = {"measure": measure, "top": top}
        if crowd.line:
            arrays["fan"] = crowd.fan(answers)
        arrays["thumbs"] = crowd.thumbs(answers, shown)
        member = self._chosen(wishes)
        if member >= 0:
            arrays["member_map"] = crowd.one(answers, member)
        if not regression:
            arrays["wrong"] = self._wrong.get(
                member, self._run.step, want.resting, lambda: crowd.wrong(member)
            )

    def _disputes(
        self, want: Want, wishes: Mapping[str, Any], header: Header, arrays: Arrays
    ) -> None:
        """What stands in the place of the maps where points have no place in a plane."""
        disputed, member, step = self._disputed, self._chosen(wishes), self._run.step
        if disputed is None or not disputed.count:
            return
        key = (wishes.get("measure"), wishes.get("point"), member)
        header["disputed"], found = self._told.get(
            key, step, want.resting,
            lambda: disputed.told(self._hear(want.resting), wishes, member, want.resting),
        )  # fmt: skip
        arrays |= found

    def _hear(self, resting: bool) -> Said:
        """What the networks say of the points that are compared."""
        disputed, population = self._disputed, self._run.population
        assert disputed is not None
        return self._heard.get(
            None, self._run.step, resting,
            lambda: disputed.hear(population.outputs(disputed.inputs)),
        )  # fmt: skip

    def _ordered(self, wishes: Mapping[str, Any], scores: np.ndarray, resting: bool) -> list[int]:
        """The members as they are shown: by number, or the best first, which changes calmly."""
        if wishes.get("order") != "score":
            return list(range(len(scores)))
        return self._ranking.of(wishes.get("part"), scores, resting)

    def _chosen(self, wishes: Mapping[str, Any]) -> int:
        """The network that is looked at; -1 for none."""
        member = _whole(wishes.get("member"))
        return member if member < self._run.population.count else -1

    def _member(self, wishes: Mapping[str, Any], header: Header, arrays: Arrays) -> None:
        """The chosen network's own curves."""
        member = self._chosen(wishes)
        header["member"] = None
        if member >= 0:
            header["member"] = member
            arrays["member_curve"] = self._run.bands.of(member, CURVE)

    # ---- solutions

    def _fixed_points(self) -> np.ndarray | None:
        """Inputs at which functions are compared: evenly over the plane, else the first points."""
        data = self._run.population.data
        if self._crowd is None:
            assert self._disputed is not None
            return self._disputed.inputs if self._disputed.count else None
        side = POINTS if self._crowd.line else round(POINTS**0.5)
        return data.to_inputs(self._crowd.plane.grid(side))

    def _solution(
        self, want: Want, wishes: Mapping[str, Any], header: Header, arrays: Arrays
    ) -> None:
        if wishes.get("space") not in SPACES:
            return
        space = str(wishes["space"])
        key = (space, id(self._run))
        placed, ratios = self._placed.get(
            key, self._run.step, want.resting, lambda: self._place(space, want.resting)
        )
        arrays["solutions"] = placed
        header["solutions"] = {"space": space, "ratios": ratios}

    @torch.no_grad()
    def _place(self, space: str, resting: bool) -> tuple[np.ndarray, list[float]]:
        population = self._run.population
        if space == "function" and self._places is not None:
            rows = self._answered(self._places, resting)
        else:
            rows = population.flat()
        rows = torch.nan_to_num(rows.flatten(1).cpu().double(), 0.0, 0.0, 0.0)
        found, ratios = self._solutions[space].place(rows)
        return single(found.numpy()), ratios

    def _answered(self, inputs: np.ndarray, resting: bool) -> torch.Tensor:
        """What the networks answer at the points where functions are compared, (K, …)."""
        if self._disputed is not None:
            return self._disputed.rows(self._hear(resting))
        assert self._crowd is not None
        return self._crowd.said(inputs)


def _whole(value: object, default: int = -1) -> int:
    """A whole number from a viewer's message."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return int(value)
