"""What the panes of sequences have in common: the network as a function, and time in small cuts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.finite import finite
from playground.core.outputs.writing import network_of

FRAME_SECONDS = 0.006
"""A frame's share of what takes many passes through the network."""

REST_SECONDS = 2.0
"""A finished text or forecast stays for so long before it is made anew."""


class SequencePane:
    """Shows one run.

    Attributes:
        kind: of the pane.
        network: the run's, as a function.
        busy: there is something left to do while the network rests; a training one does it in its
            frames.
    """

    def __init__(self, sight: Sight, kind: str) -> None:
        self.sight, self.run, self.kind = sight, sight.run, kind
        self.network = network_of(sight.run)
        self.busy = False

    def add(
        self, options: Mapping[str, Any], resting: bool, header: Header, arrays: Arrays
    ) -> None:
        """Adds to the header of the output and to the arrays of the frame."""
        raise NotImplementedError

    def work(self, seconds: float) -> None:
        """Goes on for about so long."""

    def points(self, part: str, count: int) -> Tensor:
        """The first `count` points of a part as the network is given them."""
        data = self.run.data
        inputs = data.inputs_train if part == "train" else data.inputs_test
        return torch.from_numpy(inputs[:count])


def until(seconds: float, step: Callable[[], bool]) -> None:
    """Repeats a step until it says that there is nothing left, or time is up; once at least."""
    end = time.perf_counter() + seconds
    while step() and time.perf_counter() < end:
        pass


def number_in(
    options: Mapping[str, Any], name: str, low: float, high: float, default: float
) -> float:
    """A number that a viewer asks for, brought between its bounds."""
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return min(max(float(value), low), high)


def listed(values: Tensor) -> list[float | None]:
    """Numbers as a frame may hold them."""
    return [finite(value) for value in values.flatten().tolist()]
