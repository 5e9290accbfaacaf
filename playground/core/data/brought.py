"""From bytes back to what a visitor brought: the `kind` in its first line says whose they are, a
table's line has none.
"""

from __future__ import annotations

from collections.abc import Callable

from playground.core.data.model import Brought, parted
from playground.core.data.pictures.album import Album
from playground.core.data.sequences.text_file import TextFile
from playground.core.data.table import Table
from playground.core.errors import PlaygroundError

READERS: dict[str, Callable[[bytes], Brought]] = {
    kind.holds: kind.from_bytes for kind in (Table, Album, TextFile)
}


def read(content: bytes) -> Brought:
    """What `to_bytes` wrote.

    Raises:
        PlaygroundError: these bytes are nothing of the kind.
    """
    try:
        kind = parted(content)[0].get("kind", "table")
        reader = READERS[kind]
    except (ValueError, KeyError, AttributeError, RecursionError) as error:
        raise PlaygroundError("table_broken") from error
    return reader(content)
