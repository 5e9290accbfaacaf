"""The layer kinds that a visitor can stack, one file a family.

A new kind is a class in a file of its own and a name in the union below.
"""

from typing import Annotated, get_args

from pydantic import Field

from playground.core.layers.activation import ActivationBlock
from playground.core.layers.attention import CrossAttention, SelfAttention
from playground.core.layers.base import Freezable, Layer, Weighted
from playground.core.layers.bottleneck import Bottleneck
from playground.core.layers.branches import Branches
from playground.core.layers.conv import Conv1d, Conv2d, ResidualConv
from playground.core.layers.dense import Dense
from playground.core.layers.dropout import Dropout
from playground.core.layers.embedding import DotProduct, Embedding, Positions
from playground.core.layers.flatten import Flatten
from playground.core.layers.maxout import Maxout
from playground.core.layers.noise import GaussianNoise
from playground.core.layers.norm import BatchNorm, GroupNorm, LayerNorm
from playground.core.layers.pool import GlobalPool, Pool1d, Pool2d
from playground.core.layers.recurrent import GRU, LSTM, RNN
from playground.core.layers.residual import Residual
from playground.core.layers.transformer import Decoder, Transformer
from playground.core.shapes import Shape

# In the order of the palette, family by family
_Kinds = (
    Dense
    | Residual
    | Branches
    | Maxout
    | Bottleneck
    | ActivationBlock
    | Conv2d
    | Pool2d
    | ResidualConv
    | Conv1d
    | Pool1d
    | GlobalPool
    | Flatten
    | Embedding
    | Positions
    | DotProduct
    | RNN
    | LSTM
    | GRU
    | SelfAttention
    | Transformer
    | CrossAttention
    | Decoder
    | BatchNorm
    | LayerNorm
    | GroupNorm
    | Dropout
    | GaussianNoise
)
AnyLayer = Annotated[_Kinds, Field(discriminator="kind")]
LAYERS: dict[str, type[Layer]] = {
    kind.model_fields["kind"].default: kind for kind in get_args(_Kinds)
}

__all__ = ["LAYERS", "AnyLayer", "Dense", "Dropout", "Freezable", "Layer", "Shape", "Weighted"]
