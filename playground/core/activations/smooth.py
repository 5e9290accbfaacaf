"""Rectifiers without a kink."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from playground.core.activations.base import Call, Kernel, entry

if TYPE_CHECKING:
    from torch import Tensor


@entry("gelu", r"z\,\Phi(z)", "GELU")
def _gelu() -> Kernel:
    import torch

    def derivative(z: Tensor, out: Tensor) -> list[Call]:
        # Φ(z) + z φ(z), Hendrycks & Gimpel 2016
        density = torch.empty_like(z)
        return [
            partial(torch.square, z, out=density),
            partial(density.mul_, -0.5),
            density.exp_,
            partial(density.mul_, z),
            partial(density.mul_, 1 / math.sqrt(2 * math.pi)),
            partial(torch.mul, z, 1 / math.sqrt(2), out=out),
            out.erf_,
            partial(out.add_, 1),
            partial(out.mul_, 0.5),
            partial(out.add_, density),
        ]

    forward = torch._C._nn.gelu  # pyright: ignore[reportAttributeAccessIssue]
    return Kernel(lambda z, out: [partial(forward, z, out=out)], derivative, keeps_input=True)


@entry("silu", r"z\,\sigma(z)", "SiLU")
def _silu() -> Kernel:
    import torch

    def derivative(z: Tensor, out: Tensor) -> list[Call]:
        # σ(z) (1 + z (1 − σ(z))), Elfwing et al. 2018
        gate = torch.empty_like(z)
        return [
            partial(torch.sigmoid, z, out=gate),
            partial(torch.sub, 1, gate, out=out),
            partial(out.mul_, z),
            partial(out.add_, 1),
            partial(out.mul_, gate),
        ]

    return Kernel(
        lambda z, out: [partial(torch.sigmoid, z, out=out), partial(out.mul_, z)],
        derivative,
        keeps_input=True,
    )


@entry("mish", r"z \tanh(\ln(1 + e^z))", "Mish")
def _mish() -> Kernel:
    import torch

    softplus = torch._C._nn.softplus  # pyright: ignore[reportAttributeAccessIssue]

    def derivative(z: Tensor, out: Tensor) -> list[Call]:
        # τ + z σ(z) (1 − τ²) with τ = tanh(softplus(z)), Misra 2019
        bend, ones = torch.empty_like(z), torch.ones_like(z)
        slope = torch.empty_like(z)
        return [
            partial(softplus, z, out=bend),
            bend.tanh_,
            partial(torch.addcmul, ones, bend, bend, value=-1, out=slope),
            partial(torch.sigmoid, z, out=out),
            partial(out.mul_, slope),
            partial(out.mul_, z),
            partial(out.add_, bend),
        ]

    forward = torch._C._nn.mish  # pyright: ignore[reportAttributeAccessIssue]
    return Kernel(lambda z, out: [partial(forward, z, out=out)], derivative, keeps_input=True)


@entry("softplus", r"\ln(1 + e^z)", "Softplus")
def _softplus() -> Kernel:
    import torch

    forward = torch._C._nn.softplus  # pyright: ignore[reportAttributeAccessIssue]
    return Kernel(
        lambda z, out: [partial(forward, z, out=out)],
        lambda z, out: [partial(torch.sigmoid, z, out=out)],
        keeps_input=True,
    )
