"""Hands on the weights, held weights and per-block settings, the same in both engines."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from playground.core.deeds import KINDS, read_deed
from playground.core.engine import ENGINES
from playground.core.experiment import Experiment
from playground.core.run import Run

DENSE = {"kind": "dense", "units": 3, "activation": "tanh"}


def run_with(engine: str, *layers: dict[str, Any], **changes: Any) -> Run:
    content = {"layers": list(layers) or [DENSE, DENSE], "data": {"samples": 60}}
    content["training"] = {"precision": "float64", "device": "cpu"}
    return Run(Experiment().with_changes({**content, **changes}), engine=engine)


def weights(run: Run) -> list[tuple[torch.Tensor, torch.Tensor]]:
    return [(weight.clone(), bias.clone()) for weight, bias in run.engine.parameters()]


def assert_same(one: Run, other: Run) -> None:
    for ours, theirs in zip(weights(one), weights(other), strict=True):
        for a, b in zip(ours, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-12)


OPTIMIZERS = [
    {"name": "sgd", "learning_rate": 0.1},
    {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9},
    {"name": "adam", "learning_rate": 0.03},
    {"name": "adamw", "learning_rate": 0.03, "weight_decay": 0.1},
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("clip", [0.0, 0.05])
def test_both_engines_obey_the_same_hands(optimizer, clip):
    layers = [
        {**DENSE, "bias": False, "l1": 0.01},
        {**DENSE, "frozen": True, "initialization": "orthogonal"},
        {**DENSE, "l2": 0.1},
    ]
    runs = [
        run_with(
            engine, *layers, optimizer=optimizer, regularization={"l2": 0.01, "clip_norm": clip}
        )
        for engine in ENGINES
    ]
    frozen = weights(runs[0])[1]
    deeds = [
        {"deed": "cut", "block": 1, "unit": 2, "source": 0, "on": True},
        {"deed": "set", "block": 4, "unit": 0, "source": 1, "value": 0.7},
        {"deed": "set", "block": 3, "unit": 1, "source": None, "value": -2.0},
        {"deed": "silence", "block": 1, "unit": 0, "on": True},
        {"deed": "undo"},
        {"deed": "prune", "share": 0.3},
        {"deed": "reset", "block": 3},
    ]
    for run in runs:
        for deed in deeds:
            run.advance(5)
            assert run.act(deed)
        run.advance(9)
    assert_same(*runs)
    for (weight, bias), run in zip([frozen, frozen], runs, strict=True):
        now, still = weights(run)[1]
        assert torch.equal(torch.where(now == 0, now, weight), now)  # only pruned, never moved
        assert torch.equal(still, bias)
        assert weights(run)[0][1].abs().sum() == 0, "a bias that is switched off is 0"
        assert weights(run)[0][0][2, 0] == 0, "what is cut stays 0"


@pytest.mark.parametrize("engine", list(ENGINES))
def test_undo_gives_back_what_the_deed_took_and_nothing_else(engine):
    run = run_with(engine)
    run.advance(20)
    before = weights(run)
    run.act({"deed": "cut", "block": 1, "unit": 0, "source": 1, "on": True})
    run.act({"deed": "set", "block": 2, "unit": 1, "source": 2, "value": 5.0})
    run.act({"deed": "reset", "block": 3})
    assert run.hands.depth == 3
    for _ in range(3):
        assert run.act({"deed": "undo"})
    assert not run.act({"deed": "undo"})
    for ours, theirs in zip(weights(run), before, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
    run.act({"deed": "set", "block": 1, "unit": 0, "source": 0, "value": 3.0})
    run.advance(10)
    moved = weights(run)[1][0].clone()
    run.act({"deed": "undo"})
    assert weights(run)[0][0][0, 0] == before[0][0][0, 0]
    assert torch.equal(weights(run)[1][0], moved), "the others stay as they were trained"


@pytest.mark.parametrize("engine", list(ENGINES))
def test_pruning_takes_the_smallest_and_gives_them_back(engine):
    run = run_with(engine)
    run.advance(30)
    before = weights(run)
    sizes = torch.cat([weight.abs().flatten() for weight, _ in before]).sort().values
    run.act({"deed": "prune", "share": 0.5})
    cut = torch.cat([run.hands.cuts(i).flatten() for i in range(len(before))])
    assert cut.sum() == round(0.5 * len(sizes))
    left = torch.cat([weight.abs().flatten() for weight, _ in weights(run)])
    assert (left[cut] == 0).all()
    assert left[~cut].min() >= sizes[len(sizes) // 2 - 1]
    run.advance(10)
    assert (torch.cat([w.abs().flatten() for w, _ in weights(run)])[cut] == 0).all()
    run.act({"deed": "prune", "share": 0.0})
    now = torch.cat([weight.flatten() for weight, _ in weights(run)])
    assert torch.equal(now[cut], torch.cat([w.flatten() for w, _ in before])[cut])
    assert not run.hands.any_cut


@pytest.mark.parametrize("engine", list(ENGINES))
def test_a_silent_neuron_moves_the_output_no_more(engine):
    run = run_with(engine)
    run.act({"deed": "silence", "block": 1, "unit": 1, "on": True})
    before = run.engine.activations(run.points)[-1].clone()
    run.act({"deed": "set", "block": 1, "unit": 1, "source": None, "value": 9.0})
    assert torch.equal(run.engine.activations(run.points)[-1], before)


@pytest.mark.parametrize("engine", list(ENGINES))
def test_a_block_is_frozen_and_set_free_while_training(engine):
    run = run_with(engine)
    run.advance(10)
    run.update(run.experiment.with_changes({"layers": [{**DENSE, "frozen": True}, DENSE]}))
    held, other = weights(run)[0], weights(run)[1]
    run.advance(10)
    assert torch.equal(weights(run)[0][0], held[0])
    assert not torch.equal(weights(run)[1][0], other[0])
    run.update(run.experiment.with_changes({"layers": [DENSE, DENSE]}))
    run.advance(10)
    assert not torch.equal(weights(run)[0][0], held[0])


@pytest.mark.parametrize("engine", list(ENGINES))
def test_a_snapshot_keeps_what_was_cut(engine):
    run = run_with(engine)
    run.act({"deed": "cut", "block": 1, "unit": 0, "source": 1, "on": True})
    run.act({"deed": "prune", "share": 0.2})
    run.advance(8)
    again = Run(run.experiment, engine=engine, snapshot=run.snapshot())
    for one in (run, again):
        one.advance(8)
    assert_same(run, again)
    assert again.hands.share == 0.2
    assert all(torch.equal(again.hands.cuts(i), run.hands.cuts(i)) for i in range(3))


def test_frozen_normalisation_stands_still():
    layers = [DENSE, {"kind": "batch_norm"}, {"kind": "layer_norm"}, DENSE]
    run = run_with("autograd", *layers)
    run.advance(5)
    frozen = [DENSE, {"kind": "batch_norm", "frozen": True}, layers[2], DENSE]
    run.update(run.experiment.with_changes({"layers": frozen}))
    before = {name: part.clone() for name, part in run.engine.extras().items()}
    run.advance(20)
    after = run.engine.extras()
    still = {name for name, part in after.items() if torch.equal(part, before[name])}
    assert still == {name for name in after if name.startswith("1.")}


NUMBERS = st.integers(-3, 3) | st.floats() | st.none() | st.booleans() | st.text(max_size=3)


@given(
    st.dictionaries(
        st.sampled_from(["deed", "block", "unit", "source", "on", "value", "share"]),
        st.sampled_from(KINDS) | NUMBERS | st.lists(NUMBERS, max_size=2),
    )
)
def test_no_message_can_harm_a_run(message):
    deed = read_deed(message)
    if deed is not None:
        SHARED.act(deed)
        assert all(torch.isfinite(part).all() for pair in weights(SHARED) for part in pair)


SHARED = run_with("dense")
