"""What stands out in a run: rules that look at measured numbers and say what they mean.

A rule is one entry in RULES: a name, a condition that returns the numbers it was triggered by,
and the view that shows it. Its sentence stands in the language catalogs under the same name, its
remedy in `remedies`. Thresholds are rules of thumb and stand here, beside the rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from playground.core.analysis.curvature import sharpness
from playground.core.analysis.health import LayerHealth, health, sample_size
from playground.core.analysis.stability import divides, step_root, step_rule, step_scale
from playground.core.analysis.views import Arrays, Header, Sight, View
from playground.core.remedies import remedy_for

if TYPE_CHECKING:
    from playground.core.replica import Replica
    from playground.core.run import Run
    from playground.core.want import Want

CURVATURE_WORK = 5e7  # parameters times points of one Hessian product
LEARNED = 0.98  # a score from which on nothing needs to be learned faster
BATCHES = 12  # minibatches that the noise of the gradient is judged by
REST = 4  # looking takes at most one part in 1 + REST of the time
Numbers = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """Something that stands out.

    Attributes:
        rule: its name.
        numbers: what triggered it; `block` is an index among the run's blocks.
        view: the view that shows it, or None.
        remedy: whether there is a change to try.
    """

    rule: str
    numbers: Numbers
    view: str | None
    remedy: bool


@dataclass(frozen=True)
class Rule:
    """One thing to look for."""

    name: str
    look: Callable[[Evidence], Numbers | None]
    view: str | None = None


@dataclass
class Evidence:
    """What the rules look at. Each number is measured once, when a rule first asks for it."""

    run: Run
    replica: Replica
    examples: tuple[Tensor, Tensor] = field(init=False)

    def __post_init__(self) -> None:
        self.examples = self.replica.examples()

    @cached_property
    def layers(self) -> list[LayerHealth]:
        return health(self.run, self.replica)[0]

    @property
    def hidden(self) -> list[LayerHealth]:
        """All but the head."""
        return self.layers[:-1]

    @cached_property
    def first_loss(self) -> float:
        """The training loss before the first step."""
        rows = self.run.history.since(0)
        return float(rows[0, 1]) if len(rows) else math.nan

    @property
    def learned(self) -> bool:
        """Whether the training points leave nothing to be learned."""
        score, loss = self.run.metrics.train_score, self.run.metrics.train_loss
        if score is not None and score >= LEARNED:
            return True
        return loss is not None and loss < 0.01 * self.first_loss

    @cached_property
    def alike(self) -> Numbers | None:
        """The first hidden layer in which half of the neurons have the same weights."""
        last = len(self.replica.modules)
        for owner, weight in zip(self.replica.owners, self.replica.parameters, strict=True):
            if weight.ndim != 2 or owner == last or len(weight) < 2:
                continue
            matrix = weight.detach().double()
            scale = matrix.abs().amax().clamp(min=1e-12)
            _, counts = (matrix / scale * 1e6).round().unique(dim=0, return_counts=True)
            alike = int(counts.max())
            if alike >= 2 and alike >= 0.5 * len(matrix):
                return {"block": owner, "count": alike, "units": len(matrix)}
        return None

    @cached_property
    def gradient(self) -> float:
        """Norm of the loss's whole gradient."""
        return math.sqrt(sum((layer.gradient or 0.0) ** 2 for layer in self.layers))

    @cached_property
    def scale(self) -> Tensor | None:
        """What the optimizer divides each gradient by; None where it does not, or not yet."""
        return step_scale(self.run, self.replica)

    @cached_property
    def curvature(self) -> float | None:
        """Largest eigenvalue of the training loss's Hessian, as the optimizer scales it."""
        inputs, targets = self.examples
        parameters = sum(parameter.numel() for parameter in self.replica.parameters)
        count = sample_size(self.run, len(inputs))
        count = min(count, max(16, int(CURVATURE_WORK / max(parameters, 1))))
        root = step_root(self.run, self.replica)
        return sharpness(self.replica, inputs[:count], targets[:count], root)

    @property
    def stable_curvature(self) -> float | None:
        """The curvature beyond which training with this learning rate is not stable.

        None for optimizers without a known limit, and for those that divide by the size of past
        gradients before there is one.
        """
        rule = step_rule(self.run)
        if rule is None or (divides(self.run) and self.scale is None):
            return None
        return rule.limit

    @cached_property
    def noise(self) -> float | None:
        """How far a minibatch's gradient is off, root mean square, over the mean gradient's norm.

        From some minibatches drawn here, with a generator of its own; None without a gradient.
        """
        points = len(self.examples[0])
        count = sample_size(self.run, points)
        size = min(self.run.batches.size, count)
        mean = self._flat_gradient(torch.arange(count))
        generator = torch.Generator().manual_seed(self.run.step)
        spread = 0.0
        for _ in range(BATCHES):
            chosen = torch.randperm(points, generator=generator)[:size]
            spread += (self._flat_gradient(chosen) - mean).square().sum().item() / BATCHES
        signal = mean.square().sum().item()
        if signal == 0 or not math.isfinite(spread + signal):
            return None
        return math.sqrt(spread / signal)

    def _flat_gradient(self, chosen: Tensor) -> Tensor:
        """Gradient of the mean loss over these training points, one float64 vector."""
        inputs, targets = self.examples
        parts = self.replica.gradients(inputs[chosen], targets[chosen]).values()
        return torch.cat([part.flatten() for part in parts]).double()


def find(run: Run, replica: Replica) -> list[Finding]:
    """Everything that stands out now, the most pressing first."""
    return _found(Evidence(run, replica))


def _found(evidence: Evidence) -> list[Finding]:
    run, found = evidence.run, []
    for rule in RULES.values():
        numbers = rule.look(evidence)
        if numbers is not None:
            remedy = remedy_for(rule.name, run.experiment) is not None
            found.append(Finding(rule.name, numbers, rule.view, remedy))
    return found


# ---- the rules


def _unscaled(evidence: Evidence) -> Numbers | None:
    """Inputs whose sizes differ much, or that lie far from 0 for their spread."""
    if evidence.run.experiment.data.scaling != "none":
        return None
    inputs = evidence.examples[0].double()
    spread, mean = inputs.std(0, correction=0), inputs.mean(0).abs()
    names = evidence.run.data.input_labels
    size = (spread.square() + mean.square()).sqrt()  # root mean square
    used = (spread > 0).nonzero().flatten()
    if not len(used):
        return None
    large = int(used[size[used].argmax()])
    small = int(used[size[used].argmin()])
    numbers = {
        "large": names[large],
        "large_size": size[large].item(),
        "small": names[small],
        "small_size": size[small].item(),
    }
    return numbers if size[large] > 30 or size[large] > 20 * size[small] else None


def _symmetric(evidence: Evidence) -> Numbers | None:
    """Neurons of one hidden layer with the same weights: they will always learn the same."""
    return evidence.alike


def _exploding(evidence: Evidence) -> Numbers | None:
    """A gradient so long that a plain step of it throws the weights about."""
    norm = evidence.gradient
    if evidence.run.experiment.regularization.clip_norm > 0 or not math.isfinite(norm):
        return None
    return {"norm": norm} if norm > 100 else None


def _vanishing(evidence: Evidence) -> Numbers | None:
    """Hardly any gradient left in the first layer for what arrives in the last.

    Where neurons are alike, that is why, and another rule says it.
    """
    if evidence.alike is not None:
        return None
    learners = [layer for layer in evidence.layers if layer.gradient is not None]
    if len(learners) < 3:
        return None
    first, last = learners[0].gradient or 0.0, learners[-1].gradient or 0.0
    if last < 1e-7 or first > 1e-3 * last:
        return None
    return {"block": learners[0].block, "first": first, "last": last, "ratio": first / last}


def _dead(evidence: Evidence) -> Numbers | None:
    """A fifth or more of a layer's units silent on every training point."""
    return _share(evidence, lambda layer: len(layer.dead), 0.2)


def _saturated(evidence: Evidence) -> Numbers | None:
    """Half or more of a layer's units flat on nearly all points, with something left to learn."""
    return None if evidence.learned else _share(evidence, lambda layer: len(layer.saturated), 0.5)


def _share(evidence: Evidence, count: Callable[[LayerHealth], int], least: float) -> Numbers | None:
    """The hidden layer with the largest share of such units, where it is large enough."""
    worst = max(evidence.hidden, key=lambda layer: count(layer) / layer.units, default=None)
    if worst is None or count(worst) == 0 or count(worst) < least * worst.units:
        return None
    return {"block": worst.block, "count": count(worst), "units": worst.units}


def _rate_high(evidence: Evidence) -> Numbers | None:
    """Curvature beyond what plain gradient descent of this step size can follow.

    Full batches drive the curvature up to the limit by themselves, where it hovers; a tenth above
    it is more than that (Cohen et al. 2021).
    """
    limit = evidence.stable_curvature
    if limit is None or evidence.curvature is None or evidence.curvature <= 1.1 * limit:
        return None
    return _against(evidence, limit)


def _worse(evidence: Evidence) -> Numbers | None:
    """A training loss clearly above that of the first weights."""
    now, first = evidence.run.metrics.train_loss, evidence.first_loss
    if evidence.run.step < 20 or now is None or not now > 1.5 * first:
        return None
    return {"first": first, "now": now, "rate": evidence.run.pace.rate}


def _rate_low(evidence: Evidence) -> Numbers | None:
    """A step many times shorter than the curvature allows, with something left to learn.

    A hundred times; for Adam, whose scale is mostly the noise of its minibatches, a thousand.
    """
    limit = evidence.stable_curvature
    if limit is None or evidence.curvature is None or evidence.learned:
        return None
    share = 0.01 if evidence.scale is None else 0.001
    if not 0 < evidence.curvature < share * limit:
        return None
    return _against(evidence, limit)


def _against(evidence: Evidence, limit: float) -> Numbers:
    curvature, rate = evidence.curvature or 0.0, evidence.run.pace.rate
    return {"curvature": curvature, "rate": rate, "largest": rate * limit / curvature}


def _batch_small(evidence: Evidence) -> Numbers | None:
    """Minibatches whose gradients hardly agree, with something left to learn."""
    if evidence.learned or evidence.alike is not None or evidence.gradient < 1e-7:
        return None
    batch = evidence.run.batches.size
    if evidence.noise is None or evidence.noise <= 5 or 2 * batch > len(evidence.examples[0]):
        return None
    return {"noise": evidence.noise, "batch": batch}


def _gap(evidence: Evidence) -> Numbers | None:
    """Test points fare worse than training points, beyond what their number lets one expect."""
    metrics, run = evidence.run.metrics, evidence.run
    train, test = metrics.train_loss, metrics.test_loss
    if train is None or test is None or run.step == 0:
        return None
    numbers = {"train": train, "test": test}
    behind = 0.0
    if metrics.train_score is not None and metrics.test_score is not None:
        behind = metrics.train_score - metrics.test_score
    chance = 0.1
    if run.schema.task != "regression" and metrics.test_score is not None:
        count = max(len(run.data.inputs_test), 1)
        share = min(max(metrics.test_score, 1 / count), 1 - 1 / count)
        chance = max(0.05, 2 * math.sqrt(share * (1 - share) / count))
    scores = behind > chance and test > 1.1 * train
    losses = test > 2 * train and test - train > 0.1 * evidence.first_loss
    return numbers if scores or losses else None


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("unscaled", _unscaled),
        Rule("symmetric", _symmetric, "singular"),
        Rule("exploding", _exploding, "health"),
        Rule("rate_high", _rate_high, "curvature"),
        Rule("worse", _worse),
        Rule("vanishing", _vanishing, "health"),
        Rule("saturated", _saturated, "health"),
        Rule("dead", _dead, "health"),
        Rule("rate_low", _rate_low, "curvature"),
        Rule("batch_small", _batch_small),
        Rule("gap", _gap, "metrics"),
    )
}


class FindingsView(View):
    """What stands out, looked for anew when the viewer asks with another `round`."""

    def __init__(self, sight: Sight) -> None:
        super().__init__(sight)
        self._last: Header | None = None
        self._asked: object = None
        self._next = 0.0

    def add(self, want: Want, header: Header, arrays: Arrays) -> None:
        asked = (want.round, self.run.experiment)
        if self._last is None or (asked != self._asked and perf_counter() >= self._next):
            self._look()
            self._asked = asked
        header["findings"] = self._last

    def _look(self) -> None:
        start = perf_counter()
        evidence = Evidence(self.run, self.sight.replica())
        found = [vars(finding) for finding in _found(evidence)]
        limit = evidence.stable_curvature
        self._last = {
            "step": self.run.step,
            "epoch": self.run.epoch,
            "found": found,
            "rules": len(RULES),
            "curvature": None if limit is None else evidence.curvature,
            "limit": limit,
        }
        end = perf_counter()
        self._next = end + REST * (end - start)
