"""The optimizers of the field: one class each, with settings, torch optimizer and flat rule.

`make_torch` gives the optimizer that the autograd engine steps, of torch.optim where it has one.
`make_flat` gives the same rule written on one flat parameter vector, in a few ATen calls without
an optimizer object, for the dense engine. A trajectory test holds the two together. Rules that
look at matrices or compute more than one gradient a step have no flat form.

This package loads without torch.
"""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field

from playground.core.optimizers.adam import Adam, AdamW, NAdam, RAdam
from playground.core.optimizers.adaptive import Adadelta, Adagrad, RMSProp
from playground.core.optimizers.base import LEARNING_RATES, FlatRule, OptimizerBase
from playground.core.optimizers.descent import SGD, GradientDescent
from playground.core.optimizers.newer import LBFGS, SAM, Lion, Muon

_Kinds = (
    SGD
    | RMSProp
    | Adagrad
    | Adadelta
    | Adam
    | AdamW
    | NAdam
    | RAdam
    | Lion
    | Muon
    | SAM
    | LBFGS
    | GradientDescent
)
Optimizer = Annotated[_Kinds, Field(discriminator="name")]
OPTIMIZERS: dict[str, type[OptimizerBase]] = {
    kind.model_fields["name"].default: kind for kind in get_args(_Kinds)
}

__all__ = [
    "LBFGS",
    "LEARNING_RATES",
    "OPTIMIZERS",
    "SAM",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "FlatRule",
    "GradientDescent",
    "Lion",
    "Muon",
    "NAdam",
    "Optimizer",
    "OptimizerBase",
    "RAdam",
    "RMSProp",
]  # fmt: skip
