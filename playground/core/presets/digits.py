"""Presets of the digits in other roles: copied through a narrow middle, and in two halves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playground.core.presets.base import Preset, test_loss, test_score

if TYPE_CHECKING:
    from playground.core.run import Run

CLEARLY = 0.1  # of accuracy
FEW = {"name": "digits_high", "train_percent": 10}  # 89 pictures
BEGIN = 5  # epochs on the other half
SEEN = 2  # epochs behind the crossing after which the bodies are compared


def _code_beats_lines(run: Run, _other: Run | None) -> bool:
    """Two numbers of a code say more than those of the best linear one."""
    from playground.core.outputs.code import linear_error

    if run.schema.pane != "codes":
        return False
    linear = linear_error(run.data.targets_train, run.data.targets_test)
    return test_loss(run) < 0.8 * linear


def _helps(run: Run, other: Run | None) -> bool:
    return test_score(run) > test_score(other) + CLEARLY


def _transfer(name: str, body: str, beside: str) -> Preset:
    """One of three that differ in what becomes of the body alone."""
    first = {"source": "digits_low", "epochs": BEGIN, "body": body}
    return Preset(
        name,
        {"transfer": first},
        BEGIN + SEEN,
        (lambda run, other: other is not None and _helps(other, run))
        if body == "fresh"
        else _helps,
        beside={"transfer": {**first, "body": beside}},
        data=FEW,
    )


ENTRIES = (
    Preset("digit_codes", {}, 30, _code_beats_lines, data={"name": "digits_code"}),
    _transfer("transfer_free", "free", "fresh"),
    _transfer("transfer_frozen", "frozen", "fresh"),
    _transfer("transfer_scratch", "fresh", "free"),
)
