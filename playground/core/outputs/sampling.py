"""From a network's numbers to the next token: temperature, top-k, top-p, and one draw."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Sampling:
    """How the next token is drawn.

    Attributes:
        temperature: logits are divided by it; 0 takes the most likely token.
        top_k: only so many of the most likely tokens stay; 0 for all.
        top_p: only the fewest most likely tokens whose probabilities reach this sum stay
            (Holtzman et al. 2020); 1 for all.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0


def probabilities(logits: Tensor, sampling: Sampling) -> Tensor:
    """With which probability each token is drawn.

    Temperature comes first, then top-k, then top-p of what is left. Among equally likely tokens
    the one with the smaller number goes first.

    Args:
        logits: (tokens,), finite.

    Returns:
        (tokens,) float64, with sum 1; 0 for tokens that are cut off.
    """
    logits = logits.double()
    order = torch.argsort(logits, descending=True, stable=True)
    if sampling.temperature <= 0:
        return torch.zeros_like(logits).index_fill_(0, order[:1], 1.0)
    chances = torch.softmax(logits / sampling.temperature, 0)[order]
    if 0 < sampling.top_k < len(chances):
        chances[sampling.top_k :] = 0
        chances /= chances.sum()
    if sampling.top_p < 1:
        # A token stays while those before it do not yet reach the sum.
        before = chances.cumsum(0) - chances
        chances[before >= sampling.top_p] = 0
        if chances.sum() == 0:  # a sum of 0 leaves the first
            chances[0] = 1
        chances /= chances.sum()
    return torch.empty_like(chances).index_copy_(0, order, chances)


def drawn(chances: Tensor, generator: torch.Generator) -> int:
    """One token, drawn with these probabilities (tokens,)."""
    point = torch.rand((), dtype=torch.float64, generator=generator)
    below = chances.cumsum(0)
    place = int(torch.searchsorted(below, point * below[-1], right=True))
    # Rounding may carry the point past the last token that can be drawn.
    return min(place, int(chances.nonzero()[-1]))


def perplexity(cross_entropy: float | None) -> float | None:
    """e to the mean cross-entropy (nats): between so many equally likely tokens the network
    hesitates; None where it is beyond every number."""
    if cross_entropy is None or cross_entropy > 700:
        return None
    return math.exp(cross_entropy)


def cross_entropy(logits: Tensor, targets: Tensor) -> float:
    """Mean surprise, −log p of what came, in nats.

    Args:
        logits: (tokens, answers).
        targets: (answers,) whole numbers.
    """
    log_chances = torch.log_softmax(logits.double(), 0)
    return float(-log_chances.gather(0, targets[None]).mean())
