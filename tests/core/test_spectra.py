"""Spectra of large matrices, the law of chance matrices, and the likeness of layers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from playground.core.analysis import random_matrix
from playground.core.analysis.leading import leading
from playground.core.analysis.similarity import centred, cka_matrix
from playground.core.analysis.spectra import LARGE, TOP, eigenvalues, singular_spectrum


def normal(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


# ---- large matrices


@pytest.fixture(scope="module")
def wide() -> Tensor:
    """A trained layer's kind of spectrum: a few strong directions over chance."""
    strong = normal(LARGE, 6, seed=1) @ normal(6, LARGE + 40, seed=2) * 0.004
    return normal(LARGE, LARGE + 40) / 32 + strong


def test_the_top_of_a_large_spectrum_is_numpys(wide):
    found = singular_spectrum(wide)
    exact = np.linalg.svd(wide.numpy(), compute_uv=False)
    assert len(found.values) == TOP
    np.testing.assert_allclose(found.values[:6], exact[:6], rtol=1e-7)
    # Within the band of chance they lie close together: a little below the true ones
    np.testing.assert_allclose(found.values, exact[:TOP], rtol=0.03)
    assert (found.values.numpy() <= exact[:TOP] * (1 + 1e-9)).all()
    assert (np.diff(found.values) <= 0).all()
    assert (found.rank, found.condition) == (None, None)
    assert found.stable_rank == pytest.approx((exact**2).sum() / exact[0] ** 2)
    warm = found
    for _ in range(3):
        warm = singular_spectrum(wide, warm.vectors)
    worse, better = (np.abs(one.values.numpy() - exact[:TOP]).max() for one in (found, warm))
    assert better < 0.1 * worse, "begun where the last one ended, it closes in"


@pytest.mark.parametrize("shape", [(300, 200), (40, 300), (1200, 60)])
def test_leading_directions_are_numpys(shape):
    matrix = normal(*shape) * 0.8 ** torch.arange(shape[1], dtype=torch.float64)
    values, vectors = leading(matrix, 5)
    _, exact, right = np.linalg.svd(matrix.numpy(), full_matrices=False)
    np.testing.assert_allclose(values, exact[:5], rtol=1e-8)
    np.testing.assert_allclose(np.abs((vectors.numpy() * right[:5]).sum(1)), 1, atol=1e-7)


def test_a_large_matrix_of_zeros():
    found = singular_spectrum(torch.zeros(LARGE, LARGE))
    assert (found.norm, found.stable_rank, float(found.values.abs().max())) == (0, 0, 0)
    assert not eigenvalues(torch.zeros(LARGE, LARGE)).abs().any()


def test_the_largest_eigenvalues_of_a_large_matrix_are_numpys():
    """A rotation, two real values and a decaying rest, seen from another basis."""
    block = torch.zeros(LARGE, LARGE, dtype=torch.float64)
    block[:2, :2] = torch.tensor([[0.6, -2.9], [2.9, 0.6]])
    rest = 2.5 * 0.9 ** torch.arange(LARGE - 2, dtype=torch.float64)
    block[2:, 2:] = torch.diag(rest)
    turn = torch.linalg.qr(normal(LARGE, LARGE)).Q
    found = eigenvalues(turn @ block @ turn.t()).numpy()
    assert TOP <= len(found) <= TOP + 1
    np.testing.assert_allclose(found[:2], [[0.6, 2.9], [0.6, -2.9]], atol=1e-8)
    np.testing.assert_allclose(found[2:12, 0], rest[:10], rtol=1e-6)
    np.testing.assert_allclose(found[2:12, 1], 0, atol=1e-6)


# ---- what chance would do


@pytest.mark.parametrize(("rows", "columns"), [(400, 400), (500, 200), (150, 600)])
@pytest.mark.parametrize("deviation", [1.0, 0.3])
@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_random_matrices_fill_the_band(rows, columns, deviation, kind):
    rng = np.random.default_rng(3)
    drawn = rng.normal(size=(rows, columns))
    if kind == "uniform":
        drawn = rng.uniform(-math.sqrt(3), math.sqrt(3), size=(rows, columns))
    matrix = torch.from_numpy(deviation * drawn)
    values = singular_spectrum(matrix).values.numpy()
    assert random_matrix.spread(matrix) == pytest.approx(deviation, rel=0.01)
    low, high = random_matrix.band(rows, columns, deviation)
    assert values[0] == pytest.approx(high, rel=0.03)
    assert abs(values[-1] - low) < 0.03 * high
    expected = deviation * np.array(random_matrix.expected(rows, columns))
    assert len(expected) == len(values)
    np.testing.assert_allclose(values, expected, atol=0.02 * high)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (3, 2), (8, 8), (64, 16), (512, 512)])
def test_the_expected_values_keep_the_energy_of_chance(shape):
    """The law's mean square is the sides' larger one, as ‖W‖² = rows · columns · s² demands."""
    found = np.array(random_matrix.expected(*shape))
    low, high = random_matrix.band(shape[0], shape[1], 1.0)
    assert (np.diff(found) < 0).all()
    assert low <= found[-1] <= found[0] <= high
    if min(shape) >= 16:
        assert (found**2).mean() == pytest.approx(max(shape), rel=0.01)
    # By numpy: the density of σ integrated to the middle of each part
    grid = np.linspace(low, high, 200_001)[1:-1]
    squares = grid**2 / max(shape)
    q = min(shape) / max(shape)
    inner = ((1 + math.sqrt(q)) ** 2 - squares) * (squares - (1 - math.sqrt(q)) ** 2)
    density = np.sqrt(inner.clip(0)) / (2 * np.pi * q * squares) * 2 * grid / max(shape)
    step = grid[1] - grid[0]
    for rank in {0, len(found) // 2, len(found) - 1}:
        above = density[grid > found[rank]].sum() * step
        assert above == pytest.approx((rank + 0.5) / len(found), abs=2e-3)


def test_the_band_of_nothing():
    assert random_matrix.band(4, 9, 0.0) == (0.0, 0.0)
    assert random_matrix.spread(torch.zeros(3, 4)) == 0
    low, high = random_matrix.band(9, 4, 2.0)
    assert (low, high) == (2.0, 10.0)


# ---- likeness of layers


def cka(one: Tensor, other: Tensor) -> float | None:
    return cka_matrix([centred(one)], [centred(other)])[0][0]


def gram_cka(one: np.ndarray, other: np.ndarray) -> float:
    """By the other formula: the centred Gram matrices' inner product (Kornblith, eq. 4)."""
    n = len(one)
    middle = np.eye(n) - 1 / n
    k, m = (middle @ x @ x.T @ middle for x in (one, other))
    return float((k * m).sum() / np.sqrt((k * k).sum() * (m * m).sum()))


@pytest.mark.parametrize("widths", [(5, 3), (1, 4), (80, 60), (2, 90)])
def test_cka_is_that_of_the_gram_matrices(widths):
    one, other = normal(40, widths[0]), normal(40, widths[1], seed=1) + 3
    other[:, 0] += 2 * one[:, 0]
    assert cka(one, other) == pytest.approx(gram_cka(one.numpy(), other.numpy()), abs=1e-10)
    assert cka(other, one) == pytest.approx(cka(one, other), abs=1e-12)


@pytest.mark.parametrize("units", [1, 4, 70])
def test_cka_does_not_see_turns_scales_and_shifts(units):
    one = normal(50, units)
    turn = torch.linalg.qr(normal(units, units, seed=5)).Q
    assert cka(one, one) == pytest.approx(1, abs=1e-12)
    assert cka(one, one @ turn) == pytest.approx(1, abs=1e-12)
    assert cka(one, -7.5 * one + 100) == pytest.approx(1, abs=1e-9)
    assert cka(1e-200 * one, 1e200 * one) == pytest.approx(1, abs=1e-9)
    if units > 1:  # but it sees a stretch of one direction
        stretch = torch.ones(units, dtype=torch.float64)
        stretch[0] = 20
        assert (cka(one, one * stretch) or 0) < 0.95


def test_cka_of_layers_that_have_nothing_in_common():
    found = cka(normal(2000, 4), normal(2000, 4, seed=9))
    assert found is not None and 0 <= found < 0.01
    apart = torch.zeros(4, 1, dtype=torch.float64), torch.zeros(4, 1, dtype=torch.float64)
    apart[0][:, 0] = torch.tensor([1.0, -1, 1, -1])
    apart[1][:, 0] = torch.tensor([1.0, 1, -1, -1])
    assert cka(*apart) == 0


def test_cka_where_there_is_none():
    one = normal(20, 3)
    assert cka(one, torch.full((20, 5), 0.1, dtype=torch.float64)) is None, "a dead layer"
    assert cka(one[:1], one[:1]) is None, "a single point"
    assert cka(one[:0], one[:0]) is None, "no points"
    for bad in (math.nan, math.inf):
        spoilt = one.clone()
        spoilt[3, 1] = bad
        assert cka(spoilt, one) is None
