"""The language catalogs: every text that a visitor reads, in English and Simplified Chinese.

A leaf package: it knows no other part of the project, so the core's errors and the command
line can speak without loading the interface. A language is a folder of TOML files, which are read
as one table; a table may be spread over several files, a sentence stands in one.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "zh")


@cache
def catalog(language: str) -> Mapping[str, Any]:
    """The nested table of one language; an unknown language reads as English.

    Raises:
        ValueError: a sentence stands in two files.
    """
    name = language if language in LANGUAGES else "en"
    whole: dict[str, Any] = {}
    for path in sorted(Path(__file__).with_name(name).glob("*.toml")):
        _join(whole, tomllib.loads(path.read_text(encoding="utf-8")), path.name)
    return whole


def _join(whole: dict[str, Any], part: Mapping[str, Any], where: str) -> None:
    for key, entry in part.items():
        if isinstance(entry, dict):
            _join(whole.setdefault(key, {}), entry, where)
        elif key in whole:
            raise ValueError(f"{where} says {key} again")
        else:
            whole[key] = entry


def lookup(language: str, key: str) -> Any:
    """The entry at a dotted key.

    Raises:
        KeyError: no such key in the catalog.
    """
    entry: Any = catalog(language)
    for part in key.split("."):
        entry = entry[part]
    return entry


def text(language: str, key: str, /, **params: object) -> str:
    """The sentence at `key` with its {placeholders} filled in.

    Raises:
        KeyError: no such key, or a placeholder without a value.
    """
    sentence = lookup(language, key)
    if not isinstance(sentence, str):
        raise KeyError(f"{key} is a table, not a sentence")
    return sentence.format(**params) if params else sentence


def section(language: str, key: str) -> dict[str, Any]:
    """The whole table at `key`, for a reader that fills in its own placeholders."""
    entry = lookup(language, key)
    if not isinstance(entry, dict):
        raise KeyError(f"{key} is a sentence, not a table")
    return entry
