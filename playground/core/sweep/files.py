"""Where a server keeps the sweeps of its visitors: each in a file whose name nobody guesses."""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from playground.core.data.model import Brought
from playground.core.data.pictures.openml import cache_folder
from playground.core.errors import PlaygroundError
from playground.core.sweep.rows import Trial, as_csv
from playground.core.sweep.settings import SweepSettings
from playground.core.sweep.store import Store
from playground.core.sweep.trial import packed

log = logging.getLogger(__name__)

NAME = re.compile(r"[A-Za-z0-9_-]{16,64}")
MOST_FILES = 300
OLDEST = 30 * 24 * 3600.0  # s since a file was last written to
_BESIDE = ("", "-wal", "-shm")  # what SQLite puts beside a file


def folder() -> Path:
    """PLAYGROUND_SWEEPS, or a folder beside the sets that were fetched."""
    chosen = os.environ.get("PLAYGROUND_SWEEPS")
    return Path(chosen) if chosen else cache_folder() / "sweeps"


def path_of(name: str) -> Path:
    """The file of that name, whether it is there or not.

    Raises:
        PlaygroundError: no file has such a name.
    """
    if not NAME.fullmatch(name):
        raise PlaygroundError("sweep_gone")
    return folder() / f"{name}.sqlite"


def begin(settings: SweepSettings, own: Brought | None, trials: Sequence[Trial] = ()) -> str:
    """A new file for a sweep; what is old makes room for it.

    Args:
        trials: that are finished already.

    Returns:
        its name; "" where this server can keep nothing.
    """
    name = secrets.token_urlsafe(18)
    try:
        folder().mkdir(parents=True, exist_ok=True)
        _tidy()
        with closing(Store(path_of(name))) as store:
            store.begin(settings, own)
            store.save(*trials)
    except (OSError, PlaygroundError) as error:
        log.warning("a sweep is not kept: %s", error)
        return ""
    return name


def opened(name: str) -> Store:
    """A file that is there.

    Raises:
        PlaygroundError: there is none of that name, or it cannot be read.
    """
    path = path_of(name)
    if not path.is_file():
        raise PlaygroundError("sweep_gone")
    return Store(path)


def read(name: str) -> tuple[SweepSettings, Brought | None, list[Trial]]:
    """What a file holds.

    Raises:
        PlaygroundError: as `opened` does.
    """
    with closing(opened(name)) as store:
        settings, own = store.sweep()
        return settings, own, store.trials()


def exported(name: str, kind: str) -> bytes:
    """The trials of a file as another one: "csv", "json" or "sqlite".

    Raises:
        PlaygroundError: as `opened` does.
    """
    if kind == "sqlite":
        return _copied(path_of(name))
    settings, own, trials = read(name)
    if kind == "csv":
        return ("\ufeff" + as_csv(settings, trials)).encode()  # spreadsheets ask for the mark
    content = {
        "settings": settings.model_dump(mode="json"),
        "own": packed(own),
        "trials": [trial.as_dict() for trial in trials],
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _copied(path: Path) -> bytes:
    """The whole file as it stands now, what is only in its log included."""
    if not path.is_file():
        raise PlaygroundError("sweep_gone")
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(":memory:")) as copy:
            source.backup(copy)
            return copy.serialize()
    except sqlite3.Error as error:
        raise PlaygroundError("sweep_gone") from error


def _tidy() -> None:
    """Takes away what nobody has written to for long, and the oldest of too many."""
    found = sorted(folder().glob("*.sqlite"), key=_written, reverse=True)
    now = time.time()
    for place, path in enumerate(found):
        if place >= MOST_FILES - 1 or now - _written(path) > OLDEST:
            for end in _BESIDE:
                path.with_name(path.name + end).unlink(missing_ok=True)


def _written(path: Path) -> float:
    """When the file, or its log, was last written to."""
    times = []
    for end in _BESIDE:
        try:
            times.append(path.with_name(path.name + end).stat().st_mtime)
        except OSError:
            continue
    return max(times, default=0.0)
