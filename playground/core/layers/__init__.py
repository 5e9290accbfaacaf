"""The layer kinds that a visitor can stack, one file a family.

A new kind is a class in a file of its own and a name in the union below.
"""

from typing import Annotated, get_args

from pydantic import Field

from playground.core.layers.activation import ActivationBlock
from playground.core.layers.base import Freezable, Layer, Weighted
from playground.core.layers.branches import Branches
from playground.core.layers.conv import Conv2d
from playground.core.layers.dense import Dense
from playground.core.layers.dropout import Dropout
from playground.core.layers.flatten import Flatten
from playground.core.layers.maxout import Maxout
from playground.core.layers.noise import GaussianNoise
from playground.core.layers.norm import BatchNorm, LayerNorm
from playground.core.layers.pool import Pool2d
from playground.core.layers.residual import Residual
from playground.core.shapes import Shape

_Kinds = (
    Dense
    | Residual
    | Branches
    | ActivationBlock
    | Maxout
    | BatchNorm
    | LayerNorm
    | Dropout
    | GaussianNoise
    | Conv2d
    | Pool2d
    | Flatten
)
AnyLayer = Annotated[_Kinds, Field(discriminator="kind")]
LAYERS: dict[str, type[Layer]] = {
    kind.model_fields["kind"].default: kind for kind in get_args(_Kinds)
}

__all__ = ["LAYERS", "AnyLayer", "Dense", "Dropout", "Freezable", "Layer", "Shape", "Weighted"]
