"""Many starts of one experiment in training, and what is seen of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from playground.core import saving
from playground.core.analysis.views import Arrays, Header
from playground.core.data.model import Brought
from playground.core.errors import PlaygroundError
from playground.core.plans.bands import MOST_BYTES, Bands
from playground.core.plans.run import PlanRun
from playground.core.plans.seeds_view import SeedsView
from playground.core.population import Population, starts
from playground.core.run import Run
from playground.core.want import Want

if TYPE_CHECKING:
    from playground.core.plans.seeds import Seeds


CURVE = 1000  # rows of a member's own curves that it takes along


class SeedsRun(PlanRun):
    """See the module.

    Attributes:
        population: the networks.
        bands: their curves.
        scores, alive: as last measured.
    """

    def __init__(self, plan: Seeds, own: Brought | None, snapshot: bytes | None) -> None:
        super().__init__(plan, own)
        self.population = Population(starts(plan.experiment, plan.count), own)
        self.bands = Bands()
        kept = saving.unpacked(snapshot) if snapshot else None
        if kept:
            self.population.load_state(kept["population"])
            self.bands.restore(kept["bands"])
            self.step = self.population.step
        self.measured_step = -1
        self.measure()
        self._view = SeedsView(self)
        if kept:
            self._view.restore(kept["view"])

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

    def snapshot(self) -> bytes:
        population = self.population
        if population.saved_bytes + population.count * MOST_BYTES > saving.MOST:
            return b""
        if self.step != self.measured_step:
            self.measure()  # then nobody has another moment to go back to
        return saving.packed(
            {
                "population": population.state(),
                "bands": self.bands.snapshot(),
                "view": self._view.snapshot(),
            }
        )

    def part(self, place: int) -> Run:
        if not 0 <= place < self.population.count:
            raise PlaygroundError("part_gone")
        run = self.population.member(place)
        # Its curves so far are those of the population; what was not kept of them is not there.
        moments = self.bands.of(place, CURVE)[:-1].astype(float)
        steps = moments[:, 0] * run.batches_per_epoch
        rows = [
            [row[0], row[1], row[2], math.nan, row[3], row[4], math.nan, round(step), math.nan]
            for row, step in zip(moments.tolist(), steps.tolist(), strict=True)
            if step < run.step
        ]
        run.history.load_state(rows + run.history.state())
        return run

    # -- what is seen

    def frame(
        self, want: Want, history_from: tuple[int, int], scene: bool
    ) -> tuple[Header, Arrays]:
        if self.step != self.measured_step:
            self.measure()
        return self._view.frame(want, history_from, scene)
