"""The tangent kernel: what a network learns first, as far as it moves like its linearisation.

Near its present weights a network is linear in them: f(θ + δ) = f(θ) + Jδ. What gradient descent
does to the outputs is then given by the kernel Θ = JJᵀ between training points (Jacot, Gabriel &
Hongler 2018): along each eigenvector of Θ what is missing dies out on its own, the faster the
larger the eigenvalue.

Outputs are one vector of all points' units, (points·units,), so networks of several outputs have
one kernel with all of them in it. What is missing is minus the gradient of the summed loss with
respect to the outputs: for half squared error target − output, for cross entropy target −
probability.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from playground.core.analysis.stability import StepRule
from playground.core.losses import Loss
from playground.core.optimizers.base import OptimizerBase

QUADRATIC = ("mse", "half_squared")  # losses whose missing part is linear in the output
MOST_STEPS = 3000  # that a linearised network is trained for
WORK = 1.2e9  # multiplications of all those steps together
CHECK = 25  # steps between two turns
PLACES = 90  # moments at which a prediction is kept
LONGEST = 10**7


@dataclass(frozen=True, eq=False)
class TangentKernel:
    """The kernel of a network over some points, by its eigenvectors.

    Attributes:
        jacobian: (outputs, parameters), outputs being points·units.
        values: eigenvalues of JJᵀ, falling; those beyond the number of parameters are 0 and left
            out.
        modes: (k, outputs), the leading eigenvectors.
        directions: (k, parameters): Jᵀu/λ, so that a mode at another place is the Jacobian there
            times its direction (Nyström); 0 for an eigenvalue of 0.
    """

    jacobian: Tensor
    values: Tensor
    modes: Tensor
    directions: Tensor


def tangent_kernel(jacobian: Tensor, leading: int) -> TangentKernel:
    """The eigenvalues of JJᵀ, from the smaller of JJᵀ and JᵀJ."""
    outputs, parameters = jacobian.shape
    tall = outputs > parameters
    gram = jacobian.t() @ jacobian if tall else jacobian @ jacobian.t()
    values, vectors = torch.linalg.eigh(gram)
    values, vectors = values.flip(0).clamp(min=0), vectors.flip(1)
    leading = min(leading, len(values))
    chosen = vectors[:, :leading].t()
    floor = values[0] * max(jacobian.shape) * torch.finfo(jacobian.dtype).eps
    known = values[:leading] > floor
    safe = torch.where(known, values[:leading], 1.0)
    if tall:
        modes = (chosen @ jacobian.t()) / safe.sqrt()[:, None]
        directions = chosen / safe.sqrt()[:, None]
    else:
        modes = chosen
        directions = (chosen @ jacobian) / safe[:, None]
    return TangentKernel(jacobian, values, modes, directions * known[:, None])


@dataclass(eq=False)
class Missing:
    """What is missing of each output: minus the gradient of the loss summed over points.

    Args:
        loss: with its settings filled in.
        targets: encoded, (points, units).
    """

    loss: Loss
    targets: Tensor
    _calls: list[Callable[[], object]] = field(init=False)

    def __post_init__(self) -> None:
        self._output = torch.zeros_like(self.targets)
        self._gradient = torch.zeros_like(self.targets)
        self._calls = self.loss.gradient(self._output, self.targets, self._gradient, 1)

    def __call__(self, output: Tensor) -> Tensor:
        """(points·units,) for an output (points, units)."""
        self._output.copy_(output)
        for call in self._calls:
            call()
        return -self._gradient.flatten()


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the linearised network will do.

    Attributes:
        steps: moments, whole numbers of optimizer steps from 0 on, rising, (m,).
        missing: (k, m), what is missing along each mode at each of them.
        exact: by a closed form, else by training the linearised network step by step.
    """

    steps: Tensor
    missing: Tensor
    exact: bool

    def half(self, mode: int) -> int | None:
        """The first of its moments at which half of a mode is learned; None if none is."""
        curve = self.missing[mode].abs()
        below = (curve <= 0.5 * curve[0]).nonzero().flatten()
        return None if not len(below) or curve[0] == 0 else int(self.steps[below[0]])


def moments(last: int) -> Tensor:
    """0, 1 and on to `last`, evenly on a logarithmic scale."""
    powers = torch.logspace(0, torch.tensor(float(max(last, 1))).log10().item(), PLACES)
    return torch.cat((torch.zeros(1), powers)).round().long().unique()


def horizon(kernel: TangentKernel, rule: StepRule, gain: float) -> int:
    """Steps in which the slowest of the leading modes is learned nearly whole."""
    shown = kernel.values[: len(kernel.modes)]
    slow = shown[shown > 1e-6 * shown[0]]
    if not len(slow):
        return 100
    pace = rule.rate / (1 - rule.momentum) * gain * slow[-1].item()
    return int(min(max(5 / max(pace, 1e-12), 100), LONGEST))


def predict_exactly(
    kernel: TangentKernel, start: Tensor, rule: StepRule, gain: float
) -> Prediction:
    """The decay of each mode under gradient descent, by powers of its own recurrence.

    Args:
        start: (2, outputs): what is missing now, and what the optimizer's velocity takes from it
            each step, over the rate.
        rule: of gradient descent, with momentum or without.
        gain: how much is missing of an output that is off by 1 (1 for half squared error, 2/units
            for mean squared error), over the number of points.
    """
    steps = moments(horizon(kernel, rule, gain))
    modes, beta, rate = kernel.modes, rule.momentum, rule.rate
    pull = gain * kernel.values[: len(modes)]
    ones = torch.ones_like(pull)
    # The state of a mode is (a, y): what is missing, and how fast it is being learned.
    if rule.nesterov:
        first = torch.stack((1 - rate * pull * (1 + beta), -rate * beta * beta * ones), 1)
    else:
        first = torch.stack((1 - rate * pull, -rate * beta * ones), 1)
    matrix = torch.stack((first, torch.stack((pull, beta * ones), 1)), 1)
    state = (start @ modes.t()).t()[:, :, None]
    found = [(torch.linalg.matrix_power(matrix, step) @ state)[:, 0, 0] for step in steps.tolist()]
    return Prediction(steps, torch.nan_to_num(torch.stack(found, 1)), True)


@dataclass(eq=False)
class Linearised:
    """A network replaced by its tangent, to be trained by the run's own optimizer.

    Attributes:
        jacobian: (outputs, parameters) at the points it is trained on.
        modes: (k, outputs), along which the prediction is told.
        output: now, (points, units).
        missing: of each output.
        settings: of the optimizer, with the rate that it keeps.
        memory: what the optimizer remembers, by the names of its flat rule.
        weights: the parameters now, (parameters,).
        l1, l2: penalties for each of them.
        moving: 1 for each that is not held, 0 for the others; None where none is.
        clip: the longest gradient; 0 for any.
    """

    jacobian: Tensor
    modes: Tensor
    output: Tensor
    missing: Missing
    settings: OptimizerBase
    memory: dict[str, Tensor]
    weights: Tensor
    l1: Tensor
    l2: Tensor
    moving: Tensor | None
    clip: float

    @property
    def last(self) -> int:
        """How many steps it is trained for."""
        return int(min(MOST_STEPS, max(50, WORK / (2 * self.jacobian.numel()))))

    def train(self) -> Generator[float, None, Prediction]:
        """Its training on all points at once, step by step.

        Yields:
            The share that is done.
        """
        place, gradient = self.weights.clone(), torch.zeros_like(self.weights)
        rule = self.settings.make_flat(place, gradient)
        for name, kept in rule.state.items():
            if name in self.memory:
                kept.copy_(self.memory[name])
        jacobian, modes = self.jacobian, self.modes
        points, last = len(self.output), self.last
        steps = moments(last)
        wanted, found = set(steps.tolist()), []
        for step in range(last + 1):
            moved = (jacobian @ (place - self.weights)).view_as(self.output)
            missing = self.missing(self.output + moved)
            if step in wanted:
                found.append(modes @ missing)
            if step == last:
                break
            torch.mv(jacobian.t(), missing, out=gradient).div_(-points)
            self._finish(gradient, place)
            rule.step(1.0)
            if step % CHECK == CHECK - 1:
                yield step / last
        curves = torch.nan_to_num(torch.stack(found, 1), posinf=0.0, neginf=0.0)
        return Prediction(steps, curves, False)

    def _finish(self, gradient: Tensor, place: Tensor) -> None:
        """Penalties, held parameters, clipping, as in the engines."""
        gradient.add_(self.l2 * place).add_(self.l1 * place.sign())
        if self.moving is not None:
            gradient.mul_(self.moving)
        if self.clip > 0:
            norm = torch.linalg.vector_norm(gradient)
            gradient.mul_((self.clip / (norm + 1e-6)).clamp_(max=1))
