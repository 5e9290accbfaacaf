"""PCA from nothing: both ways against NumPy and scikit-learn, and what is degenerate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from playground.core.errors import PlaygroundError
from playground.core.linalg.components import analyse, digits_drawn, errors, facts, read_points
from playground.live.pca_requests import components, digits

TABLES = {"iris": load_iris, "wine": load_wine, "breast_cancer": load_breast_cancer}


def table(name: str) -> np.ndarray:
    return np.asarray(TABLES[name](return_X_y=True)[0], dtype=np.float64)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("scale", [False, True])
def test_components_of_a_table_are_those_of_scikit_learn(name, scale):
    values = table(name)
    expected = values
    if scale:
        scaler = StandardScaler().fit(values)
        # scikit-learn divides by n, the page by n − 1.
        expected = np.asarray(scaler.transform(values)) * math.sqrt((len(values) - 1) / len(values))
    theirs = PCA().fit(expected)
    header, arrays = components(bundled=name, scale=scale, row=3)
    np.testing.assert_allclose(header["eigenvalues"], theirs.explained_variance_, rtol=1e-6)
    np.testing.assert_allclose(
        header["by_svd"], np.linalg.svd(expected - expected.mean(0))[1] ** 2 / (len(values) - 1)
    )
    assert header["difference"] < 1e-12 * header["total"]
    assert header["total"] == pytest.approx(header["trace"])
    np.testing.assert_allclose(header["meet"], 1, atol=1e-5)
    axes = np.asarray(theirs.components_)
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(1)])[:, None]
    np.testing.assert_allclose(arrays["axes"], axes, atol=1e-4)
    np.testing.assert_allclose(arrays["covariance"], np.cov(expected.T), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        np.abs(arrays["scores"]), np.abs(theirs.transform(expected)), rtol=1e-3, atol=1e-2
    )
    np.testing.assert_allclose(arrays["points"], values, rtol=1e-6)
    for count in (0, 1, 2, values.shape[1]):
        low = PCA(count).fit(expected) if count else None
        given = low.inverse_transform(low.transform(expected)) if low else expected.mean(0)
        if scale:
            given = given * values.std(0, ddof=1) + values.mean(0)
        off = np.broadcast_to(given, values.shape)
        error = ((values - off) ** 2).sum(1).mean()
        assert header["errors"][count] == pytest.approx(error, rel=1e-6, abs=1e-9)
        np.testing.assert_allclose(arrays["kept"][count], off[3], rtol=1e-4, atol=1e-3)


def test_without_centring_variance_is_about_zero():
    values = table("iris")
    found = analyse(torch.from_numpy(values), centre=False)
    moment = values.T @ values / (len(values) - 1)
    np.testing.assert_allclose(found.covariance, moment)
    np.testing.assert_allclose(found.found.variances, np.linalg.eigvalsh(moment)[::-1])
    assert facts(found)["difference"] < 1e-9


def test_eigen_digits():
    header, arrays = digits()
    pixels = np.asarray(load_digits(return_X_y=True)[0]) / 16
    theirs = PCA().fit(pixels)
    np.testing.assert_allclose(header["eigenvalues"], theirs.explained_variance_, atol=1e-9)
    assert header["labels"] == list(range(10))
    assert header["still"] == [0, 32, 39]  # pixels that no digit ever inks
    np.testing.assert_allclose(arrays["mean"], pixels.mean(0), atol=1e-6)
    for count in (1, 10, 40):
        low = PCA(count, svd_solver="full").fit(pixels)
        shown = low.inverse_transform(low.transform(arrays["shown"].astype(float)))
        np.testing.assert_allclose(arrays["kept"][count], shown, atol=1e-5)
    assert (np.diff(header["errors"]) <= 1e-12).all()
    assert header["errors"][-1] == pytest.approx(0, abs=1e-12)
    labels = np.asarray(load_digits(return_X_y=True)[1])
    again = digits_drawn(labels, 5)
    assert again == digits_drawn(labels, 5) != digits_drawn(labels, 6)
    assert labels[again].tolist() == list(range(10))


DEGENERATE: dict[str, list[list[float]]] = {
    "one point": [[1, 2]],
    "twice the same": [[1, 2], [1, 2]],
    "zeros": [[0, 0, 0]] * 4,
    "a constant column": [[1, 7], [2, 7], [4, 7]],
    "a large constant column": [[1, 1e11], [2, 1e11], [4, 1e11]],
    "on a line": [[0, 0], [1, 2], [2, 4]],
    "one column": [[1], [2], [4]],
    "more columns than rows": [[1, 2, 3, 4], [0, 1, 0, 5]],
    "tiny": [[1e-9, 2e-9], [3e-9, 1e-9], [0, 5e-9]],
    "equal variances": [[1, 0], [-1, 0], [0, 1], [0, -1]],
}


@pytest.mark.parametrize("name", DEGENERATE)
@pytest.mark.parametrize(("centre", "scale"), [(True, False), (True, True), (False, False)])
def test_nothing_breaks_on_what_is_degenerate(name, centre, scale):
    values = np.array(DEGENERATE[name], dtype=float)
    found = analyse(read_points(DEGENERATE[name]), centre, scale)
    spread = values.std(0, ddof=1) if len(values) > 1 else np.zeros(values.shape[1])
    off = values - values.mean(0) if centre else values
    if scale:
        off = off / np.where(spread > 1e-12 * np.abs(values).max(0), spread, 1)
    covariance = off.T @ off / max(len(values) - 1, 1)
    np.testing.assert_allclose(found.covariance, covariance, atol=1e-12)
    told = facts(found)
    size = max(np.abs(covariance).max(), 1e-300)
    expected = np.linalg.eigvalsh(covariance)[::-1]
    np.testing.assert_allclose(told["eigenvalues"], expected, atol=1e-9 * size)
    np.testing.assert_allclose(told["by_svd"], expected, atol=1e-9 * size)
    assert told["rank"] == np.linalg.matrix_rank(covariance, tol=1e-12 * size, hermitian=True)
    axes = found.found.axes.numpy()
    np.testing.assert_allclose(axes @ axes.T, np.eye(len(axes)), atol=1e-9)
    every = errors(found, torch.from_numpy(values))
    assert len(every) == len(axes) + 1
    assert all(math.isfinite(one) for one in every)
    header, arrays = components(values=DEGENERATE[name], centre=centre, scale=scale, row=99)
    assert header["row"] == len(values) - 1
    assert np.isfinite(arrays["kept"]).all()


BROKEN: list[tuple[Any, str]] = [
    ([], "points_none"),
    ([[]], "points_none"),
    ([[1, 2], [3]], "points_ragged"),
    ([[1, 2], [3, math.nan]], "points_not_finite"),
    ([[1, math.inf]], "points_not_finite"),
    ([[1, 1e300]], "points_not_finite"),
    ([[0.0]] * 2001, "points_too_many"),
    ([[0.0] * 65], "points_too_many"),
]


@pytest.mark.parametrize(("values", "code"), BROKEN, ids=lambda one: str(one)[:30])
def test_what_is_no_table_of_numbers_is_said(values, code):
    with pytest.raises(PlaygroundError) as caught:
        components(values=values)
    assert caught.value.code == code


def test_an_unknown_table_is_refused():
    for name in ("circle", "nothing", "csv"):
        with pytest.raises(PlaygroundError):
            components(bundled=name)
