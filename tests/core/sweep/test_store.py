"""A sweep's file: it holds what was finished, whatever happens to who writes it."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from playground.core.data.csv_reader import read_table
from playground.core.errors import Notice, PlaygroundError
from playground.core.experiment import Experiment
from playground.core.sweep.coordinator import Sweep
from playground.core.sweep.rows import Start, Trial
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.space import knob_from
from playground.core.sweep.store import Store

ROOT = Path(__file__).parents[3]
ASKED = SweepSettings(
    experiment=Experiment().with_changes({"data": {"samples": 20}}),
    knobs=(knob_from("optimizer.learning_rate=log:0.001:0.3"), knob_from("layers.0.units=2,4")),
    method="bayes",
    trials=40,
    starts=2,
    epochs=8,
)
TRIAL = Trial(
    3,
    {"optimizer.learning_rate": 0.1, "optimizer.name": "sgd", "loss_settings.x": True, "a.b": 3},
    "pruned",
    0.1 + 0.2,
    starts=(Start(0, 0.1, None, 1 / 3, reached=(7, 0.25), diverged=True), Start(1)),
    rungs=((2, None), (4, 1e-300)),
    curve=((1, 0.5, None),),
    notice=Notice("sweep_killed", {"tries": 3}),
    asked={"optimizer.learning_rate": 2 / 3},
)


def test_trials_come_back_as_they_were(tmp_path: Path):
    table = read_table(b"a,b\n1,2\n3,4\n", "own.csv")
    store = Store(tmp_path / "sweep.sqlite")
    assert store.empty
    store.begin(ASKED, table)
    store.save(TRIAL)
    store.save(replace(TRIAL, number=1))
    store.save(replace(TRIAL, tries=2))
    store.close()
    again = Store(tmp_path / "sweep.sqlite")
    settings, own = again.sweep()
    assert settings == ASKED and own is not None and own.to_bytes() == table.to_bytes()
    assert again.trials() == [replace(TRIAL, number=1), replace(TRIAL, tries=2)]
    with pytest.raises(PlaygroundError, match="already"):
        again.begin(ASKED)
    again.close()


def _other_database(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE trial (number)")
    other.close()


def _newer(path: Path) -> None:
    Store(path).close()
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version = 2")
    file.close()


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: path.write_bytes(b"no database at all" * 100), "file_unreadable"),
        (lambda path: path.mkdir(), "file_unreadable"),
        (_other_database, "sweep_not_a_file"),
        (_newer, "sweep_file_version"),
    ],
)
def test_what_is_no_file_of_a_sweep_is_refused_and_left_alone(tmp_path: Path, make, code: str):
    path = tmp_path / "file"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(PlaygroundError) as caught:
        Store(path)
    assert caught.value.code == code
    assert before is None or path.read_bytes() == before


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"number": 1}', '{"number": 1, "values": {}, "starts": [3]}']
)
def test_a_damaged_trial_is_named(tmp_path: Path, content: str):
    store = Store(tmp_path / "file")
    with pytest.raises(PlaygroundError, match="no sweep"):
        store.sweep()
    store.begin(ASKED)
    store.close()
    with sqlite3.connect(tmp_path / "file") as file:
        file.execute("INSERT INTO trial VALUES (1, 0, 'done', 1.0, ?)", (content,))
    file.close()
    with pytest.raises(PlaygroundError):
        Store(tmp_path / "file").trials()


WRITER = """
import sys
from playground.core.sweep.rows import Trial
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.store import Store
store = Store(sys.argv[1])
if store.empty:
    store.begin(SweepSettings())
first = len(store.trials())
for number in range(first, first + 100_000):
    store.save(Trial(number, {"data.noise": number}, "done", number / 7, asked={"x" * 2000: 1.0}))
    print(number, flush=True)
"""


def _killed(command: list[str], lines: int, seconds: float) -> list[str]:
    """What a process had said when it was killed so long after so many words."""
    writer = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert writer.stdout is not None
    said = [writer.stdout.readline() for _ in range(lines)]
    time.sleep(seconds)
    writer.kill()
    said += writer.stdout
    writer.stdout.close()
    writer.wait()
    return [line for line in said if line.endswith("\n")]


def _whole(path: Path) -> None:
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    file.close()


def test_what_was_said_to_be_kept_is_kept_when_the_writer_is_killed(tmp_path: Path):
    path, chance = tmp_path / "file", random.Random(1)
    for _ in range(2):
        said = _killed([sys.executable, "-c", WRITER, str(path)], 1, chance.uniform(0, 0.1))
        _whole(path)
        store = Store(path)
        trials = store.trials()
        store.close()
        assert [trial.number for trial in trials] == list(range(len(trials)))
        assert int(said[-1]) <= trials[-1].number <= int(said[-1]) + 1
        assert all(trial.value == trial.number / 7 for trial in trials)


@pytest.mark.slow
def test_a_sweep_that_is_killed_again_and_again_ends_as_one_that_is_not(tmp_path: Path):
    """With its proposals made from what is known, and its hopeless trials stopped."""
    path, chance = tmp_path / "file", random.Random(2)
    store = Store(path)
    store.begin(ASKED)
    store.close()
    command = [sys.executable, "-m", "playground", "sweep", "--resume", "--file", str(path)]
    for _ in range(3):
        _killed(command, chance.randrange(1, 9), chance.uniform(0, 0.02))
        _whole(path)
    store = Store(path)
    kept = store.trials()
    store.close()
    assert 0 < len(kept) < 40, "killed too early or too late to prove anything"
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    store = Store(path)
    found = [trial.as_dict() | {"seconds": 0} for trial in store.trials()]
    store.close()
    sweep = Sweep(ASKED)
    sweep.run()
    assert found == [
        json.loads(json.dumps(trial.as_dict())) | trial.as_dict() | {"seconds": 0}
        for _, trial in sorted(sweep.trials.items())
    ]
