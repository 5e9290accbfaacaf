"""A run: one Experiment in training. It can be stepped, measured, changed, saved and restored.

It knows no clock but the slice of time it is given, no thread, no page. What trains is the
engine's; which points make a batch is `Batches`'; what is pictured is `observe`'s.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor

from playground.core.assembly import (
    examples_of,
    generators_of,
    problem_of,
    settle_in,
    targets_of,
)
from playground.core.changes import data_stream, note, take_over
from playground.core.chunks import Chunks
from playground.core.crossing import check_transfer, cross
from playground.core.data import schema_of
from playground.core.data.model import Brought
from playground.core.data.pictures.form import augmentation_of
from playground.core.data.prepare import Prepared, as_counts, prepare
from playground.core.deeds import obey
from playground.core.devices import Device
from playground.core.engine import Engine
from playground.core.engine.base import Augmentation, Free
from playground.core.engine.batches import Batches
from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Experiment
from playground.core.hands import Hands, fixed_by
from playground.core.history import History, Metrics
from playground.core.losses import LOSSES
from playground.core.meter import Meter, predicted
from playground.core.network import checked
from playground.core.pace import Pace
from playground.core.path import Path
from playground.core.saving import restore, snapshot_of
from playground.core.transfer import present

State = Literal["ready", "done", "diverged"]
EXPLOSION = 1000  # times the first loss: finite still, but no state to go on from


class Run:
    """An Experiment in training.

    Args:
        experiment: what to train.
        table: what the visitor brought, for data sets that are made of it.
        device: overrides the experiment's device.
        engine: asks for an engine by name; None leaves the choice to the network.
        snapshot: bytes of `snapshot`, to go on from exactly there.

    Raises:
        PlaygroundError: data that cannot be used, a block or loss that does not fit, a network
            too large.

    Attributes:
        present: the experiment as it is trained now: before a body is carried over, and with a
            body frozen by that, it differs from `experiment`.
        crossed: whether the body was carried over.
        blocks: the network, inputs and head included.
        data: the points, split and scaled.
        step: minibatches taken.
        generation: grows when the engine is exchanged; what was prepared for it is then void.
        marks: (epoch, setting, new value as text) of what was changed while it trained.
        metrics: what was last measured, at `measured_step`.
        seconds: time spent in training steps.
        state: "ready", "done" (a stop rule was met) or "diverged".
        notice: why it stopped, or None.
        fallback: why the device asked for is not the one in use, or None.
        step_seconds: of a step on each kind of device, where "auto" has measured them.
        exploded: the loss from which on the network is in no state to go back to.
        observer: what `observe` keeps from frame to frame; it goes when the run goes.
    """

    engine: Engine
    device: Device
    fallback: Notice | None
    step_seconds: Mapping[str, float]

    def __init__(
        self,
        experiment: Experiment,
        table: Brought | None = None,
        *,
        device: str | None = None,
        engine: str | None = None,
        snapshot: bytes | None = None,
    ) -> None:
        self.experiment = experiment
        self.table = table
        check_transfer(experiment, table)
        self.crossed = False
        self.present = present(experiment, crossed=False)
        self.schema = schema_of(self.present.data, table)
        self.blocks = checked(self.present, self.schema)
        self.loss = LOSSES[experiment.loss].under(experiment.loss_settings)
        self.generators = generators_of(experiment.training)
        stream = data_stream(experiment)
        self.data: Prepared = prepare(self.present, table, stream)
        if self.loss.rates:
            self.data = as_counts(self.data)
        self.problem = problem_of(self, stream)
        self.asked_device, self.engine_name = device, engine
        count = len(self.data.inputs_train)
        self.batches = Batches(
            count,
            experiment.training,
            self.generators["order"],
            whole=experiment.optimizer.full_batch,
            left_out=self.data.left_out,
        )
        settle_in(self)
        self.generation = 0
        self.history = History()
        self.path = Path(self.engine)
        self.step = 0
        self.seconds = 0.0
        self.state: State = "ready"
        self.notice: Notice | None = None
        self.measured_step = -1
        self.observer: object = None
        self._chunks = Chunks()
        # Engine, minibatches, step and metrics at the last measurement worth going back to.
        self._good: tuple[dict[str, Tensor], dict[str, Any], int, Metrics] | None = None
        self.exploded = math.inf
        self.hands = Hands(self.engine, self.problem.parameters)
        self.hold()
        self.marks: list[tuple[float, str, str]] = []
        self.metrics = Metrics(None, None, 0.0, None, None)
        self.pace = Pace(self)
        self.meter = Meter(self)
        if snapshot is not None:
            restore(self, snapshot)
        self.measure()
        self._check_points()

    def augmentation(self) -> Augmentation | None:
        """What happens to the points of an epoch while it trains on them."""
        return augmentation_of(self.experiment.data.pictures, self.data.form)

    def targets(self, part: str) -> Tensor:
        """Class indices, or values in the units that the loss sees, of one part, for each point."""
        return targets_of(self.data, part)

    def examples(self, part: str) -> tuple[Tensor, Tensor]:
        """Inputs and targets as `Problem` takes them; of points in columns in float64.

        Args:
            part: "train" or "test".
        """
        return examples_of(self.data, self.loss, part)

    # ---- training

    @property
    def epoch(self) -> int:
        """Complete epochs."""
        return self.batches.epoch

    @property
    def batch_in_epoch(self) -> int:
        return self.batches.position

    @property
    def batches_per_epoch(self) -> int:
        return len(self.batches.slices)

    @property
    def exact_epoch(self) -> float:
        """Epochs with the fraction of the present one."""
        return self.batches.exact_epoch

    def advance(self, batches: int) -> int:
        """Trains so many minibatches, fewer where a stop rule ends the run.

        Returns:
            How many were taken.
        """
        current, taken, begin = self.batches, 0, time.perf_counter()
        crossing = self.crossing
        while taken < batches and self.state == "ready":
            start = current.position
            part = current.slices[start : start + batches - taken]
            self.engine.train(part)
            current.position += len(part)
            taken += len(part)
            self.step += len(part)
            if current.position == len(current.slices):
                current.finish_epoch()
                self.engine.load(current.indices)
                if self.pace.busy:
                    self.pace.epoch_ended()
                if crossing and not self.crossed and crossing <= current.epoch:
                    self.measure()
                    if self.state != "diverged":
                        self.cross()
            if self.step >= self.path.due:
                self.path.append(self.exact_epoch, self.step, self.engine)
        self.seconds += time.perf_counter() - begin
        return taken

    @contextmanager
    def rehearsal(self) -> Generator[None]:
        """The next minibatch's step, taken on entering and taken back on leaving."""
        state, drawn = self.engine.state(), self.generators["dropout"].get_state()
        place = self.batches.position
        self.engine.train(self.batches.slices[place : place + 1])
        try:
            yield
        finally:
            self.engine.load_state(state)
            self.generators["dropout"].set_state(drawn)

    def train_for(self, seconds: float) -> int:
        """Trains by the clock: as many minibatches as fit, at least one.

        Returns:
            How many were taken.
        """
        return self._chunks.train(seconds, self.advance, lambda: self.state == "ready")

    def _check_points(self) -> None:
        """A run without a point waits for the first one."""
        if not len(self.data.inputs_train) and self.state == "ready":
            self.state, self.notice = "done", Notice("no_points")

    # ---- measuring

    def begin_measuring(self) -> None:
        """Measures on the present points and loss from now on; there is nothing to go back to."""
        self.meter = Meter(self)
        self.measured_step = -1
        self._good, self.exploded = None, math.inf

    @torch.no_grad()
    def measure(self) -> Metrics:
        """Losses and scores of both parts now, entered into the history.

        A loss, penalty, parameter or activation that is not finite ends the run: the last good
        state comes back.
        """
        values = self.engine.activations(self.points)
        metrics = self.meter.metrics(self.meter.answers(values[-1]))
        self.measured_step = self.step
        # Behind a bounded activation an infinite value can hide from the loss.
        bad_layer = self.meter.first_bad_block(values)
        loss = metrics.train_loss
        if not len(self.data.inputs_train):
            self.metrics = metrics
            return metrics
        if loss is None or bad_layer is not None or not math.isfinite(metrics.penalty):
            self._diverge(bad_layer or sum(block.parameters > 0 for block in self.blocks))
            return self.metrics
        self.metrics = metrics
        if math.isinf(self.exploded):
            self.exploded = EXPLOSION * max(loss, 1.0)
        if self._good is None or loss <= self.exploded:
            self._good = (self.engine.state(), self.batches.state(), self.step, metrics)
        self.history.append(self.exact_epoch, metrics, self.pace.rate, self.step, self.seconds)
        self.path.append(self.exact_epoch, self.step, self.engine)
        self.pace.check()
        return metrics

    def _diverge(self, layer: int) -> None:
        """Goes back to the last good state; `layer` is the one with the first bad value."""
        epoch = self.exact_epoch
        if self._good is None:
            raise PlaygroundError("diverged_at_start")
        loss = self.metrics.train_loss
        state, batches, self.step, self.metrics = self._good
        self.measured_step = self.step
        self.engine.load_state(state)
        self.batches.load_state(batches)
        self.engine.load(self.batches.indices)
        self.path.forget_after(self.exact_epoch)
        self.state = "diverged"
        self.notice = Notice(
            "diverged",
            {
                "epoch": f"{epoch:.2f}",
                "layer": layer,
                "rate": f"{self.experiment.optimizer.learning_rate:g}",
                "loss": "–" if loss is None else f"{loss:.4g}",
            },
        )

    @property
    def points(self) -> Tensor:
        """The points that are measured, train before test, in the engine's layout."""
        return self.meter.points

    @property
    def split(self) -> int:
        """How many rows of the answers are of the training part."""
        return self.meter.split

    @torch.no_grad()
    def output(self) -> Tensor:
        """The answers to the measured points now, (units, rows), train before test."""
        return self.meter.answers(self.engine.output(self.points))

    @property
    def truth(self) -> Tensor:
        """What each answer should be, (rows,): class indices, or standard values."""
        return self.meter.truth

    def loss_of(self, output: Tensor, part: str) -> float | None:
        """Mean loss of one part, from the answers (units, rows) to all points."""
        return self.meter.loss(output, part)

    def predicted(self, output: Tensor) -> Tensor:
        """The class that each column of an output (units, points) stands for."""
        return predicted(output)

    # ---- changes, snapshots

    def act(self, deed: Mapping[str, Any]) -> bool:
        """Does to the weights what a visitor asks, see `deeds`; False where it cannot be done."""
        before = self._scores_now()
        done = obey(self.hands, self.blocks, deed, self.path.plane)
        if done:
            self.path.leap()
            self.hold()
            self.measured_step = -1
            self.hands.tell(deed, before, self._scores_now())
            note(self, [("hands", str(deed["deed"]))])
        return done

    @torch.no_grad()
    def _scores_now(self) -> Metrics:
        """What `measure` would find, without a word of it in the history."""
        return self.meter.metrics(self.output())

    def hold(self) -> None:
        """Tells the engine which weights and biases must stay as they are."""
        self.engine.hold(self.free())

    def free(self) -> Free | None:
        """Which weights and biases may move, see `Engine.hold`."""
        return self.hands.free(fixed_by(self.blocks, (None, *self.present.layers, None)))

    def update(self, experiment: Experiment) -> None:
        """Takes over settings that may change mid-run, see `changes`.

        Raises:
            PlaygroundError: a change that needs the weights to start again.
        """
        take_over(self, experiment)

    @property
    def crossing(self) -> int:
        """The epoch at whose end the body is carried over to the experiment's own data; 0 where
        it began with them."""
        transfer = self.experiment.transfer
        return transfer.epochs if transfer.source else 0

    def cross(self) -> None:
        """Carries the body over to the experiment's own data, see `crossing`."""
        cross(self)

    def snapshot(self) -> bytes:
        """Everything that a new Run of the same experiment needs to go on exactly from here."""
        return snapshot_of(self)

    def resume(self) -> None:
        """Lets a run that has stopped go on, where its stop rule allows."""
        if self.state == "diverged":
            self.history.forget_after(self.exact_epoch)
        self.state, self.notice = "ready", None
        self._check_points()
        self.pace.resume()
        self.pace.check()
