"""What a typed formula may call: each function for NumPy, for torch, and in LaTeX."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial, reduce
from typing import Any

import numpy as np

from playground.core.formula_latex import applied

Calls = dict[str, Callable[..., Any]]


@dataclass(frozen=True)
class Function:
    """One function of the visitor's language.

    Attributes:
        call: its key in `numpy_calls` and `torch_calls`.
        written: LaTeX from the LaTeX of its arguments.
        least, most: how many arguments it takes.
    """

    call: str
    written: Callable[..., str]
    least: int = 1
    most: int = 1

    @property
    def expected(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least}–{self.most}"


def _plain(name: str, latex: str | None = None) -> Function:
    return Function(name, partial(applied, latex or rf"\{name}"))


def _word(name: str) -> Function:
    return Function(name, partial(applied, rf"\operatorname{{{name}}}"))


FUNCTIONS: dict[str, Function] = {
    "sin": _plain("sin"),
    "cos": _plain("cos"),
    "tan": _plain("tan"),
    "asin": _plain("asin", r"\arcsin"),
    "acos": _plain("acos", r"\arccos"),
    "atan": _plain("atan", r"\arctan"),
    "sinh": _plain("sinh"),
    "cosh": _plain("cosh"),
    "tanh": _plain("tanh"),
    "exp": Function("exp", lambda x: f"e^{{{x}}}"),
    "log": _plain("log"),
    "ln": _plain("log", r"\ln"),
    "sqrt": Function("sqrt", lambda x: rf"\sqrt{{{x}}}"),
    "abs": Function("abs", lambda x: rf"\left|{x}\right|"),
    "sign": _word("sign"),
    "floor": Function("floor", lambda x: rf"\left\lfloor {x} \right\rfloor"),
    "ceil": Function("ceil", lambda x: rf"\left\lceil {x} \right\rceil"),
    "round": _word("round"),
    "sigmoid": _plain("sigmoid", r"\sigma"),
    "relu": _word("relu"),
    "softplus": _word("softplus"),
    "erf": _word("erf"),
    "min": Function("min", partial(applied, r"\min"), 2, 6),
    "max": Function("max", partial(applied, r"\max"), 2, 6),
}

_SHARED: Calls = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "neg": operator.neg,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
}


def _sigmoid(x: Any) -> Any:
    return 0.5 * (1 + np.tanh(0.5 * x))  # never overflows


@cache
def numpy_calls() -> Calls:
    """Every operation and function on NumPy arrays."""
    from math import erf

    same = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "log", "sqrt", "abs", "sign")
    return {
        **_SHARED,
        **{name: getattr(np, name) for name in (*same, "floor", "ceil", "round", "where")},
        "asin": np.arcsin,
        "acos": np.arccos,
        "atan": np.arctan,
        "sigmoid": _sigmoid,
        "relu": partial(np.maximum, 0.0),
        "softplus": partial(np.logaddexp, 0.0),
        "erf": np.vectorize(erf, otypes=[np.float64]),
        "div": np.divide,
        "mod": np.mod,
        "floordiv": lambda a, b: np.floor(np.divide(a, b)),
        "pow": np.float_power,
        "min": lambda *parts: reduce(np.minimum, parts),
        "max": lambda *parts: reduce(np.maximum, parts),
        "and": lambda *parts: reduce(np.logical_and, parts),
        "or": lambda *parts: reduce(np.logical_or, parts),
        "not": np.logical_not,
    }


@cache
def torch_calls() -> Calls:
    """Every operation and function on torch tensors, differentiable where it has a derivative."""
    import torch
    from torch.nn import functional

    same = ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "exp", "log")
    more = ("sqrt", "abs", "sign", "floor", "ceil", "round", "sigmoid", "relu", "erf")
    kinds = torch.Tensor

    def tensors(parts: tuple[Any, ...]) -> list[Any]:
        """Constants among tensors as tensors of their kind."""
        like = next(part for part in parts if isinstance(part, kinds))
        return [part if isinstance(part, kinds) else like.new_tensor(part) for part in parts]

    def both(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *parts: reduce(function, tensors(parts))

    return {
        **_SHARED,
        **{name: getattr(torch, name) for name in (*same, *more)},
        "softplus": partial(functional.softplus, threshold=40),
        "div": operator.truediv,
        "mod": both(torch.remainder),
        "floordiv": lambda a, b: torch.floor(a / b),
        "pow": torch.pow,
        "min": both(torch.minimum),
        "max": both(torch.maximum),
        "and": both(torch.logical_and),
        "or": both(torch.logical_or),
        "not": torch.logical_not,
        "where": torch.where,
    }
