"""What can be chosen of data that are pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from playground.core.settings import Settings, setting

ClassName = Annotated[str, Field(min_length=1, max_length=60)]


class PictureSettings(Settings):
    """How pictures are made, chosen, and brought into the form that the network gets.

    The first group draws shapes; `cut` cuts photographs; `most` and `classes` choose among real
    pictures; then come the steps of preprocessing in their order, and what happens in training.
    """

    colors: Literal["free", "fixed", "by_class"] = setting("free", live=True)
    background: Literal["plain", "gradient", "clouds"] = setting("plain", live=True)
    rotation: int = setting(20, live=True, ge=0, le=180)
    smallest: int = setting(60, live=True, ge=30, le=100)
    clutter: int = setting(0, live=True, ge=0, le=8)
    cut: int = setting(96, live=True, ge=16, le=320)
    most: int = setting(3000, live=True, ge=100, le=10_000)
    classes: tuple[ClassName, ...] = setting((), max_length=20)
    side: int = setting(0, ge=0, le=64)
    channels: Literal["as_is", "grey", "color"] = setting("as_is")
    scale: Literal["unit", "signed", "bytes"] = setting("unit", live=True)
    normalize: bool = setting(False, live=True)
    flip: bool = setting(False, live=True)
    shift: int = setting(0, live=True, ge=0, le=30)
    rotate: int = setting(0, live=True, ge=0, le=90)
    jitter: int = setting(0, live=True, ge=0, le=50)
