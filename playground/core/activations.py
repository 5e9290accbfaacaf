"""The activations of the field: one entry each, with value, derivative and PyTorch module.

`Activation.kernel` is what the dense engine runs: in place where the derivative can be taken
from the activation's own value, with the pre-activation kept where it cannot. The autograd
engine runs `Activation.module`; a contract test holds the two together.

This module loads without torch: names and formulas are needed where nothing is computed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


Call = Callable[[], object]


@dataclass(frozen=True)
class Kernel:
    """How the dense engine computes one activation.

    A rule is not called in every step: it records, once, the calls that a step will make, each
    bound to the buffers that it reads and writes.

    Attributes:
        forward: (z, out) to the calls that write f(z) into `out`; both are the same tensor
            unless `keeps_input`.
        derivative: (source, out) to the calls that write f'(z) into `out`, from z where
            `keeps_input`, else from f(z). None stands for the constant 1.
        keeps_input: the derivative needs the pre-activation z.
    """

    forward: Callable[[Tensor, Tensor], list[Call]]
    derivative: Callable[[Tensor, Tensor], list[Call]] | None
    keeps_input: bool = False


@dataclass(frozen=True)
class Activation:
    """An activation function.

    Attributes:
        name: its key in experiments, links and language catalogs.
        formula: LaTeX of f(z).
        code: the line of PyTorch that makes its module.
        bounds: range of its values, for colour scales; None where it is unbounded.
        module: makes the torch module.
        kernel: makes the dense engine's kernel.
    """

    name: str
    formula: str
    code: str
    bounds: tuple[float, float] | None
    module: Callable[[], nn.Module]
    kernel: Callable[[], Kernel]


ACTIVATIONS: dict[str, Activation] = {}


def _entry(
    name: str,
    formula: str,
    module: str | None,
    *,
    options: dict[str, float] | None = None,
    bounds: tuple[float, float] | None = None,
) -> Callable[[Callable[[], Kernel]], Callable[[], Kernel]]:
    """Enters the decorated kernel maker into ACTIVATIONS."""

    def enter(kernel: Callable[[], Kernel]) -> Callable[[], Kernel]:
        arguments = ", ".join(f"{key}={value}" for key, value in (options or {}).items())
        code = f"nn.{module}({arguments})" if module else "Sine()"

        def make() -> nn.Module:
            from torch import nn

            return getattr(nn, module)(**(options or {})) if module else _sine_module()

        ACTIVATIONS[name] = Activation(name, formula, code, bounds, make, kernel)
        return kernel

    return enter


def _sine_module() -> nn.Module:
    import torch
    from torch import nn

    class Sine(nn.Module):
        """sin z, elementwise (Sitzmann et al. 2020, without their frequency factor)."""

        def forward(self, z: Tensor) -> Tensor:
            return torch.sin(z)

    return Sine()


@_entry("linear", "z", "Identity")
def _linear() -> Kernel:
    return Kernel(lambda z, out: [] if out is z else [partial(out.copy_, z)], None)


@_entry("relu", r"\max(0, z)", "ReLU")
def _relu() -> Kernel:
    import torch

    return Kernel(lambda z, out: [z.relu_], lambda a, out: [partial(torch.sign, a, out=out)])


@_entry("leaky_relu", r"\max(0.01\,z, z)", "LeakyReLU", options={"negative_slope": 0.01})
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


@_entry("elu", r"z \text{ if } z > 0 \text{ else } e^z - 1", "ELU")
def _elu() -> Kernel:
    import torch

    return Kernel(
        lambda z, out: [partial(torch.nn.functional.elu_, z)],
        lambda a, out: [partial(torch.clamp, a, max=0, out=out), partial(out.add_, 1)],
    )


@_entry("gelu", r"z\,\Phi(z)", "GELU")
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


@_entry("silu", r"z\,\sigma(z)", "SiLU")
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


@_entry("softplus", r"\ln(1 + e^z)", "Softplus")
def _softplus() -> Kernel:
    import torch

    forward = torch._C._nn.softplus  # pyright: ignore[reportAttributeAccessIssue]
    return Kernel(
        lambda z, out: [partial(forward, z, out=out)],
        lambda z, out: [partial(torch.sigmoid, z, out=out)],
        keeps_input=True,
    )


@_entry("sigmoid", r"\frac{1}{1 + e^{-z}}", "Sigmoid", bounds=(0.0, 1.0))
def _sigmoid() -> Kernel:
    import torch

    return Kernel(
        lambda z, out: [z.sigmoid_],
        lambda a, out: [partial(torch.addcmul, a, a, a, value=-1, out=out)],
    )


@_entry("tanh", r"\tanh z", "Tanh", bounds=(-1.0, 1.0))
def _tanh() -> Kernel:
    import torch

    def derivative(a: Tensor, out: Tensor) -> list[Call]:
        return [partial(torch.addcmul, torch.ones_like(a), a, a, value=-1, out=out)]

    return Kernel(lambda z, out: [z.tanh_], derivative)


@_entry("sine", r"\sin z", None, bounds=(-1.0, 1.0))
def _sine() -> Kernel:
    import torch

    return Kernel(
        lambda z, out: [partial(torch.sin, z, out=out)],
        lambda z, out: [partial(torch.cos, z, out=out)],
        keeps_input=True,
    )
