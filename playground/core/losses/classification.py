"""Losses of classes: likelihoods of scores, and the margin."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from playground.core.activations import Call
from playground.core.losses.base import CLASSIFICATION, Loss

if TYPE_CHECKING:
    from torch import Tensor


def _bce(o: Tensor, t: Tensor, dim: int) -> Tensor:
    import torch

    return torch.nn.functional.binary_cross_entropy_with_logits(o, t)


def _bce_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    import torch

    return [partial(torch.sigmoid, o, out=out), partial(out.sub_, t)]


def _cross_entropy(o: Tensor, t: Tensor, dim: int) -> Tensor:
    import torch

    return -(torch.log_softmax(o, dim) * t).sum(dim).mean()


def _cross_entropy_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    import torch

    return [partial(torch.softmax, o, dim, out=out), partial(out.sub_, t)]


def _smoothed(t: Tensor, dim: int, smoothing: float) -> Tensor:
    """Targets with a share of their certainty given to all classes alike."""
    return t * (1 - smoothing) + smoothing / max(t.shape[dim], 2)


def _label_smoothing(o: Tensor, t: Tensor, dim: int, smoothing: float = 0.1) -> Tensor:
    loss = _bce if o.shape[dim] == 1 else _cross_entropy
    return loss(o, _smoothed(t, dim, smoothing), dim)


def _label_smoothing_gradient(
    o: Tensor, t: Tensor, out: Tensor, dim: int, smoothing: float = 0.1
) -> list[Call]:
    first = _bce_gradient if o.shape[dim] == 1 else _cross_entropy_gradient
    # The targets' part of it, taken apart: t moves between batches, its buffer does not.
    return [
        first(o, t, out, dim)[0],
        partial(out.sub_, t, alpha=1 - smoothing),
        partial(out.sub_, smoothing / max(o.shape[dim], 2)),
    ]


def _focal(o: Tensor, t: Tensor, dim: int, focal_gamma: float = 2.0) -> Tensor:
    import torch

    if o.shape[dim] == 1:
        # With x = o for class 1 and −o for class 0, p = σ(x): (1 − p)^γ (−ln p)
        x = o * (2 * t - 1)
        log_p, log_rest = (torch.nn.functional.logsigmoid(sign * x) for sign in (1, -1))
        return -(torch.exp(focal_gamma * log_rest) * log_p).mean()
    log_p = (torch.log_softmax(o, dim) * t).sum(dim)
    return -(_rest(torch.softmax(o, dim), t, dim)[0] ** focal_gamma * log_p).mean()


def _rest(p: Tensor, t: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """1 − p of the true class, as the sum of the others', never quite 0; and p itself."""
    import torch

    tiny = torch.finfo(p.dtype).tiny
    return (p * (1 - t)).sum(dim).clamp(min=tiny), (p * t).sum(dim)


def _focal_gradient(
    o: Tensor, t: Tensor, out: Tensor, dim: int, focal_gamma: float = 2.0
) -> list[Call]:
    import torch

    log_sigmoid = torch.nn.functional.logsigmoid

    def two_classes() -> None:
        # (1 − p)^γ (γ p ln p + p − 1), Lin et al. 2017, appendix B
        sign = 2 * t - 1
        x = o * sign
        log_p, log_rest = log_sigmoid(x), log_sigmoid(-x)
        slope = focal_gamma * log_p.exp() * log_p - log_rest.exp()
        torch.mul(slope.mul_(torch.exp(focal_gamma * log_rest)), sign, out=out)

    def many_classes() -> None:
        p = torch.softmax(o, dim)
        rest, true = _rest(p, t, dim)
        log_p = (torch.log_softmax(o, dim) * t).sum(dim)
        slope = focal_gamma * rest ** (focal_gamma - 1) * true * log_p - rest**focal_gamma
        torch.mul(t - p, slope.unsqueeze(dim), out=out)

    return [two_classes if o.shape[dim] == 1 else many_classes]


def _hinge(o: Tensor, t: Tensor, dim: int) -> Tensor:
    units = o.shape[dim]
    if units == 1:
        return (1 - t * o).clamp(min=0).mean()
    # Weston & Watkins 1999, as torch.nn.MultiMarginLoss: the wrong classes' margins, over units
    margins = (1 - (o * t).sum(dim, keepdim=True) + o).clamp(min=0) * (1 - t)
    return margins.sum(dim).mean() / units


def _hinge_gradient(o: Tensor, t: Tensor, out: Tensor, dim: int) -> list[Call]:
    units = o.shape[dim]

    def two_classes() -> None:
        out.copy_((t * o < 1) * t).neg_()

    def many_classes() -> None:
        inside = 1 - (o * t).sum(dim, keepdim=True) + o > 0
        wrong = (inside * (1 - t)).to(o.dtype)
        out.copy_(wrong - t * wrong.sum(dim, keepdim=True)).mul_(1 / units)

    return [two_classes if units == 1 else many_classes]


SCORES = (
    Loss(
        "bce",
        r"-t \ln\sigma(o) - (1 - t)\ln(1 - \sigma(o))",
        "nn.BCEWithLogitsLoss()",
        frozenset(("binary",)),
        _bce,
        _bce_gradient,
        binary_targets=(0, 1),
        logits=True,
    ),
    Loss(
        "cross_entropy",
        r"-\ln \mathrm{softmax}(o)_t",
        "nn.CrossEntropyLoss()",
        frozenset(("multiclass",)),
        _cross_entropy,
        _cross_entropy_gradient,
        logits=True,
    ),
    Loss(
        "label_smoothing",
        r"-\textstyle\sum_k \tilde t_k \ln p_k, \tilde t = (1 - \varepsilon) t + \varepsilon / K",
        "nn.CrossEntropyLoss(label_smoothing={smoothing})  # two classes: "
        "torch.nn.functional.binary_cross_entropy_with_logits("
        "output, target * (1 - {smoothing}) + {smoothing} / 2)",
        CLASSIFICATION,
        _label_smoothing,
        _label_smoothing_gradient,
        binary_targets=(0, 1),
        logits=True,
        uses=("smoothing",),
    ),
    Loss(
        "focal",
        r"-(1 - p_t)^\gamma \ln p_t",
        "-((1 - output.softmax(1)) ** {focal_gamma} * output.log_softmax(1) * target).sum(1).mean()"
        "  # two classes: -(torch.sigmoid((1 - 2 * target) * output) ** {focal_gamma} * "
        "torch.nn.functional.logsigmoid((2 * target - 1) * output)).mean()",
        CLASSIFICATION,
        _focal,
        _focal_gradient,
        binary_targets=(0, 1),
        logits=True,
        uses=("focal_gamma",),
    ),
    Loss(
        "hinge",
        r"\max(0, 1 - t\,o)",
        "nn.MultiMarginLoss()  # two classes: (1 - target * output).clamp(min=0).mean()",
        CLASSIFICATION,
        _hinge,
        _hinge_gradient,
    ),
)
