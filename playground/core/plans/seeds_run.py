"""Many starts of one experiment in training, and what is seen of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from playground.core.analysis.plane import plane_for
from playground.core.analysis.views import Arrays, Header
from playground.core.data.model import Brought
from playground.core.network import parameter_count
from playground.core.plans.bands import COLUMNS, LEVELS, MEASURES, Bands, single
from playground.core.plans.crowd import Crowd, resolution_for
from playground.core.plans.run import PlanRun
from playground.core.population import Population, starts
from playground.core.scene import over_plane
from playground.core.want import Want

if TYPE_CHECKING:
    from playground.core.plans.seeds import Seeds


class SeedsRun(PlanRun):
    """See the module.

    Attributes:
        population: the networks.
        bands: their curves.
    """

    def __init__(self, plan: Seeds, own: Brought | None, snapshot: bytes | None) -> None:
        super().__init__(plan, own)
        self.population = Population(starts(plan.experiment, plan.count), own)
        self.bands = Bands()
        self.measured_step = -1
        plane = self.population.schema.kind == "points"
        self.crowd = (
            Crowd(self.population, plane_for(self.population.data, plan.experiment.view))
            if plane
            else None
        )
        self.measure()

    # -- training

    @property
    def epoch(self) -> int:
        return self.population.epoch

    @property
    def batches_per_epoch(self) -> int:
        return self.population.batches_per_epoch

    @property
    def batch_in_epoch(self) -> int:
        done = (self.population.exact_epoch - self.population.epoch) * self.batches_per_epoch
        return round(done)

    def advance(self, batches: int) -> int:
        before = self.population.step
        self.population.advance(batches)
        return self._moved(before)

    def train_for(self, seconds: float) -> int:
        before = self.population.step
        self.population.train_for(seconds)
        return self._moved(before)

    def _moved(self, before: int) -> int:
        self.step = self.population.step
        return self.step - before

    def measure(self) -> None:
        population = self.population
        self.scores = population.measure()
        self.measured_step = self.step
        self.bands.append(population.exact_epoch, self.step, population.seconds, self.scores)
        self.alive = population.alive
        if not self.alive.any():
            self.state = "done"

    # -- what is seen

    def frame(
        self, want: Want, history_from: tuple[int, int], scene: bool
    ) -> tuple[Header, Arrays]:
        if self.step != self.measured_step:
            self.measure()
        header = self._numbers(history_from)
        arrays: Arrays = {"history": self.bands.since(header["history"]["start"])}
        for name in MEASURES:
            arrays[name] = single(getattr(self.scores, name))
        arrays["alive"] = self.alive.astype(np.uint8)
        if scene:
            header["scene"] = self._scene(arrays)
        if want.map and self.crowd is not None:
            self._maps(self.crowd, want, header, arrays)
        return header, arrays

    def _numbers(self, history_from: tuple[int, int]) -> Header:
        version, start = history_from
        if version != self.bands.version or not 0 <= start <= len(self.bands):
            start = 0
        population = self.population
        return {
            "epoch": self.epoch,
            "batch": self.batch_in_epoch,
            "batches_per_epoch": self.batches_per_epoch,
            "step": self.step,
            "views": [],
            "engine": population.engine_name,
            "memory": population.nbytes,
            "score": "r2" if population.schema.task == "regression" else "accuracy",
            "history": {
                "version": self.bands.version,
                "start": start,
                "total": len(self.bands),
                "columns": COLUMNS,
            },
        }

    def _scene(self, arrays: Arrays) -> Header:
        population = self.population
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
        }
        if self.crowd is None:
            return scene
        return scene | over_plane(population, self.crowd.plane, arrays)

    def _maps(self, crowd: Crowd, want: Want, header: Header, arrays: Arrays) -> None:
        wishes = want.of("plan")
        measure = "information" if wishes.get("measure") == "information" else "deviation"
        if self.population.schema.task == "regression":
            measure = "deviation"
        answers = crowd.answers(resolution_for(self.population.count, want.resting))
        arrays["map"] = crowd.mean(answers)
        arrays["spread"], top = crowd.spread(answers, measure)
        header["spread"] = {"measure": measure, "top": top}
