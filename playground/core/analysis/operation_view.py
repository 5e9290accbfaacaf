"""One number of a convolution's or pooling's output: where it comes from, and what makes it.

What a viewer may ask for (`Want.options["operation"]`):

    block    whose number, from 1; the nearest block that is a convolution or pooling
    channel, row, column   of the number in the block's output; by default the greatest one's
        channel, and the middle
    input    which of the input channels is shown, counted among those that are read; by default
        the one that adds most
    promises whether translation, sharing and invariance are to be measured
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from playground.core.analysis.equivariance import (
    Equivariance,
    connections,
    equivariance,
    invariance,
)
from playground.core.analysis.map_view import nearest, strongest, whole
from playground.core.analysis.maps import single
from playground.core.analysis.operation import Operation, is_operator, operation
from playground.core.analysis.paced import Paced
from playground.core.analysis.receptive import (
    CONVOLUTIONS,
    flat,
    gradient_field,
    linear_copy,
    reach,
    receptive_field,
)
from playground.core.analysis.study import Steps
from playground.core.analysis.thumbnails import as_given
from playground.core.analysis.views import Arrays, Header

if TYPE_CHECKING:
    from playground.core.replica import Replica
    from playground.core.want import Want

MOST_PICTURES = 32  # that the promises are measured on
WORK = 2e8  # additions and multiplications of one pass of them
MOST_FIELDS = 64  # that are remembered


class OperationView(Paced):
    """See the module."""

    name: ClassVar[str] = "operation"
    kinds = frozenset({"pictures"})

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        super().add(want, header, arrays)
        options, replica = want.of(self.name), self.sight.replica()
        places = operators(replica.modules)
        told: Header = {"blocks": places, "block": None}
        header["operation"] = told
        if not places:
            return
        index = nearest(places, options.get("block"))
        front, module, behind = parted(replica.modules, index)
        sample = self.sight.sample()
        with torch.inference_mode(False), torch.no_grad():
            point = replica.inputs(sample.inputs)
            values = through(front, point)
            output = through(behind, module(values))[0]
        # A global pooling leaves one number of each channel.
        axes, output = output.dim(), output.view(*output.shape, *[1] * (3 - output.dim()))
        counts = tuple(output.shape)
        place = (
            whole(options, "channel", counts[0], strongest(output)),
            whole(options, "row", counts[1], counts[1] // 2),
            whole(options, "column", counts[2], counts[2] // 2),
        )
        found = operation(module, values[0], place)
        read = found.channels[1] - found.channels[0]
        shown = whole(options, "input", read, int(found.sums.abs().argmax()) if read > 1 else 0)
        told |= {
            "block": index,
            "place": list(place),
            "size": list(counts),
            "shown": shown,
            "then": afterwards(behind, module, values, place[:axes]),
            **stated(found),
        }
        chain = [*front, module]
        told["field"], more = self._field(chain, point, place[:axes])
        arrays |= more
        arrays |= {
            "operation_picture": as_given(sample.raw, sample.inputs[0].numpy()),
            "operation_map": single(output[place[0]]).numpy(),
            "operation_input": single(values[0, found.channels[0] + shown]).numpy(),
            "operation_patch": single(found.patch).numpy(),
            "operation_products": single(found.products).numpy(),
            "operation_inside": found.inside.to(torch.uint8).numpy(),
        }
        if found.kernel is not None:
            arrays["operation_kernel"] = single(found.kernel).contiguous().numpy()

    def _field(
        self, chain: Sequence[nn.Module], point: Tensor, place: tuple[int, ...]
    ) -> tuple[Header, Arrays]:
        """The receptive field by the rules, and the gradient of this very number."""
        shape = tuple(point.shape[1:])
        mask, linear = self._fields(chain, shape, place)
        slope = self._slope(chain, point, place)
        live, spans = slope != 0, reach(chain, 2)
        told = {
            "numbers": int(mask.sum()),
            "linear": int(linear.sum()),
            "equal": bool(torch.equal(mask, linear)),
            "live": int(live.sum()),
            "outside": int((live & ~mask).sum()),
            "total": mask.numel(),
            "sizes": None if spans is None else [one.size for one in spans],
            "jumps": None if spans is None else [one.jump for one in spans],
        }
        # In the picture a place counts once, whatever its channels.
        return told, {
            "operation_field": mask.any(0).to(torch.uint8).numpy(),
            "operation_slope": single(slope.double().sum(0)).numpy(),
        }

    def _fields(
        self, chain: Sequence[nn.Module], shape: tuple[int, ...], place: tuple[int, ...]
    ) -> tuple[Tensor, Tensor]:
        """By the rules and by the linear copy; both are the architecture's alone."""
        memory: dict[Any, tuple[Tensor, Tensor]] = self.sight.kept.setdefault("fields", {})
        key = (tuple(map(repr, chain)), shape, place)
        if key not in memory:
            while len(memory) >= MOST_FIELDS:
                memory.pop(next(iter(memory)))
            opened = linear_copy(chain)
            memory[key] = (
                receptive_field(chain, shape, place), gradient_field(opened, shape, place)
            )  # fmt: skip
        return memory[key]

    @staticmethod
    def _slope(chain: Sequence[nn.Module], point: Tensor, place: tuple[int, ...]) -> Tensor:
        """Gradient of the number, in front of its activation, with respect to the picture."""
        with torch.inference_mode(False), torch.enable_grad():
            point = point.detach().clone().requires_grad_()
            value = through(chain, point)[0][tuple(place)]
            (found,) = torch.autograd.grad(value, point)
        return torch.nan_to_num(found[0])

    # ---- what these operators promise

    def _due(self) -> bool:
        return self._wish.get("promises") is True and super()._due()

    def wish(self, want: Want) -> dict[str, Any]:
        return {key: want.of(self.name).get(key) for key in ("block", "promises")}

    def steps(self, options: Mapping[str, Any]) -> Steps:
        replica = self.frozen().double()
        places = operators(replica.modules)
        if not places:
            return {"block": None}, {}
        index = nearest(places, options.get("block"))
        front, module, behind = parted(replica.modules, index)
        pictures = self._pictures(replica, index)
        yield 0.1
        with torch.no_grad():
            maps = through(front, pictures)
        yield 0.3
        told: Header = {"block": index, "pictures": len(pictures), "whole": [], "alone": []}
        own = reach([module], 2)
        spans = reach([*front, module], 2)
        for shift in dict.fromkeys((1, own[1].jump if own else 1)) if front else ():
            told["alone"].append(shown(equivariance([module, *behind], maps, shift)))
        yield 0.5
        for shift in dict.fromkeys((1, spans[1].jump if spans else 1)):
            told["whole"].append(shown(equivariance([*front, module, *behind], pictures, shift)))
            yield 0.8
        kept = invariance(nn.Sequential(module, *behind), maps)
        told["kept"] = vars(kept)
        with torch.no_grad():
            after = tuple(module(maps[:1]).shape[1:])
        counted = isinstance(module, CONVOLUTIONS) or own is not None
        told["links"] = vars(connections(module, tuple(maps.shape[1:]), after)) if counted else None
        told["conv"] = isinstance(module, CONVOLUTIONS)
        return told, {}

    def _pictures(self, replica: Replica, index: int) -> Tensor:
        """The first test pictures, or training ones where there are none."""
        run = self.run
        inputs = run.data.inputs_test if len(run.data.inputs_test) else run.data.inputs_train
        cost = sum(block.flops for block in run.blocks[: index + 1])
        count = min(MOST_PICTURES, max(1, int(WORK / max(cost, 1))), len(inputs))
        return replica.inputs(torch.from_numpy(inputs[:count]))


def operators(modules: nn.ModuleList) -> list[int]:
    """Places among the blocks, from 1, of those that hold one convolution or pooling."""
    return [
        place
        for place, block in enumerate(modules, 1)
        if sum(is_operator(one) for one in flat([block])) == 1 and not isinstance(block, nn.Conv1d)
    ]


def parted(
    modules: nn.ModuleList, index: int
) -> tuple[list[nn.Module], nn.Module, list[nn.Module]]:
    """All modules in front of a block's operator, the operator, and what its block does then."""
    front = flat(modules[: index - 1])
    block = flat([modules[index - 1]])
    at = next(i for i, one in enumerate(block) if is_operator(one))
    return front + block[:at], block[at], block[at + 1 :]


def through(modules: Sequence[nn.Module], values: Tensor) -> Tensor:
    for module in modules:
        values = module(values)
    return values


def afterwards(
    modules: Sequence[nn.Module], operator: nn.Module, values: Tensor, place: tuple[int, ...]
) -> list[list[Any]]:
    """What becomes of one number in the block's other modules: names and values."""
    found = []
    with torch.inference_mode(False), torch.no_grad():
        values = operator(values)
        for module in modules:
            values = module(values)
            if not isinstance(module, nn.Identity):
                found.append([type(module).__name__, number(values[0][tuple(place)].item())])
    return found


def stated(found: Operation) -> Header:
    """An operation's lists and numbers."""
    return {
        "kind": found.kind,
        "rows": found.rows,
        "columns": found.columns,
        "channels": list(found.channels),
        "sums": [number(one) for one in found.sums.tolist()],
        "bias": number(found.bias),
        "divisor": found.divisor,
        "winner": None if found.winner is None else list(found.winner),
        "ties": found.ties,
        "value": number(found.value),
    }


def number(value: float | None) -> float | None:
    """A number as a header may hold it: finite, or None."""
    return None if value is None or not abs(value) < float("inf") else value


def shown(found: Equivariance | None) -> Header | None:
    return None if found is None else vars(found)
