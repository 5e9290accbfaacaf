"""The analyses, each against a computation that owes nothing to it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from torch import Tensor

from playground.core.analysis.maps import (
    MOST_SHOWN,
    as_bytes,
    shown_units,
    signed_bytes,
    unit_values,
)
from playground.core.analysis.pca import (
    DENSE_LIMIT,
    HYSTERESIS,
    MOST_RATIOS,
    SHOWN,
    Basis,
    Components,
    principal_components,
)
from playground.core.analysis.spectra import eigenvalues, singular_spectrum
from playground.core.engine import ENGINES
from playground.core.network import Block
from tests.core.helpers import run_of, small

# ---- principal components


def cloud(points: int, units: int, seed: int = 0, decay: float = 0.7) -> Tensor:
    """Points whose variance falls from direction to direction, turned and moved at random."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    spread = decay ** torch.arange(units, dtype=torch.float64)
    turn = torch.linalg.qr(normal(units, units)).Q
    return (normal(points, units) * spread) @ turn.t() + 10 * normal(units)


def assert_same_axes(ours: Tensor, theirs: np.ndarray, tolerance: float = 1e-7) -> None:
    """Equal up to signs, row by row."""
    agreement = np.abs((ours.numpy() * theirs).sum(1))
    np.testing.assert_allclose(agreement, 1, atol=tolerance)


@pytest.mark.parametrize(
    ("points", "units"),
    [(50, 4), (200, 16), (30, 2), (5, 12), (40, DENSE_LIMIT), (300, DENSE_LIMIT + 1), (60, 512)],
)
def test_pca_is_that_of_scikit_learn(points, units):
    values = cloud(points, units)
    found = principal_components(values)
    expected = PCA(svd_solver="full").fit(values.numpy())
    shown = min(SHOWN, points - 1, units)
    assert_same_axes(found.axes[:shown], np.asarray(expected.components_)[:shown])
    count = min(len(found.ratios), len(expected.explained_variance_ratio_))
    assert count == min(MOST_RATIOS, units, len(expected.explained_variance_ratio_))
    np.testing.assert_allclose(
        found.ratios[:count], expected.explained_variance_ratio_[:count], atol=1e-6
    )
    np.testing.assert_allclose(
        found.variances[:shown], expected.explained_variance_[:shown], rtol=1e-9
    )
    np.testing.assert_allclose(found.mean, expected.mean_, rtol=1e-12)
    assert found.total == pytest.approx(np.var(values.numpy(), axis=0, ddof=1).sum(), rel=1e-12)
    theirs = expected.transform(values.numpy())[:, :shown]
    ours = found.scores(values)[:, :shown].numpy()
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-6)
    if units <= DENSE_LIMIT:
        assert found.rank == min(points - 1, units)
    else:
        assert found.rank is None


def test_scores_of_other_points():
    """The components are those of the training part; test points are projected onto them."""
    train, test = cloud(40, 6), cloud(15, 6, seed=3)
    expected = PCA(3).fit(train.numpy()).transform(test.numpy())
    found = principal_components(train).scores(test).numpy()
    assert found.shape == (15, 3)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-9)


def test_pca_of_constant_columns():
    values = torch.cat((torch.full((30, 1), 4.0, dtype=torch.float64), cloud(30, 2)), 1)
    found = principal_components(values)
    assert found.rank == 2
    assert found.axes[:2, 0].abs().max() < 1e-7
    assert sum(found.ratios) == pytest.approx(1)


@pytest.mark.parametrize("units", [1, 2, 7, 200])
@pytest.mark.parametrize("points", [1, 2, 30])
def test_pca_of_points_that_do_not_vary(points, units):
    """A dead layer: every point gives the same values."""
    values = torch.full((points, units), 0.1, dtype=torch.float64)
    for found in (principal_components(values), Basis().follow(values)):
        assert found.rank in (0, None)
        assert found.total == pytest.approx(0, abs=1e-25)
        assert torch.isfinite(found.axes).all()
        assert all(math.isfinite(ratio) for ratio in found.ratios)
        assert found.scores(values).shape == (points, SHOWN)
        assert found.scores(values).abs().max() < 1e-12


def test_pca_of_a_single_unit():
    values = cloud(20, 1)
    found = Basis().follow(values)
    assert found.ratios == pytest.approx([1.0])
    scores = found.scores(values)
    assert scores.shape == (20, SHOWN)
    assert not scores[:, 1:].any()
    torch.testing.assert_close(scores[:, 0], (values - values.mean())[:, 0])


def test_a_wide_layer_starts_from_its_last_components():
    """Warm started, nearly equal variances are told apart that a cold start leaves mixed."""
    values = cloud(400, 300, decay=0.995)
    exact = PCA(MOST_RATIOS).fit(values.numpy())
    basis = Basis()
    errors = []
    for _ in range(12):
        found = basis.follow(values)
        agreement = np.abs((found.axes.numpy() @ np.asarray(exact.components_).T)[:2].diagonal())
        errors.append(1 - agreement.min())
    assert errors[-1] < 1e-3
    assert errors[-1] < 0.1 * errors[0]


def turned(angle: float, variances: list[float], first: int = 0) -> Tensor:
    """Points with exactly these variances; axes `first` and `first + 1` turned by an angle."""
    size = len(variances)
    generator = torch.Generator().manual_seed(1)
    raw = torch.randn(200, size, dtype=torch.float64, generator=generator)
    raw = raw - raw.mean(0)
    white = raw @ torch.linalg.inv(torch.linalg.cholesky(raw.t() @ raw / 199)).t()
    turn = torch.eye(size, dtype=torch.float64)
    c, s = math.cos(angle), math.sin(angle)
    turn[first : first + 2, first : first + 2] = torch.tensor([[c, -s], [s, c]])
    return white * torch.tensor(variances, dtype=torch.float64).sqrt() @ turn.t()


@pytest.mark.parametrize("first", [0, 1])
def test_signs_hold_while_a_layer_turns_all_the_way_round(first):
    basis = Basis()
    before: Tensor | None = None
    for angle in np.linspace(0, 4 * math.pi, 200):
        values = turned(float(angle), [5.0, 2.5, 1.0], first)
        scores = basis.follow(values).scores(values)
        if before is not None:
            assert (scores - before).abs().max() < 0.6, "the picture jumped"
            for axis in range(SHOWN):
                assert torch.corrcoef(torch.stack((scores[:, axis], before[:, axis])))[0, 1] > 0.9
        before = scores


@pytest.mark.parametrize("first", [0, 1, 2])
def test_components_trade_places_only_when_their_variances_differ_clearly(first):
    """Two variances cross: within the hysteresis the axes stay where they were, then they swap."""
    basis = Basis()

    def frame(lead: float) -> tuple[Components, int]:
        """`lead` is the variance of direction `first` over that of the next."""
        variances = [*[40.0, 30.0][:first], 4.0 * lead, 4.0, 0.5]
        values = turned(0.0, variances)
        found = basis.follow(values)
        return found, int(found.axes[first].abs().argmax())

    assert frame(1.05)[1] == first
    for lead in (1.01, 0.99, 0.95, 1 / (HYSTERESIS - 0.02)):
        found, direction = frame(lead)
        assert direction == first, f"swapped at a ratio of {lead:.3f}"
        assert found.variances[first] == pytest.approx(4 * lead, rel=1e-6)
        assert found.ratios[first] == pytest.approx(4 * lead / found.total, rel=1e-6)
    assert frame(1 / (HYSTERESIS + 0.02))[1] == first + 1, "now the order is clear"
    assert frame(1.05)[1] == first + 1, "and back again needs as much"
    assert frame(HYSTERESIS + 0.02)[1] == first


def test_axes_stay_orthonormal_while_they_are_held():
    basis = Basis()
    for angle in np.linspace(0, 1, 20):
        values = turned(float(angle), [1.02, 1.0, 0.99, 0.98])
        axes = basis.follow(values).axes
        torch.testing.assert_close(axes @ axes.t(), torch.eye(4, dtype=torch.float64))


# ---- spectra


def matrices() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    low = rng.normal(size=(7, 2)) @ rng.normal(size=(2, 5))
    return [
        rng.normal(size=(4, 4)),
        rng.normal(size=(1, 6)),
        rng.normal(size=(9, 3)),
        low,
        np.zeros((3, 4)),
        np.eye(5) * -2,
        np.diag([1.0, 1e-3, 1e-9]),
        np.ones((1, 1)) * 0.5,
        1e-20 * rng.normal(size=(3, 3)),
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("place", range(len(matrices())))
def test_the_singular_spectrum_is_numpys(place, dtype):
    matrix = matrices()[place].astype(dtype)
    found = singular_spectrum(torch.from_numpy(matrix))
    values = np.linalg.svd(matrix.astype(np.float64), compute_uv=False)
    np.testing.assert_allclose(found.values, values, rtol=1e-10, atol=1e-12 * values[0])
    assert found.rank == np.linalg.matrix_rank(matrix)
    assert found.norm == pytest.approx(np.linalg.norm(matrix.astype(np.float64), 2))
    if found.rank == min(matrix.shape):
        assert found.condition == pytest.approx(np.linalg.cond(matrix.astype(np.float64)), rel=1e-6)
    else:
        assert found.condition is None
    if found.rank == 0:
        assert found.stable_rank == 0
    else:
        frobenius = np.linalg.norm(matrix.astype(np.float64)) ** 2
        assert found.stable_rank == pytest.approx(frobenius / values[0] ** 2)
        assert found.rank is not None
        assert 1 <= found.stable_rank <= found.rank + 1e-9


def test_eigenvalues_are_numpys():
    rng = np.random.default_rng(1)
    for size in (1, 2, 5, 16):
        matrix = rng.normal(size=(size, size))
        found = eigenvalues(torch.from_numpy(matrix)).numpy()
        expected = np.linalg.eigvals(matrix)
        assert found.shape == (size, 2)
        left = np.sort_complex(found[:, 0] + 1j * found[:, 1])
        np.testing.assert_allclose(left, np.sort_complex(expected.astype(complex)), atol=1e-9)
        lengths = np.hypot(found[:, 0], found[:, 1])
        assert (np.diff(lengths) <= 1e-9).all(), "the largest first"


def test_complex_pairs_stand_together():
    """A rotation by 60° scaled by 2: 1 ± i√3; and a real eigenvalue between two pairs."""
    c, s = 1.0, math.sqrt(3)
    matrix = np.zeros((5, 5))
    matrix[:2, :2] = [[c, -s], [s, c]]
    matrix[2, 2] = -1.5
    matrix[3:, 3:] = [[0, -1], [1, 0]]
    found = eigenvalues(torch.from_numpy(matrix)).numpy()
    expected = [[1, s], [1, -s], [-1.5, 0], [0, 1], [0, -1]]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_defective_matrices_have_eigenvalues_too():
    """A Jordan block has one eigenvector only; its eigenvalue still stands three times."""
    jordan = np.array([[2.0, 1, 0], [0, 2, 1], [0, 0, 2]])
    np.testing.assert_allclose(eigenvalues(torch.from_numpy(jordan)), [[2, 0]] * 3, atol=1e-4)
    nilpotent = torch.tensor([[0.0, 1.0], [0.0, 0.0]])
    np.testing.assert_allclose(eigenvalues(nilpotent), [[0, 0], [0, 0]], atol=1e-12)


def test_spectra_leave_the_weights_alone():
    weight = torch.randn(4, 4, requires_grad=True)
    copy = weight.detach().clone()
    assert not singular_spectrum(weight).values.requires_grad
    assert not eigenvalues(weight).requires_grad
    assert torch.equal(weight, copy)


# ---- maps


@pytest.mark.parametrize("units", [1, 7, 8, 9, 20, 512])
def test_wide_layers_are_sampled_evenly(units):
    block = Block("dense", None, "tanh", (units, 2), (2,), (units,))
    shown = shown_units(block)
    assert len(shown) == min(units, MOST_SHOWN)
    assert shown == sorted(set(shown))
    assert (shown[0], shown[-1]) == (0, units - 1)
    gaps = np.diff(shown)
    assert not len(gaps) or gaps.max() - gaps.min() <= 1


def test_bytes_of_values():
    values = torch.tensor([-2.0, 0.0, 0.5, 1.0, 9.0])
    assert as_bytes(values, 0, 1).tolist() == [0, 0, 128, 255, 255]
    assert as_bytes(torch.ones(2), 3, 3).dtype == np.uint8
    rows = torch.tensor([[-1.0, 0.0, 1.0, 5.0], [-2.0, 0.0, 1.0, 2.0]])
    assert signed_bytes(rows, torch.tensor([1.0, 2.0])).tolist() == [
        [1, 128, 255, 255],
        [1, 128, 192, 255],
    ]


@pytest.mark.parametrize("name", list(ENGINES))
def test_unit_values_in_parts(monkeypatch, name):
    """Many points of a wide network go through in parts, with the same values."""
    run = run_of(small(layers=[{"kind": "dense", "units": 20}]), engine=name)
    inputs = torch.rand(50, 2, dtype=torch.float64)
    prepared = run.engine.prepare(inputs)
    wanted = [[3, 0, 19], [0]]
    whole = unit_values(run.engine, prepared, wanted, 20)
    monkeypatch.setattr("playground.core.analysis.maps.MOST_VALUES", 20 * 7)
    parts = unit_values(run.engine, prepared, wanted, 20)
    direct = run.engine.activations(prepared)
    for one, other, all_units, units in zip(whole, parts, direct, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-14)
        torch.testing.assert_close(one, all_units[units], rtol=0, atol=0)


def test_unit_values_keep_the_order_that_is_asked_for():
    """All units in another order than the layer's own."""
    run = run_of(small(layers=[{"kind": "dense", "units": 3}]))
    prepared = run.engine.prepare(torch.rand(9, 2, dtype=torch.float64))
    found = unit_values(run.engine, prepared, [[2, 0, 1], [0]], 3)[0]
    torch.testing.assert_close(found, run.engine.activations(prepared)[0][[2, 0, 1]])
