"""What is measured of a population: losses and scores of every member, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from playground.core.answers import asked, measured, rows
from playground.core.losses import encode_targets
from playground.core.network import flops
from playground.core.population.member import Member

PARTS = ("train", "test")


@dataclass(frozen=True, eq=False)
class Scores:
    """What is measured of every member, float64 (K,); NaN where there is none.

    Attributes:
        train_loss, test_loss: mean losses of both parts.
        train_score, test_score: accuracy of classes, R² of values.
    """

    train_loss: np.ndarray
    test_loss: np.ndarray
    train_score: np.ndarray
    test_score: np.ndarray

    def rows(self) -> tuple[np.ndarray, ...]:
        """All of them, in this order."""
        return self.train_loss, self.test_loss, self.train_score, self.test_score


class Ruler:
    """Measures members on their points, as `Meter` does one run.

    Args:
        members: with as many points each, in both parts.

    Attributes:
        shared: all members are measured on the same points.
        inputs: the points that are measured, train before test: (points, *shape) where they
            are shared, else (K, points, *shape).
    """

    def __init__(self, members: Sequence[Member]) -> None:
        first = members[0]
        self._loss, self._task = first.loss, first.schema.task
        self._dtype, self._device = first.problem.dtype, first.problem.device
        shared = all(member.data is first.data for member in members)
        own = [_points(member) for member in (members[:1] if shared else members)]
        self.inputs = torch.stack([one.inputs for one in own])
        self._places = None if own[0].places is None else [one.places for one in own]
        self._split = own[0].split
        self._encoded = torch.stack([one.encoded for one in own]).to(self._device, self._dtype)
        self._truth = torch.stack([one.truth for one in own]).to(self._device)
        if self._task == "regression":
            self._truth = self._truth.to(self._dtype)
        self.shared = shared
        if shared:
            self.inputs = self.inputs[0]

    def scores(self, output: Tensor) -> Scores:
        """
        Args:
            output: what every member answers to `inputs`, see `Carrier.outputs`.
        """
        if self._places is not None:
            places = self._places * (len(output) // len(self._places))
            chosen = zip(output, places, strict=True)
            output = torch.stack([rows(one, place) for one, place in chosen])
        found = {}
        for part, where in zip(
            PARTS, (slice(0, self._split), slice(self._split, None)), strict=True
        ):
            answers, encoded = output[:, :, where], self._encoded[:, :, where]
            truth = self._truth[:, where]
            found[f"{part}_loss"] = _numbers(self._losses(answers, encoded))
            found[f"{part}_score"] = _numbers(self._scores(answers, truth))
        return Scores(**found)

    def _losses(self, answers: Tensor, encoded: Tensor) -> Tensor:
        if not answers.shape[2]:
            return answers.new_full((len(answers),), torch.nan)
        encoded = encoded.expand(answers.shape)
        found = torch.vmap(lambda one, wanted: self._loss.value(one, wanted, 0))(answers, encoded)
        return torch.where(torch.isfinite(found), found, torch.nan)

    def _scores(self, answers: Tensor, truth: Tensor) -> Tensor:
        if not answers.shape[2]:
            return answers.new_full((len(answers),), torch.nan)
        if self._task != "regression":
            several = answers.shape[1] > 1
            chosen = answers.argmax(1) if several else (answers[:, 0] > 0).long()
            return (chosen == truth).double().mean(1)
        values = self._loss.prediction(answers)
        values = values.transpose(1, 2) if truth.ndim > 2 else values[:, 0]
        spread = (truth - truth.mean(1, keepdim=True)).square().flatten(1).sum(1)
        missed = (values - truth).square().flatten(1).sum(1)
        found = 1 - missed / spread
        return torch.where((spread > 0) & torch.isfinite(found), found, torch.nan)


@dataclass(frozen=True)
class _Points:
    """What one member is measured on, see `Meter`."""

    inputs: Tensor
    places: Tensor | None
    split: int
    encoded: Tensor
    truth: Tensor


def _points(member: Member) -> _Points:
    data, schema = member.data, member.schema
    cost = 0 if schema.kind == "points" else flops(member.blocks)
    train, test = (measured(len(part), cost) for part in (data.inputs_train, data.inputs_test))
    both = np.concatenate((data.inputs_train[:train], data.inputs_test[:test]))
    truth = torch.cat((member.targets("train")[:train], member.targets("test")[:test]))
    places, split = None, train
    if schema.steps:
        places = asked(truth)
        split, truth = int(places[:train].sum()), truth[places]
    encoded = encode_targets(truth, schema.task, len(schema.class_names), member.loss)
    return _Points(torch.from_numpy(both), places, split, encoded.t().contiguous(), truth)


def _numbers(values: Tensor) -> np.ndarray:
    return values.detach().cpu().double().numpy()
