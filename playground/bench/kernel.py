"""Compiled steps against the plain eager loop, and what a visitor sees of them in Chromium.

A kernel that is not in this machine's cache yet is built first.
"""

from __future__ import annotations

import subprocess
import sys

import torch

from playground.bench.browser import POPULATION, Case, measure_case, measure_population
from playground.bench.browser import SGD as PLAIN
from playground.bench.chromium import chromium
from playground.bench.engine import ADAM, NETS, ROUNDS, SGD, eager_loop, microseconds
from playground.bench.report import bar, code, row
from playground.bench.server import ROOT, app_server
from playground.core.engine.compiled import cache
from playground.core.engine.compiled.plan import LANES, Plan, plan_of
from playground.core.engine.compiled.step import Step
from playground.core.experiment import Experiment
from playground.core.population import Population, starts
from playground.core.run import Run

SMALL = [name for name in NETS if name.startswith(("4-2", "8-8-8"))]
BARS = dict(zip(SMALL, (100.0, 90.0), strict=True))  # with plain SGD
TOGETHER = dict(zip(SMALL, (500.0, 350.0), strict=True))
SEEDS = 64
EPOCHS = 20_000


def built(plan: Plan | None) -> bool:
    """Whether there is a kernel of that plan, now at the latest."""
    if plan is None or cache.off():
        return False
    info = cache.place(plan) / cache.INFO
    if not info.exists():
        module = "playground.core.engine.compiled.build"
        subprocess.run([sys.executable, "-m", module, plan.name], check=False, cwd=ROOT)
    if info.exists():
        print(f"kernel {plan.name}:", info.read_text(encoding="utf-8"))
    return info.exists()


def compiled_run(experiment: Experiment) -> Run | None:
    """A run whose steps are compiled; None where there can be no kernel for it."""
    plain = Run(experiment, engine="dense")
    if not built(plan_of(experiment, plain.blocks, len(plain.data.inputs_train))):
        return None
    run = Run(experiment)
    return run if run.engine.way == "compiled" else None


def _steps() -> None:
    code(eager_loop, Step.forward, Run.train_for)
    for name in SMALL:
        for optimizer in (SGD, ADAM):
            experiment = Experiment().with_changes(NETS[name] | {"optimizer": optimizer})
            run = compiled_run(experiment)
            if run is None:
                print("no kernel can be built here")
                return
            plain, eager = Run(experiment, engine="dense"), eager_loop(run)
            times: dict[str, list[float]] = {"eager": [], "dense": [], "kernel": []}
            for _ in range(ROUNDS):
                times["eager"].append(microseconds(eager))
                times["dense"].append(microseconds(plain.train_for))
                times["kernel"].append(microseconds(run.train_for))
            label = f"{name}, {optimizer['name']}"
            slow = row(f"{label}: eager loop", times["eager"], "µs/step")
            row(f"{label}: dense engine", times["dense"], "µs/step")
            fast = row(f"{label}: compiled kernel", times["kernel"], "µs/step")
            if optimizer is SGD:
                bar(f"{label}: times the steps", slow / fast, least=BARS[name])
            else:
                print(f"{label}: times the steps".ljust(58), f"{slow / fast:10.4g}")


def _together() -> None:
    """So many seeds side by side, per network, against the eager loop one after another."""
    code(Step.forward, Population.train_for)
    for name in SMALL:
        experiment = Experiment().with_changes(NETS[name] | {"optimizer": SGD})
        run = Run(experiment, engine="dense")
        if not built(plan_of(experiment, run.blocks, len(run.data.inputs_train), LANES)):
            return
        eager, many = eager_loop(run), Population(starts(experiment, SEEDS))
        times: dict[str, list[float]] = {"eager": [], "lanes": []}
        for _ in range(ROUNDS):
            times["eager"].append(microseconds(eager))
            times["lanes"].append(microseconds(many.train_for) / SEEDS)
        label = f"{name}, {SEEDS} seeds, {many.engine_name}"
        slow = row(f"{label}: eager loop", times["eager"], "µs/step")
        fast = row(f"{label}: together, per network", times["lanes"], "µs/step")
        bar(f"{label}: times the steps", slow / fast, least=TOGETHER[name])


def _screen() -> None:
    """The default experiment and many starts painted in Chromium, their kernels ready."""
    for name, changes in (("default, plain SGD 0.03", PLAIN), ("default, Adam", {})):
        experiment = Experiment().with_changes(changes)
        if compiled_run(experiment) is None:
            return
        with app_server({"PLAYGROUND_WORKERS": "1"}) as server, chromium() as browser:
            case = Case(f"{name}, kernel ready", experiment, EPOCHS, kept=None)
            measure_case(browser, server.url, case)
    run = Run(POPULATION, engine="dense")
    if built(plan_of(POPULATION, run.blocks, len(run.data.inputs_train), LANES)):
        with app_server({"PLAYGROUND_WORKERS": "1"}) as server, chromium() as browser:
            measure_population(browser, server.url, "kernel ready")


def measure() -> int:
    """Prints all of it."""
    torch.set_num_threads(1)
    _steps()
    _together()
    _screen()
    return 0
