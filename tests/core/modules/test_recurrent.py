"""RNN, LSTM and GRU: torch's own, a plain loop, gradients, and what is handed over."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from playground.core.modules.recurrent import CELLS, GATES, Recurrent, recurrent_courses
from tests.core.modules.checking import assert_gradients, both_ways, drawn, filled

INPUTS, HIDDEN, READ, WRITTEN = 3, 4, 5, 3
KINDS = pytest.mark.parametrize("kind", list(CELLS))
BOTH = pytest.mark.parametrize("bidirectional", [False, True])


def made(kind: str, **settings: object) -> Recurrent:
    return filled(Recurrent(kind, INPUTS, HIDDEN, **settings))  # type: ignore[arg-type]


def own(kind: str, source: nn.RNNBase, inputs: int = INPUTS) -> nn.RNNBase:
    """torch's module with the same weights."""
    made_of: Any = CELLS[kind]
    cell = made_of(
        inputs, source.hidden_size, batch_first=True, bidirectional=source.bidirectional
    ).double()
    cell.load_state_dict(source.state_dict())
    return cell


@KINDS
@BOTH
def test_states_are_those_of_torch(kind, bidirectional):
    values = drawn(2, READ, INPUTS)
    block = made(kind, bidirectional=bidirectional)
    expected, last = own(kind, block.cell)(values)
    torch.testing.assert_close(both_ways(block, values), expected)
    short = made(kind, bidirectional=bidirectional, last=True)
    state = last[0] if kind == "lstm" else last
    torch.testing.assert_close(both_ways(short, values), torch.cat(tuple(state), -1))


def test_a_plain_cell_may_bend_otherwise():
    values = drawn(2, READ, INPUTS)
    block = made("rnn", bend="relu")
    cell = nn.RNN(INPUTS, HIDDEN, nonlinearity="relu", batch_first=True).double()
    cell.load_state_dict(block.cell.state_dict())
    torch.testing.assert_close(both_ways(block, values), cell(values)[0])


def sigmoid(value: Tensor) -> Tensor:
    return 1 / (1 + (-value).exp())


@KINDS
@BOTH
def test_gates_are_those_of_the_formulas(kind, bidirectional):
    """Hochreiter & Schmidhuber 1997 with forget gates; Cho et al. 2014: written out for one point,
    gate by gate."""
    values = drawn(2, READ, INPUTS)
    block = made(kind, bidirectional=bidirectional)
    courses = recurrent_courses(nn.Sequential(nn.Identity(), block), values)
    assert [one.name for one in courses] == ["forward", "backward"][: 1 + bidirectional]
    for one in courses:
        suffix = "_reverse" if one.name == "backward" else ""
        weights = [
            getattr(block.cell, f"{name}_l0{suffix}").chunk(GATES[kind])
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        state = memory = torch.zeros(HIDDEN, dtype=torch.float64)
        order = reversed(range(READ)) if suffix else range(READ)
        for place in order:
            seen = values[1, place]
            come = [w @ seen + b for w, b in zip(weights[0], weights[2], strict=True)]
            stay = [w @ state + b for w, b in zip(weights[1], weights[3], strict=True)]
            expected = {}
            if kind == "rnn":
                state = torch.tanh(come[0] + stay[0])
            elif kind == "lstm":
                for name, gate in (("input", 0), ("forget", 1), ("output", 3)):
                    expected[name] = sigmoid(come[gate] + stay[gate])
                expected["candidate"] = torch.tanh(come[2] + stay[2])
                memory = expected["forget"] * memory + expected["input"] * expected["candidate"]
                state = expected["output"] * torch.tanh(memory)
                expected["memory"] = memory
            else:
                expected["reset"] = sigmoid(come[0] + stay[0])
                expected["update"] = sigmoid(come[1] + stay[1])
                expected["candidate"] = torch.tanh(come[2] + expected["reset"] * stay[2])
                kept = expected["update"] * state
                state = (1 - expected["update"]) * expected["candidate"] + kept
            expected["state"] = state
            assert expected.keys() == one.values.keys()
            for name, value in expected.items():
                torch.testing.assert_close(one.values[name][1, place], value)


@KINDS
@BOTH
def test_the_reader_hands_its_last_state_to_the_writer(kind, bidirectional):
    values = drawn(2, READ + WRITTEN, INPUTS)
    block = made(kind, bidirectional=bidirectional, source=READ)
    found = both_ways(block, values)
    assert block.writer is not None
    reader, writer = own(kind, block.cell), own(kind, block.writer)
    read, last = reader(values[:, :READ])

    def side_by_side(state: Tensor) -> Tensor:
        return torch.cat(tuple(state), -1).unsqueeze(0)

    first = tuple(map(side_by_side, last)) if kind == "lstm" else side_by_side(last)
    written, _ = writer(values[:, READ:], first)
    torch.testing.assert_close(found, torch.cat((read, written), 1))
    *_, course = recurrent_courses(block, values)
    assert (course.name, course.start) == ("written", READ)
    torch.testing.assert_close(course.values["state"], written)


@KINDS
@pytest.mark.parametrize("source", [0, READ])
def test_no_state_knows_what_comes_later(kind, source):
    values = drawn(1, READ + WRITTEN, INPUTS)
    block = made(kind, source=source)
    before = block(values)
    for place in range(READ + WRITTEN):
        changed = values.clone()
        changed[:, place] += 1
        moved = ((block(changed) - before).abs().amax((0, 2)) > 1e-9).tolist()
        assert not any(moved[:place])
        assert all(moved[place:])


def test_a_reader_of_both_directions_sees_nothing_that_is_written():
    values = drawn(1, READ + WRITTEN, INPUTS)
    block = made("gru", source=READ, bidirectional=True)
    changed = values.clone()
    changed[:, READ] += 1
    moved = (block(changed) - block(values)).abs().amax((0, 2)) > 1e-9
    assert moved.tolist() == [False] * READ + [True] * WRITTEN


@KINDS
@BOTH
@pytest.mark.parametrize("source", [0, READ])
def test_gradients_are_those_of_differences(kind, bidirectional, source):
    values = drawn(2, READ + WRITTEN, INPUTS)
    block = made(kind, bidirectional=bidirectional, source=source)
    assert_gradients(block.train(), values)
    assert_gradients(block.eval(), values)


@KINDS
def test_it_can_be_differentiated_twice(kind):
    values = drawn(1, READ, INPUTS).requires_grad_()
    block = made(kind, bidirectional=True).float().eval()
    (first,) = torch.autograd.grad(block(values.float()).sum(), values, create_graph=True)
    (second,) = torch.autograd.grad(first.square().sum(), values)
    exact = block.double()
    (slope,) = torch.autograd.grad(exact(values).sum(), values, create_graph=True)
    (expected,) = torch.autograd.grad(slope.square().sum(), values)
    torch.testing.assert_close(second, expected, rtol=1e-3, atol=1e-5)


def test_nothing_is_drawn_from_torchs_own_generator():
    state = torch.get_rng_state()
    for kind in CELLS:
        Recurrent(kind, INPUTS, HIDDEN, bidirectional=True, source=READ)
    assert torch.equal(torch.get_rng_state(), state)
