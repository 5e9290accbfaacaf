"""What is measured of a run: losses and scores of both parts, the penalty, values gone wrong."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from playground.core.history import Metrics
from playground.core.losses import encode_targets
from playground.core.network import penalty, penalty_rates

if TYPE_CHECKING:
    from playground.core.run import Run


class Meter:
    """Measures one run on its present points; made anew when points, loss or engine change.

    Attributes:
        points: all points, train before test, in the engine's layout: one forward pass measures
            both parts.
        truth: what is to be predicted of each point, (points,).
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        place = {"dtype": run.problem.dtype, "device": run.device.torch()}
        inputs = (run.data.inputs_train, run.data.inputs_test)
        self.points = run.engine.prepare(torch.from_numpy(np.concatenate(inputs)))
        truth = torch.cat((run.targets("train"), run.targets("test")))
        self.truth = truth.to(place["device"])
        if run.schema.task == "regression":
            self.truth = self.truth.to(place["dtype"])
        classes = len(run.schema.class_names)
        encoded = encode_targets(truth, run.schema.task, classes, run.loss)
        self._encoded = encoded.t().contiguous().to(**place)
        split = len(run.data.inputs_train)
        self._where = {"train": slice(0, split), "test": slice(split, None)}

    def metrics(self, output: Tensor) -> Metrics:
        """Everything measured of the output (units, points) of all points."""
        losses = [self.loss(output, part) for part in self._where]
        scores = [self._score(output[:, part], self.truth[part]) for part in self._where.values()]
        return Metrics(losses[0], losses[1], self._penalty(), scores[0], scores[1])

    def loss(self, output: Tensor, part: str) -> float | None:
        """Mean loss of one part; None where it has no points or the loss is not finite.

        Args:
            output: of all points, (units, points).
            part: "train" or "test".
        """
        where = self._where[part]
        values = output[:, where]
        if not values.shape[1]:
            return None
        return _finite(self._run.loss.value(values, self._encoded[:, where], 0).item())

    def _score(self, output: Tensor, truth: Tensor) -> float | None:
        """Accuracy of classes, R² of values; None where there is none."""
        if not len(truth):
            return None
        if self._run.schema.task != "regression":
            return (predicted(output) == truth).double().mean().item()
        output = self._run.loss.prediction(output)
        spread = (truth - truth.mean()).square().sum().item()
        if spread == 0:
            return None
        return _finite(1 - (output[0] - truth).square().sum().item() / spread)

    def _penalty(self) -> float:
        run = self._run
        weights = (weight for weight, _ in run.engine.parameters())
        return float(penalty(weights, penalty_rates(run.experiment, run.blocks)))

    def first_bad_layer(self, values: list[Tensor]) -> int | None:
        """Number of the first linear map with a value that is not finite, counted from 1.

        Args:
            values: behind every block but the input.
        """
        behind = [
            value
            for block, value in zip(self._run.blocks[1:], values, strict=True)
            if block.linear is not None
        ]
        pairs = zip(self._run.engine.parameters(), behind, strict=True)
        for number, (pair, value) in enumerate(pairs, 1):
            if not all(torch.isfinite(part).all() for part in (*pair, value)):
                return number
        return None


def predicted(output: Tensor) -> Tensor:
    """The class that each column of an output (units, points) stands for."""
    return output.argmax(0) if output.shape[0] > 1 else (output[0] > 0).long()


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
