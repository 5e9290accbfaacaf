"""The files of visitors' sweeps: begun, found again, taken elsewhere, tidied away."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path

import pytest

from playground.core.errors import PlaygroundError
from playground.core.sweep import files
from playground.core.sweep.rows import Trial
from playground.core.sweep.settings import SweepSettings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLAYGROUND_SWEEPS", str(tmp_path / "kept"))
    return tmp_path / "kept"


def kept(*trials: Trial) -> str:
    name = files.begin(SweepSettings(starts=1), None)
    store = files.opened(name)
    for trial in trials:
        store.save(trial)
    store.close()
    return name


def test_a_sweep_is_found_again_by_its_name_alone():
    trial = Trial(0, {"optimizer.learning_rate": 0.1}, "done", value=0.5)
    name = kept(trial)
    assert files.read(name) == (SweepSettings(starts=1), None, [trial])
    assert kept() != name
    for other in ("", "x" * 16, "../../etc/passwd", f"../kept/{name}", name + "/.."):
        with pytest.raises(PlaygroundError) as refused:
            files.read(other)
        assert refused.value.code == "sweep_gone"


def test_trials_leave_as_a_table_as_json_and_as_the_file_itself(tmp_path: Path):
    trials = [Trial(n, {"optimizer.learning_rate": 0.1 * (n + 1)}, "done", value=n) for n in (0, 1)]
    name = kept(*trials)
    writer = files.opened(name)  # what still lies in the log of one who writes is taken along
    writer.save(Trial(2, {"optimizer.learning_rate": 0.5}, "pruned", pruned_at=3))
    rows = files.exported(name, "csv").decode("utf-8-sig").splitlines()
    assert rows[0].startswith("number,status,optimizer.learning_rate,value")
    assert [row.split(",")[1] for row in rows[1:]] == ["done", "done", "pruned"]
    content = json.loads(files.exported(name, "json"))
    assert [trial["value"] for trial in content["trials"]] == [0, 1, None]
    assert content["settings"]["starts"] == 1
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(files.exported(name, "sqlite"))
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT count(*) FROM trial").fetchone() == (3,)
    writer.close()


def test_what_is_old_makes_room(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "MOST_FILES", 3)
    names = [kept() for _ in range(3)]
    for age, name in enumerate(names):
        long_ago = time.time() - 1000 * (3 - age)
        os.utime(files.path_of(name), (long_ago, long_ago))
    ancient = time.time() - files.OLDEST - 1
    os.utime(files.path_of(names[2]), (ancient, ancient))
    present = {*names[:2], kept()}
    assert {path.stem for path in folder.glob("*.sqlite")} == present
    present = {*present, kept()} - {names[0]}
    assert {path.stem for path in folder.glob("*.sqlite")} == present


def test_where_nothing_can_be_kept_there_is_no_name(monkeypatch: pytest.MonkeyPatch, folder: Path):
    folder.write_text("a file where the folder should be")
    assert files.begin(SweepSettings(), None) == ""
