"""The command line's sweep: what it prints and keeps, how it stops and goes on."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from playground.__main__ import main
from playground.core.experiment import Experiment
from playground.core.sweep.store import Store

ROOT = Path(__file__).parents[3]


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    path = tmp_path / "experiment.json"
    path.write_text(Experiment().with_changes({"data": {"samples": 40}}).to_json())
    return path


def test_every_trial_is_a_line_and_a_row(experiment: Path, tmp_path: Path, capsys):
    table, file = tmp_path / "table.csv", tmp_path / "sweep.sqlite"
    asked = ["--knob", "layers.0.units=2,4", "--knob", "optimizer.learning_rate=log:0.01:0.1:2"]
    asked += ["--method", "grid", "--epochs", "3", "--seeds", "2", "--export", str(table)]
    assert main(["sweep", str(experiment), *asked, "--file", str(file)]) == 0
    out, err = capsys.readouterr()
    head, *lines = (line.split("\t") for line in out.splitlines())
    assert head == [
        "trial",
        "status",
        "layers.0.units",
        "optimizer.learning_rate",
        "test_loss",
        "epochs",
        "seconds",
    ]
    assert [line[:4] for line in lines] == [
        [str(number + 1), "done", units, rate]
        for number, (units, rate) in enumerate(
            [("2", "0.01"), ("2", "0.1"), ("4", "0.01"), ("4", "0.1")]
        )
    ]
    rows = list(csv.DictReader(table.open()))
    assert [row["number"] for row in rows] == ["1", "2", "3", "4"]
    lowest = min(rows, key=lambda row: float(row["value"]))
    assert f"best: trial {lowest['number']}, test_loss" in err
    for row, line in zip(rows, lines, strict=True):
        assert f"{float(row['value']):.4g}" == line[4]
        both = float(row["test_loss_0"]) + float(row["test_loss_1"])
        assert float(row["value"]) == pytest.approx(both / 2)
    # Nothing is missing, so there is nothing to go on with, and no second sweep in the file.
    assert main(["sweep", "--resume", "--file", str(file)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert main(["sweep", str(experiment), *asked, "--file", str(file)]) == 2
    assert "already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--knob", "layers.0.units"], "is no knob"),
        (["--knob", "layers.9.units=1,2"], "layers.9.units"),
        (["--trials", "0"], "trials"),
        (["--epochs", "-1"], "epochs"),
        (["--workers", "0"], "workers"),
        (["--resume"], "--resume needs --file"),
        (["--resume", "--file", "nowhere.sqlite"], "no such file"),
        (["--file", "no/folder/s.sqlite"], "no such folder"),
        (["--export", "no/folder/t.csv"], "no such folder"),
        (["--dask", "bogus://nothing"], "bogus://nothing"),
    ],
)
def test_bad_arguments_end_with_one_sentence(experiment: Path, arguments, part, capsys):
    assert main(["sweep", str(experiment), *arguments]) == 2
    err = capsys.readouterr().err
    assert part in err and err.count("\n") == 1


def test_a_file_is_not_begun_by_a_sweep_that_cannot_be(experiment: Path, tmp_path: Path):
    file = tmp_path / "sweep.sqlite"
    assert main(["sweep", str(experiment), "--knob", "bogus=1", "--file", str(file)]) == 2
    good = ["--knob", "data.noise=0", "--epochs", "1", "--seeds", "1", "--method", "grid"]
    assert main(["sweep", str(experiment), *good, "--file", str(file)]) == 0


@pytest.mark.slow
@pytest.mark.parametrize("where", [[], ["--workers", "2"]], ids=["here", "processes"])
def test_control_c_leaves_a_file_to_go_on_with(experiment: Path, tmp_path: Path, where):
    command = [sys.executable, "-m", "playground", "sweep"]
    file = ["--file", str(tmp_path / "sweep.sqlite"), *where]
    asked = [str(experiment), "--knob", "optimizer.learning_rate=log:0.001:0.3"]
    asked += ["--trials", "12", "--epochs", "300", "--no-pruning"]
    sweep = subprocess.Popen(
        command + asked + file, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert sweep.stdout is not None
    said = [sweep.stdout.readline() for _ in range(4)]
    sweep.send_signal(signal.SIGINT)
    out, err = sweep.communicate(timeout=60)
    assert sweep.returncode == 130 and "Traceback" not in err
    assert "go on with: sweep --resume" in err
    lines = [*said, *out.splitlines(keepends=True)][1:]
    store = Store(tmp_path / "sweep.sqlite")
    kept = {str(trial.number + 1) for trial in store.trials()}
    store.close()
    assert kept == {line.split("\t")[0] for line in lines} and 3 <= len(kept) < 12
    done = subprocess.run(
        [*command, "--resume", *file], cwd=ROOT, capture_output=True, text=True, check=True
    )
    more = {line.split("\t")[0] for line in done.stdout.splitlines()[1:]}
    assert not more & kept and len(more | kept) == 12
    assert f"{len(kept)} trials are there already" in done.stderr


def test_settings_of_the_file_are_those_that_were_given(experiment: Path, tmp_path: Path):
    file = tmp_path / "sweep.sqlite"
    asked = ["--knob", "data.noise=0", "--method", "random", "--trials", "1", "--seeds", "1"]
    asked += ["--epochs", "2", "--metric", "epochs", "--target", "0.5", "--no-pruning"]
    assert main(["sweep", str(experiment), *asked, "--search-seed", "7", "--file", str(file)]) == 0
    store = Store(file)
    settings, _ = store.sweep()
    store.close()
    known = json.loads(settings.to_json())
    assert [known[name] for name in ("method", "trials", "starts", "epochs", "metric")] == [
        "random", 1, 1, 2, "epochs",
    ]  # fmt: skip
    assert (settings.target, settings.pruning, settings.seed) == (0.5, False, 7)
