"""What can be chosen about sequences: length, task and its variants, language."""

from __future__ import annotations

from typing import Literal

from playground.core.settings import Settings, setting

LENGTHS = (4, 128)


class SequenceSettings(Settings):
    """Which sequences the network reads, and what is asked of them."""

    length: int = setting(32, ge=LENGTHS[0], le=LENGTHS[1])
    wave: Literal["sine", "sum", "square"] = setting("sine")
    chaos: Literal["logistic", "mackey_glass", "lorenz"] = setting("logistic")
    asked: Literal["each", "whole"] = setting("each")
    brackets: Literal["depth", "valid"] = setting("depth")
    bracket_kinds: int = setting(1, ge=1, le=3)
    order: Literal["copy", "reverse"] = setting("copy")
    symbols: int = setting(4, ge=2, le=10)
    text: Literal["zen", "topics", "tang", "laozi"] = setting("topics")
    pairs: Literal["dates", "numbers"] = setting("dates")
    direction: Literal["read", "write"] = setting("read")
    language: Literal["en", "zh"] = setting("en")
    largest: Literal["999", "9999", "999999"] = setting("999")
