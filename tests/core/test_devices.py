"""Where a run computes: what was asked for, what is there, what is faster."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from playground.core import devices
from playground.core.devices import Device
from playground.core.errors import PlaygroundError
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
    assert devices.choose("mps", "float64", 10, _never).kind == "cpu"
    assert devices.choose("mps", "float32", 10, _never).kind == "mps"
    assert devices.choose("auto", "float64", 10**6, _never).kind == "cpu"


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

    assert devices.choose("auto", "float32", devices.WORTH_MEASURING, trial).kind == expected
    assert sorted(asked) == ["cpu", "cuda"]


def test_auto_leaves_small_networks_on_the_cpu(monkeypatch):
    both = (Device("cpu", "CPU"), Device("cuda", "GPU"))
    monkeypatch.setattr(devices, "available", lambda: both)
    assert devices.choose("auto", "float32", devices.WORTH_MEASURING - 1, _never).kind == "cpu"
    assert devices.choose("cuda", "float64", 1, _never).kind == "cuda"


def test_a_trial_leaves_no_trace(monkeypatch):
    """Measured on two devices first, a run still takes the steps that its seed gives."""
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


def test_this_machine_has_a_cpu_first():
    found = devices.available()
    assert (found[0].kind, found[0].torch()) == ("cpu", torch.device("cpu"))
