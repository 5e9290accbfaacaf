"""What mends a stack that does not fit: a block put in front, another place, or one taken out.

Each is a whole stack that was tried: nothing is offered that ends in another dead end. It loads
without torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from playground.core.data.model import Schema
from playground.core.experiment import MAX_LAYERS, Experiment
from playground.core.layers import LAYERS
from playground.core.network import Block, describe
from playground.core.shapes import Shape

Layers = list[dict[str, Any]]
DEEP = 2  # blocks that may still be put in front afterwards, as an embedding may need a pooling


@dataclass(frozen=True)
class Mend:
    """One way to mend a stack.

    Attributes:
        how: a block of another kind is put in front, the block is moved, or one is taken out.
        index: of the block in front of which it is put or moved, or that is taken out, among the
            experiment's.
        kind: of the block that is put in front, or of the one at `index`.
        layers: all blocks then, as in the experiment's JSON.
    """

    how: Literal["insert", "move", "remove"]
    index: int
    kind: str
    layers: Layers


def mends_of(experiment: Experiment, schema: Schema, blocks: tuple[Block, ...]) -> list[Mend]:
    """The ways to mend what does not fit, the best first.

    Args:
        blocks: as `describe` finds them; the first that does not fit is mended.
    """
    at = _misfit(blocks)
    if at is None:
        return []
    inserted = _inserted(experiment, schema, blocks, at)
    if found := [mend for mend in inserted if _fits(experiment, schema, mend.layers, DEEP)]:
        return found
    layers: Layers = experiment.model_dump(mode="json")["layers"]
    head = blocks[at].layer is None
    index = len(layers) if head else at - 1
    others: list[Mend] = []
    for place in range(index - 1, -1, -1):
        if not head:
            rest = layers[:index] + layers[index + 1 :]
            tried = [*rest[:place], layers[index], *rest[place:]]
            others.append(Mend("move", place, layers[place]["kind"], tried))
    for place in range(index - 1, -1, -1) if head else (index,):
        tried = layers[:place] + layers[place + 1 :]
        others.append(Mend("remove", place, layers[place]["kind"], tried))
    best = next((mend for mend in others if _fits(experiment, schema, mend.layers, 0)), None)
    return [best] if best else []


def _misfit(blocks: tuple[Block, ...]) -> int | None:
    """The first block that does not fit, the input being 0."""
    return next((index for index, block in enumerate(blocks) if block.problem is not None), None)


def _inserted(
    experiment: Experiment, schema: Schema, blocks: tuple[Block, ...], at: int
) -> list[Mend]:
    """The stacks with a block in front of the one that asks for it, untried."""
    layers: Layers = experiment.model_dump(mode="json")["layers"]
    if len(layers) >= MAX_LAYERS:
        return []
    return [
        Mend("insert", at - 1, kind, put(layers, at - 1, kind, blocks[at].before, schema))
        for kind in blocks[at].mends
    ]


def _fits(experiment: Experiment, schema: Schema, layers: Layers, deep: int) -> bool:
    """Whether the network can be built, perhaps with so many blocks more put in front of others."""
    tried = experiment.with_changes({"layers": layers})
    blocks = describe(tried, schema)
    at = _misfit(blocks)
    if at is None:
        return True
    more = _inserted(tried, schema, blocks, at) if deep else []
    return any(_fits(experiment, schema, mend.layers, deep - 1) for mend in more)


def put(layers: Layers, index: int, kind: str, shape: Shape, schema: Schema) -> Layers:
    """The blocks with another one in front of the one at `index`, with the settings that suit what
    reaches it.
    """
    layer = {"kind": kind, **LAYERS[kind]().suggested(shape, schema.steps)}
    return [*layers[:index], layer, *layers[index:]]
