"""What is said of a layer's health, on networks that are well and on networks that are not."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from playground.core.activations import ACTIVATIONS
from playground.core.analysis.health import (
    BINS,
    NEARLY_ALL,
    SATURATED,
    LayerHealth,
    SteadyRange,
    derivative,
    effective_rank,
    health,
    sample_size,
    watch,
)
from playground.core.engine import ENGINES
from playground.core.replica import Replica
from playground.core.run import Run
from tests.core.helpers import (
    flat,
    independent_model,
    model_inputs,
    run_of,
    small,
    states_equal,
)
from tests.core.viewing import frame, layer_values, trained


def dense(units: int, activation: str) -> dict[str, Any]:
    return {"kind": "dense", "units": units, "activation": activation}


def made(*layers: dict[str, Any], name: str = "circle", **changes: Any) -> Run:
    return run_of(small(name, layers=list(layers), **changes))


def of(run: Run) -> dict[int, LayerHealth]:
    return {layer.block: layer for layer in health(run, Replica(run))[0]}


def write(run: Run, layer: int, weight: float | None = None, bias: float | None = None) -> None:
    """Sets all weights or biases of one linear map."""
    with torch.inference_mode():
        for tensor, value in zip(run.engine.parameters()[layer], (weight, bias), strict=True):
            if value is not None:
                tensor.fill_(value)


# ---- dead and saturated units


def test_units_that_a_bias_has_killed_are_dead():
    run = made(dense(6, "relu"), dense(3, "tanh"))
    assert of(run)[1].dead == ()
    with torch.inference_mode():
        run.engine.parameters()[0][1][[1, 4]] = -100.0
    found = of(run)
    assert found[1].dead == (1, 4)
    assert found[1].gates
    assert found[2].dead == found[2].saturated == ()
    assert not found[3].gates, "a linear head has nothing to die"
    # dead means: no gradient reaches its weights
    replica = Replica(run)
    slope = replica.gradients(*replica.examples())["0.0.weight"]
    assert (slope[[1, 4]] == 0).all()
    assert (slope[[0, 2, 3, 5]].abs().sum(1) > 0).any()


def test_units_with_huge_weights_are_saturated():
    run = made(dense(5, "tanh"), dense(3, "sigmoid"))
    assert of(run)[1].saturated == of(run)[2].saturated == ()
    write(run, 1, weight=0.0, bias=9.0)
    assert of(run)[2].saturated == (0, 1, 2)
    assert of(run)[2].dead == ()
    assert of(run)[1].saturated == ()


@pytest.mark.parametrize(("activation", "steepest"), [("tanh", 1.0), ("sigmoid", 0.25)])
def test_saturated_counts_points_with_a_flat_slope(activation, steepest):
    run = made(dense(4, activation))
    write(run, 0, bias=2.3 if activation == "tanh" else 4.4)
    values = layer_values(run, model_inputs(run)[: len(run.data.inputs_train)])[0].numpy()
    slope = 1 - values**2 if activation == "tanh" else values * (1 - values)
    share = (slope < SATURATED * steepest).mean(axis=0)
    expected = tuple(int(unit) for unit in np.flatnonzero(share >= NEARLY_ALL))
    assert of(run)[1].saturated == expected


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_every_activation_is_judged_by_what_it_is(name):
    run = made(dense(4, name), dense(3, "tanh"))
    found = of(run)[1]
    assert found.dead == found.saturated == ()
    assert found.gates == (name in {"relu", "tanh", "sigmoid"}) or name not in {
        "linear", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "sine", "tanh", "sigmoid"
    }  # fmt: skip


@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid", "sine", "gelu"])
def test_slopes_are_those_of_finite_differences(name):
    z = torch.linspace(-2.05, 2.05, 40, dtype=torch.float64)[:, None]
    module, step = ACTIVATIONS[name].module(), 1e-6
    expected = (module(z + step) - module(z - step)) / (2 * step)
    torch.testing.assert_close(derivative(module, z), expected, rtol=1e-6, atol=1e-8)


def test_an_activation_that_mixes_units_is_left_alone():
    run = made(dense(4, "tanh"))
    replica = Replica(run)
    replica.modules[0][1] = nn.Softmax(1)  # type: ignore[index]
    assert not {layer.block: layer for layer in health(run, replica)[0]}[1].gates


def test_the_activations_of_a_block_are_watched_before_and_behind():
    run = made(dense(4, "sigmoid"), {"kind": "dropout", "rate": 0.5}, dense(3, "relu"))
    replica = Replica(run)
    inputs, _ = replica.examples()
    values, firings = watch(replica, inputs)
    assert list(firings) == [1, 3]
    torch.testing.assert_close(firings[1][0].behind, values[0])
    torch.testing.assert_close(firings[1][0].before.sigmoid(), values[0])
    assert not any(module._forward_hooks for module in replica.modules.modules())


# ---- rank


def test_effective_rank_is_that_of_roy_and_vetterli():
    generator = torch.Generator().manual_seed(3)
    for points, units in ((50, 6), (4, 9), (30, 30)):
        values = torch.randn(points, units, generator=generator, dtype=torch.float64)
        sigma = np.linalg.svd(values.numpy(), compute_uv=False)
        share = sigma / sigma.sum()
        expected = math.exp(-(share * np.log(share)).sum())
        assert effective_rank(values) == pytest.approx(expected, rel=1e-6)
    assert effective_rank(torch.eye(5)) == pytest.approx(5)
    assert effective_rank(torch.ones(20, 5)) == pytest.approx(1, abs=1e-5)
    assert effective_rank(torch.zeros(20, 5)) == 0


def test_a_layer_that_folds_everything_onto_a_line_has_rank_one():
    run = made(dense(6, "linear"), dense(4, "tanh"), name="spiral")
    write(run, 0, weight=0.3, bias=0.0)
    assert of(run)[1].rank == pytest.approx(1, abs=1e-3)
    assert 1 < of(made(dense(6, "linear"), name="spiral"))[1].rank <= 6


# ---- gradients and updates


def test_gradient_norms_are_those_of_an_independent_network():
    run = made(dense(5, "tanh"), {"kind": "dropout", "rate": 0.5}, dense(4, "relu"), name="iris")
    run.advance(10)
    inputs, targets = run.examples("train")
    model = independent_model(run)
    loss = run.loss.value(model(inputs), targets, 1)
    parts = torch.autograd.grad(loss, list(model.parameters()))
    norms = [
        torch.cat([part.flatten() for part in parts[i : i + 2]]).norm().item() for i in (0, 2, 4)
    ]
    found = of(run)
    assert [layer.gradient for layer in found.values()] == pytest.approx(norms, rel=1e-9)
    assert list(found) == [1, 3, 4]


@pytest.mark.parametrize("engine", list(ENGINES))
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_an_update_is_the_next_step_and_nothing_remains_of_it(engine, optimizer):
    changes: dict[str, Any] = {
        "optimizer": {"name": optimizer, "learning_rate": 0.05},
        "layers": [dense(5, "tanh"), {"kind": "dropout", "rate": 0.5}, dense(3, "relu")],
    }
    run, other = (run_of(small("circle", **changes), engine=engine) for _ in range(2))
    for one in (run, other):
        one.advance(7)
    found = of(run)
    assert states_equal(run, other)
    before = [weight.clone() for weight, _ in run.engine.parameters()]
    for one in (run, other):
        one.advance(1)
    assert torch.equal(flat(run), flat(other)), "dropout draws what it would have drawn"
    for old, (new, _), layer in zip(before, run.engine.parameters(), found.values(), strict=True):
        expected = ((new - old).norm() / old.norm()).item()
        assert layer.update == pytest.approx(expected, rel=1e-9)


def test_large_networks_are_measured_on_fewer_points():
    few = made(dense(4, "tanh"))
    assert sample_size(few, 30) == 30
    large = run_of(small("circle", layers=[dense(512, "relu")] * 4))
    assert 32 <= sample_size(large, 5000) < 1000


# ---- the view


def test_histograms_are_numpys_and_their_bins_rest():
    run = trained("circle")
    header, arrays = frame(run, analysis="health")
    values = layer_values(run, model_inputs(run))
    count = len(run.data.inputs_train)
    weights = [weight.numpy() for weight, _ in run.engine.parameters()]
    for row, value, weight in zip(header["health"], values, weights, strict=True):
        for key, kind, all_of in (
            ("values", "ha", value[:count].numpy()),
            ("weights", "hw", weight),
        ):
            low, high = row[key]
            assert low <= all_of.min()
            assert all_of.max() <= high
            expected, _ = np.histogram(all_of, BINS, (low, high))
            shares = arrays[f"{kind}_{row['block']}"]
            assert shares.sum() == pytest.approx(1, rel=1e-5)
            # a value on the edge of a bin may fall to either side in another precision
            assert np.abs(shares * all_of.size - expected).sum() <= 4
    before = [row["weights"] for row in header["health"]]
    run.advance(1)
    again = [row["weights"] for row in frame(run, analysis="health")[0]["health"]]
    assert again == before


def test_a_range_grows_at_once_and_shrinks_late():
    steady = SteadyRange()
    assert steady.follow(torch.tensor([0.1, 0.9])) == (0, 1)
    assert steady.follow(torch.tensor([0.1, 1.1])) == (0, 2)
    assert steady.follow(torch.tensor([0.1, 0.9])) == (0, 2)
    assert steady.follow(torch.tensor([-0.1, 0.9])) == (-2, 2)
    assert steady.follow(torch.tensor([0.1, 0.4])) == (-0.5, 0.5)


def test_a_network_of_zeros_is_still_described():
    run = made(dense(4, "relu"), initialization="zeros")
    header, _ = frame(run, analysis="health")
    json.dumps(header, allow_nan=False)
    assert header["health"][0]["update"] is None
    assert header["health"][0]["rank"] == 0


def test_what_a_frame_shows_is_of_that_frame():
    run = trained("iris")
    first = frame(run, analysis="health")[0]["health"]
    run.advance(25)
    second = frame(run, analysis="health")[0]["health"]
    fresh = [layer.gradient for layer in health(run, Replica(run))[0]]
    assert [row["gradient"] for row in second] == pytest.approx(fresh)
    assert [row["gradient"] for row in first] != pytest.approx(fresh)
