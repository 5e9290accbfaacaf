"""Which points a minibatch holds, in both engines and in a loop by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from playground.core.engine import ENGINES
from playground.core.run import Run
from tests.core.hand_loop import Hand
from tests.core.helpers import run_of, small, states_equal
from tests.core.test_engines import assert_together, case, change


@pytest.mark.parametrize("order", ["shuffled", "fixed"])
@pytest.mark.parametrize("last_batch", ["smaller", "dropped", "carried"])
def test_orders_and_last_batches(order, last_batch):
    """Both engines and a loop by hand visit the same points in the same minibatches."""
    settings = case("sgd", "mse", "tanh")
    settings["layers"] = [{"kind": "dense", "units": 3}]
    settings["training"] |= {"order": order, "last_batch": last_batch, "batch_size": 8}
    runs = [run_of(small(**settings), engine=name) for name in ENGINES]
    hand = Hand(runs[0])
    for epoch in range(4):
        for run in runs:
            run.advance(run.batches_per_epoch)
        hand.epoch()
        assert_together(runs, f"epoch {epoch}")
        hand.assert_with(runs[0])
    sizes = [len(batch) for batch in hand.batches]
    expected = {
        "smaller": [8, 8, 5] * 4,
        "dropped": [8, 8] * 4,
        "carried": carried_sizes(21, 8, 4),
    }[last_batch]
    assert sizes == expected
    seen = torch.cat(hand.batches)
    if order == "fixed":
        expected_order = torch.arange(21).repeat(4)
        if last_batch == "dropped":
            expected_order = torch.arange(16).repeat(4)
        assert torch.equal(seen, expected_order[: len(seen)])
    elif last_batch != "dropped":
        counts = torch.bincount(seen, minlength=21)
        assert counts.max() - counts.min() <= 1, "every epoch visits every point once"


def carried_sizes(count: int, size: int, epochs: int) -> list[int]:
    """TensorFlow Playground's rule: a step after every `size`-th point of an epoch, and what is
    left waits for the first step of the next.
    """
    sizes, waiting = [], 0
    for _ in range(epochs):
        for point in range(1, count + 1):
            waiting += 1
            if point % size == 0:
                sizes.append(waiting)
                waiting = 0
    return sizes


def test_batch_size_changes_in_the_middle_of_an_epoch():
    """Points already visited are not visited again, the others are, once."""
    for last_batch in ("smaller", "dropped", "carried"):
        settings = case("adam", "bce", "tanh")
        settings["training"] |= {"last_batch": last_batch}
        runs = [run_of(small(**settings), engine=name) for name in ENGINES]
        for size in (4, 13, 1, 1000, 5):
            for run in runs:
                run.advance(2)
                change(run, {"training": {"batch_size": size}})
                starts = [start for start, _ in run.batches.slices]
                stops = [stop for _, stop in run.batches.slices]
                assert starts[0] == 0
                assert starts[1:] == stops[:-1]
                run.advance(3)
            assert_together(runs, f"{last_batch} {size}")


@pytest.mark.parametrize("last_batch", ["smaller", "dropped", "carried"])
def test_a_stop_rule_leaves_the_minibatches_alone(last_batch):
    """A change of another training setting, here at the start of an epoch, moves no boundary."""
    settings = case("sgd", "mse", "tanh")
    settings["training"] |= {"last_batch": last_batch, "batch_size": 8}
    one, other = (run_of(small(**settings)) for _ in range(2))
    for run in (one, other):
        run.advance(run.batches_per_epoch)
    change(other, {"training": {"stop_epochs": 100, "stop_loss": 1e-9}})
    for run in (one, other):
        run.advance(7)
    assert states_equal(one, other)


def orders(run: Run, epochs: int = 4) -> list[list[int]]:
    """The points of each epoch in order, by their places among all of them."""
    total = len(run.data.targets_train) + len(run.data.left_out)
    names = np.delete(np.arange(total), list(run.data.left_out))
    found = []
    for _ in range(epochs):
        found.append(names[run.batches.indices.numpy()].tolist())
        run.advance(run.batches_per_epoch)
    return found


@pytest.mark.parametrize("order", ["shuffled", "fixed"])
def test_without_a_point_the_others_keep_their_places(order):
    """The last of an epoch takes the place of the one that is left out; no other point moves."""
    settings: dict[str, Any] = {"training": {"order": order, "batch_size": 8}}
    whole = orders(run_of(small(**settings)))
    one = orders(run_of(small(**settings, data={"left_out": [7]})))
    two = orders(run_of(small(**settings, data={"left_out": [7, 2]})))
    for every, without, fewer in zip(whole, one, two, strict=True):
        for before, point, after in ((every, 7, without), (without, 2, fewer)):
            expected = before.copy()
            expected[expected.index(point)] = expected[-1]
            assert after == expected[:-1]


def test_points_left_out_twice_or_not_there_are_left_out_once():
    run = run_of(small(data={"left_out": [3, 900, 3]}))
    assert run.data.left_out == (3,)
    assert sorted(orders(run, 1)[0]) == [point for point in range(30) if point != 3]


def test_points_may_be_left_out_while_it_trains():
    """From the next order on it is the same as if they had never been there."""
    run, other = (run_of(small(data={"left_out": left})) for left in ([], [4, 1]))
    run.advance(run.batches_per_epoch)
    other.advance(other.batches_per_epoch)
    run.update(other.experiment)
    other.batches.resize(28, (4, 1))
    assert orders(run) == orders(other)
    run.update(run.experiment.with_changes({"data": {"left_out": []}}))
    assert sorted(orders(run)[0]) == list(range(30))
