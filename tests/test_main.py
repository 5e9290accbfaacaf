"""The command line: what it prints, what it writes, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from playground.__main__ import main
from playground.core.experiment import Experiment, describe_schema
from playground.core.run import Run

ROOT = Path(__file__).parents[1]


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    path = tmp_path / "experiment.json"
    path.write_text(Experiment().with_changes({"data": {"samples": 60}}).to_json())
    return path


def test_train_prints_metrics_per_epoch_and_writes_the_run(experiment: Path, capsys) -> None:
    out = experiment.with_name("run.json")
    assert main(["train", str(experiment), "--epochs", "3", "--out", str(out)]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split("\t")[:3] == ["epoch", "train_loss", "test_loss"]
    assert [line.split("\t")[0] for line in lines] == ["0", "1", "2", "3"]

    run = Run(Experiment.from_json(experiment.read_bytes()))
    run.advance(3 * run.batches_per_epoch)
    written = json.loads(out.read_text())
    assert written["epochs"][-1][1] == run.measure().train_loss
    assert written["parameters"][0]["bias"] == run.engine.parameters()[0][1].tolist()
    assert written["steps"] == run.step


def test_show_lists_blocks_and_parameters(experiment: Path, capsys) -> None:
    assert main(["show", str(experiment)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["input", "dense", "dense", "head"]
    assert lines[-1].split() == ["binary", "25"]


def test_schema_is_the_models_own(capsys) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == describe_schema()


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("{", "not an experiment file"),
        ("[1]", "not an experiment file"),
        ('{"version": 9}', "version 9"),
        ('{"data": {"name": "mars"}}', "data.name"),
        ('{"loss": "cross_entropy"}', "cross_entropy"),
        ('{"data": {"name": "csv"}}', ""),
        ('{"table": {"columns": 3}, "data": {"name": "csv"}}', ""),
        ('{"layers": [{"kind": "dense", "units": 100000}]}', "units"),
    ],
)
@pytest.mark.parametrize("command", ["train", "show"])
def test_bad_input_ends_with_two_and_a_sentence(
    command: str, content: str, part: str, tmp_path: Path, capsys
) -> None:
    path = tmp_path / "broken.json"
    path.write_text(content)
    assert main([command, str(path)]) == 2
    said = capsys.readouterr().err
    assert part in said
    assert said.count("\n") == 1
    assert said.strip().endswith(".")


def test_a_missing_file_and_a_missing_device(experiment: Path, tmp_path: Path, capsys) -> None:
    assert main(["train", str(tmp_path / "nowhere.json")]) == 2
    assert "nowhere.json" in capsys.readouterr().err
    assert main(["train", str(experiment), "--device", "mps"]) == 2
    assert "MPS" in capsys.readouterr().err


def test_a_diverging_run_ends_with_one_and_says_why(tmp_path: Path, capsys) -> None:
    path = tmp_path / "wild.json"
    wild = {"loss": "mse", "optimizer": {"name": "sgd", "learning_rate": 100}, "layers": []}
    path.write_text(json.dumps(wild | {"features": ["x2", "y2"]}))
    assert main(["train", str(path), "--epochs", "50"]) == 1
    assert "diverged" in capsys.readouterr().err


def test_a_table_comes_from_a_csv_file(tmp_path: Path, capsys) -> None:
    table = tmp_path / "fruit.csv"
    rows = [f"{i % 7},{i % 3},{'pear' if i % 7 > 3 else 'plum'}" for i in range(40)]
    table.write_text("\n".join(["size,weight,kind", *rows]))
    path = tmp_path / "fruit.json"
    path.write_text('{"data": {"name": "csv", "scaling": "standard"}}')
    assert main(["train", str(path), "--csv", str(table), "--epochs", "30"]) == 0
    last = capsys.readouterr().out.splitlines()[-1].split("\t")
    assert float(last[4]) > 0.9


def test_the_module_runs_without_streamlit(experiment: Path) -> None:
    code = (
        "import sys; sys.modules['streamlit'] = sys.modules['plotly'] = None;"
        "from playground.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "train", str(experiment), "--epochs", "1"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3
