"""One contract over every registered activation: kernel, torch module, line of code, bounds."""

import math

import pytest
import torch

from playground.core.activations import ACTIVATIONS, Kernel, code_of, latex_of, module_of
from playground.core.activations.typed import SOFTSIGN
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.link import decode, encode
from playground.core.run import Run
from tests.core.helpers import module_from_code, small

NEAR = torch.linspace(-15, 15, 3001, dtype=torch.float64)  # holds exact zero
FAR = torch.tensor(
    [-1e6, -1e3, -100.0, -50.0, -20.5, 20.5, 50.0, 100.0, 1e3, 1e6], dtype=torch.float64
)
NAMES = list(ACTIVATIONS)
KERNELS = [name for name, entry in ACTIVATIONS.items() if entry.kernel is not None]


def kernel_of(name: str) -> Kernel:
    make = ACTIVATIONS[name].kernel
    assert make is not None
    return make()


def kernel_pass(name: str, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Value and derivative as the dense engine computes them, by recorded calls on buffers."""
    kernel = kernel_of(name)
    kept = z.clone()
    value = torch.empty_like(z) if kernel.keeps_input else kept
    slope = torch.full_like(z, torch.nan)
    calls = kernel.forward(kept, value)
    if kernel.derivative is not None:
        calls += kernel.derivative(kept if kernel.keeps_input else value, slope)
    else:
        slope.fill_(1)
    for call in calls:
        call()
    if kernel.keeps_input:
        assert torch.equal(kept, z), "a kernel that keeps its input must not write to it"
    return value, slope


def module_pass(name: str, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Value and derivative of the torch module, by autograd."""
    z = z.clone().requires_grad_()
    value = ACTIVATIONS[name].module().double()(z)
    (slope,) = torch.autograd.grad(value.sum(), z)
    return value.detach(), slope


@pytest.mark.parametrize("name", KERNELS)
def test_the_kernel_agrees_with_autograd(name):
    value, slope = kernel_pass(name, NEAR)
    expected_value, expected_slope = module_pass(name, NEAR)
    torch.testing.assert_close(value, expected_value, rtol=1e-14, atol=1e-14)
    torch.testing.assert_close(slope, expected_slope, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", KERNELS)
def test_the_kernel_agrees_with_autograd_at_extreme_values(name):
    value, slope = kernel_pass(name, FAR)
    expected_value, expected_slope = module_pass(name, FAR)
    torch.testing.assert_close(value, expected_value, rtol=1e-14, atol=1e-14)
    # torch's softplus turns into a straight line at 20, where its slope is 1 − 2·10⁻⁹
    torch.testing.assert_close(slope, expected_slope, rtol=0, atol=3e-9)


@pytest.mark.parametrize("name", KERNELS)
def test_the_kernel_stays_finite_in_float32(name):
    value, slope = kernel_pass(name, torch.tensor([-1e30, -1e19, -88.8, 88.8, 1e19, 1e30]))
    assert torch.isfinite(value).all()
    assert torch.isfinite(slope).all()


@pytest.mark.parametrize("name", [n for n in KERNELS if not ACTIVATIONS[n].surrogate])
def test_a_difference_quotient_gives_the_derivative(name):
    """A third opinion, which owes nothing to torch's own formulas."""
    z = torch.linspace(-4, 4, 81, dtype=torch.float64) + 0.0123  # away from every kink
    step = 1e-6
    above, _ = kernel_pass(name, z + step)
    below, _ = kernel_pass(name, z - step)
    _, slope = kernel_pass(name, z)
    torch.testing.assert_close(slope, (above - below) / (2 * step), rtol=0, atol=1e-8)


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_follows_its_buffers(name):
    """Recorded once, replayed for every batch: the calls must read the buffers anew."""
    kernel = kernel_of(name)
    z = torch.zeros(3, 4, dtype=torch.float64)
    value = torch.empty_like(z) if kernel.keeps_input else z
    slope = torch.ones_like(z)
    calls = kernel.forward(z, value)
    if kernel.derivative is not None:
        calls += kernel.derivative(z if kernel.keeps_input else value, slope)
    generator = torch.Generator().manual_seed(3)
    for _ in range(3):
        fresh = torch.randn(3, 4, dtype=torch.float64, generator=generator)
        z.copy_(fresh)
        for call in calls:
            call()
        expected_value, expected_slope = module_pass(name, fresh)
        torch.testing.assert_close(value, expected_value, rtol=1e-13, atol=1e-14)
        torch.testing.assert_close(slope, expected_slope, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", NAMES)
def test_the_line_of_code_makes_the_module(name):
    made = module_from_code(ACTIVATIONS[name].code).double()
    z = torch.stack((NEAR, NEAR.flip(0) / 2, torch.zeros_like(NEAR)), 1)  # (points, units)
    found, slope = module_pass(name, z)
    z.requires_grad_()
    value = made(z)
    torch.testing.assert_close(value, found, rtol=0, atol=1e-14)
    (expected,) = torch.autograd.grad(value.sum(), z)
    torch.testing.assert_close(slope, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", [name for name in NAMES if not ACTIVATIONS[name].typed])
def test_bounds_hold_and_are_told(name):
    entry = ACTIVATIONS[name]
    value, _ = module_pass(name, torch.cat((NEAR, FAR)))
    if entry.bounds is None:
        assert value.abs().max() > 100, "this activation is bounded, and should say so"
    else:
        assert value.min() >= entry.bounds[0]
        assert value.max() <= entry.bounds[1]
        assert value.max() - value.min() > 0.99 * (entry.bounds[1] - entry.bounds[0])


def test_a_step_lets_the_gradient_through_near_zero_alone():
    z = torch.tensor([-9.0, -1.001, -1.0, -0.5, 0.0, 0.5, 1.0, 1.001, 9.0], dtype=torch.float64)
    value, slope = module_pass("step", z)
    assert value.tolist() == [0, 0, 0, 0, 0, 1, 1, 1, 1]
    assert slope.tolist() == [0, 0, 1, 1, 1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("text", "independent"),
    [
        ("z/(1+abs(z))", torch.nn.functional.softsign),
        ("sin(3*z) + z^2", lambda z: torch.sin(3 * z) + z * z),
        ("max(z, 0.1*z)", lambda z: torch.nn.functional.leaky_relu(z, 0.1)),
        ("exp(-z**2)", lambda z: torch.exp(-z * z)),
    ],
)
def test_a_typed_activation_is_what_it_says(text, independent):
    z = torch.linspace(-3, 3, 60, dtype=torch.float64, requires_grad=True)  # never 0
    value, expected = module_of("formula", text)(z), independent(z)
    torch.testing.assert_close(value, expected)
    slopes = [torch.autograd.grad(one.sum(), z)[0] for one in (value, expected)]
    torch.testing.assert_close(*slopes)
    assert latex_of("formula", text) != ACTIVATIONS["formula"].formula or text == SOFTSIGN
    assert text in code_of("formula", text)


@pytest.mark.parametrize("text", ["1", "z > 0"])
def test_a_typed_activation_without_a_slope_has_the_slope_zero(text):
    z = torch.linspace(-3, 3, 60, requires_grad=True)
    value = module_of("formula", text)(z)
    assert value.dtype == z.dtype
    (slope,) = torch.autograd.grad(value.sum(), z)
    assert not slope.any()


@pytest.mark.parametrize(
    ("text", "code"),
    [("z +", "formula_syntax"), ("x", "formula_unknown_name"), ("", "formula_empty")],
)
def test_a_formula_that_is_none_is_refused_in_words(text, code):
    content = {"layers": [{"kind": "dense", "activation": "formula", "formula": text}]}
    with pytest.raises(PlaygroundError) as caught:
        Experiment().with_changes(content)
    assert caught.value.code == code
    assert caught.value.sentence("zh")


def test_a_typed_activation_trains_and_travels_in_a_link():
    layers = [
        {"kind": "dense", "units": 5, "activation": "formula", "formula": "max(z, 0.2*z)"},
        {"kind": "branches", "units": 3, "activation": "tanh", "second": "formula"},
        {"kind": "residual", "activation": "formula", "formula": "z*exp(-z^2)"},
        {"kind": "activation", "activation": "formula", "formula": "sin(z)"},
    ]
    experiment = small(layers=layers)
    assert decode(encode(experiment))[0] == experiment
    run = Run(experiment)
    before = run.metrics.train_loss
    run.advance(300)
    after = run.measure().train_loss
    assert run.engine.name == "autograd"
    assert before is not None
    assert after is not None
    assert after < 0.7 * before


def test_what_a_module_learns_is_told():
    for name, entry in ACTIVATIONS.items():
        assert sum(p.numel() for p in entry.module().parameters()) == entry.learned, name
        if entry.learned or not entry.elementwise:
            assert entry.kernel is None, f"{name} would be trained without what it learns or sees"


def test_softmax_shares_one_among_the_units_of_a_point():
    z = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]], dtype=torch.float64)
    value, _ = module_pass("softmax", z)
    torch.testing.assert_close(value.sum(1), torch.ones(2, dtype=torch.float64))
    assert value[1].tolist() == pytest.approx([1 / 3] * 3)
    assert value[0, 2] / value[0, 1] == pytest.approx(math.e)


def test_entries_are_known_by_their_names():
    assert all(name == entry.name and entry.formula for name, entry in ACTIVATIONS.items())
    assert {
        "linear", "relu", "leaky_relu", "prelu", "elu", "selu", "gelu", "silu", "mish", "softplus",
        "sigmoid", "tanh", "hardtanh", "softmax", "step", "gaussian", "sine",
    } <= set(ACTIVATIONS)  # fmt: skip
