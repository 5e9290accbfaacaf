"""Scores over all points of a costly network, against one forward pass of all of them."""

from __future__ import annotations

import pytest
import torch

from playground.core import answers
from playground.core.observe import observe
from playground.core.proposal import propose
from playground.core.run import Run
from playground.core.whole_score import WholeScore


@pytest.fixture
def costly(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of which only a few points are measured."""
    monkeypatch.setattr(answers, "MEASURED", 0.0)
    run = Run(propose("digits"), device="cpu")
    run.advance(30)
    run.measure()
    return run


def test_all_points_are_measured_once_it_rests(costly: Run):
    assert costly.meter.counts == (32, 32)
    whole = WholeScore(costly)
    whole.rest(True)
    assert whole.busy
    assert whole.metrics is None
    whole.work(60)
    assert not whole.busy
    found = whole.metrics
    assert found is not None
    for part, score, loss in (
        ("train", found.train_score, found.train_loss),
        ("test", found.test_score, found.test_loss),
    ):
        inputs = torch.from_numpy(getattr(costly.data, f"inputs_{part}"))
        truth = torch.from_numpy(getattr(costly.data, f"targets_{part}"))
        output = costly.engine.output(costly.engine.prepare(inputs)).t()
        assert score == pytest.approx((output.argmax(1) == truth).double().mean().item())
        expected = torch.nn.functional.cross_entropy(output, truth).item()
        assert loss == pytest.approx(expected, rel=1e-4)


def test_a_network_that_trains_is_left_alone(costly: Run):
    whole = WholeScore(costly)
    whole.rest(False)
    assert not whole.busy
    whole.rest(True)
    whole.work(60)
    costly.advance(1)
    assert whole.metrics is None


def test_frames_say_of_how_many_points_the_numbers_are(costly: Run):
    header, _ = observe(costly, {"resting": False}, (-1, 0), True)
    assert header["measured"] == [32, 32]
    observer = costly.observer
    header, _ = observe(costly, {"resting": True}, (-1, 0), False)
    while observer.studying:  # type: ignore[union-attr]
        observer.study(1.0)  # type: ignore[union-attr]
    header, _ = observe(costly, {"resting": True}, (-1, 0), False)
    assert header["measured"] is None
    assert header["metrics"]["test_score"] != costly.metrics.test_score
