"""What a visitor may ask of the weights, as a message, and how a run obeys it.

A deed names blocks as the network is drawn: the inputs are block 0. A link is named by the block
that it enters, the unit there, and the unit where it comes from. This module loads without torch.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from playground.core.network import Block

if TYPE_CHECKING:
    from playground.core.analysis.weight_plane import WeightPlane
    from playground.core.hands import Hands

SPECTRAL = ("singular", "rank", "orthogonal")
"""Those that take hold of a whole matrix by its singular values."""

KINDS = ("set", "cut", "silence", "reset", "prune", "stand", "undo", *SPECTRAL)
LARGEST = 1e6
MOST = 10**6  # blocks and units


def read_deed(value: Mapping[Any, Any]) -> dict[str, Any] | None:
    """A deed with every field checked and nothing else in it; None if it is none."""
    kind = value.get("deed")
    if kind not in KINDS:
        return None
    found: dict[str, Any] = {"deed": kind}
    fields = {"set": ("block", "unit"), "cut": ("block", "unit", "source"),
              "silence": ("block", "unit"), "reset": ("block",),
              "singular": ("block", "place"), "rank": ("block", "rank"),
              "orthogonal": ("block",)}.get(kind, ())  # fmt: skip
    for name in fields:
        if not _is_whole(value.get(name), MOST):
            return None
        found[name] = value[name]
    more = _MORE[kind](value) if kind in _MORE else {}
    return None if more is None else found | more


def _set(value: Mapping[Any, Any]) -> dict[str, Any] | None:
    source, number = value.get("source"), _number(value.get("value"))
    if number is None or not (source is None or _is_whole(source, MOST)):
        return None
    return {"source": source, "value": max(-LARGEST, min(LARGEST, number))}


def _singular(value: Mapping[Any, Any]) -> dict[str, Any] | None:
    number, stroke = _number(value.get("value")), value.get("stroke")
    if number is None or not (stroke is None or _is_whole(stroke, 2**53)):
        return None
    return {"value": max(0.0, min(LARGEST, number)), "stroke": stroke}


def _switch(value: Mapping[Any, Any]) -> dict[str, Any] | None:
    return {"on": value["on"]} if isinstance(value.get("on"), bool) else None


def _stand(value: Mapping[Any, Any]) -> dict[str, Any] | None:
    plane, stroke = value.get("plane"), value.get("stroke")
    a, b = _number(value.get("a")), _number(value.get("b"))
    if a is None or b is None or not _is_whole(plane, 2**53):
        return None
    if not (stroke is None or _is_whole(stroke, 2**53)):
        return None
    a, b = (max(-LARGEST, min(LARGEST, number)) for number in (a, b))
    return {"plane": plane, "a": a, "b": b, "stroke": stroke}


def _prune(value: Mapping[Any, Any]) -> dict[str, Any] | None:
    share = _number(value.get("share"))
    return {"share": share} if share is not None and 0 <= share <= 1 else None


_MORE = {
    "set": _set,
    "singular": _singular,
    "cut": _switch,
    "silence": _switch,
    "stand": _stand,
    "prune": _prune,
}


def _is_whole(value: Any, limit: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < limit


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def obey(
    hands: Hands,
    blocks: tuple[Block, ...],
    deed: Mapping[str, Any],
    plane: WeightPlane | None = None,
) -> bool:
    """Does what a deed from `read_deed` says.

    Args:
        plane: that in which the weights are looked at, if they are.

    Returns:
        Whether it could be done; a block or unit that is not there changes nothing, nor does a
        place in a plane that is no longer looked at.
    """
    kind = deed["deed"]
    if kind == "stand":
        if plane is None or plane.number != deed["plane"]:
            return False
        hands.stand(plane.place(deed["a"], deed["b"]), deed["stroke"])
        return True
    if kind == "undo":
        return hands.undo()
    if kind == "prune":
        hands.prune(deed["share"])
        return True
    index = _map_behind(blocks, deed["block"]) if kind == "silence" else _map_of(blocks, deed)
    if index is None:
        return False
    linear = [block.linear for block in blocks if block.linear is not None][index]
    assert linear is not None
    if kind in SPECTRAL:
        return _take_hold(hands, index, min(linear), deed)
    outputs, inputs = linear
    source, unit = deed.get("source"), deed.get("unit", 0)
    if unit >= (inputs if kind == "silence" else outputs) or (source or 0) >= inputs:
        return False
    if kind == "set":
        hands.set_weight(index, unit, source, deed["value"])
    elif kind == "cut":
        hands.cut(index, unit, deed["source"], deed["on"])
    elif kind == "silence":
        hands.silence(index, unit, deed["on"])
    else:
        hands.reset(index)
    return True


def _take_hold(hands: Hands, index: int, values: int, deed: Mapping[str, Any]) -> bool:
    """Does a deed of SPECTRAL to a linear map with so many singular values."""
    if not hands.is_finite(index):
        return False  # diverged, and not yet measured
    if deed["deed"] == "singular":
        if deed["place"] >= values:
            return False
        hands.stretch(index, deed["place"], deed["value"], deed["stroke"])
    elif deed["deed"] == "rank":
        if deed["rank"] > values:
            return False
        hands.cut_rank(index, deed["rank"])
    else:
        hands.orthogonalise(index)
    return True


def _map_of(blocks: tuple[Block, ...], deed: Mapping[str, Any]) -> int | None:
    """Number of the linear map in a block."""
    at = deed["block"]
    if at >= len(blocks) or blocks[at].linear is None:
        return None
    return sum(block.linear is not None for block in blocks[:at])


def _sources(block: Block) -> list[range]:
    assert block.layer is not None
    return block.layer.sources(block.before)


def _map_behind(blocks: tuple[Block, ...], at: int) -> int | None:
    """Number of the next linear map, if it reads the units of a block one by one."""
    if at >= len(blocks) - 1:
        return None
    for block in blocks[at + 1 :]:
        if block.linear is not None:
            break
        if any(list(source) != [unit] for unit, source in enumerate(_sources(block))):
            return None  # behind a maxout, no link belongs to one unit alone
    return sum(block.linear is not None for block in blocks[: at + 1])
