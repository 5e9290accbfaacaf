"""What a viewer asks to see; whatever it does not ask for is not computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Analysis = Literal[
    "pca",
    "embed",
    "singular",
    "eigen",
    "confusion",
    "warp",
    "metrics",
    "health",
    "gradients",
    "costs",
    "trace",
    "findings",
    "landscape",
    "similarity",
    "factors",
    "curvature",
    "ntk",
    "influence",
    "certainty",
    "maps",
    "operation",
    "attribution",
    "hardest",
    "states",
    "attention",
    "embeddings",
    "whatif",
]
ADDRESSED = (*get_args(Analysis), "sample", "output", "plan")  # what options are for
RESOLUTIONS = (20, 200)
LARGEST = 1e9
MOST_OPTIONS = 16  # of one view
LONGEST = 64  # a text's characters, a list's numbers
LONGER = {"sample": {"pixels": 4 * 64**2}}  # a picture of one's own, 64×64×3 bytes in base64


@dataclass(frozen=True)
class Want:
    """A viewer's wishes.

    Attributes:
        map: the large map of the network's answer.
        neurons: every drawn unit's own map, and the links between them.
        analyses: which of the views underneath are open.
        block: the block whose activations a PCA is of, from 1; the nearest one there is.
        focus: block and unit whose map is shown large.
        resolution: points along one side of the large map.
        pairs: block and two of its units, for blocks whose warped grid is shown in two units
            instead of principal components.
        trace: the point that is traced: "part" and "index" of a data point, or "x" and "y" in the
            plane, perhaps with a "target".
        round: another number asks for the findings to be looked for anew.
        resting: the network does not train, so this frame's picture stays.
        options: what single views are asked for, by the views' names: plain values and lists of
            numbers, of which each view reads what it knows. So for "sample", the one point that
            is looked at, "output", the pane on the right, of data that are no points, and "plan",
            the picture of a plan of several networks.
    """

    map: bool = True
    neurons: bool = True
    analyses: tuple[Analysis, ...] = ()
    block: int = 1
    focus: tuple[int, int] | None = None
    resolution: int = 100
    pairs: tuple[tuple[int, int, int], ...] = ()
    trace: Mapping[str, Any] = field(default_factory=dict)
    round: int = 0
    resting: bool = True
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def of(self, view: str) -> Mapping[str, Any]:
        """What one view is asked for."""
        return self.options.get(view, {})

    @classmethod
    def read(cls, content: Mapping[str, Any]) -> Want:
        """Reads a viewer's message; what makes no sense falls back to the default."""
        focus = content.get("focus")
        pair = isinstance(focus, list | tuple) and len(focus) == 2
        low, high = RESOLUTIONS
        return cls(
            map=bool(content.get("map", True)),
            neurons=bool(content.get("neurons", True)),
            analyses=read_analyses(content.get("analysis")) or (),
            block=_whole(content.get("block"), 1),
            focus=(_whole(focus[0], 0), _whole(focus[1], 0)) if pair and focus else None,
            pairs=_triples(content.get("warp")),
            trace=_point(content.get("trace")),
            round=_whole(content.get("round"), 0),
            resting=bool(content.get("resting", True)),
            options=read_options(content.get("options", {})) or {},
            resolution=min(max(_whole(content.get("resolution"), 100), low), high),
        )


def read_analyses(value: object) -> tuple[Analysis, ...] | None:
    """The views that are open: none, one by its name, or several in a list; else None."""
    if value is None:
        return ()
    names: Any = value if isinstance(value, list | tuple) else (value,)
    known = get_args(Analysis)
    if len(names) > len(known) or any(name not in known for name in names):
        return None
    return tuple(dict.fromkeys(names))


def read_options(value: object) -> dict[str, dict[str, Any]] | None:
    """What single views are asked for; None where it is not of the form that `Want` states."""
    if not isinstance(value, Mapping):
        return None
    found = {}
    for view, options in value.items():
        if view not in ADDRESSED or not isinstance(options, Mapping):
            return None
        if len(options) > MOST_OPTIONS or not all(map(_is_option, options.keys())):
            return None
        longer = LONGER.get(view, {})
        if not all(
            _is_option(one, longer.get(key, LONGEST)) or _is_list(one)
            for key, one in options.items()
        ):
            return None
        found[view] = dict(options)
    return found


def _is_option(value: object, longest: int = LONGEST) -> bool:
    if isinstance(value, str):
        return len(value) <= longest
    return value is None or isinstance(value, bool) or _finite(value) is not None


def _is_list(value: object) -> bool:
    if not isinstance(value, list | tuple) or len(value) > LONGEST:
        return False
    return all(_finite(one) is not None for one in value)


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
