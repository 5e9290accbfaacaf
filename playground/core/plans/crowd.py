"""What many networks answer over one plane: their mean, how far they disagree, each one's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from playground.core.analysis.maps import as_bytes, single
from playground.core.analysis.plane import Plane
from playground.core.picture import LINE_POINTS, answer, as_map, value_range
from playground.core.plans.bands import LEVELS
from playground.core.population import Population

RUNNING = 45_000  # answers of a frame while the networks train: points times networks
RESTING = 1_200_000  # and while they rest
LEAST, MOST = 24, 100  # points along one side
THUMB = 36  # and of a small picture


@dataclass(frozen=True, eq=False)
class Answers:
    """What the networks say over a plane at one moment.

    Attributes:
        said: (K, units, points): probabilities, or values in their own units.
        shape: of the points.
    """

    said: Tensor
    shape: tuple[int, ...]


def resolution_for(count: int, resting: bool) -> int:
    """Points along one side of the plane that so many networks have time for."""
    room = RESTING if resting else RUNNING
    return min(max(int(math.sqrt(room / count)), LEAST), MOST)


class Crowd:
    """Pictures one population over one plane."""

    def __init__(self, population: Population, plane: Plane) -> None:
        self.population = population
        self.plane = plane
        self.line = plane.kind == "line"
        self.limits = value_range(population, plane)
        self._grid: tuple[int, np.ndarray] = (0, np.zeros(0))

    def answers(self, resolution: int) -> Answers:
        """What every network says.

        Args:
            resolution: points along one side; of a line there are always as many.
        """
        side = LINE_POINTS if self.line else resolution
        if self._grid[0] != side:
            self._grid = (side, self.population.data.to_inputs(self.plane.grid(side)))
        return Answers(self.said(self._grid[1]), (side,) if self.line else (side, side))

    def said(self, inputs: np.ndarray) -> Tensor:
        """What every network says to some inputs, (K, units, points)."""
        return answer(self.population, self.population.outputs(inputs), 1).cpu()

    def mean(self, answers: Answers) -> np.ndarray:
        """The mean of the networks' answers, as the map of one network holds them; on a line
        float32 (units, points)."""
        mean = answers.said.mean(0)
        if self.line:
            return single(mean).numpy()
        return as_map(self.population, mean, self.limits, answers.shape)

    def one(self, answers: Answers, member: int) -> np.ndarray:
        """What one network says, as `mean` gives that of all."""
        said = answers.said[member]
        if self.line:
            return single(said).numpy()
        return as_map(self.population, said, self.limits, answers.shape)

    def wrong(self, member: int) -> np.ndarray:
        """Which points the mean of the networks, or one of them, takes for another class; uint8,
        the training points first.

        Args:
            member: below 0 for the mean.
        """
        data = self.population.data
        said = self.said(np.concatenate((data.inputs_train, data.inputs_test)))
        chosen = said.mean(0) if member < 0 else said[member]
        found = (chosen[0] > 0.5).long() if len(chosen) == 1 else chosen.argmax(0)
        truth = np.concatenate((data.targets_train, data.targets_test))
        return (found.numpy() != truth).astype(np.uint8)

    def fan(self, answers: Answers) -> np.ndarray:
        """Over a line, the quantiles LEVELS of what the networks say, float32 (levels, points), of
        the first unit."""
        levels = torch.tensor(LEVELS, dtype=answers.said.dtype)
        return single(torch.quantile(answers.said[:, 0], levels, dim=0)).numpy()

    def thumbs(self, answers: Answers, shown: Sequence[int]) -> np.ndarray:
        """Small pictures of some networks, uint8 (shown, side, side), or (shown, 2, side, side)
        of several classes: the one that is said, and how sure it is, 0 to 255. Over a line
        (shown, points), between the ends of the values."""
        said = answers.said[list(shown)]
        step = max(1, math.ceil(answers.shape[0] / (THUMB if len(answers.shape) > 1 else 64)))
        low, high = self.limits if self.population.schema.task == "regression" else (0.0, 1.0)
        if self.line:
            values = self.plane.domain[2:] if said.shape[1] == 1 else (low, high)
            return as_bytes(said[:, 0, ::step], *values)
        small = said.unflatten(2, answers.shape)[:, :, ::step, ::step]
        if small.shape[1] == 1:
            return as_bytes(small[:, 0], low, high)
        sure, winner = small.max(1)
        floor = 1 / small.shape[1]
        strength = as_bytes(sure, floor, 1.0)
        return np.stack((winner.to(torch.uint8).numpy(), strength), axis=1)

    def spread(self, answers: Answers, measure: str) -> tuple[np.ndarray, float]:
        """How far the networks disagree, as bytes (*shape), and what 255 stands for; over a line
        float32 as it is."""
        found = MEASURES[measure](answers.said)
        top = self.top(measure)
        if self.line:
            return single(found).numpy(), top
        return as_bytes(found, 0.0, top).reshape(answers.shape), top

    def top(self, measure: str) -> float:
        """The disagreement whose colour is the strongest: it never moves while one looks."""
        if self.population.schema.task == "regression":
            return (self.limits[1] - self.limits[0]) / 4
        if measure == "deviation":
            return 0.5
        return math.log2(max(self.population.schema.outputs, 2))


def deviation(said: Tensor) -> Tensor:
    """The standard deviation of what the networks (K, units, points) say, (points,).

    Of two classes that of the probability, at most 0.5; of several that of the class that the
    mean is for; of values in their own units.
    """
    # `var` takes several times as long over the first axis.
    apart = said.to(torch.float64, copy=True)
    apart -= apart.mean(0)
    spread = apart.square_().mean(0)
    if said.shape[1] == 1:
        return spread[0].sqrt()
    top = said.mean(0).argmax(0, keepdim=True)
    return spread.gather(0, top)[0].sqrt()


def information(said: Tensor) -> Tensor:
    """The part of the uncertainty that more data could take away, in bits, (points,).

    The entropy of the mean of the networks' answers (K, units, points) is what is uncertain in
    all; the mean of their entropies is what each of them is unsure of; the difference, the mutual
    information of answer and network, is their disagreement (Houlsby et al. 2011,
    arXiv:1112.5745).
    """
    return (entropy(said.mean(0)) - entropy(said).mean(0)).clamp(min=0)


def entropy(said: Tensor) -> Tensor:
    """Of probabilities (…, units, points) in bits, (…, points); one unit stands for two classes."""
    values = said.double()
    if values.shape[-2] == 1:
        values = torch.cat((values, 1 - values), dim=-2)
    return -torch.special.xlogy(values, values).sum(-2) / math.log(2)


MEASURES = {"deviation": deviation, "information": information}
