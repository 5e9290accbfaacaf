"""One point traced: held against autograd, against a backward pass by hand, and refused nothing."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from playground.core.activations import ACTIVATIONS
from playground.core.analysis.trace import MOST_SHOWN, Trace, Traced, sample, trace
from playground.core.losses import LOSSES, Task, encode_targets
from playground.core.plain_formula import plain, with_numbers
from playground.core.want import Want
from tests.core.helpers import POINT_BLOCKS, independent_model, run_of, small
from tests.core.viewing import frame, trained

TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")


def stack(activation: str, sizes: tuple[int, ...]) -> list[nn.Sequential]:
    generator = torch.Generator().manual_seed(7)
    blocks = []
    for place, (inputs, outputs) in enumerate(pairwise(sizes)):
        linear = nn.Linear(inputs, outputs, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.randn(linear.weight.shape, generator=generator).double())
            linear.bias.copy_(torch.randn(linear.bias.shape, generator=generator).double())
        last = place == len(sizes) - 2
        blocks.append(nn.Sequential(linear, nn.Identity() if last else made(activation)))
    return blocks


def made(activation: str) -> nn.Module:
    return ACTIVATIONS[activation].module().double()


def traced_point(
    activation: str, loss: str, task: Task
) -> tuple[list[nn.Sequential], Tensor, Tensor, Trace]:
    units = 3 if task == "multiclass" else 1
    blocks = stack(activation, (2, 3, 4, units))
    x = torch.tensor([0.7, -1.3], dtype=torch.float64)
    value = torch.tensor([0.4 if task == "regression" else 1.0], dtype=torch.float64)
    target = encode_targets(value, task, 3 if task == "multiclass" else 2, LOSSES[loss])[0]
    return blocks, x, target, trace(blocks, [True] * 3, LOSSES[loss], x, target)


def named(found) -> dict[tuple[int, str], Traced]:
    return {(step.block, one.name): one for step in found.steps for one in step.tensors}


@pytest.mark.parametrize("activation", list(ACTIVATIONS))
def test_every_activation_is_traced_as_a_backward_pass_by_hand_says(activation):
    """With the derivative of the dense engine's own rule, which is not autograd's."""
    blocks, x, target, found = traced_point(activation, "mse", "regression")
    linear = [block[0] for block in blocks]
    inputs, pre, values = [], [], x
    for place, layer in enumerate(linear):
        assert isinstance(layer, nn.Linear)
        inputs.append(values)
        z = layer.weight.detach() @ values + layer.bias.detach()
        pre.append(z)
        values = blocks[place][1](z.unsqueeze(0))[0].detach()
    delta = 2 * (values - target)
    here = named(found)
    rtol = 1e-9 if ACTIVATIONS[activation].kernel else 1e-6
    assert found.loss == pytest.approx((values - target).square().mean().item())
    for place in reversed(range(3)):
        layer = linear[place]
        assert isinstance(layer, nn.Linear)
        block = place + 1
        close(here[block, "z"].values, pre[place], rtol)
        close(here[block, "z"].gradient, delta, rtol)
        close(here[block, "W"].gradient, torch.outer(delta, inputs[place]), rtol)
        close(here[block, "b"].gradient, delta, rtol)
        delta = layer.weight.detach().t() @ delta
        if place == 0:
            close(here[0, "x"].gradient, delta, rtol)
            continue
        if (block - 1, "a") in here:
            close(here[block - 1, "a"].gradient, delta, rtol)
        delta = through(activation, pre[place - 1], delta)


def through(activation: str, z: Tensor, delta: Tensor) -> Tensor:
    """The derivative of an activation applied to what comes back, by the engine's rule.

    One that has none is differentiated by differences, unit by unit.
    """
    make = ACTIVATIONS[activation].kernel
    if make is None:
        h, module = 1e-5, made(activation)
        every = torch.eye(len(z), dtype=z.dtype) * h
        with torch.no_grad():
            slopes = (module(z + every) - module(z - every)) / (2 * h)  # (inputs, outputs)
        return slopes @ delta
    kernel = make()
    if kernel.derivative is None:
        return delta
    column = z.clone().unsqueeze(1)
    out = torch.empty_like(column)
    value = out if kernel.keeps_input else column
    for call in kernel.forward(column, value):
        call()
    slope = torch.empty_like(column)
    for call in kernel.derivative(column, slope):
        call()
    return delta * slope[:, 0]


def close(found: Tensor, expected: Tensor, rtol: float = 1e-9) -> None:
    torch.testing.assert_close(found, expected, rtol=rtol, atol=1e-3 * rtol)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("loss", list(LOSSES))
def test_every_loss_agrees_with_autograd_and_with_differences(loss, task):
    if task not in LOSSES[loss].tasks:
        return
    blocks, x, target, found = traced_point("tanh", loss, task)
    model = nn.Sequential(*blocks)
    value = LOSSES[loss].value(model(x.unsqueeze(0)), target.unsqueeze(0), 1)
    value.backward()
    assert found.loss == pytest.approx(value.item(), rel=1e-12)
    here = named(found)
    for block, sequence in enumerate(blocks, 1):
        linear = sequence[0]
        assert isinstance(linear, nn.Linear)
        assert linear.weight.grad is not None
        assert linear.bias.grad is not None
        close(here[block, "W"].gradient, linear.weight.grad)
        close(here[block, "b"].gradient, linear.bias.grad)
    for (block, name), one in here.items():
        assert one.agrees, (block, name)
        assert one.gradient.shape == one.differences.shape == one.values.shape


def test_differences_find_a_gradient_that_is_wrong():
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx, z):
            return z.tanh()

        @staticmethod
        def backward(ctx, *gradients):
            return gradients[0]

    class Bend(nn.Module):
        def forward(self, z):
            return Wrong.apply(z)

    blocks = stack("tanh", (2, 3, 1))
    blocks[0][1] = Bend()
    found = trace(
        blocks,
        [True, False],
        LOSSES["mse"],
        torch.tensor([0.3, 0.8], dtype=torch.float64),
        torch.tensor([1.0], dtype=torch.float64),
    )
    here = named(found)
    assert not here[1, "z"].agrees
    assert not here[1, "W"].agrees
    assert here[1, "a"].agrees


@pytest.mark.parametrize("kind", POINT_BLOCKS)
def test_every_block_is_traced(kind):
    run = run_of(small("iris", layers=[{"kind": "dense", "units": 5}, {"kind": kind}]))
    run.advance(10)
    header, _ = frame(run, analysis="trace")
    json.dumps(header, allow_nan=False)
    blocks = {step["block"] for step in header["trace"]["steps"]}
    assert blocks == {0, 1, 2, 3}
    for step in header["trace"]["steps"]:
        for one in step["tensors"]:
            assert one["agrees"], (step["block"], one["name"])
    output = independent_output(run, run.data.inputs_train[:1]) if kind == "dense" else None
    if output is not None:
        np.testing.assert_allclose(header["trace"]["loss"]["output"], output[0], rtol=1e-4)


def independent_output(run, inputs: np.ndarray) -> np.ndarray:
    return independent_model(run)(torch.from_numpy(inputs)).detach().numpy()


@pytest.mark.parametrize("name", ["circle", "sine", "reg-plane", "iris", "diabetes"])
def test_the_chosen_point_is_the_one_traced(name):
    run = trained(name)
    for part, index in (("train", 3), ("test", 2)):
        header, arrays = frame(run, analysis="trace", trace={"part": part, "index": index})
        found = header["trace"]
        raw = getattr(run.data, f"inputs_{part}")[index : index + 1]
        expected = independent_output(run, raw)[0]
        np.testing.assert_allclose(found["loss"]["output"], expected, rtol=1e-4, atol=1e-5)
        points = arrays[f"points_{part}"][index]
        np.testing.assert_allclose([found["x"], found["y"]], points[:2], rtol=1e-5, atol=1e-5)
        assert found["target"] == pytest.approx(points[2], rel=1e-6)
        assert found["loss"]["target"] == run.examples(part)[1][index].tolist() or np.allclose(
            found["loss"]["target"], run.examples(part)[1][index], rtol=1e-5
        )


def test_a_free_place_takes_the_nearest_target_until_one_is_given():
    run = trained("circle")
    raw, targets = run.data.raw_train, run.data.targets_train
    place = {"x": 0.5, "y": -0.25}
    header, _ = frame(run, analysis="trace", trace=place)
    nearest = int(((raw - [0.5, -0.25]) ** 2).sum(1).argmin())
    assert header["trace"]["target"] == targets[nearest]
    assert (header["trace"]["part"], header["trace"]["given"]) == (None, False)
    np.testing.assert_allclose(
        header["trace"]["loss"]["output"],
        independent_output(run, np.array([[0.5, -0.25]]))[0],
        rtol=1e-4,
    )
    for target in (0.0, 1.0):
        header, _ = frame(run, analysis="trace", trace={**place, "target": target})
        assert (header["trace"]["target"], header["trace"]["given"]) == (target, True)
        assert header["trace"]["loss"]["target"] == [target]
    header, _ = frame(run, analysis="trace", trace={**place, "target": 7e8})
    assert header["trace"]["target"] == 1


def test_before_there_are_points_the_middle_is_traced():
    run = run_of(small("own", data={"points": []}))
    header, _ = frame(run, analysis="trace")
    found = header["trace"]
    assert (found["x"], found["y"], found["part"], found["target"]) == (0, 0, None, 0)
    assert math.isfinite(found["loss"]["value"])


def test_the_target_of_a_table_is_scaled_as_the_loss_sees_it():
    run = trained("diabetes")
    header, _ = frame(run, analysis="trace", trace={"x": 0.0, "y": 0.0, "target": 200.0})
    expected = (200 - run.data.target_mean) / run.data.target_std
    assert header["trace"]["loss"]["target"] == pytest.approx([expected], rel=1e-5)


def test_wide_layers_are_sampled_and_the_run_is_left_alone():
    run = trained("circle", changes={"layers": [{"kind": "dense", "units": 200}]})
    before = [part.clone() for pair in run.engine.parameters() for part in pair]
    header, _ = frame(run, analysis="trace")
    weight = header["trace"]["steps"][1]["tensors"][0]
    assert weight["name"] == "W"
    assert weight["rows"] == sample(200)
    assert len(weight["rows"]) == MOST_SHOWN
    assert weight["rows"][0] == 0
    assert weight["rows"][-1] == 199
    assert header["trace"]["steps"][1]["units"] == 200
    after = [part for pair in run.engine.parameters() for part in pair]
    assert all(torch.equal(old, new) for old, new in zip(before, after, strict=True))


def test_the_trace_follows_the_training():
    run = trained("circle")
    first, _ = frame(run, analysis="trace")
    run.advance(30)
    second, _ = frame(run, analysis="trace")
    assert first["trace"]["loss"]["value"] != second["trace"]["loss"]["value"]
    weight = second["trace"]["steps"][1]["tensors"][0]
    mine = run.engine.parameters()[0][0][weight["rows"]][:, weight["cols"]]
    np.testing.assert_allclose(weight["values"], mine.flatten(), rtol=1e-4)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (None, {}),
        ({"part": "train", "index": 3}, {"part": "train", "index": 3}),
        ({"part": "train", "index": -1}, {}),
        ({"part": "all", "index": 1}, {}),
        ({"x": 1, "y": 2, "target": None}, {"x": 1.0, "y": 2.0}),
        ({"x": 1, "y": 2, "target": 1}, {"x": 1.0, "y": 2.0, "target": 1.0}),
        ({"x": math.inf, "y": 2}, {}),
        ({"x": 1e10, "y": 2}, {}),
        ({"x": 1}, {}),
        ([1, 2], {}),
    ],
)
def test_what_is_said_of_a_point(said, read):
    assert Want.read({"analysis": "trace", "trace": said}).trace == read


@pytest.mark.parametrize("entry", [*ACTIVATIONS.values(), *LOSSES.values()], ids=lambda e: e.name)
def test_every_formula_is_readable_as_characters(entry):
    assert not set(plain(entry.formula)) & set("\\{}")
    assert plain(entry.formula)


def test_formulas_with_numbers():
    assert plain(r"\tfrac{1}{2}(o - t)^2") == "½(o − t)²"
    assert plain(LOSSES["bce"].formula) == "−t ln σ(o) − (1 − t)ln(1 − σ(o))"
    assert plain(ACTIVATIONS["sigmoid"].formula) == "1/(1 + e^(−z))"
    assert with_numbers("(o − t)²", 0.25, -1) == "(0.25 − (−1))²"
    assert with_numbers("max(0, 1 − t o)", -2, 1) == "max(0, 1 − 1 (−2))"


@given(st.integers(1, 2000))
def test_a_sample_holds_both_ends_and_nothing_twice(count):
    found = sample(count)
    assert found[0] == 0
    assert found[-1] == count - 1
    assert sorted(set(found)) == found
    assert len(found) == min(count, MOST_SHOWN)
