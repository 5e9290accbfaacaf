"""How the layers of a network fare: gradients, updates, dead and saturated units, rank.

All of it is measured on the training points, on a replica of the network; only the size of an
update is the engine's own, from one step that is taken and taken back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from playground.core.analysis.maps import single
from playground.core.analysis.views import Arrays, Header, Sight, View
from playground.core.finite import finite

if TYPE_CHECKING:
    from playground.core.replica import Replica
    from playground.core.run import Run
    from playground.core.want import Want

SATURATED = 0.05  # of the activation's steepest slope; a unit below it hardly learns
NEARLY_ALL = 0.95  # share of the points on which a unit has to be that flat
MOST_POINTS = 1000  # for gradients and ranks
WORK = 4e8  # parameters times points of one gradient
BINS = 40
_PROBES = 241
_RANDOM = ("SeededDropout", "SeededNoise")


@dataclass(frozen=True, eq=False)
class Firing:
    """One activation module at work: z before it and f(z) behind it, (points, units) each."""

    module: nn.Module
    before: Tensor
    behind: Tensor


@dataclass(frozen=True)
class LayerHealth:
    """One block.

    Attributes:
        block: its index among the run's blocks.
        units: values of one point behind it.
        gradient: norm of the training loss's gradient with respect to all that the block learns,
            without the penalty; None where it learns nothing.
        update: norm of the change that the next step makes to its weights, over the norm of the
            weights; None where it learns nothing or the weights are 0.
        rank: effective rank of its activations.
        dead: units that are 0 with slope 0 on every training point.
        saturated: units whose slope is below SATURATED of the steepest on NEARLY_ALL points.
        gates: whether it has activations that can die or saturate at all.
    """

    block: int
    units: int
    gradient: float | None
    update: float | None
    rank: float
    dead: tuple[int, ...]
    saturated: tuple[int, ...]
    gates: bool


def health(run: Run, replica: Replica) -> tuple[list[LayerHealth], list[Tensor]]:
    """How every block fares but the input and those that only draw at random, such as dropout.

    Returns:
        One entry a block, and the values (points, units) behind all blocks but the input.
    """
    inputs, targets = replica.examples()
    values, firings = watch(replica, inputs)
    count = sample_size(run, len(inputs))
    gradients = gradient_norms(replica, inputs[:count], targets[:count])
    updates = next_updates(run, replica)
    found = []
    for index in shown_blocks(replica):
        dead, saturated, gates = failing_units(firings.get(index, []))
        behind = values[index - 1]
        found.append(
            LayerHealth(
                block=index,
                units=behind.shape[1],
                gradient=gradients.get(index),
                update=updates.get(index),
                rank=effective_rank(behind[:MOST_POINTS]),
                dead=dead,
                saturated=saturated,
                gates=gates,
            )
        )
    return found, values


def shown_blocks(replica: Replica) -> list[int]:
    """Indices of the blocks that do something outside training, among the run's."""
    return [
        index
        for index, block in enumerate(replica.modules, 1)
        if not all(type(part).__name__ in _RANDOM for part in block.children())
    ]


def sample_size(run: Run, points: int) -> int:
    """How many training points a gradient is taken over; they were shuffled when they were split.

    All of them for small networks, fewer for large ones: a view must not stop the training.
    """
    parameters = max(sum(block.parameters for block in run.blocks), 1)
    return min(points, MOST_POINTS, max(32, int(WORK / parameters)))


# ---- activations


@torch.no_grad()
def watch(replica: Replica, inputs: Tensor) -> tuple[list[Tensor], dict[int, list[Firing]]]:
    """Values behind every block, and what the activations inside each block did.

    Args:
        replica: the network.
        inputs: (points, features).
    """
    firings: dict[int, list[Firing]] = {}
    hooks = []
    for index, block in enumerate(replica.modules, 1):
        for part in block.modules():
            if not is_activation(part):
                continue

            def note(module: nn.Module, given: tuple[Tensor], out: Tensor, at: int = index) -> None:
                firings.setdefault(at, []).append(Firing(module, given[0], out))

            hooks.append(part.register_forward_hook(note))
    try:
        return replica.values(inputs), firings
    finally:
        for hook in hooks:
            hook.remove()


def is_activation(module: nn.Module) -> bool:
    """Whether a module is neither a container, a linear map, a normalisation nor random."""
    linear = (nn.Linear, nn.BatchNorm1d, nn.LayerNorm, nn.Identity)
    leaf = next(module.children(), None) is None
    return leaf and not isinstance(module, linear) and type(module).__name__ not in _RANDOM


def failing_units(firings: list[Firing]) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
    """Dead and saturated units of one block, and whether its activations could have any."""
    dead: list[int] = []
    saturated: list[int] = []
    gates, offset = False, 0
    for firing in firings:
        units = firing.behind.shape[1]
        curve = _curve(firing.module, firing.before)
        if curve is not None and (curve.cuts_off or curve.levels_off):
            gates = True
            slope = derivative(firing.module, firing.before).abs()
            if curve.cuts_off:
                still = (firing.behind == 0).all(0) & (slope == 0).all(0)
                dead += [offset + unit for unit in still.nonzero().flatten().tolist()]
            if curve.levels_off:
                flat = (slope < SATURATED * curve.steepest).to(slope.dtype).mean(0) >= NEARLY_ALL
                saturated += [offset + unit for unit in flat.nonzero().flatten().tolist()]
        offset += units
    return tuple(dead), tuple(u for u in saturated if u not in dead), gates


def derivative(module: nn.Module, z: Tensor) -> Tensor:
    """f'(z) of an elementwise activation, by autograd."""
    with torch.inference_mode(False), torch.enable_grad():
        start = z.detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(module(start).sum(), start)
    return slope


@dataclass(frozen=True, eq=False)
class _Curve:
    """What an activation looks like, unit by unit.

    Attributes:
        cuts_off: it is exactly 0 on its left side and not on its right.
        levels_off: it is flat at both ends.
        steepest: its largest slope, (units,).
    """

    cuts_off: bool
    levels_off: bool
    steepest: Tensor


def _curve(module: nn.Module, like: Tensor) -> _Curve | None:
    """None for an activation that mixes units, such as softmax."""
    units = like.shape[1]
    with torch.no_grad():
        places = torch.tensor([-1e4, -1e3, -1.0, 1.0, 1e3, 1e4], dtype=like.dtype)
        found = module(places[:, None].expand(-1, units).contiguous())
        if found.shape[1] != units:
            return None
        if units > 1:
            other = places[:, None].expand(-1, units).clone()
            other[:, 0] = 0.5
            if not torch.allclose(module(other)[:, 1:], found[:, 1:], equal_nan=True):
                return None
    probes = torch.linspace(-6, 6, _PROBES, dtype=like.dtype)[:, None].expand(-1, units)
    level = torch.equal(found[0], found[1]) and torch.equal(found[-2], found[-1])
    left_is_zero = bool((found[:3] == 0).all())
    return _Curve(
        cuts_off=left_is_zero and bool((found[3:] != 0).all()),
        levels_off=level,
        steepest=derivative(module, probes).abs().amax(0),
    )


def effective_rank(values: Tensor) -> float:
    """exp of the entropy of the singular values, divided by their sum (Roy & Vetterli 2007).

    Between 1, all points on one line through 0, and the number of units; 0 where all is 0.

    Args:
        values: (points, units), not centred.
    """
    matrix = values.double()
    gram = matrix.t() @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.t()
    singular = torch.linalg.eigvalsh(gram).clamp(min=0).sqrt()
    total = singular.sum().item()
    if total <= 0 or not math.isfinite(total):
        return 0.0
    share = singular / total
    return math.exp(-torch.special.xlogy(share, share).sum().item())


# ---- gradients and updates


def gradient_norms(replica: Replica, inputs: Tensor, targets: Tensor) -> dict[int, float | None]:
    """Norm of the mean loss's gradient, block by block; None where it is not finite."""
    return norms_by_block(replica, list(replica.gradients(inputs, targets).values()))


def norms_by_block(replica: Replica, gradients: list[Tensor]) -> dict[int, float | None]:
    """Norms of gradients of all the replica's parameters, in their order, block by block."""
    squares: dict[int, float] = {}
    for owner, gradient in zip(replica.owners, gradients, strict=True):
        squares[owner] = squares.get(owner, 0.0) + gradient.double().square().sum().item()
    return {owner: finite(math.sqrt(square)) for owner, square in squares.items()}


def next_updates(run: Run, replica: Replica) -> dict[int, float | None]:
    """‖change of the weights by the next step‖ / ‖weights‖, block by block.

    The step is the engine's own, on the minibatch that comes next, and is taken back. Weights are
    matrices; of a block that has none, all that it learns.
    """
    before = [parameter.detach().clone() for parameter in replica.parameters]
    with run.rehearsal():
        replica.refresh()
        after = [parameter.detach().clone() for parameter in replica.parameters]
    replica.refresh()
    blocks: dict[int, list[tuple[Tensor, Tensor]]] = {}
    for owner, old, new in zip(replica.owners, before, after, strict=True):
        blocks.setdefault(owner, []).append((old.double(), new.double()))
    found: dict[int, float | None] = {}
    for owner, pairs in blocks.items():
        matrices = [pair for pair in pairs if pair[0].ndim > 1] or pairs
        moved = sum((new - old).square().sum().item() for old, new in matrices)
        size = sum(old.square().sum().item() for old, _ in matrices)
        found[owner] = finite(math.sqrt(moved / size)) if size > 0 else None
    return found


# ---- the view


class SteadyRange:
    """Ends of a histogram that follow their values calmly.

    Round numbers, grown at once and shrunk only when the values fill less than 0.4 of them; the
    negative side is there from the first negative value on.
    """

    def __init__(self) -> None:
        self._extent = 0.0
        self._negative = False

    def follow(self, values: Tensor) -> tuple[float, float]:
        low, high = values.min().item(), values.max().item()
        needed = max(abs(low), abs(high), 1e-6)
        if needed > self._extent or needed < 0.4 * self._extent:
            self._extent = _round_up(needed)
        self._negative |= low < 0
        return (-self._extent if self._negative else 0.0), self._extent


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10, 20) if step * power >= value)


class HealthView(View):
    """Per layer: `LayerHealth`, and histograms of its weights and activations."""

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._ranges: dict[str, SteadyRange] = {}

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        replica = self.sight.replica()
        rows = []
        layers, values = health(self.run, replica)
        for layer in layers:
            index = layer.block
            row = {
                **vars(layer),
                "dead": list(layer.dead),
                "saturated": list(layer.saturated),
                "values": self._histogram(f"ha_{index}", values[index - 1], arrays),
                "weights": None,
            }
            weights = [
                parameter.detach().flatten()
                for owner, parameter in zip(replica.owners, replica.parameters, strict=True)
                if owner == index and parameter.ndim > 1
            ]
            if weights:
                row["weights"] = self._histogram(f"hw_{index}", torch.cat(weights), arrays)
            rows.append(row)
        header["health"] = rows

    def _histogram(self, key: str, values: Tensor, arrays: Arrays) -> list[float]:
        """Adds the share of the values in each of BINS equal bins; returns both ends."""
        kept = values[torch.isfinite(values)]
        if not len(kept):
            kept = torch.zeros(1, dtype=values.dtype)
        low, high = self._ranges.setdefault(key, SteadyRange()).follow(kept)
        counts = torch.histc(kept.float().clamp(low, high), BINS, low, high)
        arrays[key] = single(counts / len(kept)).numpy()
        return [low, high]
