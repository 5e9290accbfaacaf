"""An experiment as a file: its JSON, with the visitor's table inside where that is small.

The file is an experiment's own JSON with one more key, `table`. A larger table stays outside: the
file then names it by file name and hash, and asks for it again.
"""

from __future__ import annotations

import json

from playground.core.data.table import Table
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment, experiment_from

MOST_EMBEDDED = 1_000_000  # characters
MOST_READ = 8_000_000


def write_document(experiment: Experiment, table: Table | None = None) -> str:
    """The experiment's JSON; a table of up to MOST_EMBEDDED characters goes with it."""
    content = experiment.model_dump(mode="json")
    if table is not None and experiment.data.name == "csv":
        embedded = table.to_dict()
        if len(json.dumps(embedded)) <= MOST_EMBEDDED:
            content["table"] = embedded
    return json.dumps(content, indent=2, ensure_ascii=False)


def read_document(text: str | bytes) -> tuple[Experiment, Table | None]:
    """The experiment of a file, and the table that came with it.

    Raises:
        PlaygroundError: too large, not JSON, an unknown or unfit setting, a broken table.
    """
    if len(text) > MOST_READ:
        raise PlaygroundError("experiment_not_json")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PlaygroundError("experiment_not_json") from error
    if not isinstance(content, dict):
        raise PlaygroundError("experiment_not_json")
    embedded = content.pop("table", None)
    table = None if embedded is None else Table.from_dict(embedded)
    return experiment_from(content), table
