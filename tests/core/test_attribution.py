"""Attributions against plain loops, differences, closed forms and completeness."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from playground.core.analysis.attribution import (
    LEVELS,
    grad_cam,
    gradient,
    gradient_times_input,
    integrated_gradients,
    occlusion,
    windows,
)


def finish(work: Generator[float, None, Any]) -> tuple[list[float], Any]:
    told: list[float] = []
    while True:
        try:
            told.append(next(work))
        except StopIteration as end:
            return told, end.value


def network(seed: int = 5, activation: nn.Module | None = None) -> nn.Sequential:
    modules = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), activation or nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(27, 4),
    ).double()  # fmt: skip
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in modules.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
    return modules


def picture(seed: int = 2) -> Tensor:
    return torch.rand(2, 6, 6, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_gradient_is_the_difference_quotient() -> None:
    modules, point = network(), picture()
    found = gradient(lambda x: modules(x)[:, 1], point[None])[0]
    for place in ((0, 0, 0), (1, 3, 4), (0, 5, 5)):
        step = torch.zeros_like(point)
        step[place] = 1e-6
        with torch.no_grad():
            ends = modules(torch.stack((point + step, point - step)))[:, 1]
        assert found[place].item() == pytest.approx((ends[0] - ends[1]).item() / 2e-6, abs=1e-6)


def test_of_a_linear_score_every_way_says_the_same() -> None:
    weights, point = picture(7) - 0.5, picture()
    baseline = torch.full_like(point, 0.2)

    def score(x: Tensor) -> Tensor:
        return (x * weights).sum((1, 2, 3)) + 3

    expected = weights * (point - baseline)
    assert torch.allclose(gradient_times_input(score, point, baseline), expected)
    _, found = finish(integrated_gradients(score, point, baseline))
    assert torch.allclose(found.shares, expected)
    assert found.steps == LEVELS[0]
    _, covered = finish(occlusion(score, point, baseline, 1, 1))
    assert torch.allclose(covered.drops, expected.sum(0))
    assert torch.allclose(covered.pixels, expected.sum(0))


@pytest.mark.parametrize("activation", [nn.Tanh(), nn.ReLU()])
def test_integrated_gradients_are_complete(activation: nn.Module) -> None:
    modules, point = network(activation=activation), picture() * 3
    told, found = finish(
        integrated_gradients(lambda x: modules(x)[:, 2], point, torch.zeros_like(point), enough=0)
    )
    with torch.no_grad():
        difference = modules(torch.stack((point, torch.zeros_like(point))))[:, 2]
    assert found.difference == pytest.approx((difference[0] - difference[1]).item())
    assert found.steps == LEVELS[-1]
    assert found.gap < 2e-3
    assert told == sorted(told) and told[-1] == 1


def test_a_finer_rule_goes_on_from_the_coarser_one() -> None:
    modules, point = network(), picture() * 2
    baseline = torch.full_like(point, 0.1)

    def score(x: Tensor) -> Tensor:
        return modules(x)[:, 0]

    _, found = finish(integrated_gradients(score, point, baseline, levels=(4, 12), enough=0))
    expected = torch.zeros_like(point)
    for step in range(12):
        at = baseline + (step + 0.5) / 12 * (point - baseline)
        expected += gradient(score, at[None])[0] / 12
    assert torch.allclose(found.shares, expected * (point - baseline))


def test_a_point_at_the_baseline_owes_nothing() -> None:
    modules, point = network(), picture()
    _, found = finish(integrated_gradients(lambda x: modules(x)[:, 0], point, point.clone()))
    assert not found.shares.any() and found.gap < 1e-6


@pytest.mark.parametrize(("size", "stride"), [(2, 1), (3, 2), (4, 3), (9, 1)])
def test_occlusion_is_a_loop_over_covered_pictures(size: int, stride: int) -> None:
    modules, point = network(), picture()
    baseline = torch.full_like(point, -0.3)
    _, found = finish(
        occlusion(lambda x: modules(x)[:, 3], point, baseline, size, stride, at_once=3)
    )
    total, times = torch.zeros(6, 6, dtype=torch.float64), torch.zeros(6, 6)
    for k, row in enumerate(found.rows):
        for j, column in enumerate(found.columns):
            covered = point.clone()
            for y in range(row, row + found.size):
                for x in range(column, column + found.size):
                    covered[:, y, x] = -0.3
                    times[y, x] += 1
            with torch.no_grad():
                drop = (modules(point[None]) - modules(covered[None]))[0, 3]
            assert found.drops[k, j].item() == pytest.approx(drop.item())
            for y in range(row, row + found.size):
                for x in range(column, column + found.size):
                    total[y, x] += drop
    assert times.min() > 0  # no pixel is left out
    assert torch.allclose(found.pixels, total / times)


def test_windows_reach_the_end() -> None:
    assert windows(8, 3, 2) == [0, 2, 4, 5]
    assert windows(3, 9, 1) == [0]


def test_grad_cam_before_global_pooling_is_the_class_activation_map() -> None:
    # Zhou et al. 2016: there the map is the head's weights times the maps, over their size.
    generator = torch.Generator().manual_seed(1)
    maps = torch.rand(5, 4, 3, generator=generator, dtype=torch.float64)
    head = torch.rand(5, generator=generator, dtype=torch.float64) - 0.4
    found = grad_cam(lambda x: x.mean((2, 3)) @ head, maps)
    assert torch.allclose(found.weights, head / 12)
    expected = sum(head[k] * maps[k] for k in range(5)) / 12
    assert torch.allclose(found.coarse, torch.as_tensor(expected))
    over = found.over(8, 6)
    assert over.shape == (8, 6) and over.min() >= 0
    assert 0 < over.max() <= found.coarse.max()


def test_grad_cam_weights_are_difference_quotients() -> None:
    modules, point = network(), picture()
    with torch.no_grad():
        maps = modules[:2](point[None])[0]
    found = grad_cam(lambda x: modules[2:](x)[:, 1], maps)
    for channel in range(3):
        step = torch.zeros_like(maps)
        step[channel] = 1e-6  # all of the map moves: the sum of its gradients
        with torch.no_grad():
            ends = modules[2:](torch.stack((maps + step, maps - step)))[:, 1]
        expected = (ends[0] - ends[1]).item() / 2e-6 / maps[0].numel()
        assert found.weights[channel].item() == pytest.approx(expected, abs=1e-6)
