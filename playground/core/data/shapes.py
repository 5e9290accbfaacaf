"""Point sets of this project's own: many classes in the plane, and curves over one input."""

from __future__ import annotations

import math

import numpy as np

from playground.core.data.generators import (
    RADIUS,
    SPIRAL_TURNS,
    arm,
    classified,
    cloud_variance,
    normal,
)
from playground.core.data.model import Raw
from playground.core.random import Stream

_BLOB_RADIUS = 3.5
_LINE_HALF_WIDTH = 2.0
_LINE_NOISE = 0.05
_SINE_NOISE = 0.01

LINE_WINDOW = ((-2.5, 2.5), (-8.0, 12.0))
SINE_WINDOW = ((-6.0, 6.0), (-2.0, 2.0))


def blobs(stream: Stream, samples: int, noise: float, classes: int) -> Raw:
    """Gaussian clouds with their centres on a circle, one class each."""
    variance = cloud_variance(noise)
    rows: list[tuple[float, float, int]] = []
    for label, count in enumerate(_shares(samples, classes)):
        angle = 2 * math.pi * label / classes
        centre_x, centre_y = _BLOB_RADIUS * math.sin(angle), _BLOB_RADIUS * math.cos(angle)
        for _ in range(count):
            x = normal(stream, centre_x, variance)
            y = normal(stream, centre_y, variance)
            rows.append((x, y, label))
    return classified(rows)


def spirals(stream: Stream, samples: int, noise: float, classes: int) -> Raw:
    """As many spiral arms as classes.

    The more arms, the fewer turns, so that neighbouring arms lie as far apart as in the
    two-armed spiral.
    """
    turns = 2 * SPIRAL_TURNS / classes
    rows: list[tuple[float, float, int]] = []
    for label, count in enumerate(_shares(samples, classes)):
        offset = 2 * math.pi * label / classes
        rows += arm(stream, count, noise, offset=offset, turns=turns, label=label)
    return classified(rows)


def line(stream: Stream, samples: int, noise: float) -> Raw:
    """y = 3x + 2 for x in [−2, 2), with Gaussian noise of standard deviation 0.05 per percent."""
    inputs, targets = np.empty((samples, 1)), np.empty(samples)
    for row in range(samples):
        x = stream.uniform(-_LINE_HALF_WIDTH, _LINE_HALF_WIDTH)
        inputs[row] = x
        targets[row] = normal(stream, 3 * x + 2, (_LINE_NOISE * noise) ** 2)
    return Raw(inputs, targets)


def sine(stream: Stream, samples: int, noise: float) -> Raw:
    """y = sin x for x in [−5, 5), with Gaussian noise of standard deviation 0.01 per percent."""
    inputs, targets = np.empty((samples, 1)), np.empty(samples)
    for row in range(samples):
        x = stream.uniform(-RADIUS, RADIUS)
        inputs[row] = x
        targets[row] = normal(stream, math.sin(x), (_SINE_NOISE * noise) ** 2)
    return Raw(inputs, targets)


def _shares(samples: int, classes: int) -> list[int]:
    """The points dealt to the classes as evenly as they go."""
    return [samples * (k + 1) // classes - samples * k // classes for k in range(classes)]
