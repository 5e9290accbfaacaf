"""How sure a network is, measured in several ways, and whether it is right to be.

A belief is what one way says of points: of classes the shares that it gives them, of values a
mean and how far off it may be. What is told apart is how much its answers disagree among
themselves (other networks, other units silenced, other weights of the head) and how likely they
are to be wrong, which a single network can be sure or unsure of as well.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from playground.core.analysis.brushed import class_shares
from playground.core.analysis.laplace import LastLayer, expected, probit
from playground.core.finite import finite

if TYPE_CHECKING:
    from playground.core.run import Run

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)  # of intervals of values


@dataclass(frozen=True, eq=False)
class Belief:
    """What one way says of n points, float64.

    Attributes:
        mean: the shares of all classes (C, n), or values in their own units (outputs, n).
        spread: standard deviation of the answers among themselves (n,): of two classes of the
            second one's share, of more of the share of the class that is said, or of the value.
    """

    mean: Tensor
    spread: Tensor

    @property
    def entropy(self) -> Tensor:
        """Of the shares of classes, (n,): 0 where one is certain, 1 where all are alike."""
        return torch.special.entr(self.mean).sum(0) / math.log(len(self.mean))


def of_answers(run: Run, answers: Tensor) -> Belief:
    """The belief of several networks together.

    Args:
        answers: outputs (K, units, n), as `Engine.output` gives them.
    """
    said = torch.stack([told(run, one) for one in answers.double()])
    mean = said.mean(0)
    apart = said.var(0, correction=0).clamp(min=0).sqrt()
    return Belief(mean, _chosen(run, mean, apart))


def told(run: Run, output: Tensor) -> Tensor:
    """Shares of classes (C, n), or values in their own units, of an output (units, n)."""
    if run.schema.task == "regression":
        values = run.loss.prediction(output)
        return values * run.data.target_std + run.data.target_mean
    return class_shares(run.loss.probability(output, 0))


def _chosen(run: Run, mean: Tensor, apart: Tensor) -> Tensor:
    """Of every answer's deviation (answers, n) the one that counts, (n,)."""
    if run.schema.task == "regression":
        return apart.square().mean(0).sqrt()
    if len(mean) == 2:
        return apart[1]
    return apart.gather(0, mean.argmax(0)[None])[0]


def of_head(run: Run, layer: LastLayer, features: Tensor, activation: Any, prior: float) -> Belief:
    """The belief of a head with Gaussian weights.

    Two classes by the probit approximation, several by the extended one, values behind a linear
    head in closed form, everything else by quadrature or samples.

    Args:
        features: of the points, (n, h).
        activation: of the head, from sums to outputs.
        prior: precision.
    """
    sums = features @ layer.weights[:, :-1].mT + layer.weights[:, -1]
    covariance = layer.spread(features, prior)

    def said(values: Tensor) -> Tensor:
        return told(run, activation(values).mT).mT

    mean, apart = expected(said, sums, covariance)
    variance = covariance.diagonal(dim1=1, dim2=2)
    linear = run.experiment.output_activation == "linear"
    if run.schema.task == "regression":
        if linear and not run.loss.rates:
            mean = said(sums)
            apart = variance.clamp(min=0).sqrt() * run.data.target_std
    elif linear and run.loss.logits:
        mean = said(probit(sums, variance))
    return Belief(mean.mT, _chosen(run, mean.mT, apart.mT))


# ---- whether it is right to be so sure


def class_calibration(
    shares: Tensor, truth: Tensor, bins: int = 10
) -> tuple[dict[str, Any], Tensor]:
    """How well shares of classes are calibrated.

    Args:
        shares: (C, n).
        truth: class indices (n,).

    Returns:
        "accuracy", "ece" (expected calibration error of the class that is said, Guo et al. 2017),
        "nll" (mean negative log of the true class's share) and "brier" (mean square of what is
        missing; of two classes that of the second alone, Brier 1950); and the reliability diagram
        (3, bins): mean confidence, share that came true and number of points.
    """
    from playground.core.analysis.metrics import calibration

    confidence, said = shares.max(0)
    right = said == truth
    rows, ece = calibration(right, confidence)
    own = shares.gather(0, truth[None])[0]
    wanted = torch.nn.functional.one_hot(truth, len(shares)).mT
    missed = (shares - wanted).square()
    brier = missed[1] if len(shares) == 2 else missed.sum(0)
    tiny = torch.finfo(torch.float64).tiny
    numbers = {
        "accuracy": right.double().mean().item(),
        "ece": ece,
        "nll": finite(-own.clamp(min=tiny).log().mean().item()),
        "brier": finite(brier.mean().item()),
    }
    return numbers, rows


def value_calibration(
    mean: Tensor, deviation: Tensor, truth: Tensor
) -> tuple[dict[str, Any], Tensor]:
    """How well Gaussian intervals of values are calibrated.

    Args:
        mean, deviation, truth: (n,), the deviation with noise.

    Returns:
        "rmse", "nll" (mean, of the Gaussian density), "apart" (mean distance of nominal and real
        coverage); and coverage (2, levels): nominal, and the share of points within.
    """
    levels = torch.tensor(LEVELS, dtype=torch.float64)
    width = math.sqrt(2) * torch.erfinv(levels)
    off = (truth - mean).abs()
    inside = (off <= width[:, None] * deviation).double().mean(1)
    variance = deviation.square().clamp(min=1e-300)
    nll = 0.5 * ((2 * math.pi * variance).log() + off.square() / variance)
    numbers = {
        "rmse": finite(off.square().mean().sqrt().item()),
        "nll": finite(nll.mean().item()),
        "apart": (inside - levels).abs().mean().item(),
    }
    return numbers, torch.stack((levels, inside))
