"""Straight pieces, and curves that end in them: ReLU and its kin."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from playground.core.activations.base import (
    ACTIVATIONS,
    Activation,
    Call,
    Kernel,
    entry,
    torch_module,
)

if TYPE_CHECKING:
    from torch import Tensor

# Klambauer et al. 2017, equation 14: with these, means near 0 and variances near 1 are attracted
# to exactly those
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


@entry("linear", "z", "Identity")
def _linear() -> Kernel:
    return Kernel(lambda z, out: [] if out is z else [partial(out.copy_, z)], None)


@entry("relu", r"\max(0, z)", "ReLU")
def _relu() -> Kernel:
    import torch

    return Kernel(lambda z, out: [z.relu_], lambda a, out: [partial(torch.sign, a, out=out)])


@entry("leaky_relu", r"\max(0.01\,z, z)", "LeakyReLU", options={"negative_slope": 0.01})
def _leaky_relu() -> Kernel:
    import torch

    def derivative(a: Tensor, out: Tensor) -> list[Call]:
        # 1 above zero, 0.01 at and below it
        return [
            partial(torch.sign, a, out=out),
            partial(out.clamp_, min=0),
            partial(out.mul_, 0.99),
            partial(out.add_, 0.01),
        ]

    forward = torch.nn.functional.leaky_relu_
    return Kernel(lambda z, out: [partial(forward, z, 0.01)], derivative)


_PRELU_CODE, _prelu_module = torch_module("PReLU")
# He et al. 2015: one slope for all units of the layer, 0.25 at first, learned with the weights.
ACTIVATIONS["prelu"] = Activation(
    "prelu", r"\max(0, z) + \alpha \min(0, z)", _PRELU_CODE, None, _prelu_module, None, learned=1
)


@entry("elu", r"z \text{ if } z > 0 \text{ else } e^z - 1", "ELU")
def _elu() -> Kernel:
    import torch

    return Kernel(
        lambda z, out: [partial(torch.nn.functional.elu_, z)],
        lambda a, out: [partial(torch.clamp, a, max=0, out=out), partial(out.add_, 1)],
    )


@entry("selu", r"\lambda z \text{ if } z > 0 \text{ else } \lambda\alpha(e^z - 1)", "SELU")
def _selu() -> Kernel:
    import torch

    def derivative(a: Tensor, out: Tensor) -> list[Call]:
        # λ above zero; at and below it λα e^z, which is the value itself plus λα
        above = torch.empty_like(a)
        floor = SELU_SCALE * SELU_ALPHA
        return [
            partial(torch.gt, a, 0, out=above),
            partial(torch.clamp, a, max=0, out=out),
            partial(out.add_, floor),
            partial(out.add_, above, alpha=SELU_SCALE - floor),
        ]

    return Kernel(lambda z, out: [partial(torch.nn.functional.selu_, z)], derivative)
