"""A training loop written by hand, which the engines are held against."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from playground.core.losses import LOSSES, encode_targets
from playground.core.run import Run
from tests.core.helpers import flat, independent_model


class Hand:
    """A training loop as anybody would write it: nn.Sequential, autograd, torch.optim.

    It starts from copies of a run's weights and follows the run's order of points, and shares
    nothing else with the engines.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._model = independent_model(run)
        self._inputs = torch.from_numpy(run.data.inputs_train)
        targets = torch.from_numpy(run.data.targets_train)
        loss = LOSSES[run.experiment.loss].under(run.experiment.loss_settings)
        classes = len(run.schema.class_names)
        self._targets = encode_targets(targets, run.schema.task, classes, loss)
        self._loss = loss
        self._optimizer = self._make_optimizer()
        settings = run.experiment.training
        self._generator = torch.Generator()
        self._generator.set_state(run.generators["order"].get_state())
        whole = run.experiment.optimizer.full_batch
        self._size = len(self._inputs) if whole else settings.batch_size
        self.batches: list[Tensor] = []
        self._order = run.batches.indices.clone()

    def _make_optimizer(self) -> torch.optim.Optimizer:
        options: dict[str, Any] = self._run.experiment.optimizer.model_dump()
        name, rate = options.pop("name"), options.pop("learning_rate")
        parameters = self._model.parameters()
        if name == "sgd":
            return torch.optim.SGD(parameters, rate, options["momentum"], nesterov=False)
        if name == "rmsprop":
            return torch.optim.RMSprop(parameters, rate, alpha=options["decay"])
        if name == "adagrad":
            return torch.optim.Adagrad(parameters, rate)
        if name == "adadelta":
            return torch.optim.Adadelta(parameters, rate, options["decay"])
        if name == "gd":
            return torch.optim.SGD(parameters, rate)
        if name == "lbfgs":
            search = "strong_wolfe"
            return torch.optim.LBFGS(parameters, rate, 1, 25, 1e-7, 1e-9, 10, search)
        if name in ("lion", "muon", "sam"):
            # Not torch's: held against their papers in a test of their own
            return self._run.experiment.optimizer.make_torch(parameters)
        betas = (options["beta1"], options["beta2"])
        kinds = {"adam": torch.optim.Adam, "nadam": torch.optim.NAdam, "radam": torch.optim.RAdam}
        if name in kinds:
            return kinds[name](parameters, rate, betas)
        return torch.optim.AdamW(parameters, rate, betas, weight_decay=options["weight_decay"])

    def epoch(self) -> None:
        rule = self._run.experiment.training.last_batch
        count = len(self._inputs)
        carried = len(self._order) - count
        stops = range(carried + self._size, len(self._order) + 1, self._size)
        start = 0
        for stop in stops:
            self._step(self._order[start:stop])
            start = stop
        left = self._order[start:]
        if rule == "smaller" and len(left):
            self._step(left)
        fresh = torch.arange(count)
        if self._run.experiment.training.order == "shuffled":
            fresh = torch.randperm(count, generator=self._generator)
        self._order = torch.cat((left, fresh)) if rule == "carried" else fresh

    def _step(self, batch: Tensor) -> None:
        self.batches.append(batch)
        settings = self._run.experiment.regularization

        def closure() -> Tensor:
            self._optimizer.zero_grad()
            objective = self._loss.value(self._model(self._inputs[batch]), self._targets[batch], 1)
            for module in self._model:
                if isinstance(module, nn.Linear):
                    objective = objective + settings.l1 * module.weight.abs().sum()
                    objective = objective + settings.l2 / 2 * (module.weight**2).sum()
            objective.backward()
            if settings.clip_norm:
                nn.utils.clip_grad_norm_(self._model.parameters(), settings.clip_norm)
            return objective

        self._optimizer.step(closure)  # type: ignore[arg-type]

    def assert_with(self, run: Run, tolerance: float = 1e-11) -> None:
        linears = [part for part in self._model if isinstance(part, nn.Linear)]
        theirs = torch.cat([p.detach().flatten() for one in linears for p in one.parameters()])
        torch.testing.assert_close(flat(run), theirs, rtol=0, atol=tolerance)
