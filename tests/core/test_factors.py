"""A layer as turn, stretch, turn: the steps make up the layer, and keep still while it learns."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from playground.core.analysis.factors import Factors, Held, header, places, seen
from tests.core.helpers import run_of, small
from tests.core.viewing import frame, layer_values


def normal(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def turn(angle: float) -> np.ndarray:
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def steps(found: Factors) -> list[np.ndarray]:
    """The three steps as they are drawn: by the angles, the mirror and the values alone."""
    head = header(found, torch.zeros(found.left.shape[1], dtype=torch.float64))
    first, second = head["angles"]
    mirror = np.diag([1.0, -1.0 if head["mirrored"] else 1.0])
    return [turn(first), np.diag(head["values"]), turn(second) @ mirror]


def follow(weight: Tensor, held: Held | None = None, seed: int = 3) -> Factors:
    inputs = normal(40, weight.shape[1], seed=seed)
    return (held or Held()).follow(weight, normal(len(weight), seed=seed + 1), inputs)


@pytest.mark.parametrize("seed", range(6))
def test_the_three_steps_of_a_square_layer_are_the_layer(seed):
    weight = normal(2, 2, seed=seed)
    found = follow(weight)
    first, stretch, second = steps(found)
    np.testing.assert_allclose(second @ stretch @ first, weight, atol=1e-12)
    np.testing.assert_allclose(found.values, np.linalg.svd(weight.numpy(), compute_uv=False))
    assert found.mirrored == (np.linalg.det(weight.numpy()) < 0)
    assert found.share == pytest.approx(1)
    assert sum(map(abs, found.angles)) <= math.pi + 1e-9, "no turn further than it must be"


@pytest.mark.parametrize("shape", [(2, 2), (5, 2), (2, 6), (7, 4), (1, 2), (1, 5), (3, 1), (1, 1)])
def test_stages_of_layers_of_any_size(shape):
    weight, bias = normal(*shape), normal(shape[0], seed=8)
    inputs = normal(25, shape[1], seed=2)
    found = Held().follow(weight, bias, inputs)
    outputs = torch.tanh(inputs @ weight.t() + bias)
    at = places(found, weight, bias, inputs, outputs).numpy()
    first, stretch, second = steps(found)
    assert at.shape == (6, 25, 2)
    np.testing.assert_allclose(at[1], at[0] @ first.T, atol=1e-12)
    np.testing.assert_allclose(at[2], at[1] @ stretch, atol=1e-12)
    np.testing.assert_allclose(at[3], at[2] @ second.T, atol=1e-12)
    moved = header(found, bias)["bias"]
    np.testing.assert_allclose(at[4], at[3] + moved, atol=1e-12)
    # Behind the layer everything is seen from the same two axes
    axes = (found.left.t() @ found.behind).numpy()
    np.testing.assert_allclose(at[5], outputs.numpy() @ axes, atol=1e-12)
    if shape[0] == 2:
        np.testing.assert_allclose(at[5], outputs, atol=1e-12)
    if shape[1] == 2:
        np.testing.assert_allclose(at[0], inputs, atol=1e-12)
    values = np.linalg.svd(weight.numpy(), compute_uv=False)
    np.testing.assert_allclose(found.values[: len(values)], values[:2], atol=1e-12)
    assert found.share == pytest.approx((values[:2] ** 2).sum() / (values**2).sum())


def test_the_share_that_the_picture_shows():
    weight = torch.diag(torch.tensor([3.0, 2.0, 1.0], dtype=torch.float64))
    inputs = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=torch.float64)
    found = Held().follow(weight, torch.zeros(3, dtype=torch.float64), inputs)
    assert found.share == pytest.approx(13 / 14)
    assert seen(found, weight, inputs) == pytest.approx(13 / 14)
    assert seen(found, weight, inputs[:2]) == pytest.approx(1)
    assert seen(found, weight, inputs[:0]) is None
    assert found.axes == ((0, 1), (0, 1))


def test_the_picture_keeps_still_while_a_layer_turns():
    held, before = Held(), None
    inputs = normal(30, 3, seed=1)
    spin = normal(3, 3, seed=4)
    spin = 0.006 * (spin - spin.t())
    weight, bias = normal(4, 3), torch.zeros(4, dtype=torch.float64)
    for step in range(700):
        weight = weight @ torch.linalg.matrix_exp(spin)
        found = held.follow(weight, bias, inputs)
        at = places(found, weight, bias, inputs, inputs @ weight.t())
        if before is not None and found.axes == before[1]:
            assert (at[1:3] - before[0][1:3]).abs().max() < 0.35, f"jumped at step {step}"
        before = at, found.axes


def test_directions_of_nearly_equal_values_stay_where_they_were():
    held = Held()
    for lead in (1.05, 1.02, 0.99, 0.95):
        weight = torch.diag(torch.tensor([lead, 1.0, 0.2], dtype=torch.float64))
        found = follow(weight, held)
        assert int(found.right[0].abs().argmax()) == 0, lead
        assert found.values.tolist() == pytest.approx([lead, 1.0])
    found = follow(torch.diag(torch.tensor([0.8, 1.0, 0.2], dtype=torch.float64)), held)
    assert int(found.right[0].abs().argmax()) == 1, "now the order is clear"


@pytest.mark.parametrize("shape", [(2, 2), (3, 5), (1, 2), (4, 1), (1, 1)])
def test_a_layer_of_zeros(shape):
    weight, bias = torch.zeros(*shape).double(), torch.zeros(shape[0]).double()
    inputs = torch.zeros(3, shape[1]).double()
    found = Held().follow(weight, bias, inputs)
    at = places(found, weight, bias, inputs + 1, inputs @ weight.t())
    assert torch.isfinite(at).all() and not at[2:].any()
    assert found.share == 0 and seen(found, weight, inputs) is None
    assert all(math.isfinite(angle) for angle in found.angles)


# ---- in frames


def shown(run: Any, **options: Any) -> tuple[dict[str, Any], np.ndarray]:
    head, arrays = frame(run, analysis="factors", options={"factors": options})
    return head["factors"], arrays["factors"]


LAYERS = [
    {"kind": "dense", "units": 2, "activation": "tanh"},
    {"kind": "dropout", "rate": 0.2},
    {"kind": "dense", "units": 6, "activation": "relu"},
]


def test_a_frame_shows_the_chosen_layer():
    run = run_of(small("circle", layers=LAYERS))
    run.advance(40)
    head, at = shown(run)
    assert (head["block"], head["blocks"], head["activation"]) == (1, [1, 3, 4], "tanh")
    count = head["lines"] * head["samples"]
    train = slice(count, count + head["train"])
    raw = run.data.inputs_train
    np.testing.assert_allclose(at[0, train], raw, atol=1e-5)
    weight, bias = (one.numpy() for one in run.engine.parameters()[0])
    np.testing.assert_allclose(at[4, train], raw @ weight.T + bias, atol=1e-4)
    behind = layer_values(run, torch.from_numpy(raw))
    np.testing.assert_allclose(at[5, train], behind[0], atol=1e-4)
    head, at = shown(run, block=3)
    assert (head["block"], head["rows"], head["cols"]) == (3, 6, 2)
    np.testing.assert_allclose(at[0, train], behind[0], atol=1e-4)
    values = np.linalg.svd(run.engine.parameters()[1][0].numpy(), compute_uv=False)
    np.testing.assert_allclose(head["values"], values, rtol=1e-6)
    head, at = shown(run, block=4)
    assert (head["rows"], head["cols"]) == (1, 6)
    assert head["values"][1] == 0 and not at[2:, :, 1].any()
    assert shown(run, block=2)[0]["block"] == 1, "a dropout has no matrix"


@pytest.mark.parametrize("name", ["sine", "iris", "blobs", "reg-plane"])
def test_any_task_has_its_layers_pictured(name):
    run = run_of(small(name, layers=LAYERS))
    for block in (1, 3, 4):
        head, at = shown(run, block=block)
        assert np.isfinite(at).all()
        assert at.shape == (6, at.shape[1], 2)
        assert 0 <= head["share"] <= 1 + 1e-12
        assert head["seen"] is None or 0 <= head["seen"] <= 1 + 1e-12
