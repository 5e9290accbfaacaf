"""The layer kinds that a visitor can stack, one file a family.

A new kind is a class in a file of its own and a name in the union below.
"""

from typing import Annotated, get_args

from pydantic import Field

from playground.core.layers.base import Layer, Shape
from playground.core.layers.dense import Dense
from playground.core.layers.dropout import Dropout

_Kinds = Dense | Dropout
AnyLayer = Annotated[_Kinds, Field(discriminator="kind")]
LAYERS: dict[str, type[Layer]] = {
    kind.model_fields["kind"].default: kind for kind in get_args(_Kinds)
}

__all__ = ["LAYERS", "AnyLayer", "Dense", "Dropout", "Layer", "Shape"]
