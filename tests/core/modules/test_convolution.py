"""Convolutions over time and with a way past them, and normalisations of whole pictures."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from playground.core.modules.convolution import OverTime, residual_convolutions
from playground.core.modules.dropout import SeededDropout
from playground.core.modules.norms import BatchNorm, GroupNorm
from tests.core.modules.checking import assert_gradients, drawn, filled


@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_a_convolution_over_time_is_that_of_torch(kernel, dilation):
    inner = nn.Conv1d(3, 4, kernel, dilation=dilation)
    reach = dilation * (kernel - 1)
    block = filled(OverTime(inner, reach // 2, reach - reach // 2))
    values = drawn(2, 7, 3)
    expected = functional.conv1d(
        values.transpose(1, 2), inner.weight, inner.bias, padding="same", dilation=dilation
    )
    torch.testing.assert_close(block(values), expected.transpose(1, 2))
    assert_gradients(block, values)


def test_a_kernel_over_two_parts_sees_nothing_that_comes_later():
    block = filled(OverTime(nn.Conv1d(3, 4, 3, dilation=2), 2, 2, source=4))
    values = drawn(1, 10, 3)
    before = block(values)
    assert before.shape == (1, 10, 4)
    torch.testing.assert_close(
        before[:, :4], filled(OverTime(nn.Conv1d(3, 4, 3, dilation=2), 2, 2))(values[:, :4])
    )
    for place in range(10):
        changed = values.clone()
        changed[:, place] += 1
        moved = ((block(changed) - before).abs().amax((0, 2)) > 1e-9).nonzero().flatten().tolist()
        if place < 4:
            assert moved == [p for p in (place - 2, place, place + 2) if 0 <= p < 4]
        else:
            assert moved == [p for p in (place, place + 2, place + 4) if p < 10]


def test_the_greatest_over_time_is_never_padding():
    block = OverTime(nn.MaxPool1d(3, 1), 1, 1, fill=float("-inf"))
    values = -drawn(2, 5, 3).abs() - 1
    expected = functional.max_pool1d(values.transpose(1, 2), 3, 1, 1).transpose(1, 2)
    assert torch.equal(block(values), expected)


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(("inputs", "stride"), [(4, 1), (3, 1), (4, 2), (3, 2)])
def test_a_residual_block_is_two_convolutions_and_a_way_past(normalize, inputs, stride):
    block = filled(
        residual_convolutions(
            inputs,
            4,
            kernel=3,
            stride=stride,
            bend=nn.ReLU(),
            normalize=normalize,
            biased=not normalize,
        )
    )
    pictures = drawn(3, inputs, 6, 5)
    body: Any = block.inner
    parts: list[Any] = [*body, *(() if normalize else (nn.Identity(),))]
    first, *norm, _, second, other = parts
    norms = [*norm, other]

    def normed(values: torch.Tensor, norm: Any) -> torch.Tensor:
        if not normalize:
            return values
        mean = values.mean((0, 2, 3), keepdim=True)
        spread = values.var((0, 2, 3), keepdim=True, unbiased=False)
        gain, shift = norm.weight.view(-1, 1, 1), norm.bias.view(-1, 1, 1)
        return (values - mean) / (spread + 1e-5).sqrt() * gain + shift

    inner = functional.conv2d(pictures, first.weight, first.bias, stride, 1)
    inner = functional.relu(normed(inner, norms[0]))
    inner = normed(functional.conv2d(inner, second.weight, second.bias, 1, 1), norms[-1])
    past = pictures
    if inputs != 4 or stride != 1:
        way: list[Any] = list(block.past)  # type: ignore[call-overload]
        past = functional.conv2d(pictures, way[0].weight, way[0].bias, stride)
        past = normed(past, way[-1])
    torch.testing.assert_close(block.train()(pictures), past + inner)
    assert_gradients(block.eval(), pictures)


@pytest.mark.parametrize("shape", [(6, 3), (6, 4, 3), (6, 3, 4, 5)])
def test_batch_norm_is_that_of_torch(shape):
    values = drawn(*shape)
    ours = filled(BatchNorm(3, momentum=0.3))
    theirs = (nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(3, momentum=0.3).double()
    theirs.load_state_dict(ours.state_dict())
    across = values.transpose(1, 2) if len(shape) == 3 else values

    def back(found: torch.Tensor) -> torch.Tensor:
        return found.transpose(1, 2) if len(shape) == 3 else found

    for _ in range(2):
        torch.testing.assert_close(ours.train()(values), back(theirs.train()(across)))
    for name, part in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], part)
    torch.testing.assert_close(ours.eval()(values), back(theirs.eval()(across)))
    single = values[(slice(1), *{2: (), 3: (slice(1),), 4: (..., slice(1), slice(1))}[len(shape)])]
    torch.testing.assert_close(ours.train()(single), ours.eval()(single))
    assert_gradients(ours.train(), values)


def test_group_norm_is_that_of_torch():
    ours = filled(GroupNorm(2, 6))
    pictures, sequences = drawn(2, 6, 3, 4), drawn(2, 5, 6)
    weight, bias = ours.weight, ours.bias
    torch.testing.assert_close(ours(pictures), functional.group_norm(pictures, 2, weight, bias))
    for place in range(5):
        expected = functional.group_norm(sequences[:, place], 2, weight, bias)
        torch.testing.assert_close(ours(sequences)[:, place], expected)
    assert_gradients(ours, pictures)
    assert_gradients(ours, sequences)


def test_whole_channels_fall_silent():
    def dropped(values: torch.Tensor, whole: bool) -> torch.Tensor:
        return SeededDropout(0.5, torch.Generator().manual_seed(3), whole).train()(values)

    pictures = dropped(torch.ones(40, 5, 4, 4), True)
    assert set(pictures.flatten(2).sum(2).unique().tolist()) == {0.0, 32.0}
    sequences = dropped(torch.ones(40, 7, 5), True)
    assert set(sequences.sum(1).unique().tolist()) == {0.0, 14.0}
    rows = torch.ones(40, 5)
    assert torch.equal(dropped(rows, True), dropped(rows, False))
    assert 0.4 < (pictures == 0).float().mean().item() < 0.6
    mixed = dropped(torch.ones(40, 5, 4, 4), False).flatten(2).sum(2)
    assert len(mixed.unique()) > 4
