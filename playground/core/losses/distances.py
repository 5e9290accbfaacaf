"""Losses of a distance between output and target, and those of regression alone."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from playground.core.activations import Call
from playground.core.losses.base import ALL_TASKS, REGRESSION, Loss, difference

if TYPE_CHECKING:
    from torch import Tensor


def _mse(o: Tensor, t: Tensor, dim: int) -> Tensor:
    return (o - t).square().mean()


def _mse_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    return [difference(o, t, out), partial(out.mul_, 2 / o.shape[dim])]


def _half_squared(o: Tensor, t: Tensor, dim: int) -> Tensor:
    return (o - t).square().sum(dim).mean() * 0.5


def _half_squared_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    return [difference(o, t, out)]


def _mae(o: Tensor, t: Tensor, dim: int) -> Tensor:
    return (o - t).abs().mean()


def _mae_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    return [difference(o, t, out), out.sign_, partial(out.mul_, 1 / o.shape[dim])]


def _huber(o: Tensor, t: Tensor, dim: int) -> Tensor:
    distance = (o - t).abs()
    inside = distance.clamp(max=1)
    return (inside * (distance - 0.5 * inside)).mean()


def _huber_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    return [
        difference(o, t, out),
        partial(out.clamp_, -1, 1),
        partial(out.mul_, 1 / o.shape[dim]),
    ]


def _log_cosh(o: Tensor, t: Tensor, dim: int) -> Tensor:
    import torch

    # ln cosh d without the overflow of cosh
    distance = (o - t).abs()
    return (distance + torch.log1p(torch.exp(-2 * distance)) - math.log(2)).mean()


def _log_cosh_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    return [difference(o, t, out), out.tanh_, partial(out.mul_, 1 / o.shape[dim])]


def _quantile(o: Tensor, t: Tensor, dim: int, quantile: float = 0.5) -> Tensor:
    above = o - t
    return ((1 - quantile) * above.relu() + quantile * (-above).relu()).mean()


def _quantile_gradient(
    o: Tensor, t: Tensor, out: Tensor, dim: int, quantile: float = 0.5
) -> list[Call]:
    import torch

    above = torch.empty_like(out)
    return [
        partial(torch.gt, o, t, out=above),
        partial(torch.lt, o, t, out=out),
        partial(out.mul_, -quantile / o.shape[dim]),
        partial(out.add_, above, alpha=(1 - quantile) / o.shape[dim]),
    ]


def _poisson(o: Tensor, t: Tensor, dim: int) -> Tensor:
    import torch

    return torch.nn.functional.poisson_nll_loss(o, t)


def _poisson_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    import torch

    return [
        partial(torch.exp, o, out=out),
        partial(out.sub_, t),
        partial(out.mul_, 1 / o.shape[dim]),
    ]


DISTANCES = (
    Loss("mse", r"(o - t)^2", "nn.MSELoss()", ALL_TASKS, _mse, _mse_gradient),
    Loss(
        "half_squared",
        r"\tfrac{1}{2}(o - t)^2",
        "0.5 * (output - target).square().sum(1).mean()",
        ALL_TASKS,
        _half_squared,
        _half_squared_gradient,
    ),
    Loss("mae", r"|o - t|", "nn.L1Loss()", ALL_TASKS, _mae, _mae_gradient),
    Loss(
        "huber",
        r"\tfrac{1}{2}d^2 \text{ if } d < 1 \text{ else } d - \tfrac{1}{2},\; d = |o - t|",
        "nn.HuberLoss()",
        ALL_TASKS,
        _huber,
        _huber_gradient,
    ),
    Loss(
        "log_cosh",
        r"\ln \cosh(o - t)",
        "(output - target).cosh().log().mean()",
        ALL_TASKS,
        _log_cosh,
        _log_cosh_gradient,
    ),
    # Koenker & Bassett 1978
    Loss(
        "quantile",
        r"\max(q\,(t - o), (q - 1)(t - o))",
        "(target - output).mul({quantile}).maximum((output - target).mul(1 - {quantile})).mean()",
        REGRESSION,
        _quantile,
        _quantile_gradient,
        uses=("quantile",),
    ),
    Loss(
        "poisson",
        r"e^o - t\,o",
        "nn.PoissonNLLLoss()",
        REGRESSION,
        _poisson,
        _poisson_gradient,
        logits=True,
        rates=True,
    ),
)
