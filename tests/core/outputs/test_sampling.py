"""The next token: temperature, top-k and top-p against a plain computation; draws counted."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.core.outputs.sampling import (
    Sampling,
    cross_entropy,
    drawn,
    perplexity,
    probabilities,
)


def plainly(logits: list[float], sampling: Sampling) -> list[float]:
    """The same with lists and loops."""
    ranked = sorted(range(len(logits)), key=lambda k: (-logits[k], k))
    if sampling.temperature == 0:
        return [float(k == ranked[0]) for k in range(len(logits))]
    top = max(logits)
    weights = [math.exp((value - top) / sampling.temperature) for value in logits]
    kept = ranked[: sampling.top_k] if sampling.top_k else ranked
    total = sum(weights[k] for k in kept)
    chances = {k: weights[k] / total for k in kept}
    if sampling.top_p < 1:
        reached, nucleus = 0.0, []
        for k in kept:
            if nucleus and reached >= sampling.top_p:
                break
            nucleus.append(k)
            reached += chances[k]
        chances = {k: chances[k] / reached for k in nucleus}
    return [chances.get(k, 0.0) for k in range(len(logits))]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(-8, 8).map(lambda x: round(x, 1)), min_size=1, max_size=12),
    st.sampled_from([0.0, 0.2, 0.7, 1.0, 2.5]),
    st.integers(0, 14),
    st.sampled_from([0.01, 0.35, 0.82, 0.97, 1.0]),
)
def test_against_a_plain_computation(logits, temperature, top_k, top_p):
    sampling = Sampling(temperature, top_k, top_p)
    found = probabilities(torch.tensor(logits, dtype=torch.float64), sampling)
    assert found.sum().item() == pytest.approx(1)
    expected = plainly(logits, sampling)
    # Where a sum meets top-p to the last digit, either side is right.
    ranked = sorted((w for w in plainly(logits, Sampling(temperature or 1, top_k))), reverse=True)
    sums = torch.tensor(ranked).double().cumsum(0)
    if temperature and (sums - top_p).abs().min() < 1e-9:
        return
    assert found.tolist() == pytest.approx(expected, abs=1e-12)


def test_nothing_is_drawn_that_was_cut_off():
    chances = probabilities(torch.tensor([3.0, 2.9, 1.0, -1.0]), Sampling(1.0, 2))
    generator = torch.Generator().manual_seed(1)
    counts = torch.bincount(torch.tensor([drawn(chances, generator) for _ in range(4000)]))
    assert len(counts) == 2
    share = 1 / (1 + math.exp(-0.1))
    assert abs(counts[0].item() / 4000 - share) < 4 * math.sqrt(share * (1 - share) / 4000)


def test_draws_follow_their_seed():
    chances = torch.full((5,), 0.2, dtype=torch.float64)
    first, second = (
        [drawn(chances, generator) for _ in range(20)]
        for generator in (torch.Generator().manual_seed(7) for _ in range(2))
    )
    assert first == second and len(set(first)) > 1


def test_one_token_alone():
    chances = probabilities(torch.tensor([-5.0]), Sampling(0.5, 3, 0.1))
    assert chances.tolist() == [1.0]
    assert drawn(chances, torch.Generator()) == 0


def test_perplexity_by_hand():
    # Three answers that came with probabilities 1/2, 1/4 and 1/8: the mean of 1, 2, 3 bits is 2.
    logits = torch.tensor([[0.5, 0.25, 0.125], [0.5, 0.75, 0.875]]).log()
    found = perplexity(cross_entropy(logits, torch.tensor([0, 0, 0])))
    assert found == pytest.approx(4)
    even = torch.zeros(27, 5)
    assert perplexity(cross_entropy(even, torch.arange(5))) == pytest.approx(27)
    assert perplexity(None) is None and perplexity(1e4) is None
