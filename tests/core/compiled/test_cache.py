"""Kernels are found, asked for, refused and built without anybody waiting for them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from playground.core.engine import make_engine
from playground.core.engine.compiled import build, builder, cache, check, machine
from playground.core.engine.compiled.engine import CompiledEngine
from playground.core.engine.compiled.plan import Plan
from playground.core.engine.dense import DenseEngine
from playground.core.experiment import Experiment
from playground.core.run import Run

PLAN = Plan(3, 8, 1, 10, "adam", "distance")


class Building:
    """Stands for the process of a build."""

    def __init__(self) -> None:
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self.returncode


class Desk:
    """Kernels with a clock of their own, and the builds that were asked for."""

    def __init__(self) -> None:
        self.now = 100.0
        self.builds: list[tuple[Plan, Building]] = []
        self.kernels = cache.Kernels(clock=lambda: self.now, builds=True)

    def start(self, plan: Plan) -> Building:
        self.builds.append((plan, Building()))
        return self.builds[-1][1]

    def ask(self, after: float, plan: Plan = PLAN) -> Any:
        self.now += after
        return self.kernels.ready(plan)


@pytest.fixture
def desk(kernels_on: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk()
    monkeypatch.setenv("PLAYGROUND_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "start_build", made.start)
    monkeypatch.setattr(machine, "free_memory", lambda: 2**40)
    return made


def test_a_kernel_is_asked_for_once_it_was_wanted_for_a_while(desk: Desk) -> None:
    assert desk.ask(0) is None and desk.ask(1.5) is None
    assert desk.builds == []
    desk.ask(1)
    assert [plan for plan, _ in desk.builds] == [PLAN]
    for _ in range(5):
        assert desk.ask(2) is None
    assert len(desk.builds) == 1  # it is under way


def test_one_build_at_a_time_in_a_process_and_on_a_machine(desk: Desk) -> None:
    other = Plan(4, 8, 1, 10, "adam", "distance")
    for plan in (PLAN, other):
        desk.ask(0, plan)
    for plan in (PLAN, other):
        desk.ask(3, plan)
    assert [plan for plan, _ in desk.builds] == [PLAN]
    desk.builds[0][1].returncode = cache.BUSY  # another process of this machine is building
    desk.ask(2)
    assert len(desk.builds) == 1
    desk.ask(cache.BUSY_SECONDS)
    assert len(desk.builds) == 2


def test_nothing_is_built_where_it_must_not_be(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.kernels.builds = False
    desk.ask(0)
    desk.ask(10)
    desk.kernels.builds = True
    monkeypatch.setattr(machine, "free_memory", lambda: cache.BUILD_MEMORY - 1)
    desk.ask(10)
    monkeypatch.setattr(machine, "free_memory", lambda: 2**40)
    monkeypatch.setenv("PLAYGROUND_COMPILE", "off")
    desk.ask(100)
    monkeypatch.delenv("PLAYGROUND_COMPILE")
    cache.note_failure(PLAN, "a reason")
    desk.ask(100)
    assert desk.builds == []
    cache.failure(PLAN).unlink()
    desk.ask(100)
    assert desk.builds == []  # this process has heard of it


def test_an_old_failure_is_forgotten(desk: Desk) -> None:
    cache.note_failure(PLAN, "a reason")
    os.utime(cache.failure(PLAN), (1e9, 1e9))
    desk.ask(0)
    desk.ask(10)
    assert len(desk.builds) == 1


@pytest.mark.parametrize("mode", [0o700, 0o777])
def test_a_kernel_that_is_none_is_noted_and_the_dense_engine_goes_on(desk: Desk, mode: int) -> None:
    put(PLAN)
    cache.place(PLAN).chmod(mode)
    assert desk.ask(0) is None
    assert cache.failure(PLAN).exists()
    (cache.place(PLAN) / cache.STEP_LIBRARY).unlink()
    assert desk.ask(100) is None and desk.builds == []


@pytest.mark.parametrize("code", [1, 0, -14])
def test_a_build_that_left_nothing_is_not_begun_again_at_once(desk: Desk, code: int) -> None:
    # As where the disk is full, the build was killed, or it ran from other sources.
    desk.ask(0)
    desk.ask(3)
    desk.builds[0][1].returncode = code
    for _ in range(5):
        desk.ask(60)
    assert len(desk.builds) == 1
    desk.ask(cache.FAILED_SECONDS)
    assert len(desk.builds) == 2


def test_a_kernel_that_is_removed_while_it_is_loaded_is_no_failure(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(PLAN)

    def gone(plan: Plan, folder: Path) -> None:
        (folder / cache.INFO).unlink()
        raise OSError("no such file")

    monkeypatch.setattr("playground.core.engine.compiled.package.Package", gone)
    assert desk.ask(0) is None and not cache.failure(PLAN).exists()
    desk.ask(3)
    assert len(desk.builds) == 1


def test_nothing_is_loaded_or_written_where_others_may_write(desk: Desk) -> None:
    put(PLAN)
    cache.folder().parent.chmod(0o777)
    assert not cache.trusted(cache.place(PLAN))  # whoever may rename a folder may exchange it
    assert desk.ask(0) is None and not cache.failure(PLAN).exists()
    assert build.main([PLAN.name]) == 1
    cache.folder().parent.chmod(0o1777)  # sticky, as /tmp
    assert cache.trusted(cache.place(PLAN))
    (cache.place(PLAN) / cache.STEP_LIBRARY).chmod(0o666)
    assert not cache.trusted(cache.place(PLAN) / cache.STEP_LIBRARY)


def test_what_was_used_longest_ago_makes_room(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "MOST_KEPT", 2)
    monkeypatch.setattr("playground.core.engine.compiled.package.Package", lambda *_: "kernel")
    plans = [Plan(maps, 8, 1, 10, "adam", "distance") for maps in (1, 2, 3)]
    for age, plan in enumerate(plans):
        put(plan)
        os.utime(cache.place(plan) / cache.INFO, (1e9 + age, 1e9 + age))
    cache.note_failure(PLAN, "a reason")
    os.utime(cache.failure(PLAN), (1e9, 1e9))
    (cache.folder() / (build.LEFT_OVER + "x")).mkdir()
    assert desk.ask(0, plans[0]) == "kernel"
    build._tidy(cache.folder())
    left = {cache.place(plan) for plan in (plans[0], plans[2])}
    assert {one for one in cache.folder().iterdir() if one.name != "lock"} == left


def put(plan: Plan) -> None:
    """A folder as a finished kernel has it."""
    cache.place(plan).mkdir(parents=True, mode=0o700)
    for name in (cache.STEP_LIBRARY, cache.DRIVER_LIBRARY):
        (cache.place(plan) / name).write_bytes(b"no library")
        (cache.place(plan) / name).chmod(0o600)
    (cache.place(plan) / cache.INFO).write_text("{}")


def test_the_engine_asks_while_it_trains(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "KERNELS", desk.kernels)
    run = Run(Experiment())
    assert isinstance(run.engine, CompiledEngine) and run.engine.way == "dense"
    for _ in range(4):
        desk.now += 1
        run.advance(run.batches_per_epoch)
    assert [plan for plan, _ in desk.builds] == [PLAN]


def test_by_name_and_where_kernels_are_off_the_dense_engine_is_itself(desk: Desk) -> None:
    problem = Run(Experiment(), engine="dense").problem
    assert type(make_engine(problem, "dense")) is DenseEngine
    os.environ["PLAYGROUND_COMPILE"] = "off"
    try:
        assert type(make_engine(problem)) is DenseEngine
    finally:
        del os.environ["PLAYGROUND_COMPILE"]


def test_a_kernel_that_differs_is_thrown_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "build", lambda plan, folder: None)
    monkeypatch.setattr("playground.core.engine.compiled.package.Package", lambda *_: None)
    for difference, code in ((2 * check.TOLERANCE, 1), (float("nan"), 1)):
        monkeypatch.setattr(check, "difference", lambda package, found=difference: found)
        assert build.main([PLAN.name]) == code
        assert not cache.place(PLAN).exists()
        assert "differs" in json.loads(cache.failure(PLAN).read_text())["reason"]
        cache.failure(PLAN).unlink()
    monkeypatch.setattr(check, "difference", lambda package: 1e-7)
    assert build.main([PLAN.name]) == 0
    assert json.loads((cache.place(PLAN) / cache.INFO).read_text())["plan"] == PLAN.name


def test_a_compiler_that_fails_is_noted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(plan: Plan, folder: Path) -> None:
        (folder / "half").write_text("")
        raise subprocess.CalledProcessError(1, "g++")

    monkeypatch.setattr(builder, "build", broken)
    assert build.main([PLAN.name]) == 1
    assert cache.has_failed(PLAN)
    assert [one.name for one in cache.folder().iterdir() if one.is_dir()] == []


def test_who_comes_second_does_not_build(desk: Desk) -> None:
    cache.folder().mkdir(parents=True)
    with build._alone(cache.folder()) as mine:
        assert mine
        assert build.main([PLAN.name]) == cache.BUSY
