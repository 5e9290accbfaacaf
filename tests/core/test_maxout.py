"""Maxout: which value goes on, and that a network learns through it."""

import numpy as np
import torch

from playground.core.observe import observe
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


def test_links_of_maxout_lead_from_every_unit_of_its_group():
    layers = [
        {"kind": "dense", "units": 5},
        {"kind": "maxout", "pieces": 2},
        {"kind": "dropout", "rate": 0.1},
        {"kind": "dense", "units": 2},
    ]
    run = run_of(small(layers=layers))
    _, arrays = observe(run, {}, (-1, 0), True)
    first, second, head = run.engine.parameters()
    groups = torch.tensor([[1, 1, 0, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 0, 1]])
    parts = [*first, groups, torch.zeros(3), *second, *head]
    expected = torch.cat([part.flatten().to(torch.float32) for part in parts])
    torch.testing.assert_close(torch.from_numpy(arrays["links"]), expected)
    assert run.act({"deed": "cut", "block": 4, "unit": 1, "source": 2, "on": True})
    _, arrays = observe(run, {}, (-1, 0), False)
    before = 2 * 5 + 5 + 3 * 5 + 3
    assert np.flatnonzero(arrays["cut"]).tolist() == [before + 3 + 2]
    assert not run.act({"deed": "silence", "block": 1, "unit": 0, "on": True})
    assert run.act({"deed": "silence", "block": 2, "unit": 0, "on": True})
    _, arrays = observe(run, {}, (-1, 0), False)
    assert np.flatnonzero(arrays["cut"]).tolist() == [before, before + 3, before + 5]
