"""Sweeps in other processes and on a real Dask cluster, with workers that are killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.plans.sweep import SweepPlan
from playground.core.sweep.cluster import DaskCrew
from playground.core.sweep.coordinator import Sweep
from playground.core.sweep.executors import Crew, WorkerLost
from playground.core.sweep.processes import ProcessExecutor, RemoteError, processes
from playground.core.sweep.rows import Progress
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.space import knob_from
from playground.core.sweep.trial import Job, run_trial

ROOT = Path(__file__).parents[3]
ASKED = SweepSettings(
    experiment=Experiment().with_changes({"data": {"samples": 40}}),
    knobs=(knob_from("optimizer.learning_rate=log:0.001:0.3"), knob_from("layers.0.units=2,4,8")),
    method="random",
    trials=16,
    starts=2,
    epochs=12,
)


def job(epochs: int) -> str:
    content = ASKED.experiment.model_dump(mode="json")
    return Job(content, (0,), epochs, "test_loss", 0.9).to_json()


def plain(sweep: Sweep) -> list[dict[str, Any]]:
    return [
        trial.as_dict() | {"seconds": 0, "where": "", "tries": 1}
        for _, trial in sorted(sweep.trials.items())
    ]


@pytest.fixture(scope="module")
def alone() -> list[dict[str, Any]]:
    """What the sweep finds in this process."""
    sweep = Sweep(ASKED)
    sweep.run()
    assert sweep.progress.pruned > 0
    return plain(sweep)


def until(what, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


# ---- processes of this machine


@pytest.mark.slow
def test_processes_give_the_same_sweep_though_one_is_killed(alone):
    crew = processes(2)
    executor = crew.executor
    assert isinstance(executor, ProcessExecutor)
    sweep, killed = Sweep(ASKED, crew=crew), 0
    pids: set[int] = set()
    for progress in sweep.steps():
        pids |= set(executor.pids)
        if progress.finished >= 4 and not killed:
            killed = executor.pids[0]
            os.kill(killed, signal.SIGKILL)
    assert sweep.progress.state == "done" and plain(sweep) == alone
    places = {trial.where for trial in sweep.trials.values()}
    assert len(places) >= 2 and all(place.partition(":")[2] != str(os.getpid()) for place in places)
    assert "sweep_worker_died" in {notice.code for notice in sweep.progress.notices}
    until(lambda: not any(alive(pid) for pid in pids), 10)


@pytest.mark.slow
def test_a_job_is_done_or_its_trouble_is_said():
    executor = ProcessExecutor(1)
    fine, wrong = executor.submit(run_trial, job(2)), executor.submit(run_trial, "{")
    assert fine.result(60)["epochs"] == 2
    with pytest.raises(RemoteError, match="JSONDecodeError"):
        wrong.result(60)
    long = executor.submit(run_trial, job(100_000))
    until(long.running)
    executor.stop(long)
    with pytest.raises(WorkerLost):
        long.result(10)
    assert executor.submit(run_trial, job(3)).result(60)["epochs"] == 3
    long = executor.submit(run_trial, job(100_000))
    until(long.running)
    (pid,) = executor.pids
    executor.shutdown(wait=True, cancel_futures=True)
    assert not alive(pid)
    with pytest.raises(WorkerLost):
        long.result(10)
    with pytest.raises(RuntimeError):
        executor.submit(run_trial, job(1))


@pytest.mark.slow
def test_trials_that_kill_their_process_leave_the_others_theirs():
    executor = ProcessExecutor(1)
    for _ in range(4):
        with pytest.raises(WorkerLost):
            executor.submit(os.abort).result(60)
    assert executor.submit(run_trial, job(2)).result(60)["epochs"] == 2
    executor.shutdown()


@pytest.mark.slow
def test_processes_that_cannot_start_are_given_up(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    executor = ProcessExecutor(2)
    futures = [executor.submit(run_trial, job(1)) for _ in range(9)]
    for future in futures:
        with pytest.raises(BrokenExecutor):
            future.result(60)
    with pytest.raises(BrokenExecutor):
        executor.submit(run_trial, job(1))
    crew = Crew(executor, "processes", 2)
    progress = Sweep(ASKED, crew=crew).run()
    assert progress.state == "lost"
    assert "sweep_workers_gone" in {notice.code for notice in progress.notices}


@pytest.mark.slow
def test_processes_end_with_the_program_that_started_them():
    program = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from playground.core.sweep.processes import ProcessExecutor
from playground.core.sweep.trial import run_trial
executor = ProcessExecutor(1)
executor.submit(run_trial, {job(2)!r}).result(60)
executor.submit(run_trial, {job(100_000)!r})
print(executor.pids[0], flush=True)
time.sleep(60)
"""
    starter = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    assert alive(pid)
    starter.kill()
    starter.wait()
    starter.stdout.close()
    until(lambda: not alive(pid), 10)


@pytest.mark.slow
def test_the_standard_librarys_pool_is_made_anew_when_it_breaks(alone):
    context = multiprocessing.get_context("spawn")

    def make() -> ProcessPoolExecutor:
        return ProcessPoolExecutor(2, mp_context=context)

    crew = Crew(make(), "processes", 2, make)
    sweep, killed = Sweep(ASKED, crew=crew), False
    for progress in sweep.steps():
        if progress.finished >= 4 and not killed:
            killed = True
            place = next(trial.where for trial in sweep.trials.values() if trial.where)
            os.kill(int(place.partition(":")[2]), signal.SIGKILL)
    assert killed and sweep.progress.state == "done" and plain(sweep) == alone


# ---- a cluster


def test_no_scheduler_and_no_dask_are_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(PlaygroundError, match="requirements-cluster"):
        DaskCrew("tcp://127.0.0.1:9")


@contextmanager
def cluster(
    folder: Path, path: str = str(ROOT)
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler on loopback, which does not have the core; it and its two workers
    as processes."""
    file, log = folder / "scheduler.json", (folder / "log").open("wb")
    (folder / "empty").mkdir()

    def begin(*words: str, path: str) -> subprocess.Popen[bytes]:
        told = {**os.environ, "PYTHONPATH": path}
        command = [sys.executable, "-m", *words]
        return subprocess.Popen(command, env=told, stderr=log, stdout=log, cwd=folder / "empty")

    quiet = ["--no-dashboard", "--host", "127.0.0.1"]
    once = ["--port", "0", "--no-jupyter", "--scheduler-file", str(file)]
    started = [begin("distributed.cli.dask_scheduler", *quiet, *once, path="")]
    try:
        until(file.exists)
        address = json.loads(file.read_text())["address"]
        one = ["distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", *quiet]
        started += [begin(*one, path=path) for _ in range(2)]
        yield address, started
    finally:
        for process in started:
            process.kill()
            process.wait()
        log.close()


@pytest.mark.slow
def test_dask_gives_the_same_sweep_though_a_worker_is_killed(alone, tmp_path: Path):
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    with cluster(tmp_path) as (address, (_scheduler, *workers)):
        crew = DaskCrew(address)
        until(lambda: crew.workers == 2)
        sweep, killed = Sweep(ASKED, crew=crew), False
        for progress in sweep.steps():
            if progress.finished >= 4 and not killed:
                killed = True
                # One that has worked: on a busy machine the other may not have begun.
                place = next(trial.where for trial in sweep.trials.values() if trial.where)
                next(one for one in workers if place.endswith(f":{one.pid}")).kill()
        assert killed and sweep.progress.state == "done"
    assert plain(sweep) == alone
    places = {trial.where for trial in sweep.trials.values()}
    assert len(places) == 2 and not any(place.endswith(f":{os.getpid()}") for place in places)


@pytest.mark.slow
def test_a_page_sweeps_on_the_cluster_that_the_server_names(alone, tmp_path: Path, monkeypatch):
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    plan = SweepPlan(experiment=ASKED.experiment, sweep=ASKED)
    with cluster(tmp_path) as (address, _):
        monkeypatch.setenv("PLAYGROUND_DASK", address)
        run = plan.build(None, None)
        while run.state == "ready":
            begin = time.perf_counter()
            run.train_for(0.01)
            assert run.idle and time.perf_counter() - begin < 3
            time.sleep(run.idle)
        assert run.sweep.progress.where == "dask" and plain(run.sweep) == alone
    monkeypatch.setenv("PLAYGROUND_DASK", "bogus://nowhere")
    run = plan.build(None, None)
    until(lambda: run.train_for(0.01) and run.state == "done")
    assert run.notice is not None and run.notice.code == "sweep_no_scheduler"


@pytest.mark.slow
def test_a_scheduler_that_goes_away_is_said_and_the_sweep_goes_on_elsewhere(alone, tmp_path: Path):
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    progress = Progress()
    with cluster(tmp_path) as (address, (scheduler, *_)):
        crew = DaskCrew(address)
        sweep = Sweep(ASKED, crew=crew)
        for progress in sweep.steps():
            if progress.finished >= 3:
                scheduler.kill()
    assert sweep.progress.state == "lost"
    assert "sweep_scheduler_gone" in {notice.code for notice in sweep.progress.notices}
    kept = [trial for trial in sweep.trials.values() if trial.finished]
    assert 3 <= len(kept) < 16
    again = Sweep(ASKED, kept=kept)
    again.run()
    assert plain(again) == alone


@pytest.mark.slow
def test_workers_without_the_core_are_said(tmp_path: Path):
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    (tmp_path / "playground").mkdir()
    (tmp_path / "playground" / "__init__.py").write_text("__version__ = '0'\n")
    with cluster(tmp_path, str(tmp_path)) as (address, _):
        crew = DaskCrew(address)
        sweep = Sweep(ASKED.model_copy(update={"trials": 2}), crew=crew)
        progress = sweep.run()
    assert progress.finished == progress.failed == 2
    notices = [trial.notice for trial in sweep.trials.values()]
    assert [notice and notice.code for notice in notices] == ["sweep_worker_error"] * 2
    assert all("playground.core" in notice.sentence() for notice in notices if notice)


@pytest.mark.slow
def test_trials_on_a_cluster_are_seen_on_their_way(tmp_path: Path):
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    asked = ASKED.model_copy(update={"trials": 2, "epochs": 100_000, "pruning": False})
    with cluster(tmp_path) as (address, _):
        crew = DaskCrew(address)
        until(lambda: crew.workers == 2)
        sweep = Sweep(asked, crew=crew)
        steps = sweep.steps()
        seen: dict[int, set[int]] = {0: set(), 1: set()}
        end = time.monotonic() + 60
        while min(len(epochs) for epochs in seen.values()) < 3:
            next(steps)
            assert time.monotonic() < end
            for one in sweep.under_way(8):
                assert not one.epoch or one.epoch >= max(seen[one.number], default=0)
                seen[one.number].add(one.epoch)
        steps.close()
