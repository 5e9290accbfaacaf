"""Sweeps in files that somebody brings: what was saved goes on, everything else is refused."""

from __future__ import annotations

import base64
import json
import random
import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from playground.core.data.csv_reader import read_table
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.sweep import files, foreign
from playground.core.sweep.coordinator import Sweep
from playground.core.sweep.foreign import read_foreign
from playground.core.sweep.rows import Trial
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.space import knob_from
from playground.core.sweep.store import Store

SMALL = Experiment().with_changes({"data": {"samples": 20}, "layers": []})
GRID = SweepSettings(
    experiment=SMALL,
    knobs=(knob_from("optimizer.learning_rate=0.01,0.1,1"), knob_from("regularization.l2=0,0.1")),
    method="grid",
    starts=2,
    epochs=8,
)
BAYES = GRID.model_copy(
    update={"method": "bayes", "trials": 8, "metric": "epochs", "knobs": (
        knob_from("optimizer.learning_rate=log:0.001:1"), knob_from("training.batch_size=1,5,20"),
        knob_from("optimizer.name=sgd,adam"))}
)  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYGROUND_SWEEPS", str(tmp_path))


def swept(settings: SweepSettings, most: int = 99) -> list[Trial]:
    sweep = Sweep(settings)
    for progress in sweep.steps():
        if progress.finished >= most:
            break
    return [trial for _, trial in sorted(sweep.trials.items()) if trial.finished]


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    return swept(GRID, 4)


def saved(settings: SweepSettings, trials: list[Trial], kind: str = "sqlite") -> bytes:
    return files.exported(files.begin(settings, None, trials), kind)


def refused(content: bytes, name: str = "mine.sqlite") -> str:
    before = sorted(files.folder().glob("*"))
    with pytest.raises(PlaygroundError) as error:
        read_foreign(content, name)
    assert sorted(files.folder().glob("*")) == before
    for language in ("en", "zh"):
        assert "{" not in error.value.sentence(language)
    return error.value.code


@pytest.mark.parametrize("kind", ["sqlite", "json"])
@pytest.mark.parametrize("settings", [GRID, BAYES], ids=["grid", "bayes"])
def test_what_was_saved_goes_on_as_if_it_had_never_been_away(settings: SweepSettings, kind: str):
    whole, part = swept(settings), swept(settings, 5)
    assert 5 <= len(part) < len(whole)
    found, own, kept = read_foreign(saved(settings, part, kind), "mine")
    assert (found, own, kept) == (settings, None, part)
    again = Sweep(found, kept=kept)
    again.run()
    values = [(trial.values, trial.value) for _, trial in sorted(again.trials.items())]
    assert values == [(trial.values, trial.value) for trial in whole]


def test_the_command_lines_own_file_is_read(trials: list[Trial], tmp_path: Path):
    store = Store(tmp_path / "line")
    store.begin(GRID)
    store.save(*trials)
    store.close()
    assert read_foreign((tmp_path / "line").read_bytes(), "line")[2] == trials


def test_data_of_ones_own_come_along_or_are_asked_for():
    rows = "\n".join(f"{i % 7},{i % 5},{i % 3}" for i in range(40))
    table = read_table(f"a,b,c\n{rows}".encode(), "own.csv")
    changes = {"name": "csv", "target": "c", "target_kind": "number"}
    upload = {"filename": "own.csv", "sha256": table.sha256}
    own = Experiment().with_changes({"data": {**changes, "upload": upload}, "loss": "mse"})
    settings = GRID.model_copy(update={"experiment": own})
    name = files.begin(settings, table)
    for kind in ("sqlite", "json"):
        found = read_foreign(files.exported(name, kind), "mine")[1]
        assert found is not None and found.to_bytes() == table.to_bytes()
    bare = json.loads(files.exported(name, "json")) | {"own": None}
    assert refused(json.dumps(bare).encode()) == "sweep_upload_data"
    assert read_foreign(json.dumps(bare).encode(), "mine", table)[1] is table
    other = read_table(b"a,b,c\n1,2,3\n4,5,6\n", "own.csv")
    with pytest.raises(PlaygroundError, match=r"own\.csv"):
        read_foreign(json.dumps(bare).encode(), "mine", other)
    # A table whose numbers are not those of its columns.
    raw = table.to_bytes()
    wrong = [b"", b"x", raw[:-9], raw.replace(b'"rows"', b'"rowz"'), b'{"columns": 3}\n' + raw]
    for content in (*(base64.b64encode(one).decode() for one in wrong), "no base64 ☠", "x" * 9):
        assert refused(json.dumps(bare | {"own": content}).encode()) in (
            "sweep_upload_broken", "table_broken", "sweep_upload_data"
        )  # fmt: skip


# ---- files of another kind


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "sweep_upload_unknown"),
        (b"PK\x03\x04 a zip", "sweep_upload_unknown"),
        (b"[" * 100_000, "sweep_upload_unknown"),
        (b'{"a":' * 100_000, "sweep_upload_broken"),
        (b"[]", "sweep_upload_unknown"),
        (b'{"settings": 3, "trials": []}', "sweep_upload_unknown"),
        (b'{"settings": {"method": "all"}, "trials": []}', "experiment_invalid"),
        (b'{"settings": {}, "trials": {}}', "sweep_upload_broken"),
        (b'{"settings": {}, "trials": [3]}', "sweep_upload_broken"),
        (b'{"settings": {}, "trials": [], "own": 3}', "sweep_upload_broken"),
        (b'{"settings": {"epochs": 1e999}, "trials": []}', "experiment_invalid"),
        (b'{"version": 1, "layers": []}', "sweep_upload_unknown"),
        (b"SQLite format 3\x00" + b"\xff" * 5000, "sweep_upload_broken"),
        (b"{" + b" " * (foreign.MOST_JSON + 1), "sweep_upload_large"),
        (b"SQLite format 3\x00" + bytes(foreign.MOST_BYTES), "sweep_upload_large"),
    ],
)
def test_what_is_no_sweep_is_said(content: bytes, code: str):
    assert refused(content) == code


def test_a_table_is_no_sweep(trials: list[Trial]):
    assert refused(saved(GRID, trials, "csv"), "sweep.csv") == "sweep_upload_table"


def test_a_space_of_which_no_sweep_can_be_made_is_refused():
    many = {"kind": "range", "path": "optimizer.learning_rate", "low": 1e-3, "high": 1, "count": 64}
    paths = ["optimizer.learning_rate", "regularization.l2", "regularization.l1"]
    settings = GRID.model_dump(mode="json")
    for knobs, code in (
        ([many | {"path": path} for path in paths], "sweep_large_grid"),
        ([many | {"path": "training.device"}], "sweep_closed"),
        ([many, many], "sweep_twice"),
    ):
        content = {"settings": settings | {"knobs": knobs}, "trials": []}
        assert refused(json.dumps(content).encode()) == code


def test_every_cut_of_a_file_is_read_whole_or_refused(trials: list[Trial]):
    random_ = random.Random(0)
    for kind in ("sqlite", "json"):
        content = saved(GRID, trials, kind)
        for _ in range(12):
            cut = content[: random_.randrange(len(content) - 1)]
            assert refused(cut) in ("sweep_upload_broken", "sweep_upload_unknown")


def test_a_file_with_changed_bytes_gives_its_own_trials_or_none(trials: list[Trial]):
    random_ = random.Random(1)
    content = saved(GRID, trials)
    known = {trial.number: trial for trial in trials}
    for _ in range(150):
        changed = bytearray(content)
        for _ in range(random_.choice([1, 4, 40])):
            changed[random_.randrange(len(changed))] = random_.randrange(256)
        try:
            settings, _, found = read_foreign(bytes(changed), "mine")
        except PlaygroundError:
            continue
        if settings == GRID:
            # What does not follow from anything else may be another number: seconds, the curve.
            assert all(one.value == known[one.number].value for one in found)


# ---- databases that want to do something


def _tampered(trials: list[Trial], tmp_path: Path, *statements: str) -> bytes:
    path = tmp_path / "tampered"
    path.write_bytes(saved(GRID, trials))
    file = sqlite3.connect(path, isolation_level=None)
    file.execute("PRAGMA journal_mode = DELETE")
    for statement in statements:
        file.execute(statement)
    file.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE VIEW more AS SELECT 1",),
        ("CREATE TRIGGER t AFTER INSERT ON trial BEGIN DELETE FROM trial; END",),
        ("CREATE INDEX i ON trial (value) WHERE length(content) > 3",),
        ("ALTER TABLE trial RENAME TO old", "CREATE VIEW trial AS SELECT content FROM old"),
        ("ALTER TABLE trial ADD COLUMN more TEXT AS (hex(zeroblob(1000000000)))",),
        ("CREATE TABLE other (a)",),
        ("PRAGMA application_id = 7",),
    ],
    ids=["view", "trigger", "index", "view-as-table", "generated", "table", "application"],
)
def test_whatever_else_a_database_declares_refuses_it(
    trials: list[Trial], tmp_path: Path, statements: tuple[str, ...]
):
    assert refused(_tampered(trials, tmp_path, *statements)) == "sweep_upload_unknown"


def test_a_view_that_never_ends_is_not_even_begun(tmp_path: Path):
    path = tmp_path / "endless"
    file = sqlite3.connect(path, isolation_level=None)
    endless = "WITH RECURSIVE n(content) AS (SELECT 1 UNION ALL SELECT content + 1 FROM n)"
    file.execute("CREATE TABLE sweep (settings, own)")
    file.execute(f"CREATE VIEW trial AS {endless} SELECT count(*) AS content FROM n")
    file.execute(f"PRAGMA application_id = {foreign.APPLICATION}")
    file.execute(f"PRAGMA user_version = {foreign.VERSION}")
    file.close()
    begin = time.process_time()
    assert refused(path.read_bytes()) == "sweep_upload_unknown"
    assert time.process_time() - begin < foreign.PATIENCE / 2


def test_another_version_and_an_empty_file_are_said(trials: list[Trial], tmp_path: Path):
    assert refused(_tampered(trials, tmp_path, "PRAGMA user_version = 2")) == "sweep_file_version"
    assert refused(_tampered(trials, tmp_path, "DELETE FROM sweep")) == "sweep_file_empty"


@pytest.mark.parametrize("value", ["x'00ff'", "7", f"'{'x' * (foreign.MOST_TRIAL + 1)}'", "'{'"])
def test_a_cell_of_another_kind_refuses_the_file(trials: list[Trial], tmp_path: Path, value: str):
    content = _tampered(trials, tmp_path, f"UPDATE trial SET content = {value} WHERE number = 1")
    assert refused(content) == "sweep_upload_broken"


# ---- trials that are not those of the sweep


def _other(**changes: Any) -> Callable[[Trial], Trial]:
    return lambda trial: replace(trial, **changes)


def _start(**changes: Any) -> Callable[[Trial], Trial]:
    return lambda trial: replace(
        trial, starts=(replace(trial.starts[0], **changes), *trial.starts[1:])
    )


@pytest.mark.parametrize(
    "change",
    [
        _other(number=6),
        _other(number=-1),
        _other(number=10**30),
        _other(number=2),
        _other(values={"optimizer.learning_rate": 0.01, "regularization.l2": 0.2}),
        _other(values={"optimizer.learning_rate": 0.01}),
        _other(values={"optimizer.learning_rate": 0.01, "data.noise": 0}),
        _other(values={}),
        _other(status="running"),
        _other(status="done", value=-1.0),
        _other(mean=0.0),
        _other(status="diverged"),
        _other(epochs=9),
        _other(epochs=-1),
        _other(seconds=-1.0),
        _other(seconds=1e400),
        _other(starts=()),
        _other(pruned_at=3),
        _other(rungs=((3, 0.1),)),
        _other(curve=((9, 0.1, 0.2),)),
        _other(curve=((2, 0.1, 0.2), (1, 0.1, 0.2))),
        _other(where="x" * 999),
        _other(tries=10**9),
        _other(asked={"optimizer.learning_rate": 0.5}),
        _other(status="failed"),
        _start(start=1),
        _start(test_loss=-3.0),
        _start(test_loss=float("nan")),
        _start(diverged=True, test_loss=None),
    ],
)  # fmt: skip
def test_a_trial_of_another_sweep_is_named(trials: list[Trial], change: Callable[[Trial], Trial]):
    changed = [trials[0], change(trials[1]), *trials[2:]]
    content = {
        "settings": GRID.model_dump(mode="json"),
        "trials": [asdict(trial) for trial in changed],
    }
    with pytest.raises(PlaygroundError) as error:
        read_foreign(json.dumps(content).encode(), "mine.json")
    # What JSON cannot hold is damage; all else is said of the trial.
    assert error.value.code in ("sweep_upload_trial", "sweep_upload_broken")


def test_types_are_taken_at_their_word(trials: list[Trial]):
    plain = trials[1].as_dict()
    for key, value in (
        ("number", "1"), ("number", 1.5), ("number", True), ("values", []), ("epochs", "8"),
        ("values", {"optimizer.learning_rate": True, "regularization.l2": 0}), ("starts", {}),
        ("values", {"optimizer.learning_rate": {"$": 1}, "regularization.l2": 0}),
        ("starts", [[]]), ("curve", [[1, 2]]), ("curve", "x"), ("status", "win"), ("notice", "x"),
    ):  # fmt: skip
        content = {"settings": GRID.model_dump(mode="json"), "trials": [plain | {key: value}]}
        assert refused(json.dumps(content).encode()) in (
            "sweep_upload_broken", "sweep_upload_trial"
        )  # fmt: skip


def test_what_a_bayesian_search_drew_must_be_what_it_says():
    found = swept(BAYES, 6)
    path = "optimizer.learning_rate"
    for asked in ({}, {path: 2.0}, {**found[0].asked, path: 0.123}, {**found[0].asked, "x": 0.1}):
        with pytest.raises(PlaygroundError) as error:
            read_foreign(saved(BAYES, [replace(found[0], asked=asked), *found[1:]]), "mine")
        assert error.value.code == "sweep_upload_trial"


def test_many_trials_are_taken_in_at_once():
    rate = knob_from("optimizer.learning_rate=log:1e-4:1")
    settings = GRID.model_copy(update={"method": "random", "trials": 2000, "knobs": (rate,)})
    first = swept(settings.model_copy(update={"trials": 1}))[0]
    rates = [round(1e-4 + number * 4e-4, 6) for number in range(2000)]
    many = [
        replace(first, number=number, values={"optimizer.learning_rate": rate})
        for number, rate in enumerate(rates)
    ]
    assert len(read_foreign(saved(settings, many), "mine")[2]) == 2000
    more = [*many, replace(first, number=2000)]
    store = Store(files.folder() / "more.sqlite")
    store.begin(settings)
    store.save(*more)
    store.close()
    assert refused((files.folder() / "more.sqlite").read_bytes()) == "sweep_upload_broken"
