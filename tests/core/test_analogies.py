"""Neighbours, differences of vectors and factors, against plain loops, NumPy and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from playground.core.analysis.analogies import (
    analogy,
    closeness,
    factors,
    nearest,
    steady,
)


def drawn(*shape: int, seed: int = 3) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def by_loop(table: Tensor, vector: list[float], measure: str) -> list[tuple[float, int]]:
    found = []
    for number, row in enumerate(table.tolist()):
        if measure == "euclidean":
            value = math.dist(row, vector)
        else:
            value = sum(a * b for a, b in zip(row, vector, strict=True)) / (
                math.hypot(*row) * math.hypot(*vector)
            )
        found.append((value, number))
    return sorted(found, reverse=measure == "cosine")


@pytest.mark.parametrize("measure", ["cosine", "euclidean"])
def test_neighbours_are_those_of_a_plain_loop(measure):
    table = drawn(30, 5)
    expected = [one for one in by_loop(table, table[4].tolist(), measure) if one[1] != 4]
    found = nearest(table, table[4], measure, 8, (4,))
    assert [row for row, _ in found] == [row for _, row in expected[:8]]
    assert [value for _, value in found] == pytest.approx([value for value, _ in expected[:8]])


@pytest.mark.parametrize("measure", ["cosine", "euclidean"])
def test_analogies_are_those_of_a_plain_loop(measure):
    table = drawn(25, 4) * torch.arange(1, 26)[:, None]
    rows = table[[7, 2, 11]]
    if measure == "cosine":
        rows = torch.stack([row / math.hypot(*row.tolist()) for row in rows])
    vector = (rows[0] - rows[1] + rows[2]).tolist()
    expected = [one for one in by_loop(table, vector, measure) if one[1] not in (7, 2, 11)]
    found = analogy(table, (7, 2, 11), measure, 5)
    assert [row for row, _ in found] == [row for _, row in expected[:5]]
    assert [value for _, value in found] == pytest.approx([value for value, _ in expected[:5]])


def test_king_minus_man_plus_woman():
    """Two directions, royalty and sex: the difference of one pair leads to the other."""
    names = ["king", "queen", "man", "woman", "bread"]
    table = torch.tensor([[1, 1, 0], [1, -1, 0], [0, 1, 0.1], [0, -1, 0.1], [0.3, 0, 2]]).double()
    terms = (names.index("king"), names.index("man"), names.index("woman"))
    for measure in ("cosine", "euclidean"):
        best, _ = analogy(table, terms, measure, 1)[0]
        assert names[best] == "queen"


def test_rows_without_direction_are_like_none():
    table = torch.tensor([[0.0, 0], [1, 0], [0, 2]]).double()
    assert nearest(table, table[1], "cosine", 5, (1,)) == [(2, 0.0)]
    assert nearest(table, table[0], "cosine", 5, (0,)) == []
    assert nearest(table, table[0], "euclidean", 5, (0,)) == [(1, 1.0), (2, 2.0)]
    assert closeness(table, table[0], "cosine").isnan().all()


def test_more_neighbours_than_there_are_and_a_table_of_one():
    assert [row for row, _ in nearest(drawn(3, 2), torch.ones(2).double(), "euclidean", 9)] != []
    assert nearest(drawn(1, 2), torch.ones(2).double(), "cosine", 9, (0,)) == []


@pytest.mark.parametrize(("users", "items", "width"), [(12, 9, 4), (3, 20, 5), (6, 2, 3)])
def test_factors_keep_every_product_and_are_numpys(users, items, width):
    first, second = drawn(users, width), drawn(items, width, seed=8)
    found = factors(first, second)
    product = first @ second.t()
    torch.testing.assert_close(found.first @ found.second.t(), product, atol=1e-10, rtol=0)
    singular = np.linalg.svd(product.numpy(), compute_uv=False)
    count = min(users, items, width)
    np.testing.assert_allclose(found.strengths[:count], singular[:count], atol=1e-10)
    gram = found.first.t() @ found.first
    torch.testing.assert_close(gram, torch.diag(found.strengths), atol=1e-9, rtol=0)
    torch.testing.assert_close(found.second.t() @ found.second, gram, atol=1e-9, rtol=0)
    assert sum(found.ratios) == pytest.approx(1)


def test_factors_do_not_see_what_the_network_cannot():
    """An invertible matrix on one table and its inverse on the other change no product."""
    first, second, matrix = drawn(8, 3), drawn(7, 3, seed=4), drawn(3, 3, seed=5)
    found = factors(first, second)
    other = factors(first @ matrix, second @ torch.linalg.inv(matrix).t())
    torch.testing.assert_close(other.first, found.first, atol=1e-8, rtol=0)
    torch.testing.assert_close(other.second, found.second, atol=1e-8, rtol=0)


def test_signs_stay_from_frame_to_frame():
    first, second = drawn(8, 3), drawn(7, 3, seed=4)
    before = factors(first, second)
    for step in range(40):
        moved = drawn(8, 3, seed=100 + step) * 0.02
        first = first + moved
        found = steady(factors(first, second), before)
        for axis in range(3):
            agree = (found.first[:, axis] @ before.first[:, axis]) + (
                found.second[:, axis] @ before.second[:, axis]
            )
            assert agree > 0
        before = found
    assert steady(found, factors(drawn(5, 3), second)) is found, "another table is no earlier one"


def test_tables_of_zeros_have_no_factors_but_finite_numbers():
    found = factors(torch.zeros(4, 2).double(), drawn(3, 2))
    assert found.first.isfinite().all() and found.second.isfinite().all()
    assert found.ratios == [0.0, 0.0]
