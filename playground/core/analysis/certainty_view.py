"""The view of how sure the network is: ensemble, Monte-Carlo dropout, last-layer Laplace.

What a viewer may ask for (`Want.options["certainty"]`, beside what `study` reads):

    what      "again": what was measured last, pictured with another prior or window
    members   networks of the ensemble, the visitor's own among them
    passes    of the network with dropout switched on
    prior     logarithm to base 10 of the head's prior precision; null for the most likely one
    window    how many times as wide as the data's window the maps are
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from playground.core.activations import ACTIVATIONS
from playground.core.analysis.certainty import (
    Belief,
    class_calibration,
    of_answers,
    of_head,
    value_calibration,
)
from playground.core.analysis.laplace import MOST, LastLayer, point_curvature
from playground.core.analysis.maps import as_bytes, single
from playground.core.analysis.plane import Plane
from playground.core.analysis.retraining import at_start, starts_of, trained
from playground.core.analysis.study import Steps, Study
from playground.core.analysis.views import Arrays, Header
from playground.core.errors import PlaygroundError
from playground.core.memory import ALLOWANCE
from playground.core.modules.dropout import SeededDropout
from playground.core.network import linear_maps
from playground.core.population import Population
from playground.core.random import stable_seed
from playground.core.replica import Replica

MEMBERS, PASSES, WINDOWS = (4, 8, 16, 32), (30, 100, 300), (1, 2, 4)
SIDE, LINE = 61, 181  # points of a map along one side, and of a curve
NAMES = ("plain", "ensemble", "dropout", "laplace")
MOST_POINTS = 2000  # of a part
PRIOR = 1.0  # precision where no other is found
TRAINED = 0.85  # progress when the ensemble is


@dataclass(eq=False)
class Measured:
    """What was measured at one moment, to be pictured once or again.

    Attributes:
        replica: the network, in float64.
        others: the ensemble but for the network itself.
        head: its last layer; None where that cannot be had, and `reason` says why.
        noise: standard deviation of the training points' values about the network's, in the units
            that the loss sees; 1 for classes.
        passes: asked for.
    """

    replica: Replica
    others: Population
    head: LastLayer | None
    reason: str | None
    noise: float
    passes: int
    step: int
    epoch: int


class CertaintyView(Study):
    """See the module."""

    name: ClassVar[str] = "certainty"
    kinds = frozenset({"points", "pictures"})
    _measured: Measured | None = None

    def steps(self, options: Mapping[str, Any]) -> Steps:
        run = self.run
        if not len(run.data.targets_train) or run.schema.outputs > 1:
            raise PlaygroundError("certainty_not_here")
        if options.get("what") != "again" or self._measured is None:
            self._measured = yield from self._measure(options)
        found = self._measured
        window = _one_of(options.get("window"), WINDOWS, 0)
        plane = self._plane(window)
        prior = self._prior(found, options.get("prior"))
        inputs, where = self._inputs(plane)
        beliefs = yield from self._beliefs(found, inputs, prior)
        yield 0.97
        header, arrays = self._told(found, beliefs, where, plane)
        header["prior"] = prior
        header["fitted"] = not _is_number(options.get("prior")) and prior != PRIOR
        header["asked"] = _is_number(options.get("prior"))
        header["window"] = window
        head = found.head
        header["determined"] = [head.determined(prior), len(head.values)] if head else None
        return header, arrays

    # ---- measuring

    def _measure(self, options: Mapping[str, Any]) -> Generator[float, None, Measured]:
        run, replica = self.run, self.frozen().double()
        step, epoch, exact = run.step, run.epoch, run.exact_epoch
        head, reason, noise = self._head(replica)
        count = _one_of(options.get("members"), MEMBERS, 1)
        starts = starts_of(run, count)[1:]
        ALLOWANCE.ask(run.experiment, len(starts), run.table)
        others = Population([at_start(run.experiment, start) for start in starts], run.table)
        yield 0.02
        for share in trained(others, round(exact * others.batches_per_epoch)):
            yield TRAINED * share
        passes = _one_of(options.get("passes"), PASSES, 1)
        return Measured(replica, others, head, reason, noise, passes, step, epoch)

    def _head(self, replica: Replica) -> tuple[LastLayer | None, str | None, float]:
        """The posterior of the head, or why there is none; and the noise of values."""
        run = self.run
        inputs, targets = (part[:MOST_POINTS] for part in replica.examples())
        with torch.no_grad():
            features, sums = _features(replica, inputs), _sums(replica, inputs)
        activation = ACTIVATIONS[run.experiment.output_activation].module()
        regression = run.schema.task == "regression"
        noise = 1.0
        if regression and not run.loss.rates:
            off = (activation(sums) - targets).detach()
            noise = max(off.square().mean().sqrt().item(), 1e-6)

        def value(sums: Tensor, targets: Tensor) -> Tensor:
            said = activation(sums)
            if regression and not run.loss.rates:
                # Gaussian noise as large as it was found, whatever distance was learned with.
                return (said - targets).square().sum(1).mean() / (2 * noise**2)
            return run.loss.value(said, targets, 1)

        weight = linear_maps(replica.modules)[-1]
        weights = torch.cat((weight.weight, weight.bias[:, None]), 1).detach()
        if weights.numel() > MOST:
            return None, "large", noise
        curvature = point_curvature(value, sums, targets)
        if not curvature.any():
            return None, "flat", noise
        # A sample of the points stands for all of them.
        whole = len(run.data.targets_train) / len(inputs)
        fit = value(sums, targets).item() * len(inputs) * whole
        return LastLayer.of(weights, features, curvature * whole, fit), None, noise

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

    def _inputs(self, plane: Plane | None) -> tuple[np.ndarray, dict[str, slice]]:
        """All inputs at which beliefs are asked, and where the grid and the parts lie in them."""
        data, parts = self.run.data, {}
        if plane is not None:
            side = LINE if plane.kind == "line" else SIDE
            parts["grid"] = data.to_inputs(plane.grid(side))
        parts["test"] = data.inputs_test[:MOST_POINTS]
        parts["train"] = data.inputs_train[:MOST_POINTS]
        ends = np.cumsum([len(part) for part in parts.values()])
        where = {
            name: slice(int(end) - len(part), int(end))
            for (name, part), end in zip(parts.items(), ends, strict=True)
        }
        return np.concatenate(list(parts.values())), where

    def _prior(self, found: Measured, asked: object) -> float:
        if isinstance(asked, int | float) and _is_number(asked):
            return 10.0 ** min(max(float(asked), -6.0), 6.0)
        best = found.head.best_prior() if found.head is not None else None
        return PRIOR if best is None else best

    def _beliefs(
        self, found: Measured, inputs: np.ndarray, prior: float
    ) -> Generator[float, None, dict[str, Belief]]:
        run, points = self.run, torch.from_numpy(inputs)
        with torch.no_grad():
            own = found.replica.output(points).mT
            features = _features(found.replica, points)
        beliefs = {"plain": of_answers(run, own[None])}
        yield 0.87
        others = found.others.outputs(inputs).cpu().double()
        beliefs["ensemble"] = of_answers(run, torch.cat((own[None], others[found.others.alive])))
        yield 0.89
        passes = yield from dropout_passes(run.experiment.training.seed, found, points)
        if passes is not None:
            beliefs["dropout"] = of_answers(run, passes)
        yield 0.95
        if found.head is not None:
            activation = ACTIVATIONS[run.experiment.output_activation].module()
            with torch.no_grad():
                beliefs["laplace"] = of_head(run, found.head, features, activation, prior)
        return {name: _finite(belief) for name, belief in beliefs.items()}

    # ---- telling

    def _told(
        self,
        found: Measured,
        beliefs: Mapping[str, Belief],
        where: Mapping[str, slice],
        plane: Plane | None,
    ) -> tuple[Header, Arrays]:
        run, arrays = self.run, {}
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
            train = torch.from_numpy(run.data.targets_train[:MOST_POINTS])
            off = belief.mean[0, where["train"]] - train
            noise = off.square().mean().sqrt()
            told["noise"] = noise.item()
            if test.stop == test.start:
                return told, None
            truth = torch.from_numpy(run.data.targets_test[:MOST_POINTS]).double()
            deviation = (belief.spread[test].square() + noise.square()).sqrt()
            numbers, curve = value_calibration(belief.mean[0, test], deviation, truth)
            return {**told, **numbers}, curve
        if test.stop == test.start:
            return told, None
        truth = torch.from_numpy(run.data.targets_test[:MOST_POINTS]).long()
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


def dropout_passes(
    seed: int, found: Measured, points: Tensor
) -> Generator[float, None, Tensor | None]:
    """Outputs (passes, units, n) with units silenced at random, the same ones for all points of a
    pass (Gal & Ghahramani 2016); None where nothing can be silenced."""
    dropouts = [
        one
        for one in found.replica.modules.modules()
        if isinstance(one, SeededDropout) and one.rate
    ]
    if not dropouts:
        return None
    own = torch.Generator().manual_seed(stable_seed(seed, "certainty"))
    outputs = []
    for number in range(found.passes):
        for one in dropouts:
            one.generator, one.shared = own, True
            one.train()
        with torch.no_grad():
            outputs.append(found.replica.output(points).mT)
        for one in dropouts:
            one.eval()
        if number % 4 == 3:
            yield 0.89 + 0.06 * (number + 1) / found.passes
    return torch.stack(outputs)


def _features(replica: Replica, inputs: Tensor) -> Tensor:
    """What the head is given, (n, h)."""
    values = replica.values(inputs)
    return values[-2] if len(values) > 1 else replica.inputs(inputs)


def _sums(replica: Replica, inputs: Tensor) -> Tensor:
    """The head's weighted sums (n, C)."""
    return linear_maps(replica.modules)[-1](_features(replica, inputs))


def _finite(belief: Belief) -> Belief:
    return Belief(torch.nan_to_num(belief.mean), torch.nan_to_num(belief.spread))


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
