"""A population: networks of one shape that differ in their luck, or in a number.

Its members share blocks, loss, kind of optimizer, size of minibatch and number of points. They
may differ in their start (`Training.start`), in the points left out, in learning rate and
penalties. None of them knows of the others: each has the trajectory that it has alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

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
from playground.core.population.carriers import Carriers
from playground.core.population.member import alike, members_of, penalised
from playground.core.population.moments import Moment, Standing, exact_epoch, narrow, widened
from playground.core.population.ruler import Ruler, Scores
from playground.core.population.saving import apart, draw_on, drawn_from, grouped
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
        if not len(first.data.inputs_train):
            raise PlaygroundError("population_no_points")
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
        # What the generators stood at before the epoch's pictures were changed at random
        self._drawn_before: dict[str, Tensor] = {}
        self._carriers = Carriers(self._members)
        self._load()
        self._scheduled = [ScheduledRate(experiment) for experiment in self.experiments]
        self._schedules = any(one.schedule.name != "constant" for one in self.experiments)
        self._pace()
        self._ruler = Ruler(self._members)
        self._measured = self._carriers.prepare(self._ruler.inputs, self._ruler.shared)
        self.step = 0
        self.seconds = 0.0
        self._chunks = Chunks()
        self._standing = Standing(self.count)
        self._penalised = torch.tensor([penalised(member) for member in self._members])
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
        placed = [one.placed(place, torch.Generator().manual_seed(0)) for one in self._members]
        carriers = Carriers(placed)
        carriers.load(self._batches.indices)
        batch = self._batches.slices[:1]

        def steps(number: int) -> None:
            carriers.train(batch * number)
            # Reading a value waits for everything queued on the device before it.
            carriers.flat().sum().item()

        return steps

    @property
    def count(self) -> int:
        """K, how many members there are."""
        return len(self.experiments)

    @property
    def engine_name(self) -> str:
        """How the steps are computed."""
        return " + ".join(self.ways)

    @property
    def ways(self) -> list[str]:
        """How the steps are computed: every way that some members take."""
        return self._carriers.ways

    @property
    def epoch(self) -> int:
        """Complete epochs; where no member goes on, those of the one that came furthest."""
        return int(self.exact_epoch)

    @property
    def exact_epoch(self) -> float:
        """Epochs with the fraction of the present one."""
        if not self._standing.gone.all():
            return self._batches.exact_epoch
        kept = (moment for moment in self._standing.kept if moment)
        return max((exact_epoch(moment.state) for moment in kept), default=0.0)

    @property
    def batches_per_epoch(self) -> int:
        return len(self._batches.slices)

    @property
    def alive(self) -> np.ndarray:
        """Which members go on, bool (K,): one whose loss is not finite is stopped, and stands
        where it was last well."""
        return ~self._standing.gone

    @property
    def nbytes(self) -> int:
        """Memory of all weights and what the optimizers remember, in bytes."""
        return self._carriers.nbytes

    # ---- training

    def _going(self) -> bool:
        """Whether there is anybody to train, and anything to train on."""
        return not self._standing.gone.all() and bool(self._batches.slices)

    def advance(self, batches: int) -> int:
        """Trains every member that is alive so many minibatches.

        Returns:
            How many each has taken.
        """
        current, taken, begin = self._batches, 0, time.perf_counter()
        while taken < batches and self._going():
            start = current.position
            part = current.slices[start : start + batches - taken]
            self._carriers.train(part)
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
        if self._members[0].problem.augmentation is not None:
            drawn = [member.generators["dropout"].get_state() for member in self._members]
            self._drawn_before = {"dropout": torch.stack(drawn)}
        self._carriers.load(self._batches.indices)

    @torch.no_grad()
    def _pace(self) -> None:
        """Follows the schedules, where they look at it by the training losses now."""
        if self._batches.epoch and any(one.looks for one in self._scheduled):
            losses = self._ruler.scores(self._carriers.outputs(self._measured)[0]).train_loss
            for one, loss in zip(self._scheduled, losses.tolist(), strict=True):
                one.saw(loss)
        self._set_rates()

    def _set_rates(self) -> None:
        self._carriers.pace([one.at(self._batches.epoch) for one in self._scheduled])

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
        return self._carriers.pictured(torch.from_numpy(inputs))

    @torch.no_grad()
    def measure(self) -> Scores:
        """Losses and scores of every member now. A member with a value that is not finite is
        stopped here."""
        outputs, values_fine = self._carriers.outputs(self._measured)
        scores = self._ruler.scores(outputs)
        flat = self.flat()
        fine = values_fine & torch.isfinite(flat.sum(1))
        if self._penalised.any():
            # A sum of squares may be too large where the numbers are not.
            fine &= torch.isfinite(flat.square().sum(1)) | ~self._penalised.to(fine.device)
        well = fine.cpu().numpy() & np.isfinite(scores.train_loss)
        standing = self._standing
        first = np.isinf(standing.exploded) & well & (self.step == 0)
        standing.exploded[first] = EXPLOSION * np.maximum(scores.train_loss[first], 1.0)
        newly = ~well & ~standing.gone
        if newly.any():
            self._stop(newly)
        kept = well & ~standing.gone & (scores.train_loss <= standing.exploded)
        self._keep(kept)
        pairs = zip(self._scores.rows(), scores.rows(), strict=True)
        self._scores = Scores(*(np.where(standing.gone, old, new) for old, new in pairs))
        return self._scores

    def flat(self) -> Tensor:
        """What every member has learned, (K, parameters), in the order of `Engine.flat`: a copy."""
        return self._carriers.flat()

    # ---- single members

    def _keep(self, which: np.ndarray) -> None:
        """Remembers where members stand, as a place to go back to."""
        self._standing.keep(which, self._now())
        self._carriers.keep(which)

    def _now(self) -> Moment:
        return Moment(self._batches.state(), self.step, self.seconds)

    def _stop(self, newly: np.ndarray) -> None:
        """Holds members for good, at the place where they were last well."""
        self._standing.stop(newly, self._members)
        self._carriers.stop(self._standing.gone)

    def member(self, index: int) -> Run:
        """A run of its own of one member, in its present state: it goes on as the member does."""
        run, standing = Run(self.experiments[index], self._own), self._standing
        gone = bool(standing.gone[index])
        moment = standing.kept[index]
        if not gone or moment is None:
            moment = self._now()
        drawn = standing.drawn.get(index) or self._members[index].drawn()
        for name, state in drawn.items():
            run.generators[name].set_state(state)
        run.engine.load_state(self._carriers.states([index], kept=gone)[0])
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

    # ---- snapshots

    @property
    def saved_bytes(self) -> int:
        """About how large `state` is, before it is made."""
        each = sum(part.nbytes for part in self._carriers.states([0])[0].values())
        drawn = sum(part.nbytes for part in drawn_from(self._members[:1]).values())
        order = 4 * self._batches.indices.shape[1]
        return self.count * (each + order + drawn)

    def state(self) -> dict[str, Any]:
        """Everything that a new population of the same members needs to go on exactly from
        here, as plain data."""
        alive = np.flatnonzero(self.alive).tolist()
        behind = self._standing.behind(self.step)
        return {
            "batches": narrow(self._batches.state()),
            "generators": drawn_from(self._members),
            "drawn_before": self._drawn_before,
            "schedules": [one.state() for one in self._scheduled] if self._schedules else [],
            "standing": self._standing.state(self.step),
            "scores": torch.from_numpy(np.stack(self._scores.rows())),
            "networks": grouped(alive, self._carriers.states(alive)),
            "kept": grouped(behind, self._carriers.states(behind, kept=True)),
            "step": self.step,
            "seconds": self.seconds,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Brings a fresh population to where another of the same members stood."""
        self._batches.load_state(widened(state["batches"]))
        self.step, self.seconds = int(state["step"]), float(state["seconds"])
        self._standing.load_state(state["standing"], self._now())
        self._scores = Scores(*state["scores"].numpy().copy())
        for one, own in zip(self._scheduled, state["schedules"], strict=bool(self._schedules)):
            one.load_state(own)
        for name, kept in (("kept", True), ("networks", False)):
            for group in state[name]:
                self._carriers.load_states(group["members"], apart(group), kept)
        level = self.alive
        level[self._standing.behind(self.step)] = False
        self._carriers.keep(level)
        if not self.alive.all():
            self._carriers.stop(self._standing.gone)
        # What loading an epoch draws was drawn before.
        draw_on(self._members, state["drawn_before"])
        self._load()
        draw_on(self._members, state["generators"])
        self._set_rates()
