"""The bytes of a visitor's text file as text, in whichever of the usual encodings they came."""

from __future__ import annotations

import re

from playground.core.errors import PlaygroundError

_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def decoded(content: bytes, not_text: str, spreadsheet: str) -> str:
    """The text of a file: UTF-8, UTF-16 with its mark, GB 18030, or Western Latin.

    Args:
        content: whatever came.
        not_text, spreadsheet: codes of the errors.

    Raises:
        PlaygroundError: it is no text, or a spreadsheet's own format.
    """
    if content.startswith(_SPREADSHEETS):
        raise PlaygroundError(spreadsheet)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in content:
        raise PlaygroundError(not_text)
    else:
        chinese = ["gb18030"] if _looks_chinese(content) else []
        encodings = ["utf-8-sig", *chinese, "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise PlaygroundError(not_text)


def _looks_chinese(content: bytes) -> bool:
    """Whether most bytes beyond ASCII come as they do in GB 18030 and not as in Latin-1.

    Nearly any Latin-1 text is valid GB 18030 too, so that a successful decoding proves nothing.
    Chinese characters take two such bytes each; Latin letters come one by one among others, and
    if two meet, as in "größe", they stand inside a word.
    """
    chinese = total = 0
    for run in re.finditer(rb"([A-Za-z]?)([\x80-\xff]+)(?=([A-Za-z]?))", content):
        length = len(run[2])
        in_word = bool(run[1] or run[3])
        total += length
        if length % 2 == 0 and (length > 2 or not in_word):
            chinese += length
    return chinese * 2 > total


def printable(text: str) -> str:
    """The text in one line, without what cannot be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
