"""From the settings of an experiment to what is done to its pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from playground.core.data.pictures.augment import Augment
from playground.core.data.pictures.settings import PictureSettings
from playground.core.data.pictures.steps import Pipeline

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from playground.core.experiment import Data

ALTERING = ("flip", "shift", "rotate", "jitter")
"""The settings of what happens to pictures in training."""


def shape_of(settings: PictureSettings, shape: tuple[int, int, int]) -> tuple[int, int, int]:
    """The shape that the network is given of pictures (channels, height, width)."""
    channels, height, width = shape
    if settings.channels != "as_is":
        channels = 1 if settings.channels == "grey" else 3
    return (channels, settings.side, settings.side) if settings.side else (channels, height, width)


def pipeline_of(settings: PictureSettings, train: np.ndarray) -> Pipeline:
    """The steps, normalising as the training part asks for: uint8 (n, channels, height, width)."""
    plain = Pipeline(settings.side, settings.channels, settings.scale)
    return plain.fitted(train) if settings.normalize else plain


def augment_of(settings: PictureSettings) -> Augment:
    return Augment(settings.flip, settings.shift, settings.rotate, settings.jitter)


def only_altered(old: Data, new: Data) -> bool:
    """Whether two settings make the same points, and differ in what training makes of them."""
    plain = dict.fromkeys(ALTERING, 0) | {"flip": False}
    kept = {"pictures": new.pictures.model_copy(update=plain)}
    before = {"pictures": old.pictures.model_copy(update=plain)}
    return old != new and old.model_copy(update=before) == new.model_copy(update=kept)


def augmentation_of(
    settings: PictureSettings, form: object
) -> Callable[[Tensor, torch.Generator], Tensor] | None:
    """What happens to an epoch's inputs while the network trains; None where nothing does.

    Args:
        form: the pipeline that made them.
    """
    augment = augment_of(settings)
    if augment.idle or not isinstance(form, Pipeline):
        return None

    def act(pictures: Tensor, generator: torch.Generator) -> Tensor:
        import torch

        return augment(pictures, torch.from_numpy(form.span(pictures.shape[1])), generator)

    return act
