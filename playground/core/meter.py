"""What is measured of a run: losses and scores of both parts, the penalty, values gone wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from playground.core.answers import asked, measured, rows
from playground.core.finite import finite
from playground.core.history import Metrics
from playground.core.losses import encode_targets
from playground.core.network import flops, penalty, penalty_rates

if TYPE_CHECKING:
    from playground.core.run import Run


class Meter:
    """Measures one run on its present points; made anew when points, loss or engine change.

    Attributes:
        counts: how many points of both parts are measured: all, or of a costly network the
            first ones, as many as a frame has time for.
        points: these, train before test, in the engine's layout: one forward pass measures both
            parts.
        truth: what each row of the answers should be, (rows,), or (rows, units) of several
            numbers; a row is a point, or a place of a sequence that asks for an answer.
        split: how many of the rows are of the training part.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        place = {"dtype": run.problem.dtype, "device": run.device.torch()}
        inputs = (run.data.inputs_train, run.data.inputs_test)
        cost = 0 if run.schema.kind == "points" else flops(run.blocks)
        self.counts = tuple(measured(len(part), cost) for part in inputs)
        train, test = self.counts
        both = np.concatenate((inputs[0][:train], inputs[1][:test]))
        self.points = run.engine.prepare(torch.from_numpy(both))
        truth = torch.cat((run.targets("train")[:train], run.targets("test")[:test]))
        self._places, self.split = None, train
        if run.schema.steps:
            self._places = asked(truth)
            self.split = int(self._places[:train].sum())
            truth = truth[self._places]
            self._places = self._places.to(place["device"])
        self.truth = truth.to(place["device"])
        if run.schema.task == "regression":
            self.truth = self.truth.to(place["dtype"])
        classes = len(run.schema.class_names)
        encoded = encode_targets(truth, run.schema.task, classes, run.loss)
        self._encoded = encoded.t().contiguous().to(**place)
        self._where = {"train": slice(0, self.split), "test": slice(self.split, None)}

    @property
    def complete(self) -> bool:
        """Whether every point is measured."""
        data = self._run.data
        return self.counts == (len(data.inputs_train), len(data.inputs_test))

    def answers(self, output: Tensor) -> Tensor:
        """The answers (units, rows) in what the engine says of `points`."""
        return rows(output, self._places)

    def metrics(self, output: Tensor) -> Metrics:
        """Everything measured of the answers (units, rows) to all points."""
        losses = [self.loss(output, part) for part in self._where]
        scores = [self._score(output[:, part], self.truth[part]) for part in self._where.values()]
        return Metrics(losses[0], losses[1], self._penalty(), scores[0], scores[1])

    def loss(self, output: Tensor, part: str) -> float | None:
        """Mean loss of one part; None where it has no points or the loss is not finite.

        Args:
            output: answers to all points, (units, rows).
            part: "train" or "test".
        """
        where = self._where[part]
        values = output[:, where]
        if not values.shape[1]:
            return None
        return finite(self._run.loss.value(values, self._encoded[:, where], 0).item())

    def _score(self, output: Tensor, truth: Tensor) -> float | None:
        """Accuracy of classes, R² of values; None where there is none."""
        if not len(truth):
            return None
        if self._run.schema.task != "regression":
            return (predicted(output) == truth).double().mean().item()
        output = self._run.loss.prediction(output)
        spread = (truth - truth.mean(0)).square().sum().item()
        if spread == 0:
            return None
        missed = output.t() - truth if truth.ndim > 1 else output[0] - truth
        return finite(1 - missed.square().sum().item() / spread)

    def _penalty(self) -> float:
        run = self._run
        places, weights = zip(*run.engine.penalised(), strict=True)
        return float(penalty(weights, penalty_rates(run.experiment, run.blocks, places)))

    def first_bad_block(self, values: Sequence[Tensor]) -> int | None:
        """Number of the first block that learns and has a value that is not finite, from 1.

        Args:
            values: behind every block but the input.
        """
        run, number = self._run, 0
        linear = iter(run.engine.parameters())
        extras = run.engine.gains()
        for place, (block, value) in enumerate(zip(run.blocks[1:], values, strict=True)):
            if not block.parameters:
                continue
            number += 1
            own = [part for name, part in extras.items() if name.split(".", 1)[0] == str(place)]
            own += next(linear) if block.linear is not None else ()
            if not all(_all_finite(part) for part in (*own, value)):
                return number
        return None


def predicted(output: Tensor) -> Tensor:
    """The class that each column of an output (units, points) stands for."""
    return output.argmax(0) if output.shape[0] > 1 else (output[0] > 0).long()


def _all_finite(values: Tensor) -> bool:
    """A value that is not finite makes the sum so too, which is found in half the time; a sum that
    is too large for its type says nothing."""
    return bool(torch.isfinite(values.sum())) or bool(torch.isfinite(values).all())
