"""A population: networks of one shape that differ in their luck, or in a number.

Its members share blocks, loss, kind of optimizer, size of minibatch and number of points. They
may differ in their start (`Training.start`), in the points left out, in learning rate and
penalties. None of them knows of the others: each has the trajectory that it has alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from playground.core import devices
from playground.core.assembly import step_key
from playground.core.chunks import Chunks
from playground.core.data.model import Brought
from playground.core.engine.batches import ManyBatches
from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Experiment
from playground.core.history import History
from playground.core.network import flops
from playground.core.pace import ScheduledRate
from playground.core.path import Path
from playground.core.population.carriers import carriers_for
from playground.core.population.member import alike, members_of, penalised
from playground.core.population.moments import Moment, exact_epoch
from playground.core.population.ruler import Ruler, Scores
from playground.core.run import EXPLOSION, Run

MAX_MEMBERS = 4096


def starts(experiment: Experiment, count: int, first: int = 0) -> list[Experiment]:
    """The experiment from so many starts: the same points, other weights, order and dropout."""
    numbers = range(first, first + count)
    return [experiment.with_changes({"training": {"start": number}}) for number in numbers]


class Population:
    """Networks that train side by side. Stop rules of their experiments do not end them.

    Args:
        experiments: the members, at least one.
        own: what the visitor brought, for data sets that are made of it.
        device: overrides the first experiment's device.

    Raises:
        PlaygroundError: no member or too many, members that are not alike, or whatever keeps one
            of them from being trained.

    Attributes:
        experiments: of the members, in order; K is their number.
        schema, blocks, data, loss: of the first member; the others' are alike.
        step: minibatches that each member has taken.
        seconds: time spent in training steps.
        device, fallback, step_seconds: as in `Run`, of all members' steps together.
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        own: Brought | None = None,
        *,
        device: str | None = None,
    ) -> None:
        if not 0 < len(experiments) <= MAX_MEMBERS:
            raise PlaygroundError("population_size", most=MAX_MEMBERS)
        self.experiments = tuple(experiments)
        self._own = own
        self._members = members_of(self.experiments, own)
        first = self._members[0]
        if any(not alike(first, member) for member in self._members):
            raise PlaygroundError("population_unlike")
        self.schema, self.blocks, self.data = first.schema, first.blocks, first.data
        self.loss = first.loss
        self._batches = ManyBatches(
            len(first.data.inputs_train),
            first.experiment.training,
            [member.generators["order"] for member in self._members],
            [member.data.left_out for member in self._members],
            whole=first.experiment.optimizer.full_batch,
        )
        self._settle_in(device)
        self._carriers = carriers_for(self._members)
        self._load()
        self._scheduled = [ScheduledRate(experiment) for experiment in self.experiments]
        self._schedules = any(one.schedule.name != "constant" for one in self.experiments)
        self._pace()
        self._ruler = Ruler(self._members)
        inputs, shared = self._ruler.inputs, self._ruler.shared
        self._measured = [
            carrier.prepare(inputs if shared else inputs[places])
            for places, carrier in self._carriers
        ]
        self.step = 0
        self.seconds = 0.0
        self._chunks = Chunks()
        self._gone = np.zeros(self.count, dtype=bool)
        # Of each member, when it was last well; of those that are gone, what they had drawn
        self._kept: list[Moment | None] = [None] * self.count
        self._drawn: dict[int, dict[str, Tensor]] = {}
        self._exploded = np.full(self.count, math.inf)
        self._scores = Scores(*(np.full(self.count, math.nan) for _ in range(4)))
        self.measure()

    def _settle_in(self, device: str | None) -> None:
        """Chooses the device."""
        first, training = self._members[0], self.experiments[0].training
        asked = device or training.device
        size = self._batches.size
        self.fallback = devices.fallback(asked, training.precision)
        choice = devices.choose(
            asked,
            training.precision,
            flops(self.blocks) * size * self.count,
            self._trial,
            step_key(first.experiment, first.problem, size, self.count),
        )
        self.device, self.step_seconds = choice.device, choice.seconds
        place = choice.device.torch()
        self._members = [member.placed(place) for member in self._members]

    def _trial(self, device: devices.Device) -> Callable[[int], None]:
        """Steps of these very networks on one device, for the choice of "auto"."""
        place = device.torch()
        apart = [one.placed(place, torch.Generator().manual_seed(0)) for one in self._members]
        carriers = carriers_for(apart)
        for places, carrier in carriers:
            carrier.load(self._batches.indices[places])
        batch = self._batches.slices[:1]

        def steps(number: int) -> None:
            for _, carrier in carriers:
                carrier.train(batch * number)
                # Reading a value waits for everything queued on the device before it.
                carrier.flat().sum().item()

        return steps

    @property
    def count(self) -> int:
        """K, how many members there are."""
        return len(self.experiments)

    @property
    def engine_name(self) -> str:
        """How the steps are computed."""
        return " + ".join(sorted({carrier.name for _, carrier in self._carriers}))

    @property
    def epoch(self) -> int:
        """Complete epochs; where no member goes on, those of the one that came furthest."""
        return int(self.exact_epoch)

    @property
    def exact_epoch(self) -> float:
        """Epochs with the fraction of the present one."""
        if not self._gone.all():
            return exact_epoch(self._batches.state())
        return max((exact_epoch(moment.state) for moment in self._kept if moment), default=0.0)

    @property
    def batches_per_epoch(self) -> int:
        return len(self._batches.slices)

    @property
    def alive(self) -> np.ndarray:
        """Which members go on, bool (K,): one whose loss is not finite is stopped, and stands
        where it was last well."""
        return ~self._gone

    @property
    def nbytes(self) -> int:
        """Memory of all weights and what the optimizers remember, in bytes."""
        return sum(carrier.nbytes for _, carrier in self._carriers)

    # ---- training

    def _going(self) -> bool:
        """Whether there is anybody to train, and anything to train on."""
        return not self._gone.all() and bool(self._batches.slices)

    def advance(self, batches: int) -> int:
        """Trains every member that is alive so many minibatches.

        Returns:
            How many each has taken.
        """
        current, taken, begin = self._batches, 0, time.perf_counter()
        while taken < batches and self._going():
            start = current.position
            part = current.slices[start : start + batches - taken]
            for _, carrier in self._carriers:
                carrier.train(part)
            current.position += len(part)
            taken += len(part)
            self.step += len(part)
            if current.position == len(current.slices):
                current.finish_epoch()
                self._load()
                if self._schedules:
                    self._pace()
        self.seconds += time.perf_counter() - begin
        return taken

    def _load(self) -> None:
        for places, carrier in self._carriers:
            carrier.load(self._batches.indices[places])

    @torch.no_grad()
    def _pace(self) -> None:
        """Follows the schedules, where they look at it by the training losses now."""
        if self._batches.epoch and any(one.looks for one in self._scheduled):
            losses = self._ruler.scores(self._answers()[0]).train_loss
            for one, loss in zip(self._scheduled, losses.tolist(), strict=True):
                one.saw(loss)
        for places, carrier in self._carriers:
            carrier.pace([self._scheduled[place].at(self._batches.epoch) for place in places])

    def train_for(self, seconds: float) -> int:
        """Trains by the clock, at least one minibatch each.

        Returns:
            How many minibatches each member took.
        """
        return self._chunks.train(seconds, self.advance, self._going)

    # ---- looking

    @torch.no_grad()
    def outputs(self, inputs: np.ndarray) -> Tensor:
        """What every member answers, to be looked at: float32 is right to 10⁻⁶.

        Args:
            inputs: (points, *shape) as the networks are given them, see `Prepared.to_inputs`.

        Returns:
            (K, units, points), or (K, places, units, points) where several places of a point
            ask for an answer.
        """
        prepared = torch.from_numpy(inputs)
        found = [
            (places, carrier.pictured(carrier.prepare(prepared)))
            for places, carrier in self._carriers
        ]
        return self._gathered(found)

    def _gathered(self, parts: Sequence[tuple[list[int], Tensor]]) -> Tensor:
        """What several carriers have found, member by member."""
        if len(parts) == 1:
            return parts[0][1]
        whole = parts[0][1].new_empty(self.count, *parts[0][1].shape[1:])
        for places, part in parts:
            whole[places] = part
        return whole

    def _answers(self) -> tuple[Tensor, Tensor]:
        """What is answered to the measured points, and which members have finite values alone."""
        found = [
            carrier.outputs(prepared)
            for (_, carrier), prepared in zip(self._carriers, self._measured, strict=True)
        ]
        places = [places for places, _ in self._carriers]
        outputs, fine = (
            self._gathered([(place, one[i]) for place, one in zip(places, found, strict=True)])
            for i in (0, 1)
        )
        return outputs, fine

    @torch.no_grad()
    def measure(self) -> Scores:
        """Losses and scores of every member now. A member with a value that is not finite is
        stopped here."""
        outputs, values_fine = self._answers()
        scores = self._ruler.scores(outputs)
        flat = self.flat()
        fine = values_fine & torch.isfinite(flat.sum(1))
        for index, member in enumerate(self._members):
            if penalised(member):
                fine[index] &= torch.isfinite(flat[index].square().sum())
        well = fine.cpu().numpy() & np.isfinite(scores.train_loss)
        first = np.isinf(self._exploded) & well & (self.step == 0)
        self._exploded[first] = EXPLOSION * np.maximum(scores.train_loss[first], 1.0)
        newly = ~well & ~self._gone
        if newly.any():
            self._stop(newly)
        kept = well & ~self._gone & (scores.train_loss <= self._exploded)
        self._keep(kept)
        names = ("train_loss", "test_loss", "train_score", "test_score")
        self._scores = Scores(
            *(
                np.where(self._gone, getattr(self._scores, name), getattr(scores, name))
                for name in names
            )
        )
        return self._scores

    def flat(self) -> Tensor:
        """What every member has learned, (K, parameters), in the order of `Engine.flat`: a copy."""
        return self._gathered([(places, carrier.flat()) for places, carrier in self._carriers])

    # ---- single members

    def _keep(self, which: np.ndarray) -> None:
        """Remembers where members stand, as a place to go back to."""
        moment = Moment(self._batches.state(), self.step, self.seconds)
        for index in np.flatnonzero(which):
            self._kept[index] = moment
        mask = torch.from_numpy(which)
        for places, carrier in self._carriers:
            carrier.keep(mask[places])

    def _stop(self, newly: np.ndarray) -> None:
        """Holds members for good, at the place where they were last well."""
        self._gone = self._gone | newly
        mask = torch.from_numpy(self._gone)
        for places, carrier in self._carriers:
            carrier.stop(mask[places])
        for index in np.flatnonzero(newly):
            drawn = self._members[index].generators
            self._drawn[int(index)] = {name: one.get_state() for name, one in drawn.items()}

    def member(self, index: int) -> Run:
        """A run of its own of one member, in its present state: it goes on as the member does."""
        run = Run(self.experiments[index], self._own)
        gone = bool(self._gone[index])
        moment = self._kept[index]
        if not gone or moment is None:
            moment = Moment(self._batches.state(), self.step, self.seconds)
        drawn = self._drawn.get(index) or {
            name: one.get_state() for name, one in self._members[index].generators.items()
        }
        for name, generator in run.generators.items():
            generator.set_state(drawn[name])
        run.engine.load_state(self._state(index, kept=gone))
        run.batches.load_state(moment.of(index))
        run.engine.load(run.batches.indices)
        run.history, run.path = History(), Path(run.engine)
        run.step, run.seconds = moment.step, moment.seconds / self.count
        run.pace.follow(self._scheduled[index].state())
        run.begin_measuring()
        run.measure()
        if gone:
            epoch = f"{run.exact_epoch:.2f}"
            run.state, run.notice = "diverged", Notice("population_diverged", {"epoch": epoch})
        return run

    def _state(self, index: int, kept: bool) -> dict[str, Tensor]:
        for places, carrier in self._carriers:
            if index in places:
                return carrier.state(places.index(index), kept)
        raise IndexError(index)
