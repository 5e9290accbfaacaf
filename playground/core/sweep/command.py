"""The command line's `sweep`: a line a finished trial, and a file from which it can go on."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any, get_args

from playground.core.data.csv_reader import read_table
from playground.core.data.model import Brought
from playground.core.document import content_of, read_document
from playground.core.errors import PlaygroundError
from playground.core.sweep.coordinator import Sweep
from playground.core.sweep.executors import Crew, here
from playground.core.sweep.foreign import check_trials
from playground.core.sweep.rows import Progress, Trial, as_csv, best
from playground.core.sweep.settings import Method, Metric, SweepSettings, sweep_from
from playground.core.sweep.space import Value, knob_from
from playground.core.sweep.store import Store

BAR_PERIOD = 0.2  # s
INTERRUPTED = 130  # the exit code of Ctrl-C


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `sweep` understands."""
    default = SweepSettings()
    parser.add_argument("experiment", type=Path, nargs="?", metavar="EXPERIMENT.json")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="the table, for data set csv")
    parser.add_argument(
        "--knob",
        action="append",
        default=[],
        metavar="NAME=VALUES",
        help="a setting and its values: 4,8,16 or log:0.001:0.3 or linear:0:1 or steps:4:16:4",
    )
    parser.add_argument("--method", choices=get_args(Method), default=default.method)
    parser.add_argument("--trials", type=int, default=default.trials, help="how many points")
    parser.add_argument("--seeds", type=int, default=default.starts, help="networks of each point")
    parser.add_argument("--epochs", type=int, default=default.epochs, help="epochs of each network")
    parser.add_argument("--metric", choices=get_args(Metric), default=default.metric)
    parser.add_argument("--target", type=float, default=default.target, help="score to be reached")
    parser.add_argument("--no-pruning", action="store_true", help="train hopeless trials too")
    parser.add_argument("--search-seed", type=int, default=default.seed, help="seed of the search")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, metavar="N", help="in so many processes")
    where.add_argument("--dask", metavar="ADDRESS", help="on a cluster, tcp://host:8786")
    parser.add_argument("--file", type=Path, metavar="SWEEP.sqlite", help="keep it in a file")
    parser.add_argument("--resume", action="store_true", help="go on with the sweep of the file")
    parser.add_argument("--export", type=Path, metavar="TABLE.csv", help="write all trials there")


def run_command(options: argparse.Namespace) -> int:
    """Runs a sweep to its end, to Ctrl-C or to where nothing is left to train on.

    Returns:
        the exit code: 0, 130 or 1.
    """
    import torch

    torch.set_num_threads(1)
    _check_options(options)
    store = Store(options.file) if options.file else None
    try:
        settings, own, kept = _begun(options, store)
        crew = _crew(options)
        try:
            sweep = Sweep(settings, own, crew=crew, kept=kept, keeper=store)
        except PlaygroundError:
            crew.close()
            raise
        # Written once a sweep can be made of it: a file of nothing could not be gone on with.
        if store is not None and store.empty:
            store.begin(settings, own)
        return _watched(sweep, options)
    finally:
        if store is not None:
            store.close()


def _check_options(options: argparse.Namespace) -> None:
    if options.resume and (options.file is None or not options.file.exists()):
        problem = "no such file" if options.file else "--resume needs --file"
        raise PlaygroundError("file_unreadable", path=str(options.file or ""), problem=problem)
    if not options.resume and options.experiment is None:
        raise PlaygroundError("file_unreadable", path="", problem="no experiment is named")
    for path in (options.file, options.export):
        if path is not None and not path.parent.is_dir():
            raise PlaygroundError("file_unreadable", path=str(path), problem="no such folder")
    if options.workers is not None and not 1 <= options.workers <= 256:
        raise PlaygroundError(
            "experiment_out_of_bounds", where="workers", value=options.workers, bound="1 … 256"
        )


def _begun(
    options: argparse.Namespace, store: Store | None
) -> tuple[SweepSettings, Brought | None, list[Trial]]:
    """What is to be done: as the file says, or as the arguments do."""
    if options.resume:
        assert store is not None
        settings, own = store.sweep()
        trials = store.trials()
        check_trials(settings, trials, options.file.name[:80])
        return settings, own, trials
    if store is not None and not store.empty:
        raise PlaygroundError("sweep_file_in_use", path=str(options.file)[-80:])
    experiment, own = read_document(content_of(options.experiment))
    if options.csv is not None:
        own = read_table(content_of(options.csv), options.csv.name)
    content: dict[str, Any] = {
        "experiment": experiment.model_dump(mode="json"),
        "knobs": [knob_from(text).model_dump(mode="json") for text in options.knob],
        "method": options.method,
        "trials": options.trials,
        "starts": options.seeds,
        "epochs": options.epochs,
        "metric": options.metric,
        "target": options.target,
        "pruning": not options.no_pruning,
        "seed": options.search_seed,
    }
    if not options.knob:
        del content["knobs"]
    return sweep_from(content), own, []


def _crew(options: argparse.Namespace) -> Crew:
    if options.dask:
        from playground.core.sweep.cluster import DaskCrew

        return DaskCrew(options.dask)
    if options.workers:
        from playground.core.sweep.processes import processes

        return processes(options.workers)
    return here()


# ---- what is said ------------------------------------------------------------------------------


def _watched(sweep: Sweep, options: argparse.Namespace) -> int:
    """Runs the sweep, saying what becomes of it."""
    told = _Teller(sweep)
    interrupted = False
    steps = sweep.steps()
    try:
        for progress in steps:
            told.hear(progress)
    except KeyboardInterrupt:
        interrupted = True
        steps.close()
    told.end(options.file)
    trials = [trial for _, trial in sorted(sweep.trials.items()) if trial.finished]
    if options.export is not None:
        try:
            options.export.write_text(as_csv(sweep.settings, trials), encoding="utf-8")
        except OSError as error:
            raise PlaygroundError(
                "file_unreadable", path=str(options.export), problem=error.strerror or ""
            ) from error
    if interrupted:
        return INTERRUPTED
    return 0 if sweep.progress.state == "done" else 1


class _Teller:
    """Writes a line for every finished trial to standard output, the rest to standard error."""

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep
        self._seen = 0
        self._told = {number for number, trial in sweep.trials.items() if trial.finished}
        self._notices: set[str] = set()
        self._last = 0.0
        self._paths = [knob.path for knob in sweep.settings.knobs]
        if self._told:
            self._say(f"{len(self._told)} trials are there already")
        self._line(["trial", "status", *self._paths, sweep.settings.metric, "epochs", "seconds"])

    def hear(self, progress: Progress) -> None:
        """Tells what is new."""
        if progress.version != self._seen:
            for trial in self._sweep.rows(self._seen):
                if trial.finished and trial.number not in self._told:
                    self._told.add(trial.number)
                    self._wipe()
                    self._line(self._row(trial))
            self._seen = progress.version
        for notice in progress.notices:
            sentence = notice.sentence()
            if sentence not in self._notices:
                self._notices.add(sentence)
                self._wipe()
                self._say(sentence)
        now = time.monotonic()
        if now - self._last > BAR_PERIOD:
            self._last = now
            self._bar(progress)

    def end(self, path: Path | None) -> None:
        """The last words."""
        progress = self._sweep.progress
        self.hear(progress)
        self._wipe()
        winner = best(self._sweep.settings, list(self._sweep.trials.values()))
        if winner is not None:
            values = ", ".join(f"{name} = {_text(value)}" for name, value in winner.values.items())
            metric = self._sweep.settings.metric
            self._say(f"best: trial {winner.number + 1}, {metric} {_text(winner.value)}: {values}")
        if progress.state != "done":
            where = f"; go on with: sweep --resume --file {path}" if path else ""
            self._say(f"{progress.finished} of {progress.planned} trials are finished{where}")

    def _row(self, trial: Trial) -> list[str]:
        values = [_text(trial.values.get(path)) for path in self._paths]
        value = trial.value if trial.notice is None else trial.notice.sentence()
        number = str(trial.number + 1)
        return [
            number,
            trial.status,
            *values,
            _text(value),
            str(trial.epochs),
            _text(trial.seconds),
        ]

    def _line(self, cells: list[str]) -> None:
        sys.stdout.write("\t".join(cells) + "\n")
        sys.stdout.flush()

    def _say(self, text: str) -> None:
        sys.stderr.write(text + "\n")

    def _bar(self, progress: Progress) -> None:
        """On a terminal alone."""
        if not sys.stderr.isatty():
            return
        full = 30 * progress.finished // max(progress.planned, 1)
        bar = "█" * full + "░" * (30 - full)
        text = f"\r{bar} {progress.finished}/{progress.planned}, {progress.running} running"
        sys.stderr.write(f"{text}, {progress.pruned} pruned ")
        sys.stderr.flush()

    def _wipe(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r" + " " * 70 + "\r")


def _text(value: Value | None) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
