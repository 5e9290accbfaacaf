"""What a viewer asks to see; whatever it does not ask for is not computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Analysis = Literal["pca", "singular", "eigen", "confusion"]
RESOLUTIONS = (20, 200)


@dataclass(frozen=True)
class Want:
    """A viewer's wishes.

    Attributes:
        map: the large map of the network's answer.
        neurons: every drawn unit's own map, and the links between them.
        analysis: which of the views underneath is open.
        block: the block whose activations a PCA is of, from 1; the nearest one there is.
        focus: block and unit whose map is shown large.
        resolution: points along one side of the large map.
    """

    map: bool = True
    neurons: bool = True
    analysis: Analysis | None = None
    block: int = 1
    focus: tuple[int, int] | None = None
    resolution: int = 100

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Want:
        """Reads a viewer's message; what makes no sense falls back to the default."""
        analysis = content.get("analysis")
        focus = content.get("focus")
        pair = isinstance(focus, list | tuple) and len(focus) == 2
        low, high = RESOLUTIONS
        return cls(
            map=bool(content.get("map", True)),
            neurons=bool(content.get("neurons", True)),
            analysis=analysis if analysis in get_args(Analysis) else None,
            block=_whole(content.get("block"), 1),
            focus=(_whole(focus[0], 0), _whole(focus[1], 0)) if pair and focus else None,
            resolution=min(max(_whole(content.get("resolution"), 100), low), high),
        )


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
