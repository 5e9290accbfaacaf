"""Hessian and Jacobian products of all kinds of modules, against whole matrices by autograd."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from playground.core.analysis.curvature import Spectrum, hessian_rows, shares, spectrum_steps
from playground.core.analysis.derivatives import (
    HessianProduct,
    OutputChange,
    flattened,
    jacobian_rows,
    second_order,
    unflattened,
)
from playground.core.analysis.lanczos import Follower, density_nodes, lanczos


class Last(nn.Module):
    """A recurrent module's output at the last place of a sequence."""

    def __init__(self, recurrent: nn.Module) -> None:
        super().__init__()
        self.recurrent, self.head = recurrent, nn.Linear(3, 2)

    def forward(self, values: Tensor) -> Tensor:
        return self.head(self.recurrent(values)[0][:, -1])


class Attention(nn.Module):
    """Self-attention over a sequence, averaged."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, values: Tensor) -> Tensor:
        return self.head(self.attention(values, values, values, need_weights=False)[0].mean(1))


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.TransformerEncoderLayer(4, 2, 5, dropout=0.0, batch_first=True)

    def forward(self, values: Tensor) -> Tensor:
        return self.encoder(values).mean(1)[:, :2]


KINDS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "dense": (lambda: nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2)), (3,)),
    "relu": (lambda: nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2)), (3,)),
    "linear": (lambda: nn.Linear(3, 2), (3,)),
    "convolution": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 2, 3, padding=1), nn.SiLU(), nn.AvgPool2d(2), nn.Flatten(),
            nn.Linear(18, 2),
        ),
        (1, 6, 6),
    ),
    "rnn": (lambda: Last(nn.RNN(2, 3, batch_first=True)), (5, 2)),
    "gru": (lambda: Last(nn.GRU(2, 3, batch_first=True)), (5, 2)),
    "lstm": (lambda: Last(nn.LSTM(2, 3, batch_first=True)), (5, 2)),
    "attention": (Attention, (5, 4)),
    "encoder": (Encoder, (5, 4)),
}  # fmt: skip


def drawn(kind: str, dtype: torch.dtype = torch.float64) -> tuple[nn.Module, Tensor, Tensor]:
    """A module with random parameters, inputs and targets, from a generator of its own."""
    generator = torch.Generator().manual_seed(3)
    make, shape = KINDS[kind]
    module = make().to(dtype).eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(0.5 * torch.randn(parameter.shape, generator=generator))
    inputs = torch.randn(12, *shape, generator=generator).to(dtype)
    return module, inputs, torch.randn(12, 2, generator=generator).to(dtype)


def objective_of(module: nn.Module, inputs: Tensor, targets: Tensor) -> Callable[[], Tensor]:
    # Not quadratic in the output, so that the loss has a curvature of its own.
    return lambda: (module(inputs) - targets).square().mul(0.3).exp().mean()


def dense_hessian(module: nn.Module, objective: Callable[[], Tensor]) -> np.ndarray:
    """Central differences of autograd's gradients: no second derivative takes part."""
    parameters = list(module.parameters())
    size = sum(one.numel() for one in parameters)

    def gradient() -> Tensor:
        return flattened(torch.autograd.grad(objective(), parameters)).detach()

    at = flattened(parameters).detach().clone()
    rows, step = [], 1e-5
    for index in range(size):
        sides = []
        for sign in (1, -1):
            moved = at.clone()
            moved[index] += sign * step
            with torch.no_grad():
                for one, part in zip(parameters, unflattened(moved, parameters), strict=True):
                    one.copy_(part)
            sides.append(gradient())
        rows.append((sides[0] - sides[1]) / (2 * step))
    with torch.no_grad():
        for one, part in zip(parameters, unflattened(at, parameters), strict=True):
            one.copy_(part)
    return torch.stack(rows).numpy()


def finish(steps):
    """What a generator returns, and all it yielded."""
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as stop:
            return stop.value, told


@pytest.mark.parametrize("kind", list(KINDS))
def test_hessian_eigenvalues_are_those_of_the_whole_hessian(kind):
    module, inputs, targets = drawn(kind)
    objective = objective_of(module, inputs, targets)
    whole = dense_hessian(module, objective)
    expected = np.linalg.eigvalsh((whole + whole.T) / 2)
    with torch.no_grad():  # as a frame is made
        product = HessianProduct(list(module.parameters()), objective)
        rows, told = finish(hessian_rows(product, product.size))
        top = lanczos(product, torch.ones(product.size), 40, (3, 1), 1e-9)
    assert product.finite
    assert rows is not None
    assert top is not None
    scale = np.abs(expected).max()
    np.testing.assert_allclose(rows.numpy(), whole, atol=2e-6 * scale)
    found = torch.linalg.eigvalsh(rows).numpy()
    np.testing.assert_allclose(found, expected, atol=2e-6 * scale)
    np.testing.assert_allclose(top.values[-3:].numpy(), expected[-3:], atol=2e-6 * scale)
    np.testing.assert_allclose(top.values[0].item(), expected[0], atol=2e-6 * scale)
    assert told == sorted(told)
    gradient = torch.autograd.grad(objective(), list(module.parameters()))
    torch.testing.assert_close(product.slope, flattened(gradient))


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_change_of_the_output_is_the_jacobian_times_the_direction(kind):
    module, inputs, _ = drawn(kind)
    parameters = list(module.parameters())
    generator = torch.Generator().manual_seed(1)
    direction = torch.randn(sum(one.numel() for one in parameters), generator=generator).double()
    with torch.no_grad():
        change = OutputChange(parameters, lambda: module(inputs))
        found = change(direction)
        rows = torch.stack(list(jacobian_rows(parameters, module, inputs)))
    torch.testing.assert_close(found, rows @ direction, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(change.outputs, module(inputs).detach())
    with torch.no_grad():
        sides = []
        for sign in (1, -1):
            for one, part in zip(parameters, unflattened(direction, parameters), strict=True):
                one.add_(part, alpha=sign * 1e-6)
            sides.append(module(inputs))
            for one, part in zip(parameters, unflattened(direction, parameters), strict=True):
                one.sub_(part, alpha=sign * 1e-6)
    torch.testing.assert_close(found, (sides[0] - sides[1]) / 2e-6, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["lstm", "gru", "attention", "encoder"])
def test_fast_kernels_without_second_derivatives_are_kept_out(kind):
    products = []
    for dtype in (torch.float32, torch.float64):
        module, inputs, targets = drawn(kind, dtype)
        product = HessianProduct(list(module.parameters()), objective_of(module, inputs, targets))
        products.append(product(torch.ones(product.size)))
    scale = products[1].abs().max().item()
    torch.testing.assert_close(*products, rtol=1e-3, atol=1e-4 * scale)


def test_torchs_own_kernels_are_given_back():
    before = torch.backends.mkldnn.enabled, torch.backends.cudnn.enabled
    with pytest.raises(ZeroDivisionError), second_order():
        assert not torch.backends.mkldnn.enabled
        raise ZeroDivisionError
    assert (torch.backends.mkldnn.enabled, torch.backends.cudnn.enabled) == before


def test_what_no_parameter_reaches_has_no_curvature():
    used, unused = (torch.ones(2, dtype=torch.float64, requires_grad=True) for _ in range(2))
    product = HessianProduct([used, unused], lambda: used.square().sum())
    matrix, _ = finish(hessian_rows(product, 4))
    torch.testing.assert_close(matrix, torch.diag(torch.tensor([2.0, 2, 0, 0]).double()))
    linear = HessianProduct([used], used.sum)
    assert not linear(torch.ones(2)).any()
    found = lanczos(linear, torch.ones(2), 5, (1, 0), 0.01)
    assert found is not None
    assert found.values.tolist() == [0.0]
    silent = OutputChange([used], lambda: torch.zeros(3, 1, dtype=torch.float64))
    assert not silent(torch.ones(2)).any()


def test_what_is_not_finite_is_said():
    value = torch.tensor([float("nan")], dtype=torch.float64, requires_grad=True)
    product = HessianProduct([value], lambda: value.square().sum())
    assert not product.finite
    huge = torch.full((3, 3), float("inf")).double()
    assert lanczos(lambda v: huge @ v, torch.ones(3), 3) is None
    assert Follower(1, 3, 0.1).follow(lambda v: huge @ v, 3) is None
    assert finish(hessian_rows(lambda v: huge @ v, 3))[0] is None
    assert finish(spectrum_steps(lambda v: huge @ v, 3))[0] is None
    assert finish(spectrum_steps(lambda v: v / 0, 800))[0] is None


def symmetric(values: Tensor) -> tuple[Tensor, Tensor]:
    """A matrix with these eigenvalues in a random basis, and that basis in columns."""
    generator = torch.Generator().manual_seed(5)
    size = len(values)
    basis = torch.linalg.qr(torch.randn(size, size, generator=generator).double()).Q
    return basis @ torch.diag(values.double()) @ basis.t(), basis


def test_the_ends_of_a_moving_spectrum_are_followed_with_steady_signs():
    values = torch.linspace(-1, 1, 200)
    values[-4:] = torch.tensor([3.0, 5, 7, 11])
    values[0] = -4
    matrix, basis = symmetric(values)
    follower = Follower(4, 60, 1e-6)
    first = follower.follow(lambda v: matrix @ v, 200)
    assert first is not None
    products = []
    for step in range(1, 6):
        moved = matrix + 0.01 * step * torch.outer(basis[:, 7], basis[:, 7])
        count = 0

        def product(v: Tensor, moved: Tensor = moved) -> Tensor:
            nonlocal count
            count += 1
            return moved @ v

        found = follower.follow(product, 200)
        assert found is not None
        products.append(count)
        expected = np.linalg.eigvalsh(moved.numpy())
        np.testing.assert_allclose(found.values, expected[::-1][:4], atol=1e-4)
        assert found.lowest == pytest.approx(expected[0], abs=1e-4)
        assert ((found.vectors * first.vectors).sum(1) > 0.9).all()
        assert (found.lowest_vector @ first.lowest_vector).item() > 0.9
        assert (found.residuals <= 1e-4).all()
    # From where it stood a few products are enough.
    assert max(products) < 40


def test_a_matrix_smaller_than_what_is_asked_for():
    matrix = torch.tensor([[2.0, 0], [0, -1]]).double()
    found = Follower(5, 30, 0.01).follow(lambda v: matrix @ v, 2)
    assert found is not None
    np.testing.assert_allclose(found.values, [2, -1], atol=1e-12)
    assert found.lowest == pytest.approx(-1)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_density_counts_every_eigenvalue(scale):
    values = torch.tensor([-2.0, -0.5, 0, 0, 1e-7, 0.3, 9])
    spectrum = Spectrum(values.double(), torch.ones(7).double(), True)
    places, density = spectrum.density(scale)
    total = density.sum() * (places[1] - places[0])
    assert total.item() == pytest.approx(7, rel=1e-6)
    assert spectrum.count(-float("inf"), -spectrum.flat) == 2
    assert spectrum.count(-spectrum.flat, spectrum.flat) == 3
    near = places[density.argmax()]
    assert abs(near.item() - spectrum.on_scale(torch.zeros(1), scale).item()) < 0.2
    # A spectrum of zeros alone is a density all the same.
    none = Spectrum(torch.zeros(4).double(), torch.ones(4).double(), True)
    places, density = none.density(scale)
    assert torch.isfinite(density).all()
    assert (density.sum() * (places[1] - places[0])).item() == pytest.approx(4, rel=1e-6)


def test_outliers_lie_beyond_the_widest_gap():
    def outliers(*values: float) -> int:
        bulk = torch.linspace(-0.1, 1, 60)
        nodes = torch.cat((bulk, torch.tensor(values))).double().sort().values
        return Spectrum(nodes, torch.ones_like(nodes), True).outliers

    assert outliers(30, 20, 10) == 3
    assert outliers(1.1) == 0
    assert outliers(40) == 1
    assert Spectrum(torch.zeros(9), torch.ones(9), True).outliers == 0


def test_the_density_by_lanczos_is_that_of_the_matrix():
    values = torch.cat((torch.linspace(-1, 2, 900), torch.full((30,), 8.0)))
    matrix, _ = symmetric(values)
    spectrum, told = finish(spectrum_steps(lambda v: matrix @ v, 930))
    assert spectrum is not None
    assert not spectrum.exact
    assert told == sorted(told)
    assert spectrum.weights.sum().item() == pytest.approx(930)
    assert spectrum.count(4, 9) == pytest.approx(30, rel=0.35)
    assert spectrum.count(-2, 0) == pytest.approx(300, rel=0.1)
    exact = Spectrum(values.double().sort().values, torch.ones(930).double(), True)
    # Moments are what a quadrature holds: the trace, and the sum of squares.
    for power in (1, 2):
        assert (spectrum.weights * spectrum.nodes**power).sum().item() == pytest.approx(
            (exact.nodes**power).sum().item(), rel=0.1
        )


def test_up_to_the_limit_all_eigenvalues_are_computed():
    values = torch.linspace(-1, 3, 50)
    matrix, _ = symmetric(values)
    spectrum, _ = finish(spectrum_steps(lambda v: matrix @ v, 50))
    assert spectrum is not None
    assert spectrum.exact
    np.testing.assert_allclose(spectrum.nodes, np.linalg.eigvalsh(matrix.numpy()), atol=1e-12)


def test_quadrature_of_a_matrix_with_one_eigenvalue():
    generator = torch.Generator().manual_seed(0)
    found, _ = finish(density_nodes(lambda v: 2 * v, 20, 3, 5, generator))
    assert found is not None
    np.testing.assert_allclose(found[0], [2, 2, 2])
    assert found[1].sum().item() == pytest.approx(1)


def test_a_direction_is_shared_out_among_blocks():
    found = shares(torch.tensor([3.0, 0, 0, 4.0]), [1, 1, 2], [1, 2, 1])
    assert found == pytest.approx({1: 0.36, 2: 0.64})
    assert shares(torch.zeros(2), [1, 2], [1, 1]) == {1: 0.0, 2: 0.0}
