"""One contract over every registered optimizer: the flat rule against the one of torch.optim."""

from typing import Any

import pytest
import torch
from torch import Tensor

from playground.core.optimizers import OPTIMIZERS, OptimizerBase

STEPS = 30
SIZE = 17

# Settings away from their defaults, and what they become in the middle of a run.
VARIANTS: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {
    "sgd": [
        ({}, {"learning_rate": 0.2}),
        ({"momentum": 0.9}, {"momentum": 0.5}),
        ({"momentum": 0.8, "nesterov": True}, {"momentum": 0.8, "nesterov": False}),
        ({}, {"momentum": 0.7, "nesterov": True}),
        ({"momentum": 0.9}, {"momentum": 0.0}),
        ({"nesterov": True}, {"nesterov": True, "momentum": 0.3}),
    ],
    "rmsprop": [({}, {"decay": 0.5}), ({"decay": 0.0}, {"decay": 0.9, "learning_rate": 0.1})],
    "adagrad": [({}, {"learning_rate": 1.0})],
    "adam": [
        ({}, {"learning_rate": 0.3}),
        ({"beta1": 0.0, "beta2": 0.9}, {"beta1": 0.5, "beta2": 0.0}),
    ],
    "adamw": [
        ({}, {"weight_decay": 0.0}),
        ({"weight_decay": 0.5, "beta1": 0.3}, {"learning_rate": 0.1, "weight_decay": 2.0}),
    ],
}


def settings(name: str, changes: dict[str, Any]) -> OptimizerBase:
    return OPTIMIZERS[name](**changes)


def start(seed: int = 0) -> tuple[Tensor, list[Tensor]]:
    """First parameters, and one gradient a step: large and tiny ones, one coordinate never any."""
    generator = torch.Generator().manual_seed(seed)
    parameters = torch.randn(SIZE, dtype=torch.float64, generator=generator)
    scale = 10.0 ** torch.linspace(-6, 3, SIZE, dtype=torch.float64)
    scale[3] = 0
    gradients = [
        scale * torch.randn(SIZE, dtype=torch.float64, generator=generator) for _ in range(STEPS)
    ]
    return parameters, gradients


def test_every_optimizer_has_variants():
    assert set(VARIANTS) == set(OPTIMIZERS)


@pytest.mark.parametrize("scale", [1.0, 0.1])
@pytest.mark.parametrize(
    ("name", "before", "after"),
    [(name, *pair) for name, pairs in VARIANTS.items() for pair in [({}, {}), *pairs]],
)
def test_the_flat_rule_walks_as_torch_optim(name, before, after, scale):
    """Thirty steps with a change of settings after the fifteenth."""
    first, gradients = start()
    flat, gradient = first.clone(), torch.zeros_like(first)
    rule = settings(name, before).make_flat(flat, gradient)
    theirs = first.clone().requires_grad_()
    optimizer = settings(name, before).make_torch([theirs])
    for step, values in enumerate(gradients):
        if step == STEPS // 2:
            rule.configure(settings(name, after))
            for group in optimizer.param_groups:
                group.update(settings(name, after).torch_options())
        gradient.copy_(values / scale)  # the rule multiplies the sum over points by 1 / points
        rule.step(scale)
        theirs.grad = values.clone()
        optimizer.step()
        torch.testing.assert_close(flat, theirs.detach(), rtol=1e-12, atol=1e-12)
    assert not torch.equal(flat, first)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_the_flat_rule_in_float32(name):
    first, gradients = start(1)
    flat, gradient = first.float(), torch.zeros(SIZE)
    rule = settings(name, {}).make_flat(flat, gradient)
    theirs = first.float().requires_grad_()
    optimizer = settings(name, {}).make_torch([theirs])
    for values in gradients:
        gradient.copy_(values)
        rule.step(1.0)
        theirs.grad = values.float()
        optimizer.step()
    torch.testing.assert_close(flat, theirs.detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_the_state_is_all_that_a_rule_remembers(name):
    """A new rule with the state of the old one takes the same next steps, bit for bit."""
    changes = VARIANTS[name][-1][1]
    first, gradients = start(2)
    flat, gradient = first.clone(), torch.zeros_like(first)
    rule = settings(name, changes).make_flat(flat, gradient)
    for values in gradients[:10]:
        gradient.copy_(values)
        rule.step(0.5)
    copy, copy_gradient = flat.clone(), torch.zeros_like(first)
    other = settings(name, changes).make_flat(copy, copy_gradient)
    assert other.state.keys() == rule.state.keys()
    for key, value in rule.state.items():
        other.state[key].copy_(value)
    for values in gradients[10:]:
        for target, one in ((gradient, rule), (copy_gradient, other)):
            target.copy_(values)
            one.step(0.5)
    assert torch.equal(flat, copy)


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_the_rate_is_the_declared_one(name):
    """The length of one step grows with the learning rate, nothing else being said."""
    gradient = torch.ones(3, dtype=torch.float64)
    lengths = []
    for rate in (0.001, 0.002):
        flat = torch.zeros(3, dtype=torch.float64)
        settings(name, {"learning_rate": rate}).make_flat(flat, gradient.clone()).step(1.0)
        lengths.append(flat.norm().item())
    assert lengths[1] == pytest.approx(2 * lengths[0], rel=1e-12)
