"""Embeddings, positions, dot products and global pooling."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from playground.core.modules.embedding import (
    DotProduct,
    GlobalPool,
    Positions,
    Tables,
    embedding_tables,
    sinusoids,
)
from tests.core.modules.checking import assert_gradients, drawn, filled

TOKENS = torch.tensor([[0, 4, 2], [2, 2, 1]])


def test_one_table_is_an_embedding_of_torch():
    ours = filled(Tables((5,), 4))
    theirs = nn.Embedding(5, 4, _weight=ours.tables[0].detach().clone())
    assert torch.equal(ours(TOKENS), theirs(TOKENS))
    assert embedding_tables(nn.Sequential(ours))[0] is ours.tables[0]
    assert embedding_tables(nn.Sequential(nn.Tanh())) == []
    assert_gradients(ours, TOKENS)


def test_every_place_may_have_a_table_of_its_own():
    ours = filled(Tables((5, 3, 9), 4))
    tokens = torch.tensor([[4, 2, 8], [0, 1, 0]])
    found = ours(tokens)
    for place, table in enumerate(embedding_tables(ours)):
        assert table.shape == ((5, 3, 9)[place], 4)
        assert torch.equal(found[:, place], table[tokens[:, place]])
    assert_gradients(ours, tokens)


@pytest.mark.parametrize("width", [1, 2, 7, 8])
def test_sinusoids_are_those_of_the_paper(width):
    table = sinusoids(6, width)
    assert table.shape == (6, width)
    for place in range(6):
        for column in range(width):
            angle = place / 10000 ** (2 * (column // 2) / width)
            expected = math.sin(angle) if column % 2 == 0 else math.cos(angle)
            assert table[place, column].item() == pytest.approx(expected, abs=1e-12)


def test_positions_are_added_and_begin_again_where_writing_begins():
    values = drawn(2, 7, 4)
    added = Positions(7, 4, learned=False, source=3)(values) - values
    torch.testing.assert_close(added[1, :3], sinusoids(3, 4))
    torch.testing.assert_close(added[0, 3:], sinusoids(4, 4))
    short = Positions(7, 4, learned=False, source=0)(values[:, :2]) - values[:, :2]
    torch.testing.assert_close(short[0], sinusoids(2, 4))
    block = Positions(7, 4, learned=False, source=0)
    assert not block.state_dict()  # what is computed is no state
    assert block.float()(values.float()).dtype == torch.float32


def test_learned_positions_are_a_table():
    block = filled(Positions(7, 4, learned=True, source=0))
    values = drawn(2, 7, 4)
    torch.testing.assert_close(block(values), values + block.table)
    torch.testing.assert_close(block(values[:, :5]), values[:, :5] + block.table[:5])
    assert_gradients(block, values)


def test_a_dot_product_multiplies_two_places():
    values = drawn(6, 2, 5)
    plain, biased = DotProduct(False), DotProduct(True)
    for row in range(6):
        one, other = values[row].tolist()
        product = sum(a * b for a, b in zip(one, other, strict=True))
        assert plain(values)[row].item() == pytest.approx(product)
        product = sum(a * b for a, b in zip(one[:-1], other[:-1], strict=True))
        assert biased(values)[row].item() == pytest.approx(product + one[-1] + other[-1])
    assert plain(values).shape == biased(values).shape == (6, 1)
    assert_gradients(biased, values)


@pytest.mark.parametrize("greatest", [False, True])
def test_global_pooling_leaves_one_number_for_each_channel(greatest):
    pool = GlobalPool(greatest)
    pictures, sequences = drawn(2, 3, 4, 5), drawn(2, 6, 3)
    reduce = torch.amax if greatest else torch.mean
    torch.testing.assert_close(pool(pictures), reduce(pictures.flatten(2), 2))
    torch.testing.assert_close(pool(sequences), reduce(sequences.transpose(1, 2), 2))
    assert_gradients(pool, pictures)
    assert_gradients(pool, sequences)
