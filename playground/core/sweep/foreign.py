"""A sweep in a file that somebody brings: SQLite or JSON, and nothing in it is believed.

Of a database, two tables are read whose declarations are, letter by letter, those of `store.py`, so
no view, trigger, generated column or check of somebody else's is ever run; the connection reads
only and gives up after a while. Every trial must be of the form and in the space of its sweep, and
its numbers must follow from those of its starts.
"""

from __future__ import annotations

import base64
import json
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from playground.core.data.brought import read
from playground.core.data.model import Brought
from playground.core.data.table import Table
from playground.core.errors import PlaygroundError
from playground.core.sweep.results import finished_trial
from playground.core.sweep.rows import Trial
from playground.core.sweep.settings import MAX_TRIALS, SweepSettings, checked_sweep, sweep_from
from playground.core.sweep.space import Choices, Knob, Value, grid, wholes
from playground.core.sweep.store import APPLICATION, TABLES, VERSION

MOST_BYTES = 24 * 2**20
MOST_JSON = 8 * 2**20  # which takes many times its size while it is read
MOST_TRIAL = 100_000  # characters of one trial
MOST_ROWS = 64  # of a curve
MOST_WORDS = 200  # characters of a name in it
PATIENCE = 10.0  # s of SQLite's work
_TICKS = 10_000  # of SQLite's instructions between two looks at the clock
_SQLITE, _CSV = b"SQLite format 3\x00", b"number,status,"
_MARK = b"\xef\xbb\xbf"

_trial = TypeAdapter(Trial)

Found = tuple[SweepSettings, Brought | None, list[Trial]]


def read_foreign(content: bytes, filename: str, here: Brought | None = None) -> Found:
    """The sweep in a file, as `files.read` gives it.

    Args:
        content: of the file.
        filename: as it is called where something is said of it.
        here: what the visitor brought; taken where the sweep is made of that and the file does
            not have it.

    Raises:
        PlaygroundError: too large, no file of a sweep, damaged or tampered with, of another
            version, or made of data that are not there.
    """
    name = filename[:80]
    limit = MOST_BYTES if content.startswith(_SQLITE) else MOST_JSON
    if len(content) > limit:
        size = f"{len(content) / 2**20:.1f}"
        raise PlaygroundError("sweep_upload_large", name=name, size=size, limit=limit // 2**20)
    if content.startswith(_SQLITE):
        settings, packed, trials = _of_database(content, name)
    else:
        settings, packed, trials = _of_json(content.removeprefix(_MARK), name)
    wanted = sweep_from(settings)
    own = _own(wanted, packed, here, name)
    checked_sweep(wanted, own)
    check_trials(wanted, trials, name)
    return wanted, own, sorted(trials, key=lambda trial: trial.number)


# ---- the two kinds of files --------------------------------------------------------------------

_Raw = tuple[Any, str | None, list[Trial]]


def _of_json(content: bytes, name: str) -> _Raw:
    if content.startswith(_CSV):
        raise PlaygroundError("sweep_upload_table")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        code = "sweep_upload_broken" if content[:1] == b"{" else "sweep_upload_unknown"
        raise PlaygroundError(code, name=name) from error
    if not isinstance(found, dict) or not isinstance(found.get("settings"), dict):
        raise PlaygroundError("sweep_upload_unknown", name=name)
    rows, own = found.get("trials"), found.get("own")
    if not isinstance(rows, list) or len(rows) > MAX_TRIALS or not isinstance(own, str | None):
        raise PlaygroundError("sweep_upload_broken", name=name)
    return found["settings"], own, [_read_trial(json.dumps(row), name) for row in rows]


def _of_database(content: bytes, name: str) -> _Raw:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sweep")
        path.write_bytes(content)
        try:
            # Immutable: nothing is written beside it, and no log is looked for.
            address = f"file:{quote(str(path))}?mode=ro&immutable=1"
            with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as file:
                return _rows(file, name)
        except (sqlite3.Error, ValueError, OverflowError) as error:
            raise PlaygroundError("sweep_upload_broken", name=name) from error


def _rows(file: sqlite3.Connection, name: str) -> _Raw:
    """What the two tables hold; a table may have more rows than its file has room for."""
    end = time.monotonic() + PATIENCE
    file.set_progress_handler(lambda: time.monotonic() > end, _TICKS)
    file.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
    for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
        file.execute(f"PRAGMA {pragma}")
    if file.execute("PRAGMA application_id").fetchone() != (APPLICATION,):
        raise PlaygroundError("sweep_upload_unknown", name=name)
    (version,) = file.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        raise PlaygroundError("sweep_file_version", path=name, version=version)
    file.set_authorizer(_allowed)
    declared = file.execute("SELECT type, name, sql FROM sqlite_schema").fetchmany(10)
    if set(declared) != _declared():
        raise PlaygroundError("sweep_upload_unknown", name=name)
    row = file.execute("SELECT settings, own FROM sweep").fetchone()
    if row is None:
        raise PlaygroundError("sweep_file_empty", path=name)
    contents = file.execute("SELECT content FROM trial").fetchmany(MAX_TRIALS + 1)
    if (
        len(contents) > MAX_TRIALS
        or not isinstance(row[0], str)
        or not isinstance(row[1], str | None)
    ):
        raise PlaygroundError("sweep_upload_broken", name=name)
    return row[0], row[1], [_read_trial(content, name) for (content,) in contents]


def _allowed(action: int, table: str | None, *_: object) -> int:
    """An authorizer: reading three tables, and nothing else."""
    known = ("sweep", "trial", "sqlite_master", "sqlite_schema")
    reads = action == sqlite3.SQLITE_READ and table in known
    return sqlite3.SQLITE_OK if reads or action == sqlite3.SQLITE_SELECT else sqlite3.SQLITE_DENY


def _declared() -> set[tuple[str, str, str | None]]:
    """What the schema of such a file says."""
    with closing(sqlite3.connect(":memory:")) as own:
        own.executescript(TABLES)
        return set(own.execute("SELECT type, name, sql FROM sqlite_schema"))


def _own(
    wanted: SweepSettings, packed: str | None, here: Brought | None, name: str
) -> Brought | None:
    """What the sweep's data are made of."""
    named = wanted.experiment.data.upload
    own = None if packed is None else _unpacked(packed, name)
    if named is None:
        return own
    for one in (own, here):
        if one is not None and one.sha256 == named.sha256:
            return one
    raise PlaygroundError("sweep_upload_data", name=name, data=named.filename[:80])


def _unpacked(packed: str, name: str) -> Brought:
    try:
        own = read(base64.b64decode(packed, validate=True))
        # Albums and texts are looked at as they are read.
        return Table.from_dict(own.to_dict()) if isinstance(own, Table) else own
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        raise PlaygroundError("sweep_upload_broken", name=name) from error


# ---- trials ------------------------------------------------------------------------------------


def _read_trial(content: object, name: str) -> Trial:
    if not isinstance(content, str) or len(content) > MOST_TRIAL:
        raise PlaygroundError("sweep_upload_broken", name=name)
    try:
        return _trial.validate_json(content, strict=True)
    except (ValidationError, ValueError) as error:
        raise PlaygroundError("sweep_upload_broken", name=name) from error


def check_trials(settings: SweepSettings, trials: Sequence[Trial], name: str) -> None:
    """That these are finished trials of that sweep.

    Raises:
        PlaygroundError: one of them is not; names it.
    """
    points = list(grid(settings.experiment, settings.knobs)) if settings.method == "grid" else None
    planned = settings.planned
    whole = wholes(settings.experiment, settings.knobs)
    numbers: set[int] = set()
    for trial in trials:
        fits = 0 <= trial.number < planned and trial.number not in numbers
        numbers.add(trial.number)
        if fits and points is not None:
            fits = trial.values == points[trial.number]
        fits = fits and _in_space(settings, whole, trial) and _sound(settings, trial)
        if not fits:
            raise PlaygroundError("sweep_upload_trial", name=name, number=trial.number + 1)


def _in_space(settings: SweepSettings, whole: dict[str, bool], trial: Trial) -> bool:
    knobs = {knob.path: knob for knob in settings.knobs}
    if not trial.values.keys() <= knobs.keys():
        return False
    if not all(_takes(knobs[path], whole[path], value) for path, value in trial.values.items()):
        return False
    if settings.method != "bayes":
        return not trial.asked
    if trial.asked.keys() != trial.values.keys():
        return False
    return all(
        _drawn(knobs[path], whole[path], share) == trial.values[path]
        for path, share in trial.asked.items()
    )


def _takes(knob: Knob, whole: bool, value: Value) -> bool:
    """Whether a knob can have a value; True is not 1 here."""
    if isinstance(knob, Choices):
        return any(type(one) is type(value) and one == value for one in knob.values)
    if type(value) not in ((int,) if whole else (int, float)):
        return False
    assert not isinstance(value, str)
    return knob.low <= value <= knob.high


def _drawn(knob: Knob, whole: bool, share: float) -> Value | None:
    """The value that a Bayesian search drew as that; None where it cannot have."""
    if isinstance(knob, Choices):
        place = int(share) if share == share // 1 else -1
        return knob.values[place] if 0 <= place < len(knob.values) else None
    return knob.at(share, whole) if 0 <= share <= 1 else None


def _sound(settings: SweepSettings, trial: Trial) -> bool:
    """Whether its numbers are possible, and follow from those of its starts."""
    try:
        json.dumps(trial.as_dict(), allow_nan=False)
    except ValueError:
        return False
    if not trial.finished or len(trial.where) > MOST_WORDS or not 0 <= trial.tries < 1000:
        return False
    if trial.status == "failed":
        return not trial.starts and not trial.curve and _plain_notice(trial)
    epochs = [row[0] for row in trial.curve]
    possible = (
        trial.notice is None
        and 0 <= trial.epochs <= settings.epochs
        and trial.seconds >= 0
        and [start.start for start in trial.starts] == list(range(settings.starts))
        and len(epochs) <= MOST_ROWS
        and all(0 < epoch <= settings.epochs for epoch in epochs)
        and epochs == sorted(set(epochs))
        and {epoch for epoch, _ in trial.rungs} <= set(settings.rungs)
        and len(trial.rungs) <= len(settings.rungs)
        and (trial.pruned_at is None or trial.pruned_at in settings.rungs)
    )
    return possible and finished_trial(settings, trial, trial.as_dict()) == trial


def _plain_notice(trial: Trial) -> bool:
    notice = trial.notice
    if notice is None or not notice.code.isidentifier() or len(notice.code) > MOST_WORDS:
        return False
    return len(notice.params) <= 12 and all(
        isinstance(value, bool | int | float | None)
        or (isinstance(value, str) and len(value) <= 2 * MOST_WORDS)
        for value in notice.params.values()
    )
