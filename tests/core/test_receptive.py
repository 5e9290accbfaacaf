"""Receptive fields by the shape rules, against gradients and against changed pixels."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from playground.core.analysis.receptive import (
    flat,
    gradient_field,
    linear_copy,
    pointwise,
    reach,
    receptive_field,
    shapes_behind,
)
from playground.core.modules.convolution import residual_convolutions
from playground.core.modules.embedding import GlobalPool
from playground.core.modules.norms import GroupNorm


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[nn.Module], tuple[int, ...]]:
    """One to three blocks of convolution, pooling and activation, and a picture's shape."""
    channels = draw(st.sampled_from([1, 2, 4]))
    shape = (channels, draw(st.integers(11, 14)), draw(st.integers(11, 14)))
    found: list[nn.Module] = []
    for _ in range(draw(st.integers(1, 3))):
        kernel = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
        stride = (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
        kind = draw(st.sampled_from(["conv", "max", "average", "norm", "residual", "group"]))
        pads = (draw(st.integers(0, kernel[0] // 2)), draw(st.integers(0, kernel[1] // 2)))
        if kind == "conv":
            dilation = (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
            groups = draw(st.sampled_from([one for one in (1, 2, 4) if channels % one == 0]))
            found += [nn.Conv2d(channels, 4, kernel, stride, pads, dilation, groups), nn.ReLU()]
            channels = 4
        elif kind == "residual":
            step, norm = draw(st.integers(1, 2)), draw(st.booleans())
            more = {"bend": nn.ReLU(), "normalize": norm, "biased": True}
            found.append(residual_convolutions(channels, 4, kernel=3, stride=step, **more))
            channels = 4
        elif kind == "group":
            found.append(GroupNorm(draw(st.sampled_from([1, channels])), channels))
        elif kind == "max":
            found.append(nn.MaxPool2d(kernel, stride, pads, ceil_mode=draw(st.booleans())))
        elif kind == "average":
            found.append(nn.AvgPool2d(kernel, stride, pads, draw(st.booleans())))
        else:
            found += [nn.BatchNorm2d(channels), nn.Tanh()]
    return found, shape


def fits(modules: list[nn.Module], shape: tuple[int, ...]) -> bool:
    try:
        shapes_behind([module.eval() for module in modules], shape)
    except RuntimeError:  # nothing is left of the picture
        return False
    return True


@settings(max_examples=60, deadline=None)
@given(chains(), st.data())
def test_the_rules_field_is_where_the_gradient_is_not_zero(
    case: tuple[list[nn.Module], tuple[int, ...]], data: st.DataObject
) -> None:
    modules, shape = case
    if not fits(modules, shape):
        return
    last = shapes_behind(modules, shape)[-1]
    place = [data.draw(st.integers(0, size - 1)) for size in last]
    found = receptive_field(modules, shape, place)
    assert torch.equal(found, gradient_field(linear_copy(modules), shape, place))
    reaches = reach(modules, 2)
    if any(isinstance(module, GroupNorm) for module in modules):
        assert reaches is None
        return
    assert reaches is not None
    for axis, (one, at) in enumerate(zip(reaches, place[1:], strict=True), start=1):
        others = [side for side in range(3) if side != axis]
        there = torch.nonzero(found.any(others[1]).any(others[0])).flatten()
        if len(there):  # a window may lie in the padding alone
            first, final = one.span(at)
            assert first <= there[0] and there[-1] <= final


def changed(modules: nn.Sequential, picture: Tensor, place: tuple[int, ...]) -> Tensor:
    """The pixels that change one number when they are changed, one after the other."""
    found = torch.zeros(picture.shape, dtype=torch.bool)
    with torch.no_grad():
        before = modules(picture[None])[0][place]
        for at in torch.cartesian_prod(*(torch.arange(size) for size in picture.shape)).tolist():
            other = picture.clone()
            other[tuple(at)] += 1e3  # wins in every maximum
            found[tuple(at)] = modules(other[None])[0][place] != before
    return found


@pytest.mark.parametrize("place", [(0, 0, 0), (1, 2, 1), (2, 3, 3)])
def test_the_field_is_what_changes_the_number(place: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(3)
    modules = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3, padding=1, groups=2)
    ).double()
    with torch.no_grad():
        for parameter in modules.parameters():
            parameter.copy_(0.1 + torch.rand(parameter.shape, generator=generator))
    picture = torch.rand(2, 8, 8, generator=generator, dtype=torch.float64)
    found = receptive_field(modules, (2, 8, 8), place)
    assert torch.equal(found, changed(modules, picture, place))


def test_strides_and_dilation_leave_holes() -> None:
    found = receptive_field([nn.Conv2d(1, 1, 3, dilation=2)], (1, 5, 5), (0, 0, 0))
    assert found[0].int().tolist() == [
        [1, 0, 1, 0, 1], [0] * 5, [1, 0, 1, 0, 1], [0] * 5, [1, 0, 1, 0, 1],
    ]  # fmt: skip


def test_behind_a_flattening_everything_is_read() -> None:
    modules = [nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(2 * 9, 4), nn.ReLU()]
    assert receptive_field(modules, (1, 5, 5), (2,)).all()
    assert reach(modules, 2) is None
    only = receptive_field(modules[:2], (1, 5, 5), (10,))  # channel 1, row 0, column 1
    assert only[0].int().sum() == 9 and only[0, 0:3, 1:4].all()


def test_global_pooling_reads_its_own_channel() -> None:
    for pool, place in ((nn.AdaptiveMaxPool2d(1), (1, 0, 0)), (GlobalPool(True), (1,))):
        found = receptive_field([pool], (3, 4, 4), place)
        assert found[1].all() and not found[0].any() and not found[2].any()
        assert torch.equal(found, gradient_field(linear_copy([pool]), (3, 4, 4), place))


def test_size_and_jump_of_a_known_stack() -> None:
    # Two convolutions of 3 and a pooling of 2, twice: 1 + 2 + 2 + 1, then + (2 + 2 + 1) · 2.
    block = [nn.Conv2d(1, 1, 3), nn.Conv2d(1, 1, 3), nn.MaxPool2d(2)]
    found = reach([nn.Sequential(*block), nn.Sequential(*block)], 2)
    assert found is not None
    assert [(one.size, one.jump) for one in found] == [(16, 4), (16, 4)]


def test_what_stands_alone_and_what_mixes() -> None:
    assert all(pointwise(one) for one in (nn.ReLU(), nn.Dropout2d(), nn.BatchNorm2d(2), nn.GELU()))
    assert not any(pointwise(one) for one in (nn.Softmax(1), nn.LayerNorm(2), nn.Linear(1, 1)))
    assert len(flat([nn.Sequential(nn.ReLU(), nn.Sequential(nn.Tanh())), nn.Tanh()])) == 3
