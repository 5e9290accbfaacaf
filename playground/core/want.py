"""What a viewer asks to see; whatever it does not ask for is not computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Analysis = Literal[
    "pca", "singular", "eigen", "confusion", "warp", "metrics", "health", "trace", "findings"
]
RESOLUTIONS = (20, 200)
LARGEST = 1e9


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
        trace: the point that is traced: "part" and "index" of a data point, or "x" and "y" in the
            plane, perhaps with a "target".
        round: another number asks for the findings to be looked for anew.
    """

    map: bool = True
    neurons: bool = True
    analysis: Analysis | None = None
    block: int = 1
    focus: tuple[int, int] | None = None
    resolution: int = 100
    pairs: tuple[tuple[int, int, int], ...] = ()
    trace: Mapping[str, Any] = field(default_factory=dict)
    round: int = 0

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
            trace=_point(content.get("trace")),
            round=_whole(content.get("round"), 0),
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


def _point(value: object) -> dict[str, Any]:
    """A data point or a place in the plane; {} where it is neither."""
    if not isinstance(value, Mapping):
        return {}
    if "x" in value:
        found = {key: _finite(value.get(key)) for key in ("x", "y", "target")}
        if found["x"] is None or found["y"] is None:
            return {}
        return {key: number for key, number in found.items() if number is not None}
    index, part = _whole(value.get("index"), -1), value.get("part")
    if index < 0 or part not in ("train", "test"):
        return {}
    return {"part": part, "index": index}


def _finite(value: object) -> float | None:
    """A number that a point may have."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and abs(value) <= LARGEST else None


def _whole(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
