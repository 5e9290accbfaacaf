"""What the tests of the blocks' modules share: filling them, and gradients by differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

STEP = 1e-6
AnyModule = TypeVar("AnyModule", bound=nn.Module)


def drawn(*shape: int, seed: int = 3) -> Tensor:
    """Normal numbers in float64."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def filled(module: AnyModule, seed: int = 5) -> AnyModule:
    """The module in float64, all that it learns drawn at random."""
    generator = torch.Generator().manual_seed(seed)
    module = module.double()
    with torch.no_grad():
        for part in module.parameters():
            part.copy_(0.5 * torch.randn(part.shape, generator=generator, dtype=torch.float64))
    return module


def copied(source: nn.Module, target: nn.Module, names: dict[str, str]) -> None:
    """Gives the target's parameters, by their names, those of the source."""
    ours = dict(source.named_parameters())
    theirs = dict(target.named_parameters())
    assert set(names) == set(ours)
    assert set(names.values()) == set(theirs)
    with torch.no_grad():
        for mine, other in names.items():
            theirs[other].copy_(ours[mine])


def assert_gradients(
    module: nn.Module, values: Tensor, forward: Callable[[Tensor], Tensor] | None = None
) -> None:
    """Autograd's gradients of all that is learned, and of the inputs where they are numbers,
    against central differences; at 20 places of each tensor at most.
    """
    run = forward or module
    numbers = values.is_floating_point()
    values = values.clone().requires_grad_(numbers)
    weights = drawn(*run(values).shape, seed=11)

    def loss() -> Tensor:
        return (run(values) * weights).sum()

    parts = [*module.parameters(), *((values,) if numbers else ())]
    found = torch.autograd.grad(loss(), parts)
    for part, gradient in zip(parts, found, strict=True):
        flat = part.detach().view(-1)
        for place in range(0, flat.numel(), max(1, flat.numel() // 20)):
            before = flat[place].item()
            with torch.no_grad():
                flat[place] = before + STEP
                above = loss()
                flat[place] = before - STEP
                below = loss()
                flat[place] = before
            slope = (above - below) / (2 * STEP)
            torch.testing.assert_close(gradient.reshape(-1)[place], slope, rtol=1e-5, atol=1e-6)


def both_ways(module: nn.Module, values: Tensor) -> Tensor:
    """What a module gives while training; outside training, where it can be differentiated twice,
    it must give the same."""
    trained = module.train()(values)
    with torch.no_grad():
        quick = module.eval()(values)
    torch.testing.assert_close(quick, trained)
    with torch.enable_grad():
        torch.testing.assert_close(module(values), trained)
    return trained
