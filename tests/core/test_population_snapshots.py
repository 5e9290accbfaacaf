"""Many networks go on from a snapshot exactly as those that were never saved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from playground.core import saving
from playground.core.engine.compiled import cache
from playground.core.engine.compiled.many import CompiledMany
from playground.core.engine.dense_many import DenseMany
from playground.core.experiment import Experiment
from playground.core.population import Population
from playground.core.population import carriers as carrying
from playground.core.run import Run
from tests.core.compiled.uncompiled import Uncompiled
from tests.core.helpers import merged, table_for
from tests.core.test_population_agrees import (
    DIFFERENCES,
    FLAT,
    anything,
    case,
    members,
    pictures,
    quick,
    stack,
)


def restored(population: Population, experiments: list[Experiment]) -> Population:
    """A new one that takes over what the first one is, through bytes."""
    other = Population(experiments, table_for(experiments[0].data.name))
    other.load_state(saving.unpacked(saving.packed(population.state())))
    return other


def held(population: Population) -> list[dict[str, torch.Tensor]]:
    """All that the networks hold, and those that are gone as they were last well."""
    alive = population.alive.tolist()
    return [population.member(i).engine.state() for i in range(len(alive))]


def assert_equal(one: Population, other: Population) -> None:
    """Bit for bit."""
    assert torch.equal(one.flat(), other.flat())
    for mine, theirs in zip(held(one), held(other), strict=True):
        assert mine.keys() == theirs.keys()
        assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert (one.step, one.epoch, one.exact_epoch) == (other.step, other.epoch, other.exact_epoch)
    for mine, theirs in zip(one.measure().rows(), other.measure().rows(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(one.alive, other.alive)


def walk_on(experiments: list[Experiment], engine: str, steps: int = 9) -> None:
    """Saved within an epoch, with a measurement behind; they go on over the end of two."""
    population = Population(experiments, table_for(experiments[0].data.name))
    assert population.engine_name == engine
    population.advance(steps - 2)
    population.measure()
    population.advance(2)
    other = restored(population, experiments)
    assert other.step == steps
    for _ in range(2):
        for one in (population, other):
            one.advance(steps)
        assert_equal(population, other)
    alone = [one.member(1) for one in (population, other)]
    for run in alone:
        run.advance(steps)
    assert torch.equal(alone[0].engine.flat(), alone[1].engine.flat())


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize(("optimizer", "difference"), quick(11, FLAT, list(DIFFERENCES)))
def test_in_shared_calls(optimizer: str, difference: str, precision: str) -> None:
    """Every flat rule × what members differ in, with dropout and shuffling; losses go round."""
    place = 5 * FLAT.index(optimizer) + list(DIFFERENCES).index(difference)
    settings = merged(case(optimizer, place), {"training": {"precision": precision}})
    walk_on(members(settings, DIFFERENCES[difference]), "dense")


@pytest.mark.parametrize("momentum", [{"momentum": 0.9}, {"momentum": 0.9, "nesterov": True}])
def test_momentum(momentum: dict[str, Any]) -> None:
    walk_on(members(merged(case("sgd", 3), {"optimizer": momentum}), DIFFERENCES["rates"]), "dense")


@pytest.mark.parametrize("difference", quick(5, list(DIFFERENCES)[:4]))
@pytest.mark.parametrize("optimizer", quick(2, ["adam", "sgd", "adagrad", "lion"]))
def test_any_blocks_in_shared_calls(optimizer: str, difference: str) -> None:
    walk_on(members(anything(optimizer), DIFFERENCES[difference]), "stacked", 5)


@pytest.mark.parametrize("kind", ["noise", "batch_norm"])
def test_one_after_the_other(kind: str) -> None:
    layers = [*stack("tanh"), {"kind": kind}, *stack("prelu")]
    walk_on(members(case("adam", 0) | {"layers": layers}, DIFFERENCES["rates"]), "loop", 5)


@pytest.mark.slow
def test_pictures_that_are_changed_at_random() -> None:
    """An epoch's changes were drawn before the snapshot, and are not drawn a second time."""
    data = {"samples": 60, "pictures": {"shift": 2, "flip": True}}
    settings = pictures("sgd") | {"data": data, "layers": [{"kind": "flatten"}, *stack("prelu")]}
    walk_on(members(settings, DIFFERENCES["start"]), "stacked", 3)
    settings["layers"] = [*settings["layers"], {"kind": "noise"}]
    experiments = members(settings, DIFFERENCES["start"])
    walk_on(experiments, "loop", 3)
    run = Run(experiments[0])
    run.advance(4)
    again = Run(experiments[0], snapshot=run.snapshot())
    for one in (run, again):
        one.advance(4)
    assert torch.equal(run.engine.flat(), again.engine.flat())


@pytest.mark.parametrize("schedule", [{"name": "cosine"}, {"name": "plateau", "patience": 1}])
def test_schedules_go_on_where_they_were(schedule: dict[str, Any]) -> None:
    settings = case("adam", 0) | {"schedule": schedule, "optimizer": {"name": "adam"}}
    walk_on(members(settings, DIFFERENCES["rates"]), "dense", 23)


def wild(layers: list[dict[str, Any]]) -> list[Experiment]:
    """The second of four diverges."""
    settings = case("sgd", 0) | {"loss": "half_squared", "layers": layers, "name": "circle"}
    rates = (0.01, 90.0, 0.02, 0.03)
    return members(settings, [{"optimizer": {"learning_rate": rate}} for rate in rates])


@pytest.mark.parametrize("kind", [None, "residual", "noise"])
def test_who_is_gone_stays_where_it_was_last_well(kind: str | None) -> None:
    experiments = wild([*stack("linear"), *([{"kind": kind}] if kind else [])])
    population = Population(experiments)
    while population.alive.all():
        population.advance(3)
        population.measure()
    population.advance(2)
    other = restored(population, experiments)
    assert other.alive.tolist() == [True, False, True, True]
    again = restored(other, experiments)
    for one in (population, other, again):
        one.advance(7)
    assert_equal(population, other)
    assert_equal(population, again)
    runs = [one.member(1) for one in (population, other, again)]
    assert {run.state for run in runs} == {"diverged"}
    assert len({run.step for run in runs}) == 1 < population.step
    for run in runs:
        run.resume()
        run.advance(1)
    assert torch.equal(runs[0].engine.flat(), runs[2].engine.flat())


def test_one_that_goes_behind_a_snapshot_falls_back_to_before_it() -> None:
    """The last good moment is older than the snapshot, where nothing was measured in between."""
    experiments = wild(stack("linear"))
    population = Population(experiments)
    population.advance(1)
    population.measure()
    population.advance(1)
    other = restored(population, experiments)
    for one in (population, other):
        while one.alive.all():
            one.advance(4)
            if not np.isfinite(one.flat()[1].numpy()).all():
                one.measure()
    assert other.member(1).step == population.member(1).step < 2
    assert_equal(population, other)


def test_all_of_them_gone() -> None:
    experiments = [wild(stack("linear"))[1]] * 2
    population = Population(experiments)
    while population.alive.any():
        population.advance(3)
        population.measure()
    other = restored(population, experiments)
    assert not other.alive.any()
    assert other.advance(5) == 0
    assert_equal(population, other)


def test_chunks_of_wide_networks_and_members_of_many_kinds() -> None:
    changes = [{"name": "sgd", "momentum": one} for one in (0.0, 0.9)]
    settings = case("sgd", 0)
    experiments = members(settings, [{"optimizer": one} for one in changes for _ in "ab"])
    walk_on(experiments, "dense")
    wide = [{"kind": "dense", "units": 64, "activation": "relu"}]
    settings = merged(settings, {"data": {"samples": 12}}) | {"layers": wide}
    experiments = members(settings, [{}] * 66)
    population = Population(experiments)
    population.advance(2)
    other = restored(population, experiments)
    for one in (population, other):
        one.advance(2)
    assert torch.equal(population.flat(), other.flat())


def test_what_is_saved_is_about_as_large_as_is_said() -> None:
    for settings in (case("adam", 0), anything("adam"), pictures("sgd")):
        population = Population(members(settings, [{}] * 20))
        population.advance(3)
        population.measure()
        size = len(saving.packed(population.state()))
        assert 0.7 * size < population.saved_bytes + 4096 < 1.5 * size


def test_from_compiled_lanes_to_the_dense_engine_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = {"data": {"samples": 40}, "optimizer": {"name": "adam", "learning_rate": 0.01}}
    experiments = [
        Experiment().with_changes(merged(changes, {"training": {"start": start}}))
        for start in range(3)
    ]
    dense = Population(experiments)
    assert dense.engine_name == DenseMany.name
    monkeypatch.setattr(cache, "off", lambda: False)
    monkeypatch.setattr(cache.KERNELS, "ready", Uncompiled)
    assert carrying.CompiledMany is CompiledMany
    fast = Population(experiments)
    assert fast.engine_name == "compiled"
    fast.advance(5)
    fast.measure()
    again = restored(fast, experiments)
    assert again.engine_name == "compiled"
    dense.load_state(saving.unpacked(saving.packed(fast.state())))
    assert torch.equal(dense.flat(), fast.flat())
    for one in (dense, fast, again):
        one.advance(20)
    assert_equal(fast, again)
    scale = dense.flat().abs().amax(1, keepdim=True)
    assert ((dense.flat() - fast.flat()).abs() <= 1e-4 * scale).all()
    fast.load_state(saving.unpacked(saving.packed(dense.state())))
    assert torch.equal(dense.flat(), fast.flat())
    for one in (dense, fast):
        one.advance(20)
    assert ((dense.flat() - fast.flat()).abs() <= 1e-4 * scale).all()
