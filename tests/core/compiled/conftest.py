"""Kernels for tests: built once on a machine, kept in its cache folder for the next run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from playground.core.engine.compiled import cache, machine
from playground.core.engine.compiled.package import Package
from playground.core.engine.compiled.plan import Plan

ROOT = Path(__file__).parents[3]


@pytest.fixture
def kernels_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels may be built and used, as on a visitor's machine."""
    if not machine.can_build():
        pytest.skip("no C++ compiler for kernels")
    monkeypatch.delenv("PLAYGROUND_COMPILE")


@pytest.fixture(scope="session")
def kernel() -> Callable[[Plan], Package]:
    """Gives the kernel of a plan, from the machine's cache or built anew."""

    def of(plan: Plan) -> Package:
        if not machine.can_build():
            pytest.skip("no C++ compiler for kernels")
        if not (cache.place(plan) / cache.INFO).exists():
            environment = {**os.environ, "PLAYGROUND_COMPILE": "on", "PYTHONPATH": str(ROOT)}
            module = "playground.core.engine.compiled.build"
            command = [sys.executable, "-m", module, plan.name]
            subprocess.run(command, env=environment, check=True, capture_output=True, timeout=900)
        assert not cache.failure(plan).exists(), cache.failure(plan).read_text()
        return Package(plan, cache.place(plan))

    return of
