"""Maxout: which value goes on, and that a network learns through it."""

import torch

from tests.core.helpers import run_of, small


def test_maxout_lets_the_greatest_of_every_group_through():
    layers = [
        {"kind": "dense", "units": 6, "activation": "linear"},
        {"kind": "maxout", "pieces": 3},
        {"kind": "dense", "units": 4, "activation": "tanh"},
    ]
    run = run_of(small(layers=layers))
    linear, found, *_ = run.engine.activations(run.points)
    assert found.shape == (2, len(run.truth))
    assert torch.equal(found, torch.stack([linear[:3].amax(0), linear[3:].amax(0)]))
    first = run.metrics.train_loss
    run.advance(200)
    last = run.measure().train_loss
    assert first is not None
    assert last is not None
    assert last < 0.8 * first


def test_a_last_group_of_maxout_may_be_smaller():
    layers = [{"kind": "dense", "units": 5}, {"kind": "maxout", "pieces": 2}]
    run = run_of(small(layers=layers))
    dense, found, _ = run.engine.activations(run.points)
    groups = (dense[:2], dense[2:4], dense[4:])
    assert torch.equal(found, torch.stack([group.amax(0) for group in groups]))


def test_maxout_waits_on_an_empty_plane():
    run = run_of(small("own", data={"points": []}, layers=[{"kind": "dense"}, {"kind": "maxout"}]))
    assert run.notice is not None
    assert run.notice.code == "no_points"
    run.update(run.experiment.with_changes({"data": {"points": [[1, 1, 1], [-1, -1, 0]]}}))
    assert run.advance(5) == 5
