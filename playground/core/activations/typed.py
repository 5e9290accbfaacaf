"""The activation that the visitor types, as a formula of z. Its derivative is autograd's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.core.activations.base import ACTIVATIONS, Activation
from playground.core.formula import parse

if TYPE_CHECKING:
    from torch import Tensor, nn

    from playground.core.formula import Formula

VARIABLES = ("z",)
SOFTSIGN = "z/(1+abs(z))"  # what stands in the field at first; nn.Softsign


def read(text: str) -> Formula:
    """The formula of an activation.

    Raises:
        PlaygroundError: it is none; says why.
    """
    return parse(text, VARIABLES)


def _module(text: str = SOFTSIGN) -> nn.Module:
    from torch import nn

    formula = read(text)

    class Typed(nn.Module):
        """f(z) as typed."""

        def forward(self, z: Tensor) -> Tensor:
            found = formula.numbers(z=z)
            # A constant or a condition has no derivative of its own: it is zero.
            return found if found.requires_grad or not z.requires_grad else found + 0 * z

        def extra_repr(self) -> str:
            return text

    return Typed()


ACTIVATIONS["formula"] = Activation(
    "formula", read(SOFTSIGN).latex, f'Formula("{SOFTSIGN}")', None, _module, None, typed=True
)


def module_of(name: str, formula: str) -> nn.Module:
    """The module of an activation, with the formula of the block where it is the typed one."""
    entry = ACTIVATIONS[name]
    return entry.module(formula) if entry.typed else entry.module()


def code_of(name: str, formula: str) -> str:
    """The line of PyTorch that makes that module."""
    entry = ACTIVATIONS[name]
    return f'Formula("{formula}")' if entry.typed else entry.code


def latex_of(name: str, formula: str) -> str:
    """How f(z) is written."""
    entry = ACTIVATIONS[name]
    return read(formula).latex if entry.typed else entry.formula
