"""The optimizers that a compiled step knows: one table.

Each is a function of a weight, its gradient and what is remembered beside it, written for whole
tensors; the flat rules of `playground.core.optimizers`, which check and tests hold them against.
What depends on nothing but the number of the step (bias corrections) is no part of the step: it
is computed ahead for some thousand steps in float64, and the driver hands each step its row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from playground.core.optimizers import SGD, OptimizerBase
from playground.core.optimizers.adam import MOMENTUM_DECAY, Adam, AdamW, NAdam, RAdam
from playground.core.optimizers.adaptive import ADADELTA_EPS, Adadelta, Adagrad, RMSProp
from playground.core.optimizers.base import EPS
from playground.core.optimizers.newer import Lion

Numbers = dict[str, Tensor]
Moved = tuple[Tensor, Numbers]
ADAGRAD_EPS = 1e-10


@dataclass(frozen=True)
class Rule:
    """An optimizer as the kernel computes it.

    Attributes:
        kind: whose settings it has; any settings with the same attributes will do.
        move: a weight, its gradient and what is remembered of it, with the numbers of `knobs`
            and `ticks` by name, to the weight behind the step and what is remembered then.
        remembers: what there is for each weight, by the names of the flat rule.
        knobs: settings to numbers, always of the same names.
        counts: single numbers that the flat rule remembers, the first columns of `ticks`.
        ticks: names of what differs from step to step.
        wind: settings, the present `counts` and a number of steps to the rows of `ticks`, float64
            (steps, ticks).
    """

    kind: type[OptimizerBase]
    move: Callable[[Tensor, Tensor, Numbers, Numbers], Moved]
    remembers: tuple[str, ...] = ()
    knobs: Callable[[Any], dict[str, float]] = field(default=lambda _: {})
    counts: tuple[str, ...] = ()
    ticks: tuple[str, ...] = ()
    wind: Callable[[Any, dict[str, float], int], Tensor] | None = None


# ---- along the gradient


def _sgd(weight: Tensor, gradient: Tensor, _: Numbers, given: Numbers) -> Moved:
    return weight - given["rate"] * gradient, {}


def _momentum(weight: Tensor, gradient: Tensor, kept: Numbers, given: Numbers) -> Moved:
    velocity = given["momentum"] * kept["momentum"] + gradient
    step = given["of_gradient"] * gradient + given["of_velocity"] * velocity
    return weight - given["rate"] * step, {"momentum": velocity}


def _momentum_knobs(settings: Any) -> dict[str, float]:
    momentum, ahead = settings.momentum, settings.nesterov
    return {
        "momentum": momentum,
        "of_gradient": 1.0 if ahead else 0.0,
        "of_velocity": momentum if ahead else 1.0,
    }


def _lion(weight: Tensor, gradient: Tensor, kept: Numbers, given: Numbers) -> Moved:
    mean = kept["mean"]
    direction = (mean + given["rest1"] * (gradient - mean)).sign()
    shrunk = weight * (1 - given["rate"] * given["decay"])
    behind = mean + given["rest2"] * (gradient - mean)
    return shrunk - given["rate"] * direction, {"mean": behind}


# ---- divided by the size of past gradients


def _rmsprop(weight: Tensor, gradient: Tensor, kept: Numbers, given: Numbers) -> Moved:
    square = _faded(kept["square"], gradient * gradient, given)
    return weight - given["rate"] * gradient / (square.sqrt() + EPS), {"square": square}


def _adagrad(weight: Tensor, gradient: Tensor, kept: Numbers, given: Numbers) -> Moved:
    total = kept["sum"] + gradient * gradient
    return weight - given["rate"] * gradient / (total.sqrt() + ADAGRAD_EPS), {"sum": total}


def _adadelta(weight: Tensor, gradient: Tensor, kept: Numbers, given: Numbers) -> Moved:
    square = _faded(kept["square"], gradient * gradient, given)
    delta = kept["delta"]
    step = (delta + ADADELTA_EPS).sqrt() / (square + ADADELTA_EPS).sqrt() * gradient
    delta = _faded(delta, step * step, given)
    return weight - given["rate"] * step, {"square": square, "delta": delta}


def _faded(mean: Tensor, new: Tensor, given: Numbers) -> Tensor:
    return given["fade"] * mean + given["rest"] * new


def _fading(settings: Any) -> dict[str, float]:
    return {"fade": settings.decay, "rest": 1 - settings.decay}


# ---- Adam and its kin


def _means(gradient: Tensor, kept: Numbers, given: Numbers) -> Numbers:
    return {
        "mean": given["beta1"] * kept["mean"] + given["rest1"] * gradient,
        "square": given["beta2"] * kept["square"] + given["rest2"] * (gradient * gradient),
    }


def _adam(weight: Tensor, gradient: Tensor, kept: Numbers, given: Numbers) -> Moved:
    found = _means(gradient, kept, given)
    root = found["square"].sqrt() * given["grown2"] + EPS
    shrunk = weight * (1 - given["rate"] * given["decay"])
    return shrunk - given["rate"] * given["grown1"] * (found["mean"] / root), found


def _nadam(weight: Tensor, gradient: Tensor, kept: Numbers, given: Numbers) -> Moved:
    found = _means(gradient, kept, given)
    root = found["square"].sqrt() * given["grown2"] + EPS
    step = given["of_gradient"] * gradient + given["of_mean"] * found["mean"]
    return weight - given["rate"] * (step / root), found


def _radam(weight: Tensor, gradient: Tensor, kept: Numbers, given: Numbers) -> Moved:
    found = _means(gradient, kept, given)
    step = given["plain"] + given["known"] / (found["square"].sqrt() + EPS)
    return weight - given["rate"] * (found["mean"] * step), found


def _betas(settings: Any) -> dict[str, float]:
    return {
        "beta1": settings.beta1,
        "rest1": 1 - settings.beta1,
        "beta2": settings.beta2,
        "rest2": 1 - settings.beta2,
    }


def _betas_and_decay(settings: Any) -> dict[str, float]:
    return {**_betas(settings), "decay": getattr(settings, "weight_decay", 0.0)}


def _steps(counts: dict[str, float], many: int) -> Tensor:
    return counts["steps"] + torch.arange(1, many + 1, dtype=torch.float64)


def _adam_ticks(settings: Any, counts: dict[str, float], many: int) -> Tensor:
    steps = _steps(counts, many)
    first, second = (1 - beta**steps for beta in (settings.beta1, settings.beta2))
    return torch.stack((steps, 1 / first, second.rsqrt()), 1)


def _nadam_ticks(settings: Any, counts: dict[str, float], many: int) -> Tensor:
    steps = _steps(counts, many)
    now, then = (
        settings.beta1 * (1 - 0.5 * 0.96 ** (one * MOMENTUM_DECAY)) for one in (steps, steps + 1)
    )
    product = counts["product"] * now.cumprod(0)
    second = 1 - settings.beta2**steps
    of_gradient, of_mean = (1 - now) / (1 - product), then / (1 - product * then)
    return torch.stack((steps, product, second.rsqrt(), of_gradient, of_mean), 1)


def _radam_ticks(settings: Any, counts: dict[str, float], many: int) -> Tensor:
    steps = _steps(counts, many)
    first, second = (1 - beta**steps for beta in (settings.beta1, settings.beta2))
    # Length of the moving average behind the square: at its longest, and by now
    longest = 2 / (1 - settings.beta2) - 1
    length = longest - 2 * steps * settings.beta2**steps / second
    known = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    wary = length <= 5
    plain = torch.where(wary, 1 / first, 0.0)
    known = torch.where(wary, 0.0, (second * known).sqrt() / first)
    # The flat rule keeps a product too, which it has no use for.
    product = torch.full_like(steps, counts["product"])
    return torch.stack((steps, product, plain, known), 1)


MEANS = ("mean", "square")
RULES: dict[str, Rule] = {
    "sgd": Rule(SGD, _sgd),
    "momentum": Rule(SGD, _momentum, ("momentum",), _momentum_knobs),
    "rmsprop": Rule(RMSProp, _rmsprop, ("square",), _fading),
    "adagrad": Rule(Adagrad, _adagrad, ("sum",)),
    "adadelta": Rule(Adadelta, _adadelta, ("square", "delta"), _fading),
    "adam": Rule(
        AdamW,
        _adam,
        MEANS,
        _betas_and_decay,
        ("steps",),
        ("steps", "grown1", "grown2"),
        _adam_ticks,
    ),
    "nadam": Rule(
        NAdam,
        _nadam,
        MEANS,
        _betas,
        ("steps", "product"),
        ("steps", "product", "grown2", "of_gradient", "of_mean"),
        _nadam_ticks,
    ),
    "radam": Rule(
        RAdam,
        _radam,
        MEANS,
        _betas,
        ("steps", "product"),
        ("steps", "product", "plain", "known"),
        _radam_ticks,
    ),
    "lion": Rule(Lion, _lion, ("mean",), lambda one: {**_betas(one), "decay": one.weight_decay}),
}


def rule_of(optimizer: OptimizerBase) -> str | None:
    """The name of the rule that an optimizer steps by; None where the table has none."""
    if isinstance(optimizer, SGD):
        return "momentum" if optimizer.momentum > 0 else "sgd"
    if isinstance(optimizer, Adam):
        return "adam"
    return next((name for name, rule in RULES.items() if isinstance(optimizer, rule.kind)), None)
