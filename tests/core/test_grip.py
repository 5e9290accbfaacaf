"""Hands on the spectrum of a weight matrix, held against numpy, in both engines."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from playground.core import grip
from playground.core.deeds import read_deed
from playground.core.engine import ENGINES
from playground.core.run import Run
from tests.core.test_hands import DENSE, assert_same, run_with, weights


def normal(rows: int, columns: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(rows, columns, dtype=torch.float64, generator=generator)


def values_of(matrix: Tensor) -> np.ndarray:
    return np.linalg.svd(matrix.numpy(), compute_uv=False)


# ---- matrices


@pytest.mark.parametrize("shape", [(4, 4), (2, 7), (6, 3), (1, 5), (1, 1)])
def test_one_singular_value_moves_and_the_others_stay(shape):
    matrix = normal(*shape)
    left, before, right = np.linalg.svd(matrix.numpy(), full_matrices=False)
    for place in range(len(before)):
        for value in (0.0, 0.4, 9.0):
            wanted = before.copy()
            wanted[place] = value
            changed = grip.with_value(matrix, grip.pair_at(matrix, place), value)
            np.testing.assert_allclose(changed, (left * wanted) @ right, atol=1e-12)
    below = grip.with_value(matrix, grip.pair_at(matrix, 0), -3.0)
    expected = [*before[1:], 0.0]
    np.testing.assert_allclose(values_of(below), expected, atol=1e-12, err_msg="none below 0")


@pytest.mark.parametrize("shape", [(5, 5), (3, 8), (9, 4)])
def test_the_cut_is_the_nearest_of_its_rank(shape):
    matrix = normal(*shape)
    values = values_of(matrix)
    for rank in range(len(values) + 1):
        cut = grip.with_rank(matrix, rank)
        assert np.linalg.matrix_rank(cut.numpy()) == rank
        away = np.linalg.norm(matrix.numpy() - cut.numpy())
        assert away == pytest.approx(math.sqrt((values[rank:] ** 2).sum()), abs=1e-12)


@pytest.mark.parametrize("shape", [(5, 5), (3, 8), (9, 4), (1, 3)])
def test_the_polar_factor_is_the_nearest_orthogonal_matrix(shape):
    matrix = normal(*shape)
    found = grip.nearest_orthogonal(matrix)
    np.testing.assert_allclose(values_of(found), 1, atol=1e-12)
    # W = (U Vᵀ) P with P positive semidefinite, by its own definition
    stretch = (found.t() @ matrix).numpy()
    np.testing.assert_allclose(stretch, stretch.T, atol=1e-12)
    assert np.linalg.eigvalsh(stretch).min() > -1e-12
    away = np.linalg.norm(matrix - found)
    for seed in range(20):
        other = grip.nearest_orthogonal(normal(*shape, seed=seed + 1))
        assert np.linalg.norm(matrix - other) >= away


def test_a_matrix_of_zeros_can_be_held_too():
    zeros = torch.zeros(3, 4, dtype=torch.float64)
    np.testing.assert_allclose(
        values_of(grip.with_value(zeros, grip.pair_at(zeros, 1), 2.0)), [2, 0, 0], atol=1e-12
    )
    np.testing.assert_allclose(values_of(grip.nearest_orthogonal(zeros)), 1, atol=1e-12)
    assert not grip.with_rank(zeros, 2).any()


def test_a_held_pair_is_followed_past_its_neighbour_and_through_training():
    matrix = torch.diag(torch.tensor([3.0, 2.0, 1.0], dtype=torch.float64))
    pair = grip.pair_at(matrix, 1)
    for value in (2.5, 3.0, 3.5, 1.0, 0.0, 0.5):
        pair = grip.followed(matrix, pair)
        matrix = grip.with_value(matrix, pair, value)
        np.testing.assert_allclose(matrix.diagonal(), [3, value, 1], atol=1e-12)
    turn = torch.linalg.matrix_exp(0.05 * (normal(3, 3) - normal(3, 3).t()))
    moved = grip.followed(turn @ matrix, pair)
    np.testing.assert_allclose(moved.left @ turn @ matrix @ moved.right, 0.5, atol=1e-9)
    assert pair.left @ moved.left > 0.9


# ---- deeds

DEEDS = [
    {"deed": "singular", "block": 1, "place": 0, "value": 0.2, "stroke": 7},
    {"deed": "singular", "block": 1, "place": 0, "value": 4.0, "stroke": 7},
    {"deed": "rank", "block": 2, "rank": 1},
    {"deed": "orthogonal", "block": 2},
    {"deed": "singular", "block": 3, "place": 0, "value": 0.0, "stroke": None},
    {"deed": "undo"},
]


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_both_engines_obey_while_they_train(name):
    layers = [DENSE, {**DENSE, "frozen": True}, DENSE]
    runs = [run_with(engine, *layers, optimizer={"name": name}) for engine in ENGINES]
    for run in runs:
        run.act({"deed": "cut", "block": 2, "unit": 1, "source": 2, "on": True})
        for deed in DEEDS:
            run.advance(4)
            assert read_deed(deed) == deed
            assert run.act(deed)
        run.advance(4)
        assert weights(run)[1][0][1, 2] == 0, "what is cut stays cut"
    assert_same(*runs)


@pytest.mark.parametrize("engine", list(ENGINES))
def test_deeds_say_what_they_did_to_the_spectrum(engine):
    run = run_with(engine)
    run.advance(30)
    before = weights(run)
    values = values_of(before[1][0])
    assert run.act({"deed": "singular", "block": 2, "place": 1, "value": 5.0, "stroke": None})
    expected = sorted([values[0], 5.0, values[2]], reverse=True)
    np.testing.assert_allclose(values_of(weights(run)[1][0]), expected, atol=1e-9)
    assert run.act({"deed": "rank", "block": 2, "rank": 2})
    np.testing.assert_allclose(values_of(weights(run)[1][0]), [*expected[:2], 0], atol=1e-9)
    assert run.act({"deed": "orthogonal", "block": 2})
    np.testing.assert_allclose(values_of(weights(run)[1][0]), 1, atol=1e-9)
    for index in (0, 2):
        assert all(
            torch.equal(a, b) for a, b in zip(weights(run)[index], before[index], strict=True)
        )
    for _ in range(3):
        assert run.act({"deed": "undo"})
    assert torch.equal(weights(run)[1][0], before[1][0])


def test_a_stroke_is_undone_at_once_and_measured_from_its_start():
    run = run_with("dense")
    run.advance(100)
    run.measure()
    before, scores = weights(run)[0][0], run.metrics
    for value in (1.5, 0.8, 0.1):
        run.act({"deed": "singular", "block": 1, "place": 0, "value": value, "stroke": 12})
    effect = run.hands.effect
    assert effect is not None and run.hands.depth == 1
    assert (effect["deed"], effect["block"]) == ("singular", 1)
    assert effect["before"]["train_loss"] == pytest.approx(scores.train_loss)
    run.measure()
    assert effect["after"]["test_score"] == run.metrics.test_score
    assert effect["after"]["train_loss"] == pytest.approx(run.metrics.train_loss)
    assert effect["after"]["train_loss"] != pytest.approx(effect["before"]["train_loss"])
    run.act({"deed": "undo"})
    assert torch.equal(weights(run)[0][0], before)
    effect = run.hands.effect
    assert effect is not None and effect["after"]["train_loss"] == pytest.approx(scores.train_loss)
    run.act({"deed": "singular", "block": 1, "place": 1, "value": 1.5, "stroke": 12})
    run.act({"deed": "singular", "block": 1, "place": 1, "value": 1.5, "stroke": 13})
    assert run.hands.depth == 2, "after undo, and by another number, it is a new one"


def test_cut_links_stay_cut_in_the_new_matrix():
    run = run_with("dense")
    run.act({"deed": "cut", "block": 2, "unit": 0, "source": 1, "on": True})
    before = weights(run)[1][0]
    run.act({"deed": "orthogonal", "block": 2})
    wanted = grip.nearest_orthogonal(before)
    wanted[0, 1] = 0
    torch.testing.assert_close(weights(run)[1][0], wanted)


@pytest.mark.parametrize(
    "deed",
    [
        {"deed": "singular", "block": 1, "place": 2, "value": 1.0, "stroke": None},
        {"deed": "singular", "block": 0, "place": 0, "value": 1.0, "stroke": None},
        {"deed": "rank", "block": 1, "rank": 3},
        {"deed": "orthogonal", "block": 9},
    ],
)
def test_what_is_not_there_cannot_be_held(deed):
    run = run_with("dense")
    before = weights(run)
    assert read_deed(deed) == deed
    assert not run.act(deed)
    assert all(torch.equal(a[0], b[0]) for a, b in zip(weights(run), before, strict=True))
    assert run.hands.effect is None


@pytest.mark.parametrize(
    "fields",
    [
        {"value": math.nan},
        {"value": "1"},
        {"value": 1.0, "place": -1},
        {"value": 1.0, "place": True},
        {"value": 1.0, "stroke": 0.5},
    ],
)
def test_a_message_that_makes_no_sense_is_no_deed(fields):
    assert read_deed({"deed": "singular", "block": 1, "place": 0, **fields}) is None


def test_sizes_are_kept_within_bounds():
    deed = read_deed({"deed": "singular", "block": 1, "place": 0, "value": -5})
    assert deed == {"deed": "singular", "block": 1, "place": 0, "value": 0.0, "stroke": None}
    deed = read_deed({"deed": "singular", "block": 1, "place": 0, "value": 1e300})
    assert deed is not None and deed["value"] == 1e6


def test_a_network_that_has_just_diverged_cannot_be_held():
    run = run_with("dense", optimizer={"learning_rate": 0.01})
    weight, bias = run.engine.parameters()[1]
    run.engine.write(1, torch.full_like(weight, math.nan), bias)
    assert not run.act(DEEDS[3])
    assert isinstance(run, Run)
