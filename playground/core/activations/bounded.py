"""Activations whose values stay within bounds."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from playground.core.activations.base import (
    ACTIVATIONS,
    Activation,
    Call,
    Kernel,
    entry,
    torch_module,
)

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.autograd import Function


def _elementwise(name: str, function: Callable[[Tensor], Tensor], about: str) -> nn.Module:
    """A module for a function that torch has no module for."""
    from torch import nn

    def forward(self: nn.Module, z: Tensor) -> Tensor:
        return function(z)

    return type(name, (nn.Module,), {"__doc__": about, "forward": forward})()


def _sine_module() -> nn.Module:
    import torch

    return _elementwise("Sine", torch.sin, "sin z (Sitzmann et al. 2020, without their factor ω).")


def _gaussian_module() -> nn.Module:
    return _elementwise("Gaussian", lambda z: (-z.square()).exp(), "exp(−z²).")


def _step_module() -> nn.Module:
    return _elementwise("Step", lambda z: _straight_through().apply(z), _STEP)  # type: ignore[return-value]


_STEP = "0 below zero and 1 above, with the gradient of the identity where |z| ≤ 1."


@cache
def _straight_through() -> type[Function]:
    import torch

    class StraightThrough(torch.autograd.Function):
        """A step whose gradient is let through where |z| ≤ 1 (Bengio et al. 2013, clipped as in
        Courbariaux et al. 2016).
        """

        @staticmethod
        def forward(ctx: Any, z: Tensor) -> Tensor:
            ctx.save_for_backward(z)
            return (z > 0).to(z.dtype)

        @staticmethod
        def backward(ctx: Any, *gradients: Tensor) -> Tensor:
            (z,) = ctx.saved_tensors
            return gradients[0] * (z.abs() <= 1)

    return StraightThrough


@entry("sigmoid", r"\frac{1}{1 + e^{-z}}", "Sigmoid", bounds=(0.0, 1.0))
def _sigmoid() -> Kernel:
    import torch

    return Kernel(
        lambda z, out: [z.sigmoid_],
        lambda a, out: [partial(torch.addcmul, a, a, a, value=-1, out=out)],
    )


@entry("tanh", r"\tanh z", "Tanh", bounds=(-1.0, 1.0))
def _tanh() -> Kernel:
    import torch

    def derivative(a: Tensor, out: Tensor) -> list[Call]:
        return [partial(torch.addcmul, torch.ones_like(a), a, a, value=-1, out=out)]

    return Kernel(lambda z, out: [z.tanh_], derivative)


@entry("hardtanh", r"\max(-1, \min(1, z))", "Hardtanh", bounds=(-1.0, 1.0))
def _hardtanh() -> Kernel:
    import torch

    return Kernel(
        lambda z, out: [partial(z.clamp_, -1, 1)],
        lambda a, out: [partial(torch.abs, a, out=out), partial(out.lt_, 1)],
    )


_SOFTMAX_CODE, _softmax_module = torch_module("Softmax", {"dim": -1})
ACTIVATIONS["softmax"] = Activation(
    "softmax",
    r"\frac{e^{z_i}}{\sum_j e^{z_j}}",
    _SOFTMAX_CODE,
    (0.0, 1.0),
    _softmax_module,
    None,
    elementwise=False,
)


@entry(
    "step", r"1 \text{ if } z > 0 \text{ else } 0", _step_module, bounds=(0.0, 1.0), surrogate=True
)
def _step() -> Kernel:
    import torch

    return Kernel(
        lambda z, out: [partial(torch.gt, z, 0, out=out)],
        lambda z, out: [partial(torch.abs, z, out=out), partial(out.le_, 1)],
        keeps_input=True,
    )


@entry("gaussian", r"e^{-z^2}", _gaussian_module, bounds=(0.0, 1.0))
def _gaussian() -> Kernel:
    import torch

    def value(z: Tensor, out: Tensor) -> list[Call]:
        return [partial(torch.square, z, out=out), out.neg_, out.exp_]

    def derivative(z: Tensor, out: Tensor) -> list[Call]:
        # −2 z e^(−z²)
        return [*value(z, out), partial(out.mul_, z), partial(out.mul_, -2)]

    return Kernel(value, derivative, keeps_input=True)


@entry("sine", r"\sin z", _sine_module, bounds=(-1.0, 1.0))
def _sine() -> Kernel:
    import torch

    return Kernel(
        lambda z, out: [partial(torch.sin, z, out=out)],
        lambda z, out: [partial(torch.cos, z, out=out)],
        keeps_input=True,
    )
