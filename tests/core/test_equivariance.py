"""Translation, sharing, sparsity and pooling's invariance, against loops and known cases."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from playground.core.analysis.equivariance import connections, equivariance, invariance, shifted
from playground.core.analysis.receptive import receptive_field, shapes_behind


def filled(*modules: nn.Module) -> nn.Sequential:
    generator = torch.Generator().manual_seed(11)
    found = nn.Sequential(*modules).double().eval()
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return found


def pictures(*shape: int, seed: int = 4) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_shifting_moves_and_fills_with_0() -> None:
    values = torch.arange(1.0, 7.0).view(1, 2, 3)
    assert shifted(values, 0, 1).tolist() == [[[0, 1, 2], [0, 4, 5]]]
    assert shifted(values, -1, -1).tolist() == [[[5, 6, 0], [0, 0, 0]]]
    assert not shifted(values, 2, 0).any()


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3), st.integers(0, 2), st.integers(1, 2), st.integers(1, 3))
def test_convolutions_are_equivariant_away_from_the_border(
    kernel: int, padding: int, dilation: int, shift: int
) -> None:
    modules = filled(nn.Conv2d(2, 3, kernel, 1, padding, dilation), nn.Tanh(), nn.Conv2d(3, 2, 3))
    found = equivariance(list(modules), pictures(2, 2, 14, 14), shift)
    assert found is not None
    assert found.moved == shift and found.jump == 1
    assert found.places > 0 and found.error is not None
    assert found.error < 1e-12


def test_the_clear_places_are_those_whose_fields_are() -> None:
    modules = filled(nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 3, padding=1))
    found = equivariance(list(modules), pictures(1, 1, 9, 9), 2)
    assert found is not None
    # Counted by the fields themselves: whole ones, of the place and of the one compared with,
    # that touch none of the two columns which came in.
    count = 0
    for row in range(9):
        for column in range(2, 9):
            fields = [
                receptive_field(modules, (1, 9, 9), (0, row, at))[0] for at in (column, column - 2)
            ]
            whole = all(int(field.sum()) == 25 for field in fields)
            count += whole and not fields[0][:, :2].any()
    assert found.places == count == 5 * 3
    assert found.border is not None and found.border > 1e-3


def test_a_stride_is_equivariant_to_its_own_steps_alone() -> None:
    modules = filled(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.MaxPool2d(2))
    whole = equivariance(list(modules), pictures(1, 1, 12, 12), 2)
    half = equivariance(list(modules), pictures(1, 1, 12, 12), 1)
    assert whole is not None and half is not None
    assert whole.moved == 1 and whole.jump == 2 and whole.error is not None
    assert whole.error < 1e-12
    assert half.moved is None and half.error is not None
    assert half.error > 1e-2


def test_where_everything_is_seen_there_is_nothing_to_shift() -> None:
    modules = filled(nn.Conv2d(1, 2, 3), nn.LayerNorm([2, 4, 4]))
    assert equivariance(list(modules), pictures(1, 1, 6, 6), 1) is None


def test_a_dense_map_would_not_be_equivariant() -> None:
    class Dense(nn.Conv2d):
        """Says that it is a convolution and is a dense layer."""

        def forward(self, input: Tensor) -> Tensor:
            weights = pictures(36, 36, seed=9)
            return (input.flatten(1) @ weights).view(-1, 1, 6, 6)

    found = equivariance([Dense(1, 1, 1)], pictures(1, 1, 6, 6), 1)
    assert found is not None and found.error is not None
    assert found.error > 0.05


def test_pooling_keeps_more_than_it_reads() -> None:
    maps = pictures(3, 2, 12, 12)
    found = invariance(nn.MaxPool2d(3, 1, 1), maps)
    later = maps.clone()
    for column in range(1, 12):
        later[..., column] = maps[..., column - 1]
    pool = nn.MaxPool2d(3, 1, 1)
    same = (pool(later) == pool(maps)).double().mean().item()
    assert found.outputs == pytest.approx(same)
    assert found.inputs == pytest.approx(1 / 12)  # the first column, which was repeated
    assert found.outputs > 0.4  # two of three maxima are still in the window
    assert found.change is not None and found.change < 1
    assert invariance(pool, torch.zeros(1, 1, 4, 4)).change is None
    assert invariance(nn.AdaptiveMaxPool2d(1), torch.zeros(1, 1, 4, 4)).outputs == 1


@pytest.mark.parametrize(
    "module",
    [
        nn.Conv2d(4, 6, 3, padding=1),
        nn.Conv2d(4, 6, (2, 3), (2, 1), (0, 2), (1, 2), groups=2, bias=False),
        nn.MaxPool2d(2),
    ],
)
def test_links_are_counted_by_the_fields(module: nn.Module) -> None:
    shape = (4, 6, 7)
    after = shapes_behind([module], shape)[0]
    found = connections(module, shape, after)
    places = torch.cartesian_prod(*(torch.arange(size) for size in after)).tolist()
    links = sum(int(receptive_field([module], shape, place).sum()) for place in places)
    assert found.links == links
    assert found.weights == sum(one.numel() for one in module.parameters())
    assert found.dense_links == 4 * 6 * 7 * len(places)
    if isinstance(module, nn.Conv2d):
        assert found.uses == pytest.approx(links / module.weight.numel())
        assert found.dense_weights == found.dense_links + (
            len(places) if module.bias is not None else 0
        )
