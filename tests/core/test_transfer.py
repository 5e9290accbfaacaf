"""A body that is carried over to other data: what stays, what begins anew, what it helps."""

from __future__ import annotations

from statistics import median
from typing import Any

import pytest
import torch
from torch import Tensor

from playground.core.data.registry import proposal_for
from playground.core.differences import reset_reasons
from playground.core.errors import PlaygroundError
from playground.core.experiment import Data, Experiment
from playground.core.link import decode, encode
from playground.core.run import Run

STACK = [
    {"kind": "conv2d", "channels": 3},
    {"kind": "pool2d"},
    {"kind": "flatten"},
    {"kind": "batch_norm"},
    {"kind": "dense", "units": 6, "activation": "prelu"},
]


def experiment(body: str = "free", **changes: Any) -> Experiment:
    base = Experiment().with_changes(proposal_for(Data(name="digits_high")))
    return base.with_changes(
        {
            "data": {"name": "digits_high", "train_percent": 10},
            "layers": STACK,
            "transfer": {"source": "digits_low", "epochs": 2, "body": body, "train_percent": 20},
            **changes,
        }
    )


def body_of(run: Run) -> list[Tensor]:
    """Every number of all blocks but the head, running means included."""
    parts = [part for pair in run.engine.parameters()[:-1] for part in pair]
    parts += run.engine.extras().values()
    return [part.clone() for part in parts]


def head_of(run: Run) -> Tensor:
    return run.engine.parameters()[-1][0].clone()


def same(one: list[Tensor], other: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def to_crossing(run: Run) -> tuple[list[Tensor], Tensor]:
    """Trains up to the last batch before the crossing; body and head after that batch, by a run
    that goes on with the first data."""
    other = Run(experiment(transfer={"source": "digits_low", "epochs": 3, "train_percent": 20}))
    other.advance(2 * other.batches_per_epoch)
    run.advance(2 * run.batches_per_epoch - 1)
    assert not run.crossed
    assert run.schema.class_names == ("0", "1", "2", "3", "4")
    assert len(run.data.inputs_train) == 901 * 20 // 100
    run.advance(1)
    assert run.crossed
    return body_of(other), head_of(other)


@pytest.mark.parametrize("body", ["free", "frozen"])
def test_the_body_is_bit_for_bit_what_it_was_and_the_head_is_new(body):
    run = Run(experiment(body))
    before, head = to_crossing(run)
    assert same(body_of(run), before)
    assert not torch.equal(head_of(run), head)
    assert run.schema.class_names == ("5", "6", "7", "8", "9")
    assert len(run.data.inputs_train) == 896 * 10 // 100
    assert run.epoch == 2
    assert run.batch_in_epoch == 0
    assert run.marks == [(2.0, "transfer", "digits_high")]
    assert len(run.history) >= 2  # the curves go on


def test_a_frozen_body_stays_and_its_head_learns():
    run = Run(experiment("frozen"))
    before, _ = to_crossing(run)
    head = head_of(run)
    run.advance(30)
    assert same(body_of(run), before)
    assert not torch.equal(head_of(run), head)


def test_a_free_body_learns_on_and_a_fresh_one_begins_anew():
    free, fresh = Run(experiment("free")), Run(experiment("fresh"))
    before, _ = to_crossing(free)
    to_crossing(fresh)
    assert not same(body_of(fresh), before)
    # Whatever becomes of the body, the head begins alike.
    assert torch.equal(head_of(free), head_of(fresh))
    free.advance(5)
    assert not any(torch.equal(a, b) for a, b in zip(body_of(free)[:4], before[:4], strict=True))


def test_a_snapshot_goes_on_exactly_on_either_side_of_the_crossing():
    for steps in (5, 60):
        run = Run(experiment("frozen"))
        run.advance(steps)
        again = Run(experiment("frozen"), snapshot=run.snapshot())
        assert again.crossed == run.crossed == (steps == 60)
        assert again.schema == run.schema
        for one in (run, again):
            one.advance(40)
        assert same(body_of(run), body_of(again))
        assert torch.equal(head_of(run), head_of(again))
        assert run.epoch == again.epoch


def test_a_change_while_it_trains_keeps_the_data_of_its_part():
    start = experiment("frozen")
    run = Run(start)
    run.advance(3)
    faster = start.with_changes({"optimizer": {"learning_rate": 0.01}})
    run.update(faster)
    assert run.schema.class_names[0] == "0"
    run.advance(60)
    before = body_of(run)
    # Another optimizer needs another engine, which must hold the frozen body as well.
    run.update(faster.with_changes({"optimizer": {"name": "sgd", "learning_rate": 0.01}}))
    run.advance(5)
    assert same(body_of(run), before)
    run.update(run.experiment.with_changes({"data": {"train_percent": 20}}))
    assert len(run.data.inputs_train) == 896 * 20 // 100
    assert run.schema.class_names[0] == "5"


def test_by_hand_the_running_body_is_carried_over_at_once():
    low = experiment(transfer={"source": ""}).with_changes({"data": {"name": "digits_low"}})
    run = Run(low)
    run.advance(12)
    before = body_of(run)
    high = low.with_changes(
        {"data": {"name": "digits_high"}, "transfer": {"source": "digits_low", "epochs": 1}}
    )
    assert reset_reasons(low, high) == ()
    run.update(high)
    assert run.crossed
    assert same(body_of(run), before)
    assert run.schema.class_names[0] == "5"
    run.advance(40)
    assert run.marks[0][1:] == ("transfer", "digits_high")
    # Anything that changes beside that starts again, as ever.
    other = high.with_changes({"training": {"seed": 7}})
    assert "data.name" in reset_reasons(low, other)
    assert "transfer.source" in reset_reasons(high, low)


def test_what_is_cut_in_the_body_stays_cut():
    run = Run(experiment("free"))
    run.act({"deed": "cut", "block": 5, "unit": 2, "source": 3, "on": True})
    run.advance(60)
    assert run.crossed
    assert run.engine.parameters()[-2][0][2, 3] == 0


def test_a_link_repeats_it():
    wanted = experiment("frozen")
    again, notices = decode(encode(wanted))
    assert again == wanted
    assert notices == ()


@pytest.mark.parametrize("source", ["digits_code", "circle"])
def test_data_of_another_kind_are_refused(source):
    with pytest.raises(PlaygroundError) as caught:
        Run(experiment().with_changes({"transfer": {"source": source}}))
    assert caught.value.code == "transfer_other_shape"


def score(body: str, seed: int, epochs: int) -> float:
    """Test accuracy on 5 to 9 so many epochs after the crossing, learned from 89 pictures."""
    proposed = Experiment().with_changes(proposal_for(Data(name="digits_high")))
    changes = {
        "data": {"name": "digits_high", "train_percent": 10},
        "transfer": {"source": "digits_low", "epochs": 3, "body": body},
        "training": {"seed": seed},
    }
    run = Run(proposed.with_changes(changes))
    while run.epoch < 3 + epochs:
        run.advance(1)
    run.measure()
    assert run.metrics.test_score is not None
    return run.metrics.test_score


@pytest.mark.slow
def test_a_carried_body_learns_faster_from_few_pictures():
    seeds = range(5)
    found = {
        body: median(score(body, seed, 2) for seed in seeds) for body in ("free", "frozen", "fresh")
    }
    assert found["free"] > found["fresh"] + 0.05
    assert found["frozen"] > found["fresh"] + 0.05
