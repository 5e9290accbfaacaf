"""Products in bfloat16: where they are offered, and what they leave as it was."""

from __future__ import annotations

import pytest
import torch

from playground.core.observe import observe
from playground.core.proposal import propose
from playground.core.run import Run


def run_of(name: str, **training: object) -> Run:
    changes = {"training": {"device": "cpu", **training}}
    return Run(propose(name).with_changes(changes))


def test_it_learns_and_the_weights_stay_single():
    mixed, plain = run_of("digits", mixed=True), run_of("digits")
    before = mixed.metrics.train_loss
    assert before is not None
    for run in (mixed, plain):
        run.advance(60)
    assert all(part.dtype == torch.float32 for part in mixed.engine.learned())
    one, other = mixed.measure(), plain.measure()
    assert one.train_loss is not None
    assert other.train_loss is not None
    assert one.train_loss < 0.7 * before
    assert one.train_loss == pytest.approx(other.train_loss, rel=0.2)
    assert not torch.equal(mixed.engine.flat(), plain.engine.flat())


def test_products_are_really_in_half_the_bytes():
    """The first step's weights part by what bfloat16 rounds, some thousandths, and no more."""
    mixed, plain = run_of("digits", mixed=True), run_of("digits")
    seen = []

    def look(module: torch.nn.Module, given: tuple, output: torch.Tensor) -> None:
        seen.append(output.dtype)

    conv = next(m for m in mixed.engine._blocks.modules() if isinstance(m, torch.nn.Conv2d))  # type: ignore[attr-defined]
    conv.register_forward_hook(look)
    mixed.advance(1)
    plain.advance(1)
    assert seen == [torch.bfloat16]
    mixed.measure()
    assert seen[-1] == torch.float32, "what is shown is computed in full"


@pytest.mark.parametrize(
    ("name", "training"),
    [("digits", {"precision": "float64"}), ("surnames", {}), ("circle", {})],
)
def test_it_is_left_alone_where_it_does_not_fit(name, training):
    mixed, plain = run_of(name, mixed=True, **training), run_of(name, **training)
    assert not mixed.engine.mixed
    for run in (mixed, plain):
        run.advance(3)
    assert torch.equal(mixed.engine.flat(), plain.engine.flat())


def test_it_changes_in_the_running_network_and_the_page_says_so():
    run = run_of("digits")
    run.advance(5)
    run.update(run.experiment.with_changes({"training": {"mixed": True}}))
    assert run.engine.mixed
    assert run.step == 5
    header, _ = observe(run, {}, (-1, 0), True)
    assert header["place"]["precision"] == "float32 + bfloat16"
