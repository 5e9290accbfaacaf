"""Single numbers of convolutions and poolings, taken apart, against torch's modules and loops."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from playground.core.analysis.operation import is_operator, operation
from playground.core.modules.embedding import GlobalPool


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def filled(module: nn.Module, seed: int = 1) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return module.double().eval()


@st.composite
def windows(draw: st.DrawFn) -> tuple[nn.Module, Tensor]:
    kind = draw(st.sampled_from(["conv", "max", "average"]))
    kernel = (draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    stride = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    size = (draw(st.integers(8, 11)), draw(st.integers(8, 11)))
    ceil = draw(st.booleans())
    if kind == "conv":
        groups = draw(st.sampled_from([1, 2]))
        padding = (draw(st.integers(0, 2)), draw(st.integers(0, 2)))
        dilation = (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
        module: nn.Module = nn.Conv2d(
            4, 6, kernel, stride, padding, dilation, groups, bias=draw(st.booleans())
        )
    else:
        padding = (draw(st.integers(0, kernel[0] // 2)), draw(st.integers(0, kernel[1] // 2)))
        if kind == "max":
            module = nn.MaxPool2d(kernel, stride, padding, draw(st.integers(1, 2)), ceil_mode=ceil)
        else:
            module = nn.AvgPool2d(kernel, stride, padding, ceil, draw(st.booleans()))
    return filled(module), drawn(4, *size, seed=draw(st.integers(0, 99)))


@settings(max_examples=60, deadline=None)
@given(windows(), st.data())
def test_the_value_is_the_modules_and_its_parts_make_it(
    case: tuple[nn.Module, Tensor], data: st.DataObject
) -> None:
    module, values = case
    with torch.no_grad():
        output = module(values[None])[0]
    place = tuple(data.draw(st.integers(0, size - 1)) for size in output.shape)
    found = operation(module, values, place)
    expected = output[place].item()
    assert found.value == pytest.approx(expected, abs=1e-12)
    if found.kind == "max":
        assert found.winner is not None
        row, column = found.winner
        assert found.inside[row, column]
        at = (found.channels[0], found.rows[row], found.columns[column])
        assert values[at].item() == expected
    else:
        total = found.products.sum().item() + (found.bias or 0.0)
        assert total == pytest.approx(expected, abs=1e-12)
        assert found.sums.sum().item() + (found.bias or 0.0) == pytest.approx(expected, abs=1e-12)
    for k, row in enumerate(found.rows):
        for j, column in enumerate(found.columns):
            there = 0 <= row < values.shape[1] and 0 <= column < values.shape[2]
            assert bool(found.inside[k, j]) == there
            for c in range(*found.channels):
                value = values[c, row, column].item() if there else 0.0
                assert found.patch[c - found.channels[0], k, j].item() == value


@pytest.mark.parametrize(
    "module",
    [
        nn.AdaptiveAvgPool2d(1),
        nn.AdaptiveMaxPool2d(1),
        nn.AdaptiveAvgPool2d((3, 2)),
        nn.AdaptiveMaxPool2d((3, 2)),
        nn.Conv2d(3, 4, 3, padding="same", dilation=2),
        nn.Conv2d(3, 4, 4, padding="same"),
        nn.Conv2d(3, 4, 3, padding="valid"),
        nn.AvgPool2d(2, divisor_override=3),
    ],
)
def test_pooling_over_everything_and_paddings_by_name(module: Any) -> None:
    module, values = filled(module), drawn(3, 7, 8)
    with torch.no_grad():
        output = module(values[None])[0]
    for place in torch.cartesian_prod(*(torch.arange(size) for size in output.shape)).tolist():
        assert operation(module, values, place).value == pytest.approx(output[tuple(place)].item())


@pytest.mark.parametrize(
    "module",
    [
        nn.Conv1d(4, 2, 3, 2, 1, 2, 2),
        nn.MaxPool1d(3, 2, 1),
        nn.AvgPool1d(3),
        nn.AdaptiveAvgPool1d(2),
    ],
)
def test_in_one_dimension_the_row_is_0(module: Any) -> None:
    module, values = filled(module), drawn(4, 9)
    with torch.no_grad():
        output = module(values[None])[0]
    for channel in range(output.shape[0]):
        for at in range(output.shape[1]):
            found = operation(module, values, (channel, 0, at))
            assert found.value == pytest.approx(output[channel, at].item())


@pytest.mark.parametrize("greatest", [False, True])
def test_global_pooling_reads_a_whole_channel(greatest: bool) -> None:
    values = drawn(3, 4, 5)
    found = operation(GlobalPool(greatest), values, (1, 0, 0))
    numbers = values[1].flatten().tolist()
    assert found.value == pytest.approx(max(numbers) if greatest else sum(numbers) / 20)
    assert found.patch.shape == (1, 4, 5)


def test_equal_numbers_win_together_and_the_first_is_named() -> None:
    found = operation(nn.MaxPool2d(2), torch.zeros(1, 4, 4), (0, 1, 1))
    assert found.winner == (0, 0)
    assert found.ties == 4


def test_other_modules_are_no_operators() -> None:
    assert not is_operator(nn.Linear(3, 3))
    assert not is_operator(nn.ReLU())
