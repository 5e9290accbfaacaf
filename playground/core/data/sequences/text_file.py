"""A visitor's own text: bytes in, a `TextFile` or a plain sentence out."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from playground.core.data.decoding import decoded, printable
from playground.core.data.model import Brought, Holds, parted
from playground.core.errors import PlaygroundError


@dataclass(frozen=True)
class TextLimits:
    """How much a visitor may bring."""

    file_bytes: int = 2 * 1024 * 1024
    least: int = 200


LIMITS = TextLimits()


@dataclass(frozen=True, eq=False)
class TextFile(Brought):
    """A text as it is learned: composed characters, line feeds, no control characters.

    Attributes:
        filename: what the visitor called it.
        text: at least `TextLimits.least` characters, two different ones or more.
    """

    holds: ClassVar[Holds] = "text"

    filename: str
    text: str

    def parts(self, filename: str) -> list[bytes]:
        header = {"kind": self.holds, "filename": filename}
        return [json.dumps(header).encode() + b"\n", self.text.encode()]

    @classmethod
    def from_bytes(cls, content: bytes) -> TextFile:
        """What `to_bytes` wrote.

        Raises:
            PlaygroundError: these bytes are no text.
        """
        try:
            header, body = parted(content)
            return cls.from_dict({"filename": header["filename"], "text": body.decode()})
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise PlaygroundError("text_broken") from error

    def to_dict(self) -> dict[str, Any]:
        """The text as JSON can hold it."""
        return {"filename": self.filename, "text": self.text}

    @classmethod
    def from_dict(cls, content: object, limits: TextLimits = LIMITS) -> TextFile:
        """What `to_dict` wrote, checked: it may come from anybody's file.

        Raises:
            PlaygroundError: this is no text, or one beyond the limits.
        """
        if not isinstance(content, Mapping):
            raise PlaygroundError("text_broken")
        filename, text = content.get("filename"), content.get("text")
        if not isinstance(filename, str) or not isinstance(text, str):
            raise PlaygroundError("text_broken")
        try:
            size = len(text.encode())
            filename.encode()
        except UnicodeEncodeError as error:
            raise PlaygroundError("text_broken") from error
        if size > limits.file_bytes or cleaned(text) != text:
            raise PlaygroundError("text_broken")
        return _sound(filename[:200], text, limits)


def read_text(content: bytes, filename: str, limits: TextLimits = LIMITS) -> TextFile:
    """Reads a text file.

    Args:
        content: the file's bytes, whatever they are.
        filename: what the visitor calls it.
        limits: how much is taken.

    Raises:
        PlaygroundError: the file is too large, no text, too short or of one character alone.
    """
    if len(content) > limits.file_bytes:
        raise PlaygroundError(
            "text_too_large",
            size=f"{len(content) / 1024**2:.1f}",
            limit=limits.file_bytes // 1024**2,
        )
    raw = decoded(content, "text_not_text", "text_not_text")
    # Latin-1 reads any bytes: a picture or a program gives itself away by control characters.
    strange = sum(c not in "\t\n\r\f" and unicodedata.category(c) == "Cc" for c in raw)
    if strange * 100 > len(raw):
        raise PlaygroundError("text_not_text")
    text = cleaned(raw)
    return _sound(printable(filename)[:200] or "text.txt", text, limits)


def cleaned(text: str) -> str:
    """Composed characters; line feeds for every line's end; no other control characters."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.replace("\t", " ").replace("\u3000", " ").replace("\xa0", " ")
    kept = (c for c in text if c == "\n" or unicodedata.category(c)[0] != "C")
    return "".join(kept).strip()


def _sound(filename: str, text: str, limits: TextLimits) -> TextFile:
    if len(text) < limits.least:
        raise PlaygroundError("text_too_little", found=len(text), least=limits.least)
    if len(set(text)) < 2:
        raise PlaygroundError("text_one_character")
    return TextFile(filename, text)
