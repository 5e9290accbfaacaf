"""An experiment as a file: its JSON, with the visitor's table or text inside where that is small.

The file is an experiment's own JSON with one more key, `table` or `text`. What is larger, and
pictures, stay outside: the file then names them by file name and hash, and asks for them again.
"""

from __future__ import annotations

import json
from pathlib import Path

from playground.core.data.model import Brought
from playground.core.data.registry import DATASETS
from playground.core.data.sequences.text_file import TextFile
from playground.core.data.table import Table
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment, experiment_from

MOST_EMBEDDED = 1_000_000  # characters
MOST_READ = 8_000_000
EMBEDDED: dict[str, type[Table | TextFile]] = {kind.holds: kind for kind in (Table, TextFile)}


def content_of(path: Path) -> bytes:
    """All of a file.

    Raises:
        PlaygroundError: it cannot be read; the system says why.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise PlaygroundError(
            "file_unreadable", path=str(path), problem=error.strerror or ""
        ) from error


def write_document(experiment: Experiment, own: Brought | None = None) -> str:
    """The experiment's JSON; the table or text that its data are made of goes with it, if it has
    up to MOST_EMBEDDED characters.
    """
    content = experiment.model_dump(mode="json")
    suited = DATASETS[experiment.data.name].suited(own)
    if isinstance(suited, Table | TextFile):
        embedded = suited.to_dict()
        if len(json.dumps(embedded, ensure_ascii=False)) <= MOST_EMBEDDED:
            content[suited.holds] = embedded
    return json.dumps(content, indent=2, ensure_ascii=False)


def read_document(text: str | bytes) -> tuple[Experiment, Brought | None]:
    """The experiment of a file, and the table or text that came with it.

    Raises:
        PlaygroundError: too large, not JSON, an unknown or unfit setting, a broken table or text.
    """
    if len(text) > MOST_READ:
        raise PlaygroundError("experiment_not_json")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlaygroundError("experiment_not_json") from error
    if not isinstance(content, dict):
        raise PlaygroundError("experiment_not_json")
    own: Brought | None = None
    for holds, kind in EMBEDDED.items():
        embedded = content.pop(holds, None)
        if embedded is not None:
            own = kind.from_dict(embedded)
    return experiment_from(content), own
