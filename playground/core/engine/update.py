"""What follows a gradient: penalties, clipping, the optimizer's rule, weights that are held.

Everything is a call or two on flat vectors. They hold one network's numbers, or those of many
side by side: what differs from network to network then comes as a vector of the same length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from playground.core.engine.sticky import settle
from playground.core.optimizers import FlatRule, OptimizerBase


@dataclass(frozen=True)
class Penalties:
    """What penalties ask of a flat vector, each of its length; None where there is none.

    Attributes:
        l1, l2: rates that act through the gradient.
        sticky: rates of sticky L1, 0 where it does not act; not None where it is on, with a rate
            above 0 or not: the dead stay dead.
        clip: scales a gradient down in place, as `clip_grad_norm_` does.
    """

    l1: Tensor | None = None
    l2: Tensor | None = None
    sticky: Tensor | None = None
    clip: Callable[[Tensor], object] | None = None


class Update:
    """Moves flat parameters by their gradient.

    Args:
        settings: of the optimizer; `rate` stands in for its learning rate.
        flat: the parameters; written to.
        gradient: filled before each step, summed over points; overwritten.
        weights: 1 where there is a weight and 0 where a bias, which sticky L1 leaves alone.

    Attributes:
        alive: 0 where sticky L1 has let a weight die, else 1.
        step: takes 1 / points; the fewest calls that the present settings need.
        version: grows when a step becomes another one, or moves other tensors. Learning rates
            that are given as tensors, one after the other, leave it as it is.
    """

    def __init__(
        self, settings: OptimizerBase, flat: Tensor, gradient: Tensor, weights: Tensor
    ) -> None:
        self._settings = settings
        self._flat, self._gradient, self._weights = flat, gradient, weights
        self._biases = weights == 0
        self.version = 0
        self._kind: object = None
        self._pull: Tensor | None = None
        self.alive = torch.ones_like(flat)
        self._rate: float | Tensor = settings.learning_rate
        self._rule: FlatRule = settings.make_flat(flat, gradient)
        self._penalties = Penalties()
        self._free: Tensor | None = None
        self._held = self._kept = flat[:0]
        self.step: Callable[[float], object] = self._rule.step

    @property
    def memory(self) -> dict[str, Tensor]:
        """What the optimizer remembers, by name; the tensors themselves."""
        return self._rule.state

    @property
    def all_move(self) -> bool:
        """Whether no number is held, and none is dead."""
        return self._free is None and bool(self.alive.all())

    def configure(
        self, settings: OptimizerBase, rate: float | Tensor, penalties: Penalties
    ) -> None:
        """Takes over settings of an optimizer of the same kind.

        Args:
            rate: the learning rate, one for all or (flat,) one for each number.
        """
        self._settings, self._penalties = settings, penalties
        self._pull = None
        self.version += 1
        self.pace(rate)

    @torch.inference_mode()
    def pace(self, rate: float | Tensor) -> None:
        """Steps by this rate from now on, see `configure`."""
        before = self._rule
        if isinstance(rate, Tensor):
            if isinstance(before, _EachItsRate):
                before.rates.copy_(rate)
            else:
                self._rule = _EachItsRate(self._settings, self._flat, self._gradient, rate)
        elif isinstance(before, _EachItsRate):
            self._rule = self._settings.make_flat(self._flat, self._gradient)
        if self._rule is not before:
            self.version += 1
            self._pull = None
            for name, value in self._rule.state.items():
                value.copy_(before.state[name])
        single = {} if isinstance(rate, Tensor) else {"learning_rate": rate}
        self._rule.configure(self._settings.model_copy(update=single))
        self._rate = rate
        self.choose()  # a rule may step by another function from now on

    def hold(self, free: Tensor | None) -> None:
        """Holds numbers where they are: those at which `free` is 0; None frees all."""
        self._free = free
        self._held = self._flat[:0]
        self.version += 1
        self.keep()
        self.choose()

    @torch.inference_mode()
    def keep(self) -> None:
        """Remembers where what is held stands, after somebody else has written to it."""
        if self._free is None:
            return
        if len(self._held):
            torch.index_select(self._flat, 0, self._held, out=self._kept)
        else:
            self._held = (self._free == 0).nonzero().flatten()
            self._kept = self._flat[self._held]

    @torch.inference_mode()
    def choose(self) -> None:
        """Picks what a step needs, so that a plain one pays for nothing else."""
        asked, held = self._penalties, self._free is not None
        if asked.sticky is not None and (bool(asked.sticky.any()) or not self.alive.all()):
            pull = self._rate * asked.sticky
            self._pull = pull if self._pull is None else self._pull.copy_(pull)
            inner = self._sticky
        elif asked.l1 is not None or asked.l2 is not None or asked.clip is not None or held:
            inner = self._penalised
        else:
            inner = self._rule.step
        self.step = partial(self._put_back, inner) if held else inner
        # A rule that steps by other numbers than before has been configured for them.
        kind = inner.__name__, held
        self.version += kind != self._kind
        self._kind = kind

    def _put_back(self, update: Callable[[float], object], scale: float) -> None:
        update(scale)
        self._flat.index_copy_(0, self._held, self._kept)

    def _penalised(self, scale: float) -> None:
        asked, gradient = self._penalties, self._gradient.mul_(scale)
        if asked.l2 is not None:
            gradient.addcmul_(self._flat, asked.l2)
        if asked.l1 is not None:
            gradient.addcmul_(self._flat.sign(), asked.l1)
        if self._free is not None:
            gradient.mul_(self._free)
        if asked.clip is not None:
            asked.clip(gradient)
        self._rule.step(1.0)

    def _sticky(self, scale: float) -> None:
        assert self._pull is not None
        before = self._flat * self._weights
        self._gradient.mul_(self.alive)
        self._penalised(scale)
        moved = self._flat.clone()
        settle(before, self._flat, self.alive, self._pull)
        torch.where(self._biases, moved, self._flat, out=self._flat)
        self.alive.masked_fill_(self._biases, 1)


class _EachItsRate:
    """A rule under which every number moves by a learning rate of its own.

    Every flat rule's step is its learning rate times something that the rate has no part in, but
    for a weight decay beside it. So the rule moves zeros with a rate of 1, and what became of
    them is taken times the rates.
    """

    def __init__(
        self, settings: OptimizerBase, flat: Tensor, gradient: Tensor, rates: Tensor
    ) -> None:
        self._flat, self._moves = flat, torch.zeros_like(flat)
        self.rates = rates.clone()
        self._shrinks = torch.empty_like(flat)
        self._rule = _alone(settings).make_flat(self._moves, gradient)
        self.state = self._rule.state
        self.configure(settings)

    def configure(self, settings: Any) -> None:
        self._rule.configure(_alone(settings))
        decay = getattr(settings, "weight_decay", 0.0)
        self._shrink = torch.mul(self.rates, -decay, out=self._shrinks).add_(1) if decay else None

    def step(self, scale: float) -> None:
        self._moves.zero_()
        self._rule.step(scale)
        if self._shrink is not None:
            self._flat.mul_(self._shrink)
        self._flat.addcmul_(self._moves, self.rates)


def _alone(settings: OptimizerBase) -> OptimizerBase:
    """The rule with a rate of 1 and without decay."""
    decay = {"weight_decay": 0.0} if hasattr(settings, "weight_decay") else {}
    return settings.model_copy(update={"learning_rate": 1.0, **decay})


def clip_to(limit: float, gradient: Tensor) -> None:
    """As torch.nn.utils.clip_grad_norm_."""
    norm = torch.linalg.vector_norm(gradient)
    gradient.mul_((limit / (norm + 1e-6)).clamp_(max=1))
