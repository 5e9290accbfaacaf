"""One contract over every registered initialisation, and each against torch's own."""

import math

import pytest
import torch
from torch import Tensor, nn

from playground.core.data import schema_of
from playground.core.experiment import Experiment
from playground.core.initializers import INITIALIZERS
from playground.core.network import describe, first_parameters
from tests.core.helpers import run_of, small

OUTPUTS, INPUTS = 400, 250
NAMES = list(INITIALIZERS)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def filled(name: str, outputs: int = OUTPUTS, inputs: int = INPUTS) -> tuple[Tensor, Tensor]:
    weight = torch.full((outputs, inputs), torch.nan, dtype=torch.float64)
    bias = torch.full((outputs,), torch.nan, dtype=torch.float64)
    INITIALIZERS[name].fill(weight, bias, generator())
    return weight, bias


def torchs(name: str) -> tuple[Tensor, Tensor]:
    """The same start by torch.nn and torch.nn.init, from another stream."""
    weight = torch.empty(OUTPUTS, INPUTS, dtype=torch.float64)
    bias = torch.zeros(OUTPUTS, dtype=torch.float64)
    stream = generator(1)
    if name == "pytorch":
        linear = nn.Linear(INPUTS, OUTPUTS, dtype=torch.float64)
        return linear.weight.detach(), linear.bias.detach()
    if name == "xavier":
        nn.init.xavier_uniform_(weight, generator=stream)
    elif name == "he":
        nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=stream)
    elif name == "tfplayground":
        nn.init.uniform_(weight, -0.5, 0.5, generator=stream)
        nn.init.constant_(bias, 0.1)
    elif name == "orthogonal":
        nn.init.orthogonal_(weight, generator=stream)
        nn.init.zeros_(bias)
    else:
        assert name == "zeros", f"nothing of torch stands beside {name}"
        nn.init.zeros_(weight)
    return weight, bias


def assert_alike(found: Tensor, expected: Tensor) -> None:
    """The same distribution: mean, spread, kurtosis and reach of two large samples."""
    if expected.std() == 0:
        assert torch.equal(found, expected)
        return
    spread = expected.std().item()
    count = found.numel()
    assert abs(found.mean().item()) < 5 * spread / math.sqrt(count)
    assert found.std().item() == pytest.approx(spread, rel=5 / math.sqrt(count))
    fourth = [((x / x.std()) ** 4).mean().item() for x in (found, expected)]
    assert fourth[0] == pytest.approx(fourth[1], rel=60 / math.sqrt(count))  # 1.8 and 3.0 differ
    if fourth[1] < 2.4:  # a uniform distribution: its bound is met, and never passed
        reach = expected.abs().max().item()
        assert found.abs().max().item() == pytest.approx(reach, rel=20 / count)


@pytest.mark.parametrize("name", NAMES)
def test_the_start_is_distributed_as_torchs(name):
    weight, bias = filled(name)
    expected_weight, expected_bias = torchs(name)
    assert_alike(weight, expected_weight)
    assert_alike(bias, expected_bias)


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("pytorch", 1 / math.sqrt(INPUTS)),
        ("xavier", math.sqrt(6 / (INPUTS + OUTPUTS))),
        ("tfplayground", 0.5),
    ],
)
def test_uniform_starts_keep_their_bounds(name, bound):
    weight, _ = filled(name)
    assert weight.abs().max().item() <= bound
    assert weight.abs().max().item() > 0.999 * bound
    assert weight.var().item() == pytest.approx(bound**2 / 3, rel=0.02)


def test_he_has_the_variance_of_its_paper():
    weight, bias = filled("he")
    assert weight.var().item() == pytest.approx(2 / INPUTS, rel=0.02)
    assert not bias.any()


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides(name):
    pairs = [filled(name), filled(name)]
    assert torch.equal(pairs[0][0], pairs[1][0])
    assert torch.equal(pairs[0][1], pairs[1][1])


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_drawn_from_the_process_wide_generator(name):
    before = torch.get_rng_state()
    experiment = Experiment(initialization=name)
    first_parameters(experiment, describe(experiment, schema_of(experiment.data)), generator())
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", NAMES)
def test_float32_starts_where_float64_does(name):
    changes = {"initialization": name, "layers": [{"kind": "dense", "units": 9}]}
    runs = [
        run_of(small(**changes, training={"precision": precision, "seed": 7}))
        for precision in ("float32", "float64")
    ]
    for (weight, bias), (weight64, bias64) in zip(
        runs[0].engine.parameters(), runs[1].engine.parameters(), strict=True
    ):
        assert weight.dtype == torch.float32
        assert weight64.dtype == torch.float64
        assert torch.equal(weight, weight64.float())
        assert torch.equal(bias, bias64.float())


def test_another_seed_starts_elsewhere():
    runs = [run_of(small(training={"seed": seed})) for seed in (1, 2)]
    assert not torch.equal(runs[0].engine.parameters()[0][0], runs[1].engine.parameters()[0][0])


def test_entries_are_known_by_their_names():
    assert all(name == entry.name and entry.formula for name, entry in INITIALIZERS.items())
    assert {"pytorch", "xavier", "he", "tfplayground", "zeros"} <= set(INITIALIZERS)
