"""Where this machine keeps what is costly to get again."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """PLAYGROUND_CACHE, or a folder among the user's caches; it need not be there."""
    chosen = os.environ.get("PLAYGROUND_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "network-playground"
