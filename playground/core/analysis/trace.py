"""One point traced: its forward pass, its loss, every gradient, and a second opinion on each.

All of it in float64 on plain modules, apart from the engine. Gradients are autograd's; beside
each stands a central difference (L(w + h) − L(w − h)) / 2h for every number that is shown,
computed from really changed weights and values. Of wide layers a sample is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from playground.core.losses import Loss

MOST_SHOWN = 6
MOST_OTHERS = 12  # of the parameters of a block that is neither linear map nor activation
STEP = 6e-6  # near the cube root of float64's precision, where the error of the difference is least
NOISE = 1e-10  # error of a difference by rounding alone, for losses up to 1
AGREE = 1e-4  # a relative difference that a curved loss may leave


@dataclass(frozen=True, eq=False)
class Traced:
    """A tensor of the pass, as far as it is shown.

    Attributes:
        name: "x", "W", "b", "z", "a", "in", "out", or a parameter's own name.
        rows, cols: which units are shown; `cols` is None for a vector.
        values: (rows,) or (rows, cols).
        gradient: of the loss, same shape.
        differences: the same by central differences.
        rounding: what rounding alone may put between the two.
    """

    name: str
    rows: list[int]
    cols: list[int] | None
    values: Tensor
    gradient: Tensor
    differences: Tensor
    rounding: float

    @property
    def relative(self) -> float | None:
        """max |gradient − difference| / max(|gradient|, |difference|).

        None where both are zero up to rounding.
        """
        largest = self._largest
        return self._apart / largest if largest > self.rounding else None

    @property
    def agrees(self) -> bool:
        """Whether gradient and differences are the same, as far as this can be told."""
        return self._apart <= AGREE * self._largest + self.rounding

    @property
    def _largest(self) -> float:
        return max(self.gradient.abs().max().item(), self.differences.abs().max().item())

    @property
    def _apart(self) -> float:
        return (self.gradient - self.differences).abs().max().item()


@dataclass(frozen=True, eq=False)
class Step:
    """One module of the network: a linear map, an activation, or something else.

    Attributes:
        block: index of its block among the run's, the input being 0.
        kind: "input", "linear", "activation" or "other".
        units: length of its output.
        tensors: what is shown of it, in reading order.
    """

    block: int
    kind: str
    units: int
    tensors: list[Traced] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything about one point: steps from the input on, output, target, loss."""

    steps: list[Step]
    output: Tensor
    target: Tensor
    loss: float


def sample(count: int, most: int = MOST_SHOWN) -> list[int]:
    """All of a few, or an even sample of many, with both ends."""
    if count <= most:
        return list(range(count))
    return [round(i * (count - 1) / (most - 1)) for i in range(most)]


def trace(
    blocks: Sequence[nn.Module], activations: Sequence[bool], loss: Loss, x: Tensor, target: Tensor
) -> Trace:
    """Traces one point.

    Args:
        blocks: a sequence of modules for every block but the input, float64, in evaluation mode.
        activations: for each block, whether its last module is an activation.
        loss: the loss of the output.
        x: (features,), float64.
        target: encoded, (output units,).
    """
    with torch.inference_mode(False), torch.enable_grad():
        return _Tracer(blocks, activations, loss, x.clone(), target.clone()).trace()


class _Tracer:
    def __init__(
        self,
        blocks: Sequence[nn.Module],
        activations: Sequence[bool],
        loss: Loss,
        x: Tensor,
        target: Tensor,
    ) -> None:
        self._loss = loss
        self._target = target
        self._modules: list[tuple[int, str, nn.Module]] = []
        for index, (block, bends) in enumerate(zip(blocks, activations, strict=True), 1):
            children = list(block.children())
            for place, module in enumerate(children):
                if isinstance(module, nn.Identity):
                    continue
                last = place == len(children) - 1
                kind = "other"
                if isinstance(module, nn.Linear):
                    kind = "linear"
                elif bends and last and not any(isinstance(m, nn.Linear) for m in module.modules()):
                    kind = "activation"
                self._modules.append((index, kind, module))
        # values[k] is in front of module k, values[-1] the output; (1, units) each
        self._values = [x.unsqueeze(0).requires_grad_()]
        for _, _, module in self._modules:
            self._values.append(module(self._values[-1]))

    def trace(self) -> Trace:
        loss = self._loss.value(self._values[-1], self._target.unsqueeze(0), 1)
        owned = [p for _, _, module in self._modules for p in module.parameters()]
        asked = [*self._values, *owned]
        self._rounding = NOISE * max(1.0, abs(loss.item()))
        # A value that passes through unchanged is one tensor under two names.
        found = torch.autograd.grad(loss, asked, allow_unused=True)
        self._gradients = {
            id(tensor): torch.zeros_like(tensor) if gradient is None else gradient
            for tensor, gradient in zip(asked, found, strict=True)
        }
        with torch.no_grad():
            steps = [Step(0, "input", self._values[0].shape[1], [self._vector("x", 0)])]
            for place, (block, kind, module) in enumerate(self._modules):
                units = self._values[place + 1].shape[1]
                steps.append(Step(block, kind, units, self._tensors(place, kind, module)))
        output = self._values[-1].detach()[0]
        return Trace(steps, output, self._target, loss.item())

    def _tensors(self, place: int, kind: str, module: nn.Module) -> list[Traced]:
        if kind == "linear":
            assert isinstance(module, nn.Linear)
            found = [self._weight(place, module)]
            # A bias that is switched off may be there all the same, held at 0.
            if module.bias is not None:
                found.append(self._bias(place, module))
            return [*found, self._vector("z", place + 1)]
        if kind == "activation":
            return [*self._parameters(module), self._vector("a", place + 1)]
        return [*self._parameters(module), self._vector("out", place + 1)]

    def _traced(
        self, name: str, rows: list[int], cols: list[int] | None, *tensors: Tensor
    ) -> Traced:
        values, gradient, differences = tensors
        return Traced(name, rows, cols, values, gradient, differences, self._rounding)

    # ---- losses of changed networks

    def _rest(self, values: Tensor, place: int) -> Tensor:
        """Loss of each row of values (n, units) in front of module `place`."""
        for _, _, module in self._modules[place:]:
            values = module(values)
        target = self._target.unsqueeze(0)
        return torch.func.vmap(lambda row: self._loss.value(row.unsqueeze(0), target, 1))(values)

    def _vector(self, name: str, place: int) -> Traced:
        """The values in front of module `place`."""
        values = self._values[place].detach()
        rows = sample(values.shape[1])
        h = _steps(values[0, rows])
        changed = values.repeat(2 * len(rows), 1)
        for k, row in enumerate(rows):
            changed[2 * k, row] += h[k]
            changed[2 * k + 1, row] -= h[k]
        gradient = self._gradients[id(self._values[place])][0, rows]
        differences = _central(self._rest(changed, place), h)
        return self._traced(name, rows, None, values[0, rows], gradient, differences)

    def _weight(self, place: int, module: nn.Linear) -> Traced:
        weight, before = module.weight.detach(), self._values[place].detach()[0]
        after = self._values[place + 1].detach()[0]
        rows, cols = sample(weight.shape[0]), sample(weight.shape[1])
        shown = weight[rows][:, cols]
        h = _steps(shown)
        count = shown.numel()
        # Every number that is shown once up and once down, each in a copy of its row of W.
        row = torch.tensor(rows).repeat_interleave(2 * len(cols))
        col = torch.tensor(cols).repeat_interleave(2).repeat(len(rows))
        every = torch.arange(2 * count)
        lines = weight[row]
        lines[every, col] += h.flatten().repeat_interleave(2) * torch.tensor([1.0, -1.0]).repeat(
            count
        )
        changed = after.repeat(2 * count, 1)
        bias = 0.0 if module.bias is None else module.bias.detach()[row]
        changed[every, row] = lines @ before + bias
        differences = _central(self._rest(changed, place + 1), h.flatten()).view_as(shown)
        gradient = self._gradients[id(module.weight)][rows][:, cols]
        return self._traced("W", rows, cols, shown, gradient, differences)

    def _bias(self, place: int, module: nn.Linear) -> Traced:
        rows = sample(len(module.bias))
        bias = module.bias.detach()[rows]
        h = _steps(bias)
        line = module.weight.detach()[rows] @ self._values[place].detach()[0]
        changed = self._values[place + 1].detach().repeat(2 * len(rows), 1)
        for k, row in enumerate(rows):
            changed[2 * k, row] = line[k] + (bias[k] + h[k])
            changed[2 * k + 1, row] = line[k] + (bias[k] - h[k])
        differences = _central(self._rest(changed, place + 1), h)
        gradient = self._gradients[id(module.bias)][rows]
        return self._traced("b", rows, None, bias, gradient, differences)

    def _parameters(self, module: nn.Module) -> list[Traced]:
        """The parameters of any other module, each number changed in place and put back."""
        found = []
        for name, parameter in module.named_parameters():
            flat = parameter.detach().view(-1)
            rows = sample(len(flat), MOST_OTHERS)
            values = flat[rows].clone()
            h = _steps(values)
            losses = []
            for k, row in enumerate(rows):
                for sign in (1, -1):
                    flat[row] = values[k] + sign * h[k]
                    losses.append(self._rest(self._values[0].detach(), 0)[0])
                flat[row] = values[k]
            gradient = self._gradients[id(parameter)].reshape(-1)[rows]
            differences = _central(torch.stack(losses), h)
            found.append(self._traced(name, rows, None, values, gradient, differences))
        return found


def _steps(values: Tensor) -> Tensor:
    return STEP * values.abs().clamp(min=1)


def _central(losses: Tensor, h: Tensor) -> Tensor:
    """From losses at +h and −h, in turns, to differences."""
    up, down = losses[0::2], losses[1::2]
    return (up - down) / (2 * h)
