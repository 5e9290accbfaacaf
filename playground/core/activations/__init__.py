"""The activations of the field: one entry each, with value, derivative and PyTorch module.

`Activation.kernel` is what the dense engine runs: in place where the derivative can be taken
from the activation's own value, with the pre-activation kept where it cannot. The autograd
engine runs `Activation.module`; a contract test holds the two together. What learns numbers,
looks at other units or is typed by the visitor has no kernel.

This package loads without torch: names and formulas are needed where nothing is computed.
"""

# Importing a family enters its activations; the order is that of the menus.
from playground.core.activations import rectifiers, smooth, bounded, typed  # isort: skip
from playground.core.activations.base import ACTIVATIONS, Activation, Call, Kernel
from playground.core.activations.typed import code_of, latex_of, module_of

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Call",
    "Kernel",
    "bounded",
    "code_of",
    "latex_of",
    "module_of",
    "rectifiers",
    "smooth",
    "typed",
]
