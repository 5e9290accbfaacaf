"""A sweep's file: its settings and every finished trial, in SQLite.

A trial is written in one transaction as soon as it is finished, with the log ahead of the file
(WAL) and forced to disk, so a process that is killed at any moment leaves a file with every
trial that it had said was finished, and none that was not.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from playground.core.data.brought import read
from playground.core.data.model import Brought
from playground.core.errors import PlaygroundError
from playground.core.sweep.rows import Trial, trial_from
from playground.core.sweep.settings import SweepSettings, sweep_from
from playground.core.sweep.trial import packed

APPLICATION = 0x4E507357  # "NPsW", in the file's header
VERSION = 1
WAIT = 10.0  # s for another process that writes

TABLES = """
CREATE TABLE sweep (one INTEGER PRIMARY KEY CHECK (one = 1), settings TEXT NOT NULL, own TEXT);
CREATE TABLE trial (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    number INTEGER NOT NULL UNIQUE,
    status TEXT NOT NULL,
    value REAL,
    content TEXT NOT NULL
);
"""

T = TypeVar("T")


class Store:
    """One sweep in one file.

    Args:
        path: of the file; ":memory:" for none.

    Raises:
        PlaygroundError: the file cannot be used, or is none of a sweep.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = str(path)
        self._connection = self._opened()

    def _opened(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = None
        try:
            # Transactions are begun by hand; a generator may be stepped by several threads.
            connection = sqlite3.connect(
                self._path, timeout=WAIT, isolation_level=None, check_same_thread=False
            )
            self._prepare(connection)
        except (sqlite3.Error, PlaygroundError) as error:
            if connection is not None:
                connection.close()
            if isinstance(error, PlaygroundError):
                raise
            raise self._trouble(error) from error
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if application != APPLICATION and (application or tables):
            raise PlaygroundError("sweep_not_a_file", path=self._path[-80:])
        if application == APPLICATION:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                raise PlaygroundError("sweep_file_version", path=self._path[-80:], version=version)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        if application != APPLICATION:
            # All or nothing: the header is part of the transaction.
            connection.executescript(
                f"BEGIN IMMEDIATE;{TABLES}PRAGMA application_id = {APPLICATION};"
                f"PRAGMA user_version = {VERSION};COMMIT;"
            )

    def _trouble(self, error: sqlite3.Error) -> PlaygroundError:
        return PlaygroundError("file_unreadable", path=self._path[-80:], problem=str(error))

    def _tried(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    # ---- the sweep

    @property
    def empty(self) -> bool:
        """Whether no sweep was begun in it."""
        return self._row() is None

    def _row(self) -> tuple[str, str | None] | None:
        query = "SELECT settings, own FROM sweep"
        return self._tried(lambda: self._connection.execute(query).fetchone())

    def begin(self, settings: SweepSettings, own: Brought | None = None) -> None:
        """Writes what is to be done into an empty file.

        Raises:
            PlaygroundError: there is a sweep in it already.
        """
        if not self.empty:
            raise PlaygroundError("sweep_file_in_use", path=self._path[-80:])
        row = (settings.to_json(), packed(own))
        self._tried(lambda: self._connection.execute("INSERT INTO sweep VALUES (1, ?, ?)", row))

    def sweep(self) -> tuple[SweepSettings, Brought | None]:
        """What is to be done, and what the visitor brought for it.

        Raises:
            PlaygroundError: the file is empty, or does not hold what it should.
        """
        row = self._row()
        if row is None:
            raise PlaygroundError("sweep_file_empty", path=self._path[-80:])
        try:
            own = None if row[1] is None else read(base64.b64decode(row[1]))
        except (ValueError, TypeError) as error:
            raise PlaygroundError("sweep_not_a_file", path=self._path[-80:]) from error
        return sweep_from(row[0]), own

    # ---- its trials

    def save(self, *trials: Trial) -> None:
        """Keeps finished trials, all or none; they are on disk when this returns."""
        rows = [
            (one.number, one.status, one.value, json.dumps(one.as_dict(), ensure_ascii=False))
            for one in trials
        ]
        self._tried(lambda: self._written(rows))

    def _written(self, rows: list[tuple[int, str, float | None, str]]) -> None:
        query = "INSERT OR REPLACE INTO trial (number, status, value, content) VALUES (?, ?, ?, ?)"
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:  # which ends it, one way or the other
            self._connection.executemany(query, rows)

    def trials(self) -> list[Trial]:
        """The finished trials, by number.

        Raises:
            PlaygroundError: a trial that cannot be read.
        """
        query = "SELECT content FROM trial ORDER BY number"
        rows = self._tried(lambda: self._connection.execute(query).fetchall())
        try:
            return [trial_from(json.loads(content)) for (content,) in rows]
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise PlaygroundError("sweep_not_a_file", path=self._path[-80:]) from error

    def close(self) -> None:
        """Ends the writing; the log goes into the file."""
        self._connection.close()
