"""What an activation is, and the registry that its makers enter it into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
        module: makes the torch module; of the typed formula, from its text.
        kernel: makes the dense engine's kernel; None where there is none, and a network that
            uses the activation trains in the autograd engine.
        learned: how many numbers it learns per layer.
        elementwise: each value depends on its own unit alone.
        surrogate: what stands in for a derivative that is zero almost everywhere, so that no
            difference quotient gives it.
        typed: the visitor types its formula.
    """

    name: str
    formula: str
    code: str
    bounds: tuple[float, float] | None
    module: Callable[..., nn.Module]
    kernel: Callable[[], Kernel] | None
    learned: int = 0
    elementwise: bool = True
    surrogate: bool = False
    typed: bool = False


ACTIVATIONS: dict[str, Activation] = {}


def entry(
    name: str,
    formula: str,
    module: str | Callable[[], nn.Module],
    *,
    options: dict[str, float] | None = None,
    bounds: tuple[float, float] | None = None,
    surrogate: bool = False,
) -> Callable[[Callable[[], Kernel]], Callable[[], Kernel]]:
    """Enters the decorated kernel maker into ACTIVATIONS.

    Args:
        name, formula, bounds, surrogate: see `Activation`.
        module: the class in torch.nn, or what makes a module that torch has no class for.
        options: keyword arguments of the class.
    """

    def enter(kernel: Callable[[], Kernel]) -> Callable[[], Kernel]:
        code, make = torch_module(module, options) if isinstance(module, str) else ("", module)
        ACTIVATIONS[name] = Activation(
            name, formula, code or f"{name.title()}()", bounds, make, kernel, surrogate=surrogate
        )
        return kernel

    return enter


def torch_module(
    kind: str, options: dict[str, float] | None = None
) -> tuple[str, Callable[[], nn.Module]]:
    """The line of code and the maker of a module that torch has."""
    arguments = ", ".join(f"{key}={value}" for key, value in (options or {}).items())

    def make() -> nn.Module:
        from torch import nn

        return getattr(nn, kind)(**(options or {}))

    return f"nn.{kind}({arguments})", make
