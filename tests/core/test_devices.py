"""Where a run computes: what was asked for, what is there, what is faster."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch

from playground.core import devices
from playground.core.assembly import step_key
from playground.core.devices import Device
from playground.core.errors import PlaygroundError
from playground.core.observe import observe
from playground.core.plans.seeds import Seeds
from playground.core.population import Population, starts
from playground.core.want import Want
from tests.core.helpers import run_of, small, states_equal


def test_a_device_that_is_missing_gives_the_cpu_and_a_notice(monkeypatch):
    monkeypatch.setattr(devices, "available", lambda: (Device("cpu", "CPU"),))
    run = run_of(small(training={"device": "cuda"}))
    assert run.device.kind == "cpu"
    assert run.fallback is not None
    assert run.fallback.code == "device_missing"
    assert "CUDA" in run.fallback.sentence()
    assert run.advance(3) == 3
    with pytest.raises(PlaygroundError) as caught:
        devices.require("cuda", "float32")
    assert caught.value.code == "device_missing_required"
    assert "CUDA" in str(caught.value)
    devices.require("cpu", "float64")


def test_the_caller_overrides_the_experiments_device(monkeypatch):
    monkeypatch.setattr(devices, "available", lambda: (Device("cpu", "CPU"),))
    run = run_of(small(training={"device": "mps"}), device="cpu")
    assert run.fallback is None


def test_mps_computes_no_float64(monkeypatch):
    both = (Device("cpu", "CPU"), Device("mps", "Apple GPU"))
    monkeypatch.setattr(devices, "available", lambda: both)
    problem = devices.fallback("mps", "float64")
    assert problem is not None
    assert problem.code == "device_precision"
    assert devices.fallback("mps", "float32") is None
    assert devices.choose("mps", "float64", 10, _never).device.kind == "cpu"
    assert devices.choose("mps", "float32", 10, _never).device.kind == "mps"
    assert devices.choose("auto", "float64", 10**6, _never).device.kind == "cpu"


def _never(device: Device) -> Any:
    raise AssertionError(f"no trial is wanted, least of all on {device.name}")


@pytest.mark.parametrize(("cpu", "gpu", "expected"), [(0.0, 0.01, "cpu"), (0.01, 0.0, "cuda")])
def test_auto_measures_large_networks(monkeypatch, cpu, gpu, expected):
    both = (Device("cpu", "CPU"), Device("cuda", "GPU"))
    monkeypatch.setattr(devices, "available", lambda: both)
    asked = []
    now = [0.0]  # a clock that only the trials move
    monkeypatch.setattr(devices.time, "perf_counter", lambda: now[0])

    def trial(device: Device) -> Any:
        asked.append(device.kind)

        def steps(count: int) -> None:
            now[0] += count * (cpu if device.kind == "cpu" else gpu)

        return steps

    assert devices.choose("auto", "float32", devices.WORTH_MEASURING, trial).device.kind == expected
    assert sorted(asked) == ["cpu", "cuda"]


def test_auto_leaves_small_networks_on_the_cpu(monkeypatch):
    both = (Device("cpu", "CPU"), Device("cuda", "GPU"))
    monkeypatch.setattr(devices, "available", lambda: both)
    assert (
        devices.choose("auto", "float32", devices.WORTH_MEASURING - 1, _never).device.kind == "cpu"
    )
    assert devices.choose("cuda", "float64", 1, _never).device.kind == "cuda"


def test_what_was_measured_is_kept_for_this_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("PLAYGROUND_CACHE", str(tmp_path / "new"))
    both = (Device("cpu", "CPU"), Device("cuda", "GPU"))
    monkeypatch.setattr(devices, "available", lambda: both)
    now, tried = [0.0], []
    monkeypatch.setattr(devices.time, "perf_counter", lambda: now[0])

    def trial(device: Device) -> Any:
        tried.append(device.kind)

        def steps(count: int) -> None:
            now[0] += count * (0.002 if device.kind == "cpu" else 0.001)

        return steps

    def choose(key: str) -> devices.Choice:
        return devices.choose("auto", "float32", devices.WORTH_MEASURING, trial, key)

    first = choose("one")
    assert first.device.kind == "cuda"
    assert dict(first.seconds) == pytest.approx({"cpu": 0.002, "cuda": 0.001})
    assert choose("one") == first
    assert len(tried) == 2, "the second time nothing is tried"
    choose("two")
    assert len(tried) == 4
    assert choose("one") == first
    monkeypatch.setattr(devices, "available", lambda: (both[0], Device("cuda", "another")))
    choose("one")
    assert len(tried) == 6, "another GPU is another machine"
    (tmp_path / "new" / "devices.json").write_text("{no JSON")
    choose("one")
    assert len(tried) == 8
    monkeypatch.setenv("PLAYGROUND_CACHE", "/dev/null/nowhere")
    assert choose("one").device.kind == "cuda"


def test_what_a_step_takes_is_known_by_network_batch_and_number():
    run = run_of(small())
    key = partial(step_key, run.experiment, run.problem)
    wide = run_of(small(layers=[{"kind": "dense", "units": 9}]))
    keys = {key(10), key(20), key(10, 64), step_key(wide.experiment, wide.problem, 10)}
    assert len(keys) == 4
    again = run_of(small(training={"seed": 3}))
    assert step_key(again.experiment, again.problem, 10) == key(10)


@pytest.mark.parametrize("layers", [[{"kind": "dense", "units": 6}], [{"kind": "residual"}]])
def test_a_population_is_tried_without_a_trace(monkeypatch, tmp_path, layers):
    monkeypatch.setenv("PLAYGROUND_CACHE", str(tmp_path))
    dropped = [*layers, {"kind": "dropout", "rate": 0.2}]
    members = starts(small(layers=dropped if layers[0]["kind"] == "dense" else layers), 3)
    plain = Population(members)
    monkeypatch.setattr(devices, "WORTH_MEASURING", 0)
    twice = (Device("cpu", "CPU"), Device("cuda", "a CPU too"))
    monkeypatch.setattr(devices, "available", lambda: twice)
    monkeypatch.setattr(Device, "torch", lambda self: torch.device("cpu"))
    tried = Population([one.with_changes({"training": {"device": "auto"}}) for one in members])
    assert set(tried.step_seconds) == {"cpu", "cuda"}
    for population in (plain, tried):
        population.advance(20)
    torch.testing.assert_close(tried.flat(), plain.flat())


def test_a_trial_leaves_no_trace(monkeypatch, tmp_path):
    """Measured on two devices first, a run still takes the steps that its seed gives."""
    monkeypatch.setenv("PLAYGROUND_CACHE", str(tmp_path))
    layers = [{"kind": "dropout", "rate": 0.2}, {"kind": "dense", "units": 6}]
    plain = run_of(small(layers=layers))
    monkeypatch.setattr(devices, "WORTH_MEASURING", 0)
    twice = (Device("cpu", "CPU"), Device("cuda", "a CPU too"))
    monkeypatch.setattr(devices, "available", lambda: twice)
    monkeypatch.setattr(Device, "torch", lambda self: torch.device("cpu"))
    tried = run_of(small(layers=layers, training={"device": "auto"}))
    for run in (plain, tried):
        run.advance(20)
    assert states_equal(plain, tried)


def test_what_was_measured_is_told_with_every_frame(monkeypatch, tmp_path):
    """Of a run and of many starts, from where the pages show it."""
    monkeypatch.setenv("PLAYGROUND_CACHE", str(tmp_path))
    monkeypatch.setattr(devices, "WORTH_MEASURING", 0)
    twice = (Device("cpu", "CPU"), Device("cuda", "a CPU too"))
    monkeypatch.setattr(devices, "available", lambda: twice)
    monkeypatch.setattr(Device, "torch", lambda self: torch.device("cpu"))
    wanted = small(training={"device": "auto"})
    run = run_of(wanted)
    place = observe(run, {}, (-1, 0), True)[0]["place"]
    assert place["step_seconds"] == dict(run.step_seconds) and len(run.step_seconds) == 2
    assert (place["device"], place["device_name"]) == (run.device.kind, run.device.name)
    many = Seeds(experiment=wanted, count=3).build(None, None)
    place = many.frame(Want.read({}), (-1, 0), True)[0]["place"]
    population = many.population
    assert place["step_seconds"] == dict(population.step_seconds)
    assert set(place["step_seconds"]) == {"cpu", "cuda"}
    assert place["device_name"] == population.device.name
    assert place["engines"] == ["dense"]


def test_this_machine_has_a_cpu_first():
    found = devices.available()
    assert (found[0].kind, found[0].torch()) == ("cpu", torch.device("cpu"))
