"""Both networks that rate stay below the item mean, whatever the seed draws."""

from __future__ import annotations

from statistics import median

import pytest

from playground.core.presets import PRESETS
from playground.core.presets.ratings import BY_A_TENTH, against_item_mean
from playground.core.run import Run

SEEDS = range(5)


def trained(name: str, seed: int) -> Run:
    preset = PRESETS[name]
    run = Run(preset.experiment.with_changes({"training": {"seed": seed}}), device="cpu")
    run.advance(preset.epochs * run.batches_per_epoch)
    return run


@pytest.mark.slow
@pytest.mark.parametrize("name", ["factorisation", "neural_ratings"])
def test_the_error_is_below_that_of_the_item_mean(name):
    assert median(against_item_mean(trained(name, seed)) for seed in SEEDS) < BY_A_TENTH


def test_the_share_is_that_of_errors_counted_by_hand():
    run = Run(PRESETS["factorisation"].experiment, device="cpu")
    run.advance(30)
    data = run.data
    known: dict[int, list[float]] = {}
    for (_, item), rating in zip(data.raw_train.tolist(), data.targets_train.tolist(), strict=True):
        known.setdefault(item, []).append(rating)
    mean = data.targets_train.mean()
    output = run.output()[0, run.split :].tolist()
    mine = plain = 0.0
    for (_, item), rating, said in zip(
        data.raw_test.tolist(), data.targets_test.tolist(), output, strict=True
    ):
        guess = sum(known[item]) / len(known[item]) if item in known else mean
        plain += (guess - rating) ** 2
        mine += (said * data.target_std + data.target_mean - rating) ** 2
    assert against_item_mean(run) == pytest.approx((mine / plain) ** 0.5, rel=1e-5)
