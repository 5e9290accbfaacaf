"""The way of one picture to the network, step by step, and how training may alter it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from playground.core.analysis.views import Arrays
from playground.core.data.pictures.form import augment_of
from playground.core.data.pictures.steps import Pipeline
from playground.core.random import stable_seed

if TYPE_CHECKING:
    from playground.core.run import Run
    from playground.core.sample import Sample

DRAWS = 4  # altered pictures that are shown at once
MOST_DRAWS = 2**31


def add_steps(run: Run, sample: Sample, draw: int, arrays: Arrays) -> list[dict[str, Any]]:
    """Adds the picture behind every step, and a few that training may make of it.

    Args:
        draw: another number alters the picture in another way.
        arrays: takes `step_<k>` u1 (height, width, channels), 0 for the step's lowest value and
            255 for its highest; and, where training alters pictures, `step_altered` u1 (DRAWS,
            height, width, channels).

    Returns:
        For each step {"name", "low", "high": what 0 and 255 stand for, "shape"}; the first is the
        picture as it was found.
    """
    form = run.data.form
    assert isinstance(form, Pipeline)
    pictures = sample.raw[None]
    told = [_told("found", pictures, arrays, 0)]
    for place, step in enumerate(form.steps, 1):
        pictures = step.act(pictures)
        told.append(_told(step.name, pictures, arrays, place))
    augment = augment_of(run.experiment.data.pictures)
    if not augment.idle:
        low, high = told[-1]["low"], told[-1]["high"]
        generator = torch.Generator().manual_seed(stable_seed(draw % MOST_DRAWS, "augmentation"))
        inputs = torch.from_numpy(np.repeat(pictures, DRAWS, axis=0).astype(np.float32))
        span = torch.from_numpy(form.span(inputs.shape[1]))
        arrays["step_altered"] = _bytes(augment(inputs, span, generator).numpy(), low, high)
    return told


def _told(name: str, pictures: np.ndarray, arrays: Arrays, place: int) -> dict[str, Any]:
    low, high = (0.0, 255.0) if pictures.dtype == np.uint8 else _reach(pictures)
    arrays[f"step_{place}"] = _bytes(pictures, low, high)[0]
    return {"name": name, "low": low, "high": high, "shape": list(pictures.shape[1:])}


def _reach(pictures: np.ndarray) -> tuple[float, float]:
    """The lowest and the highest value, apart."""
    low, high = float(pictures.min()), float(pictures.max())
    return low, high if high > low else low + 1.0


def _bytes(pictures: np.ndarray, low: float, high: float) -> np.ndarray:
    """u1 (n, height, width, channels)."""
    shares = (pictures.astype(np.float32) - low) * (255 / (high - low))
    return np.ascontiguousarray(
        np.round(np.clip(shares, 0, 255)).astype(np.uint8).transpose(0, 2, 3, 1)
    )
