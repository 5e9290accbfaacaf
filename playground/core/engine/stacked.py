"""K networks of any blocks in calls that all of them share: vmap over stacked parameters.

What `autograd.py` is to `dense.py`, this is to `dense_many.py`. The losses of all networks are
added up before gradients are taken: no network's loss depends on another's numbers, so the
gradient with respect to the stack holds each network's own.

Not for networks that draw at random or keep running means while they train, for sequences of
which some places ask for an answer, or for recurrent blocks, which vmap would take apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor
from torch.func import functional_call

from playground.core.engine.base import Free, Problem
from playground.core.engine.many import Layout, Many, alike, apart, put
from playground.core.experiment import Experiment
from playground.core.layers import Freezable
from playground.core.network import build, flops, linear_maps, penalised, penalty_rates

# Additions and multiplications of a minibatch from which on convolutions of many networks are
# slower together than one after the other
MOST_CONVOLUTION = 5e6
ROOM = 2**26  # bytes that the values of a pass outside training may take at a time


def can_stack(problem: Problem) -> bool:
    """Whether networks like this one are carried together, and gain by it."""
    experiment, blocks = problem.experiment, problem.blocks
    kinds = {block.layer.family for block in blocks if block.layer is not None}
    if not experiment.optimizer.flat or problem.pairing is not None or experiment.training.mixed:
        return False
    if "recurrent" in kinds:
        return False
    batch = min(experiment.training.batch_size, max(len(problem.inputs), 1))
    if "convolution" in kinds and flops(tuple(blocks)) * batch > MOST_CONVOLUTION:
        return False
    modules = build(experiment, tuple(blocks), torch.Generator())
    draws = any(
        hasattr(part, "generator") and getattr(part, "rate", 1) != 0 for part in modules.modules()
    )
    return not draws and not any(True for _ in modules.buffers()) and _is_seen_through(problem)


def _is_seen_through(problem: Problem) -> bool:
    """Whether vmap can follow the network: two of them are tried."""
    try:
        Stacked([problem, problem], [None, None]).attempt()
    except (RuntimeError, NotImplementedError, ValueError):
        return False
    return True


class Stacked(Many):
    """See the module.

    Args:
        problems: one for each network, alike in what `common` tells.
        free: which weights and biases of each network may move, see `Engine.hold`.
    """

    name = "stacked"

    @torch.no_grad()
    def __init__(self, problems: Sequence[Problem], free: Sequence[Free | None]) -> None:
        super().__init__(problems)
        first = problems[0]
        self._loss, self._problems = first.loss, list(problems)
        self._frozen = _frozen(first.experiment)
        self._blocks = build(first.experiment, tuple(first.blocks), torch.Generator())
        self._blocks.to(self._device, self._dtype).train()
        named = dict(self._blocks.named_parameters())
        self._names = list(named)
        place = {id(part): index for index, part in enumerate(named.values())}
        linears = linear_maps(self._blocks)
        self._linears = [(place[id(one.weight)], place[id(one.bias)]) for one in linears]
        in_maps = {index for pair in self._linears for index in pair}
        gains = [index for index in range(len(named)) if index not in in_maps]
        self._penalised = [(at, place[id(part)]) for at, part in penalised(self._blocks)]
        shapes = [tuple(part.shape) for part in named.values()]
        order = [index for pair in self._linears for index in pair] + gains
        layout = Layout(self.count, shapes, order)
        start = torch.zeros(layout.total, dtype=torch.float64)
        for problem, places in zip(problems, layout.learned, strict=True):
            maps = [part.flatten() for pair in problem.parameters for part in pair]
            rest = [problem.extras[self._names[index]].flatten() for index in gains]
            start[places] = torch.cat([*maps, *rest]).double()
        layout.to(self._device)
        self._steps = 0
        self._begin(layout, start.to(self._device, self._dtype), problems)
        self._stack = layout.parts(self._flat)
        self._into = layout.parts(self._gradient)
        self._hold(self._freedom(free))

    def _weights_mask(self) -> Tensor:
        mask = torch.zeros_like(self._flat)
        views = self._layout.parts(mask)
        for weight, _ in self._linears:
            views[weight].fill_(1)
        return mask

    def _rates(self, problems: Sequence[Problem], which: int, linear: bool = False) -> Tensor:
        table = torch.zeros(len(problems), len(self._names), dtype=torch.float64)
        weights = {weight for weight, _ in self._linears}
        for row, one in zip(table, problems, strict=True):
            rates = penalty_rates(one.experiment, one.blocks, [at for at, _ in self._penalised])
            for (_, index), pair in zip(self._penalised, rates, strict=True):
                if index in weights or not linear:
                    row[index] = pair[which]
        return table

    def _freedom(self, free: Sequence[Free | None]) -> Tensor | None:
        frozen = [name for name in self._names if self._frozen[int(name.split(".", 1)[0])]]
        if all(one is None for one in free) and not frozen:
            return None
        mask = torch.ones_like(self._flat)
        views = dict(zip(self._names, self._layout.parts(mask), strict=True))
        for index, one in enumerate(free):
            for (weight, bias), pair in zip(self._linears, one or (), strict=False):
                views[self._names[weight]][index] = pair[0].to(mask)
                views[self._names[bias]][index] = pair[1].to(mask)
        for name in frozen:
            views[name].zero_()
        return mask

    # ---- training

    def _exchanged(self) -> None:
        pass

    def load(self, orders: Tensor) -> None:
        super().load(orders)
        for index, problem in enumerate(self._problems):
            if problem.augmentation is not None:
                changed = problem.augmentation(self._epoch_inputs[index], problem.generator)
                self._epoch_inputs[index] = changed

    def train(self, slices: Sequence[tuple[int, int]]) -> None:
        for start, stop in slices:
            self._step(self._epoch_inputs[:, start:stop], self._epoch_targets[:, start:stop])
        self._steps += len(slices)

    def _step(self, inputs: Tensor, targets: Tensor) -> None:
        with torch.enable_grad():
            leaves = [part.detach().requires_grad_() for part in self._stack]
            losses = torch.vmap(self._objective)(leaves, inputs, targets)
            gradients = torch.autograd.grad(losses.sum(), leaves, materialize_grads=True)
        with torch.inference_mode():
            for into, gradient in zip(self._into, gradients, strict=True):
                into.copy_(gradient)
            self._update.step(1.0)

    def _objective(self, parts: Sequence[Tensor], inputs: Tensor, targets: Tensor) -> Tensor:
        """The mean loss of one network on a minibatch."""
        return self._loss.value(self._through(parts, inputs)[0], targets, 1)

    def _through(self, parts: Sequence[Tensor], values: Tensor) -> tuple[Tensor, Tensor]:
        """What one network makes of (points, *shape), and whether all on the way is finite."""
        fine: list[Tensor] = []
        named = dict(zip(self._names, parts, strict=True))
        for index, block in enumerate(self._blocks):
            front = f"{index}."
            own = {
                name[len(front) :]: part for name, part in named.items() if name.startswith(front)
            }
            values = functional_call(block, own, (values,))
            fine.append(torch.isfinite(values.detach().sum()))
        return values, torch.stack(fine).all()

    def attempt(self) -> None:
        """One step on two points."""
        self.load(torch.zeros(self.count, 2, dtype=torch.long))
        self.train([(0, 2)])
        self.outputs(self.prepare(self._problems[0].inputs[:2]))

    # ---- answers

    def outputs(self, prepared: Tensor) -> tuple[Tensor, Tensor]:
        widest = max(block.units for block in self._problems[0].blocks)
        each = self._flat.element_size() * max(widest, prepared[0, 0].numel())
        group = max(1, min(self.count, ROOM // max(each * prepared.shape[1], 1)))
        found, fine = [], []
        with torch.no_grad():
            for start in range(0, self.count, group):
                part = slice(start, start + group)
                stack = [one[part] for one in self._stack]
                values, well = torch.vmap(self._through)(stack, prepared[part])
                found.append(values.movedim(1, -1))
                fine.append(well)
        return torch.cat(found), torch.cat(fine)

    # ---- state

    def states(self, places: Sequence[int], kept: bool = False) -> list[dict[str, Tensor]]:
        """As `AutogradEngine.load_state` takes them."""
        chosen = list(places)
        views = self._views(kept)
        for as_torch in self._uncounted(kept):
            steps = torch.full((self.count,), float(self._steps))
            views |= {f"optimizer.{i}.{as_torch}": steps for i in range(len(self._names))}
        return apart(
            {
                name: (view if view.ndim else view.expand(self.count))[chosen]
                for name, view in views.items()
            }
        )

    def _write(self, places: list[int], given: dict[str, Tensor], kept: bool) -> None:
        for name, view in self._views(kept).items():
            put(view, places, given[name])
        for as_torch in () if kept else self._uncounted(kept):
            self._steps = int(given[f"optimizer.0.{as_torch}"][0])

    def _views(self, kept: bool) -> dict[str, Tensor]:
        """What the networks hold by the names of `AutogradEngine.state`, (K, *shape) each; of a
        number that all share ()."""
        parts = self._parts(kept)
        shaped = self._layout.parts(parts["parameters"])
        found = {f"parameter.{i}": view for i, view in enumerate(shaped)}
        alive = self._layout.parts(parts["alive"])
        for number, (weight, _) in enumerate(self._linears):
            found[f"alive.{number}"] = alive[weight]
        for name, as_torch in self._remembered.items():
            memory = parts.get(f"optimizer.{name}")
            if memory is None:
                continue
            whole = self._is_whole(memory)
            each = self._layout.parts(memory) if whole else [memory] * len(shaped)
            found |= {f"optimizer.{i}.{as_torch}": view for i, view in enumerate(each)}
        return found

    def _uncounted(self, kept: bool) -> list[str]:
        """What a rule does not count itself, and torch's optimizer counts all the same."""
        parts = self._parts(kept)
        pairs = self._remembered.items()
        return [as_torch for name, as_torch in pairs if f"optimizer.{name}" not in parts]

    @property
    def _remembered(self) -> Mapping[str, str]:
        return self._problems[0].experiment.optimizer.remembered


def _frozen(experiment: Experiment) -> list[bool]:
    """Of every block but the input whether it is frozen."""
    return [isinstance(one, Freezable) and one.frozen for one in experiment.layers] + [False]


def common(problem: Problem) -> tuple[object, ...]:
    """What networks must have in common to share calls."""
    experiment = problem.experiment
    layers = "".join(layer.model_dump_json(exclude={"l1", "l2"}) for layer in experiment.layers)
    return (layers, experiment.output_activation, *alike(problem))
