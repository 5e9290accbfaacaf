"""Kernel PCA and t-SNE against scikit-learn, and as a study of a run."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist, squareform
from sklearn.datasets import load_iris
from sklearn.decomposition import KernelPCA
from sklearn.manifold import TSNE, _t_sne, trustworthiness
from torch import Tensor

from playground.core.analysis.embed_view import EmbedView
from playground.core.analysis.embedding import (
    affinities,
    divergence,
    divergence_slope,
    gram,
    kernel_components,
    squared_distances,
    tsne,
)
from playground.core.observe import Observer
from playground.core.run import Run
from tests.core.helpers import run_of, small
from tests.core.viewing import frame, trained

IRIS = torch.from_numpy(load_iris(return_X_y=True)[0])


def finished(steps: Generator[Any, None, Any]) -> Any:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def cloud(points: int, units: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(points, units, dtype=torch.float64, generator=generator)


# ---- kernel PCA


@pytest.mark.parametrize("kernel", ["rbf", "poly", "cosine"])
@pytest.mark.parametrize("width", [0.5, 1.0, 4.0])
def test_kernel_pca_is_that_of_scikit_learn(kernel, width):
    matrix, gamma = gram(IRIS, kernel, width)
    scores, shares = kernel_components(matrix, 3)
    theirs = KernelPCA(3, kernel=kernel, gamma=gamma, degree=3, coef0=1)
    expected = theirs.fit_transform(IRIS.numpy())
    np.testing.assert_allclose(scores, expected, atol=1e-7 * np.abs(expected).max())
    every = KernelPCA(None, kernel=kernel, gamma=gamma, degree=3, coef0=1).fit(IRIS.numpy())
    np.testing.assert_allclose(shares, every.eigenvalues_[:3] / every.eigenvalues_.sum(), rtol=1e-6)


def test_the_width_is_in_units_of_the_points():
    for scale in (1e-3, 1.0, 1e3):
        for kernel in ("rbf", "poly", "cosine"):
            matrix, _ = gram(IRIS * scale, kernel, 1.0)
            torch.testing.assert_close(matrix, gram(IRIS, kernel, 1.0)[0])
    median = np.median(pdist(IRIS.numpy(), "sqeuclidean"))
    assert gram(IRIS, "rbf", 2.0)[1] == pytest.approx(1 / (8 * median), rel=1e-2)


@pytest.mark.parametrize("kernel", ["rbf", "poly", "cosine"])
@pytest.mark.parametrize("points", [1, 2, 20])
def test_kernel_pca_of_points_that_are_all_the_same(kernel, points):
    for value in (0.0, 3.0):
        matrix, _ = gram(torch.full((points, 4), value, dtype=torch.float64), kernel, 1.0)
        scores, shares = kernel_components(matrix, 2)
        assert scores.shape == (points, 2)
        assert scores.abs().max() < 1e-6
        assert torch.isfinite(shares).all()


# ---- t-SNE


def test_distances():
    values = cloud(30, 5)
    np.testing.assert_allclose(
        squared_distances(values), squareform(pdist(values.numpy(), "sqeuclidean")), atol=1e-12
    )


@pytest.mark.parametrize("perplexity", [2.0, 10.0, 40.0])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_affinities_are_those_of_scikit_learn(perplexity, scale):
    values = cloud(150, 4)
    found = finished(affinities(values * scale, perplexity)).numpy()
    away = squareform(pdist(values.numpy(), "sqeuclidean")).astype(np.float32)
    expected = squareform(_t_sne._joint_probabilities(away, perplexity, 0))
    np.testing.assert_allclose(found, expected, atol=2e-3 * expected.max())
    assert found.sum() == pytest.approx(1)
    assert not found.diagonal().any()


def test_the_gradient_is_that_of_scikit_learn_and_of_autograd():
    shares = finished(affinities(IRIS[::3], 10.0))
    places = cloud(len(shares), 2).requires_grad_()
    loss, slope = _t_sne._kl_divergence(
        places.detach().numpy().ravel(), squareform(shares.numpy(), checks=False), 1, len(shares), 2
    )
    found = divergence_slope(shares, places.detach())
    assert divergence(shares, places.detach()) == pytest.approx(loss)
    np.testing.assert_allclose(found, slope.reshape(-1, 2), atol=1e-12)
    near = 1 / (1 + torch.cdist(places, places).square())
    near = near * (1 - torch.eye(len(shares)))
    given = (near / near.sum()).clamp(min=1e-12)
    kl = torch.special.xlogy(shares, shares.clamp(min=1e-12) / given).sum()
    (by_autograd,) = torch.autograd.grad(kl, places)
    torch.testing.assert_close(found, by_autograd, atol=1e-9, rtol=1e-6)


def test_tsne_ends_where_that_of_scikit_learn_does():
    values = IRIS[::2]
    shares = finished(affinities(values, 20.0))
    found, loss = finished(tsne(shares, torch.Generator().manual_seed(1)))
    theirs = TSNE(method="exact", perplexity=20, init="random", random_state=1, max_iter=750)
    theirs.fit(values.numpy())
    assert loss < 1.1 * theirs.kl_divergence_
    assert trustworthiness(values.numpy(), found.numpy(), n_neighbors=5) > 0.97


def test_tsne_is_seeded():
    shares = finished(affinities(IRIS[::6], 5.0))
    ends = [finished(tsne(shares, torch.Generator().manual_seed(seed)))[0] for seed in (3, 3, 4)]
    assert torch.equal(ends[0], ends[1])
    assert not torch.equal(ends[0], ends[2])


@pytest.mark.parametrize("points", [2, 30])
def test_tsne_of_points_that_coincide(points):
    halves = torch.cat((torch.zeros(points // 2, 3), torch.ones(points - points // 2, 3)))
    for values in (torch.zeros(points, 3), halves):
        shares = finished(affinities(values.double(), min(5.0, (points - 1) / 3)))
        assert shares.sum() == pytest.approx(1)
        found, loss = finished(tsne(shares, torch.Generator().manual_seed(0)))
        assert torch.isfinite(found).all()
        assert np.isfinite(loss)


# ---- the study


def told(run: Run, **options: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    header, arrays = frame(run, analysis=["embed"], options={"embed": options})
    return header["studies"]["embed"], arrays


def worked(run: Run, **options: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    _said, _ = told(run, **options)
    assert isinstance(run.observer, Observer)
    while run.observer.studying:
        run.observer.study(0.05)
    return told(run, **options)


def test_a_study_of_kernel_pca():
    run = trained("iris")
    said, arrays = worked(run, round=1, method="kernel", block=3, kernel="rbf", width=1.0)
    assert said["state"] == "done"
    assert (said["result"]["method"], said["result"]["block"]) == ("kernel", 3)
    assert said["result"]["points"] == said["result"]["of"] == 150
    assert arrays["embed_place"].tolist() == list(range(150))
    values = run.engine.activations(run.points)[2].t().double()
    values = values - values.mean(0)
    expected, _ = kernel_components(gram(values, "rbf", 1.0)[0], 2)
    np.testing.assert_allclose(arrays["embed_points"], expected, atol=1e-5)


def test_a_study_of_tsne_tells_of_the_moment_it_was_begun_and_can_be_watched():
    run = trained("iris")
    said, arrays = told(run, round=1, method="tsne", seed=5, perplexity=10)
    assert isinstance(run.observer, Observer)
    run.observer.study(0.0)
    began = run.step
    while run.observer.studying:
        for _ in range(100):
            run.observer.study(0.0)
        run.advance(1)
        said, arrays = told(run, round=1, method="tsne", seed=5, perplexity=10)
        if said["state"] == "working" and said["progress"] > 0.2:
            assert arrays["embed_now"].shape == (150, 2)
    assert said["step"] == began < run.step
    assert said["result"]["perplexity"] == 10
    assert np.isfinite(arrays["embed_points"]).all()
    assert "embed_now" not in arrays
    again, _same = worked(run, round=2, method="tsne", seed=5, perplexity=10)
    assert again["version"] != said["version"]


def test_many_points_are_drawn_from_by_the_seed():
    run = run_of(small("circle", data={"samples": 800}))
    first, arrays = worked(run, round=1, method="kernel", seed=1)
    assert (first["result"]["points"], first["result"]["of"]) == (500, 800)
    places = arrays["embed_place"].astype(int)
    assert (np.diff(places) > 0).all()
    _, arrays = worked(run, round=2, method="kernel", seed=2)
    assert not np.array_equal(arrays["embed_place"].astype(int), places)
    _, arrays = worked(run, round=3, method="kernel", seed=1)
    assert np.array_equal(arrays["embed_place"].astype(int), places)


def test_what_cannot_be_embedded_says_why():
    few = run_of(small("own", data={"points": [[0, 0, 0], [1, 1, 1]]}))
    said, _ = worked(few, round=1)
    assert said["problem"]["code"] == "embed_few_points"
    run = trained("circle")
    for index, (weight, bias) in enumerate(run.engine.parameters()):
        run.engine.write(index, torch.full_like(weight, torch.nan), bias)
    view = EmbedView(Observer(run))
    view._obey({"round": 1})
    view.work(1.0)
    assert view._problem is not None
    assert view._problem.code == "embed_not_finite"


@pytest.mark.parametrize(
    "options",
    [
        {"method": 3, "kernel": "x", "width": -1, "seed": -5, "block": 99},
        {"method": "kernel", "kernel": "poly", "width": 1e9, "seed": 1e9},
        {"method": "kernel", "width": "wide", "seed": True},
        {"method": "tsne", "perplexity": 1e9},
    ],
    ids=str,
)
def test_hostile_options(options):
    run = run_of(small("circle"))
    said, arrays = worked(run, round=1, **options)
    assert said["state"] == "done"
    assert arrays["embed_points"].shape == (60, 2)
    assert np.isfinite(arrays["embed_points"]).all()
