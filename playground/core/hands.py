"""A visitor's hands on the weights: set one, cut a link, silence a neuron, reset a layer, prune,
take hold of a matrix by its singular values, put the whole network elsewhere.

What is cut is 0 and stays 0 while the rest trains on. Every deed but pruning can be undone one
by one; pruning is a state of its own, and 0 % gives every weight its value back.

Linear maps are counted from 0 in the order of `Engine.parameters`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from playground.core import grip
from playground.core.engine.base import Engine, Free, Parameters
from playground.core.history import Metrics
from playground.core.layers import Layer
from playground.core.network import Block

MOST_UNDO = 20


@dataclass(frozen=True)
class _Touched:
    """What a deed changed of one linear map, and how it was before."""

    index: int
    weights: Tensor  # where a weight was touched
    biases: Tensor
    before: tuple[Tensor, Tensor, Tensor]  # weights, biases, cuts


@dataclass(frozen=True)
class _Deed:
    """What a deed changed, and the learned numbers that are no part of a linear map.

    The deeds of one stroke, as a hand moves on, are one.
    """

    maps: list[_Touched]
    gains: dict[str, Tensor]
    stroke: int | None = None


class Hands:
    """The deeds done to one run's network.

    Args:
        engine: holds the weights.
        first: the first weights and biases, for `reset`.

    Attributes:
        effect: what the last deed did to the scores, see `tell`; None before there is one.
    """

    def __init__(self, engine: Engine, first: Parameters) -> None:
        self._engine = engine
        self.first = first
        self._cut = [torch.zeros_like(weight, dtype=torch.bool) for weight, _ in first]
        self._pruned = [torch.zeros_like(cut) for cut in self._cut]
        self._pruned_from = [torch.zeros_like(weight) for weight, _ in first]
        self._undo: list[_Deed] = []
        self._held: tuple[int, int, grip.Pair] | None = None  # stroke, matrix, what is held there
        self.share = 0.0
        self.effect: dict[str, Any] | None = None

    def move(self, engine: Engine) -> None:
        """The network lives in another engine from now on."""
        self._engine = engine

    # ---- deeds

    def set_weight(self, index: int, unit: int, source: int | None, value: float) -> None:
        """Gives one weight, or the bias where `source` is None, a value; a cut link lives again."""
        weight, bias = self._values(index)
        touched = torch.zeros_like(self._cut[index])
        biases = torch.zeros(len(bias), dtype=torch.bool)
        if source is None:
            biases[unit] = True
        else:
            touched[unit, source] = True
        self._remember(index, touched, biases)
        if source is None:
            bias[unit] = value
        else:
            weight[unit, source] = value
            self._revive(index, touched)
        self._engine.write(index, weight, bias)

    def cut(self, index: int, unit: int, source: int, on: bool) -> None:
        """Cuts one link, or lets it learn again from 0."""
        touched = torch.zeros_like(self._cut[index])
        touched[unit, source] = True
        self._cut_where(index, touched, on)

    def silence(self, index: int, source: int, on: bool) -> None:
        """Cuts every link that leaves a neuron: those that read it in the linear map `index`."""
        touched = torch.zeros_like(self._cut[index])
        touched[:, source] = True
        self._cut_where(index, touched, on)

    def reset(self, index: int) -> None:
        """Gives one linear map its first weights back; nothing in it is cut any more."""
        weight, bias = (values.clone() for values in self.first[index])
        touched = torch.ones_like(self._cut[index])
        self._remember(index, touched, torch.ones(len(bias), dtype=torch.bool))
        self._revive(index, touched)
        self._engine.write(index, weight, bias)

    def prune(self, share: float) -> None:
        """Cuts the smallest weights of the whole network, by size.

        Args:
            share: of all weights, 0 to 1. What an earlier share cut comes back first.
        """
        for index, mask in enumerate(self._pruned):
            if mask.any():
                weight, bias = self._values(index)
                weight = torch.where(mask, self._pruned_from[index], weight)
                self._engine.write(index, weight, bias)
        values = [self._values(index) for index in range(len(self._cut))]
        sizes = torch.cat([weight.abs().flatten() for weight, _ in values])
        number = round(share * len(sizes))
        chosen = torch.zeros(len(sizes), dtype=torch.bool)
        # Stable, so that of equal weights the same ones go each time
        chosen[sizes.argsort(stable=True)[:number]] = True
        parts = chosen.split([cut.numel() for cut in self._cut])
        for index, (part, (weight, bias)) in enumerate(zip(parts, values, strict=True)):
            mask = part.view_as(weight)
            self._pruned[index], self._pruned_from[index] = mask, weight
            self._engine.write(index, weight.masked_fill(mask, 0.0), bias)
        self.share = share

    def stretch(self, index: int, place: int, value: float, stroke: int | None) -> None:
        """Gives one singular value of a linear map another value.

        Args:
            place: 0 for the largest.
            stroke: deeds of one number are one movement: they hold the same pair of singular
                vectors wherever its value goes and the training leads it, and are undone at once.
        """
        weight = self._values(index)[0]
        held = self._held
        if stroke is not None and held is not None and held[:2] == (stroke, index):
            pair = grip.followed(weight, held[2])
        else:
            pair = grip.pair_at(weight, place)
        self._held = None if stroke is None else (stroke, index, pair)
        self._replace(index, grip.with_value(weight, pair, value), stroke)

    def cut_rank(self, index: int, rank: int) -> None:
        """Keeps the largest singular values of a linear map; the others become 0."""
        self._replace(index, grip.with_rank(self._values(index)[0], rank))

    def orthogonalise(self, index: int) -> None:
        """Makes all singular values of a linear map 1."""
        self._replace(index, grip.nearest_orthogonal(self._values(index)[0]))

    def stand(self, weights: Tensor, stroke: int | None = None) -> None:
        """Puts the whole network elsewhere; what is cut stays 0.

        Args:
            weights: all that it learns, in the order of `Engine.learned`.
            stroke: deeds of one number are one movement, to be undone at once.
        """
        gains = {name: part.cpu().double().clone() for name, part in self._engine.gains().items()}
        maps = []
        parts = iter(weights.double().split([part.numel() for part in self._engine.learned()]))
        for index in range(len(self._cut)):
            weight, bias = self._values(index)
            every = torch.ones_like(self._cut[index]), torch.ones_like(bias, dtype=torch.bool)
            maps.append(self._before(index, *every))
            weight, bias = next(parts).view_as(weight), next(parts)
            self._engine.write(index, weight.masked_fill(self.cuts(index), 0.0), bias)
        self._engine.load_extras({name: next(parts).view_as(part) for name, part in gains.items()})
        if stroke is None or not self._undo or self._undo[-1].stroke != stroke:
            self._keep_deed(_Deed(maps, gains, stroke))

    def undo(self) -> bool:
        """Takes the last deed back; weights that it did not touch stay as they are now.

        Returns:
            Whether there was one.
        """
        if not self._undo:
            return False
        deed = self._undo.pop()
        for touched in deed.maps:
            weight, bias = self._values(touched.index)
            old_weight, old_bias, cut = touched.before
            self._cut[touched.index] = cut
            self._engine.write(
                touched.index,
                torch.where(touched.weights, old_weight, weight),
                torch.where(touched.biases, old_bias, bias),
            )
        self._engine.load_extras(deed.gains)
        return True

    # ---- what follows from them

    def tell(self, deed: Mapping[str, Any], before: Metrics, after: Metrics) -> None:
        """Takes note of what a deed did: `effect` then has the deed's kind and its block, and
        under "before" and "after" losses and scores. Those of one stroke count from its start.
        """
        last, stroke = self.effect, deed.get("stroke")
        same = stroke is not None and last is not None and last["stroke"] == stroke
        self.effect = {
            "deed": deed["deed"],
            "block": deed.get("block"),
            "stroke": stroke,
            "before": last["before"] if same and last is not None else _scores(before),
            "after": _scores(after),
        }

    @property
    def depth(self) -> int:
        """How many deeds can be undone."""
        return len(self._undo)

    def cuts(self, index: int) -> Tensor:
        """Which weights (outputs, inputs) of a linear map are cut, by hand or by pruning."""
        return self._cut[index] | self._pruned[index]

    def is_finite(self, index: int) -> bool:
        """Whether all weights of a linear map are numbers."""
        return bool(torch.isfinite(self._engine.parameters()[index][0]).all())

    @property
    def any_cut(self) -> bool:
        return any(bool(self.cuts(index).any()) for index in range(len(self._cut)))

    def free(self, fixed: Sequence[tuple[bool, bool]]) -> Free | None:
        """Which weights and biases may move, for `Engine.hold`; None where all may.

        Args:
            fixed: of every linear map, whether its weights and whether its biases are held
                by the settings.
        """
        return freedom([self.cuts(index) for index in range(len(self.first))], fixed)

    def state(self) -> dict[str, Any]:
        """Everything but what could be undone."""
        return {
            "cut": self._cut,
            "pruned": self._pruned,
            "pruned_from": self._pruned_from,
            "share": self.share,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        self._cut, self._pruned = list(state["cut"]), list(state["pruned"])
        self._pruned_from, self.share = list(state["pruned_from"]), float(state["share"])

    # ---- inside

    def _values(self, index: int) -> tuple[Tensor, Tensor]:
        """A copy of one linear map's weights and biases, float64 on the CPU."""
        weight, bias = self._engine.parameters()[index]
        return weight.cpu().double().clone(), bias.cpu().double().clone()

    def _replace(self, index: int, weight: Tensor, stroke: int | None = None) -> None:
        """Writes a whole matrix; in it, what is cut stays 0."""
        none = torch.zeros(len(weight), dtype=torch.bool)
        if stroke is None or not self._undo or self._undo[-1].stroke != stroke:
            every = torch.ones_like(self._cut[index])
            self._keep_deed(_Deed([self._before(index, every, none)], {}, stroke))
        _, bias = self._values(index)
        self._engine.write(index, weight.masked_fill(self.cuts(index), 0.0), bias)

    def _remember(self, index: int, weights: Tensor, biases: Tensor) -> None:
        self._keep_deed(_Deed([self._before(index, weights, biases)], {}))

    def _before(self, index: int, weights: Tensor, biases: Tensor) -> _Touched:
        before = (*self._values(index), self._cut[index].clone())
        return _Touched(index, weights, biases, before)

    def _keep_deed(self, deed: _Deed) -> None:
        self._undo.append(deed)
        del self._undo[:-MOST_UNDO]

    def _revive(self, index: int, touched: Tensor) -> None:
        self._cut[index] = self._cut[index] & ~touched
        self._pruned[index] = self._pruned[index] & ~touched

    def _cut_where(self, index: int, touched: Tensor, on: bool) -> None:
        weight, bias = self._values(index)
        self._remember(index, touched, torch.zeros(len(bias), dtype=torch.bool))
        if on:
            self._cut[index] = self._cut[index] | touched
            weight = weight.masked_fill(touched, 0.0)
        else:
            self._revive(index, touched)
        self._engine.write(index, weight, bias)


def _scores(metrics: Metrics) -> dict[str, float | None]:
    names = ("train_loss", "test_loss", "train_score", "test_score")
    return {name: getattr(metrics, name) for name in names}


def fixed_by(blocks: Sequence[Block], layers: Sequence[Layer | None]) -> list[tuple[bool, bool]]:
    """Of every linear map, whether its weights and whether its biases are held by the settings.

    Args:
        layers: of the blocks, as they are set now.
    """
    fixed = []
    for block, layer in zip(blocks, layers, strict=True):
        if block.linear is not None:
            frozen = bool(getattr(layer, "frozen", False))
            fixed.append((frozen, frozen or not getattr(layer, "bias", True)))
    return fixed


def freedom(cuts: Sequence[Tensor], fixed: Sequence[tuple[bool, bool]]) -> Free | None:
    """Which weights and biases may move, for `Engine.hold`; None where all may.

    Args:
        cuts: of every linear map, bool (outputs, inputs).
        fixed: from `fixed_by`.
    """
    if not any(weights or biases for weights, biases in fixed) and not any(
        bool(cut.any()) for cut in cuts
    ):
        return None
    found: Free = []
    for cut, (weights, biases) in zip(cuts, fixed, strict=True):
        still = torch.ones_like(cut) if weights else cut
        held = torch.full((len(cut),), biases or weights)
        found.append(((~still).double(), (~held).double()))
    return found
