"""The command line, on the core alone: for a server without a browser, and for scripts.

    python -m playground train EXPERIMENT.json [--epochs N] [--device D] [--out RUN.json]
    python -m playground show EXPERIMENT.json
    python -m playground sweep EXPERIMENT.json --knob NAME=VALUES ... [--file SWEEP.sqlite] ...
    python -m playground sweep --resume --file SWEEP.sqlite
    python -m playground bench [PART ...]
    python -m playground schema

Results go to standard output, the progress bar to standard error. Bad input ends with exit code
2 and one sentence; a run that diverges ends with 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playground.core.data import schema_of
from playground.core.data.csv_reader import read_table
from playground.core.data.model import Brought
from playground.core.document import content_of, read_document
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment, describe_schema
from playground.core.network import checked, parameter_count
from playground.core.sweep.command import add_arguments, run_command

if TYPE_CHECKING:
    from playground.core.run import Run

DEFAULT_EPOCHS = 100
BAR_WIDTH = 30
COLUMNS = ("epoch", "train_loss", "test_loss", "penalty", "train_score", "test_score")


def language() -> str:
    """The catalog that the terminal's locale asks for."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or "en"
    return "zh" if locale.startswith("zh") else "en"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except PlaygroundError as error:
        print(error.sentence(language()), file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader of a pipe has what it wanted; nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m playground")
    commands = parser.add_subparsers(required=True, metavar="command")

    train = commands.add_parser("train", help="train an experiment and print its metrics")
    train.set_defaults(command=_train)
    _takes_experiment(train)
    train.add_argument("--epochs", type=_positive, help="epochs to train")
    train.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), help="where to train")
    train.add_argument("--out", type=Path, metavar="RUN.json", help="write the run to a file")

    show = commands.add_parser("show", help="print an experiment's layers, shapes and parameters")
    show.set_defaults(command=_show)
    _takes_experiment(show)

    sweep = commands.add_parser("sweep", help="try an experiment with many settings")
    sweep.set_defaults(command=run_command)
    add_arguments(sweep)

    bench = commands.add_parser("bench", help="measure speed, memory and learning on this machine")
    bench.set_defaults(command=_bench)
    bench.add_argument("parts", nargs="*", metavar="PART", help="which parts; all by default")

    schema = commands.add_parser("schema", help="print the JSON Schema of an experiment")
    schema.set_defaults(command=_schema)
    return parser


def _takes_experiment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("experiment", type=Path, metavar="EXPERIMENT.json")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="the table, for data set csv")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not a positive number")
    return value


def _read(options: argparse.Namespace) -> tuple[Experiment, Brought | None]:
    experiment, own = read_document(content_of(options.experiment))
    if options.csv is not None:
        own = read_table(content_of(options.csv), options.csv.name)
    return experiment, own


def _train(options: argparse.Namespace) -> int:
    from playground.core import devices
    from playground.core.run import Run

    experiment, own = _read(options)
    device = options.device or experiment.training.device
    devices.require(device, experiment.training.precision)
    if options.out is not None and not options.out.parent.is_dir():
        raise PlaygroundError("file_unreadable", path=str(options.out), problem="no such folder")
    epochs = options.epochs or experiment.training.stop_epochs or DEFAULT_EPOCHS
    run = Run(experiment, own, device=device)
    print("\t".join(COLUMNS))
    rows = [_report(run)]
    while run.state == "ready" and run.epoch < epochs:
        run.advance(run.batches_per_epoch - run.batch_in_epoch)
        run.measure()
        rows.append(_report(run))
        _progress(run.epoch, epochs)
    _progress(None, epochs)
    if run.notice is not None:
        print(run.notice.sentence(language()), file=sys.stderr)
    if options.out is not None:
        _write(options.out, run, rows)
    return 1 if run.state == "diverged" else 0


def _report(run: Run) -> list[float | None]:
    """One line of metrics; the row of the same numbers for the file."""
    metrics = run.metrics
    row = [
        float(run.epoch),
        metrics.train_loss,
        metrics.test_loss,
        metrics.penalty,
        metrics.train_score,
        metrics.test_score,
    ]
    print(run.epoch, *("" if v is None else f"{v:.6g}" for v in row[1:]), sep="\t", flush=True)
    return row


def _progress(epoch: int | None, epochs: int) -> None:
    """Draws the bar on a terminal, or wipes it away; a pipe gets nothing."""
    if not sys.stderr.isatty():
        return
    if epoch is None:
        print("\r" + " " * (BAR_WIDTH + 30) + "\r", end="", file=sys.stderr)
        return
    full = BAR_WIDTH * epoch // epochs
    bar = "█" * full + "░" * (BAR_WIDTH - full)
    print(f"\r{bar} {epoch}/{epochs}", end="", file=sys.stderr, flush=True)


def _write(path: Path, run: Run, rows: list[list[float | None]]) -> None:
    content = {
        "experiment": run.experiment.model_dump(mode="json"),
        "device": run.device.name,
        "engine": run.engine.name,
        "state": run.state,
        "notice": run.notice.as_dict() if run.notice else None,
        "steps": run.step,
        "seconds": run.seconds,
        "columns": list(COLUMNS),
        "epochs": rows,
        "parameters": [
            {"weight": weight.tolist(), "bias": bias.tolist()}
            for weight, bias in run.engine.parameters()
        ],
    }
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _show(options: argparse.Namespace) -> int:
    experiment, own = _read(options)
    schema = schema_of(experiment.data, own)
    blocks = checked(experiment, schema)
    print(f"{'block':12}{'activation':14}{'shape':>12}{'parameters':>14}")
    for block in blocks:
        shape = f"(n, {', '.join(map(str, block.after))})"
        print(f"{block.kind:12}{block.activation or '':14}{shape:>12}{block.parameters:>14,}")
    print(f"{'':26}{schema.task:>12}{parameter_count(blocks):>14,}")
    return 0


def _schema(_options: argparse.Namespace) -> int:
    print(json.dumps(describe_schema(), indent=2, ensure_ascii=False))
    return 0


def _bench(options: argparse.Namespace) -> int:
    from playground.bench import run_parts

    return run_parts(options.parts)


if __name__ == "__main__":
    sys.exit(main())
