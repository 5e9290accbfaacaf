"""Gradients over depth and over places, against loops by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from playground.core.analysis.gradients import Through, sample_size, through
from playground.core.modules.recurrent import Recurrent
from playground.core.run import Run
from tests.core.helpers import independent_model, model_inputs, run_of, small
from tests.core.test_memory import cnn
from tests.core.viewing import frame


class Plain:
    """What `through` uses of a replica, over modules of the test's own, with a mean square."""

    def __init__(self, *modules: nn.Module) -> None:
        self.modules = nn.ModuleList(nn.Sequential(one) for one in modules).double().eval()
        for parameter in self.modules.parameters():
            nn.init.normal_(parameter, 0, 0.4, torch.Generator().manual_seed(parameter.numel()))
        self.parameters = list(self.modules.parameters())
        names = [name for name, _ in self.modules.named_parameters()]
        self.owners = [int(name.split(".", 1)[0]) + 1 for name in names]

    def inputs(self, points: Tensor) -> Tensor:
        return points

    def loss_of(self, output: Tensor, targets: Tensor) -> Tensor:
        return (output - targets).square().sum(-1).mean()


def cell_of(plain: Plain) -> nn.RNNBase:
    return next(part for part in plain.modules.modules() if isinstance(part, nn.RNNBase))


def norms(gradients: list[Tensor], count: int) -> list[float]:
    each = [gradient.flatten(1).norm(dim=1) * count for gradient in gradients]
    return [one.square().mean().sqrt().item() for one in each]


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_the_gradient_of_a_state_comes_by_all_that_follows(kind, last):
    """Cells of torch, one place at a time, whose states are leaves of the graph's way back."""
    plain = Plain(Recurrent(kind, 3, 4, last=last), nn.Linear(4, 2))
    inputs, targets = drawn(5, 7, 3), drawn(5, 2) if last else drawn(5, 7, 2)
    row = through(plain, inputs, targets)[0]  # type: ignore[arg-type]
    ((name, start, found),) = row.courses
    assert (name, start) == ("forward", 0)
    cell = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}[kind](3, 4).double()
    weights = {key.removesuffix("_l0"): part for key, part in cell_of(plain).named_parameters()}
    cell.load_state_dict(weights)
    state: Any = (torch.zeros(5, 4).double(),) * 2 if kind == "lstm" else torch.zeros(5, 4).double()
    states = []
    for place in range(7):
        state = cell(inputs[:, place], state)
        states.append(state[0] if kind == "lstm" else state)
    behind = states[-1] if last else torch.stack(states, 1)
    loss = plain.loss_of(plain.modules[1](behind), targets)
    expected = norms(list(torch.autograd.grad(loss, states)), 5)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_gradient_that_vanishes_is_seen():
    plain = Plain(Recurrent("rnn", 2, 6, last=True), nn.Linear(6, 1))
    with torch.no_grad():
        recurrent: Any = cell_of(plain)
        recurrent.weight_hh_l0.mul_(0.1)
    row = through(plain, drawn(4, 20, 2), drawn(4, 1))[0]  # type: ignore[arg-type]
    course = row.courses[0][2]
    assert course[0] < 1e-9 * course[-1]
    assert (np.diff(course) > 0).all()


def test_both_directions_have_courses():
    plain = Plain(Recurrent("gru", 2, 3, bidirectional=True), nn.Linear(6, 1))
    row = through(plain, drawn(4, 9, 2), drawn(4, 9, 1))[0]  # type: ignore[arg-type]
    assert [(name, len(course)) for name, _, course in row.courses] == [
        ("forward", 9),
        ("backward", 9),
    ]
    other = through(plain, drawn(4, 9, 2), drawn(4, 9, 1))[1]  # type: ignore[arg-type]
    assert [name for name, _, _ in other.courses] == ["places"]


def by_block(run: Run) -> dict[int, Through]:
    replica = run.observer.replica()  # type: ignore[union-attr]
    inputs, targets = replica.examples()
    count = sample_size(run, len(inputs))
    return {one.block: one for one in through(replica, inputs[:count], targets[:count])}


@pytest.mark.parametrize("name", ["circle", "iris", "reg-plane"])
def test_over_the_depth_it_is_each_points_own(name):
    """One point after the other, through plain modules."""
    run = run_of(small(name, layers=[{"kind": "dense", "units": 5}, {"kind": "dense", "units": 3}]))
    run.advance(20)
    frame(run, analysis=["gradients"])
    found = by_block(run)
    model = independent_model(run)
    inputs, targets = run.examples("train")
    squares: dict[int, list[float]] = {1: [], 2: [], 3: []}
    whole = model_inputs(run)[: len(inputs)]
    for point in range(len(inputs)):
        values = [whole[point : point + 1]]
        for module in model:
            values.append(module(values[-1]))
            if values[-1].requires_grad:
                values[-1].retain_grad()
        run.loss.value(values[-1], targets[point : point + 1].to(values[-1].dtype), 1).backward()
        for block, each in squares.items():
            gradient = values[2 * block].grad
            assert gradient is not None
            each.append(gradient.square().sum().item())
    for block, each in squares.items():
        assert found[block].gradient == pytest.approx(np.sqrt(np.mean(each)), rel=1e-6)


def test_pictures_have_one_too_and_it_is_told():
    run = Run(cnn())
    run.advance(2)
    header, arrays = frame(run, analysis=["gradients"])
    told = header["gradients"]
    json.dumps(told, allow_nan=False)
    assert [row["block"] for row in told["rows"]] == [1, 2, 3, 4, 5]
    assert all(row["gradient"] > 0 for row in told["rows"])
    assert told["rows"][1]["gradient"] == pytest.approx(told["rows"][2]["gradient"])
    assert told["rows"][1]["weights"] is None
    assert not [key for key in arrays if key.startswith("gradients")]


def test_it_rests_while_the_network_trains():
    run = Run(cnn())
    steps = []
    for _ in range(4):
        run.advance(1)
        steps.append(frame(run, analysis=["gradients"], resting=False)[0]["gradients"]["step"])
    assert steps[0] == 1 and steps.count(1) >= 2, "measured once, then at rest"
    assert frame(run, analysis=["gradients"], resting=True)[0]["gradients"]["step"] == 4


def test_without_points_there_is_none():
    run = run_of(small("own", data={"points": []}, layers=[]))
    assert frame(run, analysis=["gradients"])[0]["gradients"]["rows"] == []


def test_a_gradient_reaches_blocks_in_front_of_all_that_learns():
    plain = Plain(nn.Flatten(), nn.Linear(6, 2))
    inputs, targets = drawn(4, 2, 3), drawn(4, 2)
    first, second = through(plain, inputs, targets)  # type: ignore[arg-type]
    behind = inputs.flatten(1).requires_grad_()
    loss = plain.loss_of(plain.modules[1](behind), targets)
    (gradient,) = torch.autograd.grad(loss, behind)
    assert first.gradient == pytest.approx(norms([gradient], 4)[0])
    assert first.weights is None and second.weights is not None
