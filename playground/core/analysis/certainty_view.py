"""The view of how sure the network is: ensemble, Monte-Carlo dropout, last-layer Laplace.

What a viewer may ask for (`Want.options["certainty"]`, beside what `study` reads):

    what      "again": what was measured last, pictured with another prior or window
    members   networks of the ensemble, the visitor's own among them
    passes    of the network with dropout switched on
    prior     logarithm to base 10 of the head's prior precision; null for the most likely one
    window    how many times as wide as the data's window the maps are
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from playground.core.analysis.certainty import Belief, class_calibration, value_calibration
from playground.core.analysis.certainty_examples import examples
from playground.core.analysis.certainty_measured import (
    PRIOR,
    Measured,
    Places,
    beliefs_of,
    measure,
    others_of,
    places_of,
    truth_of,
)
from playground.core.analysis.estimated import Estimated
from playground.core.analysis.maps import as_bytes, single
from playground.core.analysis.plane import Plane
from playground.core.analysis.retraining import at_start
from playground.core.analysis.study import Steps
from playground.core.analysis.views import Arrays, Header, Sight
from playground.core.errors import PlaygroundError
from playground.core.layers.base import EVERY_KIND

if TYPE_CHECKING:
    from playground.core.experiment import Experiment

MEMBERS, PASSES, WINDOWS = (4, 8, 16, 32), (30, 100, 300), (1, 2, 4)
SIDE, LINE = 61, 181  # points of a map along one side, and of a curve
NAMES = ("plain", "ensemble", "dropout", "laplace")


class CertaintyView(Estimated):
    """See the module."""

    name: ClassVar[str] = "certainty"
    kinds = frozenset(EVERY_KIND)

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._measured: Measured | None = None

    def members(self) -> list[Experiment]:
        self._possible()
        return [at_start(self.run.experiment, start) for start in others_of(self.run, MEMBERS[1])]

    def _possible(self) -> None:
        """
        Raises:
            PlaygroundError: nothing can be measured here.
        """
        schema = self.run.schema
        if schema.outputs > 1:
            raise PlaygroundError("certainty_several")
        if not len(self.run.data.targets_train):
            raise PlaygroundError("certainty_not_here")

    def steps(self, options: Mapping[str, Any]) -> Steps:
        run = self.run
        self._possible()
        if options.get("what") != "again" or self._measured is None:
            members = _one_of(options.get("members"), MEMBERS, 1)
            passes = _one_of(options.get("passes"), PASSES, 1)
            replica = self.frozen().double()
            self._measured = yield from measure(run, replica, members, passes)
        found = self._measured
        window = _one_of(options.get("window"), WINDOWS, 0)
        plane = self._plane(window)
        prior = self._prior(found, options.get("prior"))
        places = self._places(plane)
        beliefs = yield from beliefs_of(run, found, places, prior)
        yield 0.97
        header, arrays = self._told(found, beliefs, places, plane)
        header["prior"] = prior
        header["fitted"] = not _is_number(options.get("prior")) and prior != PRIOR
        header["asked"] = _is_number(options.get("prior"))
        header["window"] = window
        head = found.head
        header["determined"] = [head.determined(prior), len(head.values)] if head else None
        return header, arrays

    # ---- picturing

    def _plane(self, window: int) -> Plane | None:
        """The plane, its window so many times as wide about its middle."""
        if self.run.schema.kind != "points":
            return None
        plane = self.sight.plane
        u0, u1, v0, v1 = plane.domain
        wider = [
            end
            for low, high in ((u0, u1), (v0, v1))
            for end in (
                (low + high) / 2 - window * (high - low) / 2,
                (low + high) / 2 + window * (high - low) / 2,
            )
        ]
        domain = (wider[0], wider[1], *((v0, v1) if plane.kind == "line" else wider[2:]))
        return replace(plane, domain=domain)

    def _places(self, plane: Plane | None) -> Places:
        """All places at which beliefs are asked."""
        if plane is None:
            return places_of(self.run, None)
        side = LINE if plane.kind == "line" else SIDE
        return places_of(self.run, self.run.data.to_inputs(plane.grid(side)))

    def _prior(self, found: Measured, asked: object) -> float:
        if isinstance(asked, int | float) and _is_number(asked):
            return 10.0 ** min(max(float(asked), -6.0), 6.0)
        best = found.head.best_prior() if found.head is not None else None
        return PRIOR if best is None else best

    # ---- telling

    def _told(
        self,
        found: Measured,
        beliefs: Mapping[str, Belief],
        places: Places,
        plane: Plane | None,
    ) -> tuple[Header, Arrays]:
        run, where, arrays = self.run, places.parts, {}
        methods: dict[str, Header] = {}
        for name in NAMES:
            if name not in beliefs:
                reason = found.reason if name == "laplace" else "none"
                methods[name] = {"there": False, "reason": reason}
                continue
            told, curve = self._calibrated(beliefs[name], where)
            methods[name] = {"there": True, **told}
            if curve is not None:
                arrays[f"certainty_curve_{name}"] = single(curve).numpy()
        header = {
            "methods": methods,
            "members": int(found.others.alive.sum()) + 1,
            "lost": int((~found.others.alive).sum()),
            "passes": found.passes,
            "tested": where["test"].stop - where["test"].start,
            "of_step": found.step,
            "of_epoch": found.epoch,
            "regression": run.schema.task == "regression",
        }
        if plane is not None:
            header |= self._maps(beliefs, where["grid"], plane, arrays)
        else:
            header["examples"] = examples(run, beliefs, places, arrays)
        return header, arrays

    def _calibrated(
        self, belief: Belief, where: Mapping[str, slice]
    ) -> tuple[Header, Tensor | None]:
        """Numbers of one belief at the test points, and how sure it is there and at the rim."""
        run, test = self.run, where["test"]
        told: Header = {}
        sureness = belief.spread if run.schema.task == "regression" else belief.entropy
        if test.stop > test.start:
            told["near"] = sureness[test].mean().item()
        if "grid" in where:
            told["far"] = _rim(sureness[where["grid"]]).mean().item()
        if run.schema.task == "regression":
            off = belief.mean[0, where["train"]] - truth_of(run, "train")
            noise = off.square().mean().sqrt()
            told["noise"] = noise.item()
            if test.stop == test.start:
                return told, None
            truth = truth_of(run, "test").double()
            deviation = (belief.spread[test].square() + noise.square()).sqrt()
            numbers, curve = value_calibration(belief.mean[0, test], deviation, truth)
            return {**told, **numbers}, curve
        if test.stop == test.start:
            return told, None
        truth = truth_of(run, "test").long()
        numbers, curve = class_calibration(belief.mean[:, test], truth)
        return {**told, **numbers}, curve

    def _maps(
        self, beliefs: Mapping[str, Belief], grid: slice, plane: Plane, arrays: Arrays
    ) -> Header:
        """Pictures of all ways on one scale: spreads, entropies, and what they answer."""
        shape = (LINE,) if plane.kind == "line" else (SIDE, SIDE)
        spreads = {name: belief.spread[grid] for name, belief in beliefs.items()}
        most = max(*(spread.max().item() for spread in spreads.values()), 1e-12)
        for name, belief in beliefs.items():
            said = belief.mean[:, grid]
            arrays[f"certainty_spread_{name}"] = as_bytes(spreads[name], 0, most).reshape(shape)
            if self.run.schema.task == "regression":
                arrays[f"certainty_value_{name}"] = single(said[0]).numpy().reshape(shape)
                continue
            entropy = as_bytes(belief.entropy[grid], 0, 1)
            arrays[f"certainty_entropy_{name}"] = entropy.reshape(shape)
            top, best = said.max(0)
            share = said[1] if len(said) == 2 else top
            arrays[f"certainty_share_{name}"] = single(share).numpy().reshape(shape)
            arrays[f"certainty_class_{name}"] = best.to(torch.uint8).numpy().reshape(shape)
        return {"scale": most, "domain": list(plane.domain), "line": plane.kind == "line"}


def _rim(values: Tensor) -> Tensor:
    """The outermost values of a map or a curve."""
    if len(values) == LINE:
        return values[[0, -1]]
    square = values.view(SIDE, SIDE)
    return torch.cat((square[0], square[-1], square[1:-1, 0], square[1:-1, -1]))


def _one_of(asked: object, offered: tuple[int, ...], default: int) -> int:
    return asked if isinstance(asked, int) and asked in offered else offered[default]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
