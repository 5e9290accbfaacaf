"""Pictures taken apart: against NumPy; no other matrix of rank k is nearer."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.core.linalg import compress
from playground.core.linalg.compress import (
    RIVALS,
    best,
    channels_of,
    cosines,
    factorise,
    kept_energy,
    numbers_of,
    partial_sum,
    relative_error,
)
from playground.core.photos import sample_photo


def taken_apart(picture):
    steps = factorise(picture)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


@pytest.fixture(scope="module")
def china():
    return channels_of(sample_photo("china")[::4, ::4], grey=False)


def test_against_numpy(china):
    factors = taken_apart(china)
    assert factors.exact and factors.terms == 107
    for i, matrix in enumerate(china.numpy()):
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
        np.testing.assert_allclose(factors.values[i], values, rtol=1e-10, atol=1e-8)
        for k in (1, 10, 107):
            wanted = left[:, :k] * values[:k] @ right[:k]
            np.testing.assert_allclose(partial_sum(factors, k)[i], wanted, atol=1e-8)
    assert (factors.left.sum(1) >= 0).all()
    np.testing.assert_allclose(partial_sum(factors, 107), china, atol=1e-8)


def test_the_error_is_what_the_values_left_out_say(china):
    factors = taken_apart(china)
    energy = kept_energy(factors)
    for k in (0, 1, 20, 106):
        error = relative_error(china, partial_sum(factors, k))
        assert math.sqrt(1 - energy[k]) == pytest.approx(error, abs=1e-7)
    assert energy[-1] == pytest.approx(1)


def test_grey_is_the_mixture_that_pillow_makes():
    from PIL import Image

    pixels = sample_photo("flower")
    wanted = np.asarray(Image.fromarray(pixels).convert("L"), dtype=float)
    np.testing.assert_allclose(channels_of(pixels, grey=True)[0], wanted, atol=0.51)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(2, 12), st.integers(2, 12), st.data())
def test_no_other_of_rank_k_is_nearer(seed, m, n, data):
    generator = torch.Generator().manual_seed(seed)
    picture = torch.randn(2, m, n, generator=generator, dtype=torch.float64)
    k = data.draw(st.integers(1, min(m, n)))
    factors = taken_apart(picture)
    bound = relative_error(picture, best(picture, factors, k).picture) - 1e-10
    for name, (kind, way) in RIVALS.items():
        rival = way(picture, k)
        for matrix in rival.picture:
            assert torch.linalg.matrix_rank(matrix) <= rival.rank, name
        assert rival.numbers <= 2 * numbers_of(m, n, k), name
        if kind == "rank":
            assert rival.rank <= k
            assert relative_error(picture, rival.picture) >= bound, name
    drawn = torch.randn(2, m, k, generator=generator, dtype=torch.float64)
    other = drawn @ torch.linalg.lstsq(drawn, picture).solution
    assert relative_error(picture, other) >= bound


def test_rivals_against_plain_loops(china):
    small = china[:, :12, :20]
    rows = [[small[0, i, j].item() for j in range(20)] for i in range(12)]
    made = RIVALS["blocks"][1](small, 1).picture[0]
    # 33 numbers: 4 × 8 cells, of 3 rows and of 2 or 3 columns
    part = [j * 8 // 20 for j in range(20)]
    for i in range(12):
        for j in range(20):
            cell = [
                rows[x][y]
                for x in range(i // 3 * 3, i // 3 * 3 + 3)
                for y in range(20)
                if part[y] == part[j]
            ]
            assert made[i, j].item() == pytest.approx(sum(cell) / len(cell))
    scipy_fft = pytest.importorskip("scipy.fft")
    found = cosines(20) @ small[0, 3]
    np.testing.assert_allclose(found, scipy_fft.dct(small[0, 3].numpy(), norm="ortho"), atol=1e-9)
    whole = RIVALS["cosines"][1](small, 12)
    torch.testing.assert_close(whole.picture, small)


@pytest.mark.parametrize("value", [0.0, 200.0])
def test_a_plain_picture(value):
    picture = torch.full((1, 6, 9), value, dtype=torch.float64)
    factors = taken_apart(picture)
    assert kept_energy(factors)[1] == pytest.approx(1)
    for _, way in RIVALS.values():
        rival = way(picture, 2)
        assert torch.isfinite(rival.picture).all()
    assert relative_error(picture, partial_sum(factors, 1)) == pytest.approx(0, abs=1e-12)


def test_one_column_and_one_row():
    for shape in ((1, 1, 7), (1, 7, 1), (1, 2, 2)):
        picture = torch.arange(math.prod(shape), dtype=torch.float64).reshape(shape)
        factors = taken_apart(picture)
        torch.testing.assert_close(partial_sum(factors, factors.terms), picture)
        for _, way in RIVALS.values():
            assert way(picture, 1).picture.shape == picture.shape


def test_a_large_picture_is_taken_apart_by_its_leading_part(monkeypatch, china):
    monkeypatch.setattr(compress, "LARGE", 64)
    monkeypatch.setattr(compress, "TOP", 20)
    factors = taken_apart(china)
    assert not factors.exact and factors.terms == 20
    wanted = np.linalg.svd(china[0].numpy(), compute_uv=False)[:20]
    np.testing.assert_allclose(factors.values[0], wanted, rtol=1e-4)
    turned = factors.left[0].T @ factors.left[0]
    np.testing.assert_allclose(turned, np.eye(20), atol=1e-8)
    error = relative_error(china, partial_sum(factors, 20))
    assert math.sqrt(1 - kept_energy(factors)[20]) == pytest.approx(error, rel=1e-3)
