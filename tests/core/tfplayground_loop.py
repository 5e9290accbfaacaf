"""TensorFlow Playground's training loop a second time: one point after the other, no tensors.

Written from its published formulas, for tests. Only the points come from the playground: the
runs of its own JavaScript hold those.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

from playground.core.data.prepare import Prepared
from playground.core.random import Stream

FORWARD = {
    "tanh": math.tanh,
    "relu": lambda z: max(0.0, z),
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)) if z > -700 else 0.0,
    "linear": lambda z: z,
}
SLOPE = {
    "tanh": lambda z: 1 - math.tanh(z) ** 2,
    "relu": lambda z: 0.0 if z <= 0 else 1.0,
    "sigmoid": lambda z: FORWARD["sigmoid"](z) * (1 - FORWARD["sigmoid"](z)),
    "linear": lambda z: 1.0,
}
SLOPE_OF_PENALTY = {
    "none": lambda w: 0.0,
    "L1": lambda w: -1.0 if w < 0 else (1.0 if w > 0 else 0.0),
    "L2": lambda w: w,
}


@dataclass
class Link:
    weight: float
    dead: bool = False
    gathered: float = 0.0
    count: int = 0


@dataclass
class Unit:
    activation: str
    links: list[Link]
    bias: float
    gathered: float = 0.0
    count: int = 0
    inputs: list[float] = field(default_factory=list)
    total: float = 0.0


class Loop:
    """A network and its training. Weights are drawn from the stream behind the points."""

    def __init__(self, data: Prepared, stream: Stream, keys: dict[str, str]) -> None:
        self.keys = keys
        sizes = [
            len(data.input_labels),
            *map(int, filter(None, keys["networkShape"].split(","))),
            1,
        ]
        zero = keys["initZero"] == "true"
        self.layers: list[list[Unit]] = []
        for before, units in pairwise(sizes):
            layer = []
            for _ in range(units):
                links = [Link(0.0 if zero else stream.random() - 0.5) for _ in range(before)]
                layer.append(Unit(keys["activation"], links, 0.0 if zero else 0.1))
            self.layers.append(layer)
        last = "linear" if keys["problem"] == "regression" else "tanh"
        self.layers[-1][0].activation = last
        classes = keys["problem"] == "classification"
        self.parts = [
            [
                (list(map(float, row)), 2.0 * target - 1 if classes else float(target))
                for row, target in zip(inputs, targets, strict=True)
            ]
            for inputs, targets in (
                (data.inputs_train, data.targets_train),
                (data.inputs_test, data.targets_test),
            )
        ]

    def answer(self, values: list[float]) -> float:
        for layer in self.layers:
            for unit in layer:
                unit.inputs = values
                unit.total = unit.bias + sum(
                    link.weight * value for link, value in zip(unit.links, values, strict=True)
                )
            values = [FORWARD[unit.activation](unit.total) for unit in layer]
        return values[0]

    def nudge(self, amount: float) -> None:
        """Moves every weight a little."""
        for unit in (unit for layer in self.layers for unit in layer):
            for link in unit.links:
                link.weight += amount

    def epoch(self) -> None:
        size = int(self.keys["batchSize"])
        for number, (values, target) in enumerate(self.parts[0], 1):
            errors = [self.answer(values) - target]
            for layer in reversed(self.layers):
                errors = self._back(layer, errors)
            if number % size == 0:
                self._update()

    def _back(self, layer: list[Unit], errors: list[float]) -> list[float]:
        """Gathers the gradients of one layer; returns the error of each of its inputs."""
        passed = [0.0] * len(layer[0].inputs)
        for unit, error in zip(layer, errors, strict=True):
            slope = error * SLOPE[unit.activation](unit.total)
            unit.gathered += slope
            unit.count += 1
            for place, link in enumerate(unit.links):
                passed[place] += link.weight * slope
                if not link.dead:
                    link.gathered += slope * unit.inputs[place]
                    link.count += 1
        return passed

    def _update(self) -> None:
        rate = float(self.keys["learningRate"])
        strength = float(self.keys["regularizationRate"])
        kind = self.keys["regularization"]
        for unit in (unit for layer in self.layers for unit in layer):
            unit.bias -= rate * unit.gathered / unit.count
            unit.gathered, unit.count = 0.0, 0
            for link in unit.links:
                if link.dead or not link.count:
                    continue
                slope = SLOPE_OF_PENALTY[kind](link.weight)
                link.weight -= rate * link.gathered / link.count
                shrunk = link.weight - rate * strength * slope
                if kind == "L1" and link.weight * shrunk < 0:
                    link.weight, link.dead = 0.0, True
                else:
                    link.weight = shrunk
                link.gathered, link.count = 0.0, 0

    def losses(self) -> list[float]:
        """Of the training and of the test points."""
        return [
            sum(0.5 * (self.answer(values) - target) ** 2 for values, target in part) / len(part)
            for part in self.parts
        ]
