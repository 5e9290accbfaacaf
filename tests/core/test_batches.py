"""Which points a minibatch holds, in both engines and in a loop by hand."""

from __future__ import annotations

import pytest
import torch

from playground.core.engine import ENGINES
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
