"""One contract over every registered optimizer: the flat rule against the one of torch.optim."""

from typing import Any

import pytest
import torch
from torch import Tensor

from playground.core.optimizers import OPTIMIZERS, OptimizerBase
from playground.core.optimizers.steppers import orthogonalised

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
    "adadelta": [({}, {"decay": 0.5}), ({"decay": 0.0}, {"learning_rate": 0.3})],
    "nadam": [
        ({}, {"learning_rate": 0.3}),
        ({"beta1": 0.0, "beta2": 0.9}, {"beta1": 0.5, "beta2": 0.0}),
    ],
    "radam": [
        ({}, {"learning_rate": 0.3}),
        ({"beta1": 0.0, "beta2": 0.9}, {"beta1": 0.5, "beta2": 0.99}),
        ({"beta2": 0.5}, {"beta2": 0.0}),
    ],
    "lion": [
        ({}, {"learning_rate": 0.1}),
        ({"weight_decay": 0.5, "beta1": 0.3}, {"beta2": 0.5, "weight_decay": 0.0}),
    ],
    "gd": [({}, {"learning_rate": 0.1})],
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


FLAT = [name for name, kind in OPTIMIZERS.items() if kind.flat]


def test_every_flat_rule_has_variants():
    assert set(VARIANTS) == set(FLAT)


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


@pytest.mark.parametrize("name", FLAT)
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


@pytest.mark.parametrize("name", FLAT)
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


@pytest.mark.parametrize("name", FLAT)
def test_the_rate_is_the_declared_one(name):
    """The length of one step grows with the learning rate, nothing else being said."""
    gradient = torch.ones(3, dtype=torch.float64)
    lengths = []
    for rate in (0.001, 0.002):
        flat = torch.zeros(3, dtype=torch.float64)
        settings(name, {"learning_rate": rate}).make_flat(flat, gradient.clone()).step(1.0)
        lengths.append(flat.norm().item())
    # Weight decay of nothing is nothing: the parameters start at zero.
    assert lengths[1] == pytest.approx(2 * lengths[0], rel=1e-12)


# ---- what torch has not got, against the papers -------------------------------------------------


def test_lion_is_the_papers():
    """Chen et al. 2023, algorithm 2, coordinate by coordinate in plain Python."""
    first, gradients = start(3)
    theirs = first.clone().requires_grad_()
    own = settings("lion", {"learning_rate": 0.01, "weight_decay": 0.3})
    optimizer = own.make_torch([theirs])
    values, means = first.tolist(), [0.0] * SIZE
    for gradient in gradients:
        theirs.grad = gradient.clone()
        optimizer.step()
        for i, g in enumerate(gradient.tolist()):
            c = 0.9 * means[i] + 0.1 * g
            sign = (c > 0) - (c < 0)
            values[i] -= 0.01 * (sign + 0.3 * values[i])
            means[i] = 0.99 * means[i] + 0.01 * g
    torch.testing.assert_close(theirs.detach(), torch.tensor(values, dtype=torch.float64))


def matrices(seed: int) -> list[Tensor]:
    """Weights and biases of three linear maps, the last one a head."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [(5, 3), (5,), (4, 5), (4,), (1, 4), (1,)]
    return [torch.randn(shape, dtype=torch.float64, generator=generator) for shape in shapes]


def plain_newton_schulz(matrix: Tensor, *ignored: Any) -> Tensor:
    """Jordan et al. 2024, on the singular values themselves: the iteration is odd in X."""
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    values = values / matrix.norm()
    for _ in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return left @ torch.diag(values) @ right


def test_muon_is_torchs_on_hidden_matrices_and_adamw_elsewhere(monkeypatch):
    """torch's own computes in bfloat16; in its place stands the iteration in double precision."""
    from torch.optim import _muon

    monkeypatch.setattr(_muon, "_zeropower_via_newtonschulz", plain_newton_schulz)
    own, theirs = matrices(0), matrices(0)
    for p in (*own, *theirs):
        p.requires_grad_()
    optimizer = settings("muon", {"learning_rate": 0.05, "weight_decay": 0.1}).make_torch(own)
    hidden = [theirs[0], theirs[2]]
    rest = [theirs[1], *theirs[3:]]
    muon = torch.optim.Muon(
        hidden, lr=0.05, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"
    )
    adamw = torch.optim.AdamW(rest, lr=0.05, weight_decay=0.1)
    for step in range(12):
        for p, other, gradient in zip(own, theirs, matrices(step + 1), strict=True):
            p.grad, other.grad = gradient.clone(), gradient.clone()
        optimizer.step()
        muon.step()
        adamw.step()
        for p, other in zip(own, theirs, strict=True):
            torch.testing.assert_close(p.detach(), other.detach(), rtol=1e-10, atol=1e-10)


def test_muon_without_a_hidden_layer_is_adamw():
    own, theirs = ([p.requires_grad_() for p in matrices(0)[-2:]] for _ in range(2))
    one = settings("muon", {}).make_torch(own)
    other = torch.optim.AdamW(theirs, lr=0.03, weight_decay=0.01)
    for step in range(5):
        for p, q, gradient in zip(own, theirs, matrices(step)[-2:], strict=True):
            p.grad, q.grad = gradient.clone(), gradient.clone()
        one.step()
        other.step()
    for p, q in zip(own, theirs, strict=True):
        torch.testing.assert_close(p.detach(), q.detach(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (1, 3)])
def test_an_orthogonalised_matrix_neglects_no_direction(shape):
    generator = torch.Generator().manual_seed(sum(shape))
    found = orthogonalised(torch.randn(shape, dtype=torch.float64, generator=generator))
    values = torch.linalg.svdvals(found)
    assert values.min() > 0.5
    assert values.max() < 1.3
    assert torch.equal(orthogonalised(torch.zeros(2, 3)), torch.zeros(2, 3))


def test_sam_takes_the_gradient_from_the_worst_place_nearby():
    """Foret et al. 2021, algorithm 1, with momentum as torch's SGD has it."""
    curvature = torch.diag(torch.tensor([1.0, 20.0, 0.1], dtype=torch.float64))
    place = torch.tensor([1.0, -0.5, 2.0], dtype=torch.float64)
    theirs = place.clone().requires_grad_()
    chosen = settings("sam", {"learning_rate": 0.02, "radius": 0.3, "momentum": 0.8})
    optimizer = chosen.make_torch([theirs])

    def closure() -> Tensor:
        loss = 0.5 * theirs @ curvature @ theirs
        (theirs.grad,) = torch.autograd.grad(loss, theirs)
        return loss

    velocity = torch.zeros(3, dtype=torch.float64)
    for _ in range(10):
        optimizer.step(closure)  # type: ignore[call-overload]
        gradient = curvature @ place
        worst = curvature @ (place + 0.3 * gradient / gradient.norm())
        velocity = 0.8 * velocity + worst
        place = place - 0.02 * velocity
        torch.testing.assert_close(theirs.detach(), place, rtol=1e-9, atol=1e-11)
