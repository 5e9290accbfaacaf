"""What a viewer asks to see; whatever it does not ask for is not computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Analysis = Literal["pca", "singular", "eigen", "confusion", "warp", "metrics", "health"]
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
        pairs: block and two of its units, for blocks whose warped grid is shown in two units
            instead of principal components.
    """

    map: bool = True
    neurons: bool = True
    analysis: Analysis | None = None
    block: int = 1
    focus: tuple[int, int] | None = None
    resolution: int = 100
    pairs: tuple[tuple[int, int, int], ...] = ()

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
            pairs=_triples(content.get("warp")),
            resolution=min(max(_whole(content.get("resolution"), 100), low), high),
        )


def _triples(value: object) -> tuple[tuple[int, int, int], ...]:
    """Triples of whole numbers, none below 0; anything else is left out."""
    if not isinstance(value, list | tuple):
        return ()
    found = [
        (one[0], one[1], one[2])
        for one in value
        if isinstance(one, list | tuple)
        and len(one) == 3
        and all(_whole(number, -1) >= 0 for number in one)
    ]
    return tuple(found)


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
