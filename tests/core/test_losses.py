"""One contract over every registered loss: value, gradient, probabilities, targets, tasks."""

from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from playground import words
from playground.core.activations import ACTIVATIONS
from playground.core.losses import ALL_TASKS, LOSSES, Loss, LossSettings, encode_targets, fits

Task = Literal["binary", "multiclass", "regression"]
CASES: list[tuple[str, Task]] = [(n, task) for n, e in LOSSES.items() for task in sorted(e.tasks)]
POINTS = 23
SETTINGS = LossSettings(focal_gamma=1.5, smoothing=0.2, quantile=0.7)
EXTREMES = (
    SETTINGS,
    LossSettings(focal_gamma=0.0, smoothing=0.0, quantile=0.01),
    LossSettings(focal_gamma=0.5, smoothing=0.9, quantile=0.5),
    LossSettings(focal_gamma=10.0, smoothing=0.1, quantile=0.99),
)


def loss_under(name: str, settings: LossSettings = SETTINGS) -> Loss:
    return LOSSES[name].under(settings)


def sample(name: str, task: Task) -> tuple[Tensor, Tensor, Tensor]:
    """Outputs (points, units) with kinks and large values among them, targets raw and encoded."""
    generator = torch.Generator().manual_seed(len(name))
    units = 3 if task == "multiclass" else 1
    output = 2 * torch.randn(POINTS, units, dtype=torch.float64, generator=generator)
    output[0], output[1] = 40.0, -40.0
    output[2] = torch.arange(units) * 7.5
    if LOSSES[name].rates:
        output[0], output[1] = 4.0, -40.0
        truth = torch.randint(0, 9, (POINTS,), generator=generator).double()
    elif task == "regression":
        truth = torch.randn(POINTS, dtype=torch.float64, generator=generator)
        truth[3] = output[3, 0]  # exactly met
    else:
        truth = torch.randint(0, max(units, 2), (POINTS,), generator=generator)
    return output, truth, encode_targets(truth, task, units, LOSSES[name])


def torch_value(name: str, output: Tensor, truth: Tensor, encoded: Tensor) -> Tensor:
    """The same loss by torch.nn, or by its formula where torch has none."""
    several = output.shape[1] > 1
    if name == "log_cosh":
        return torch.cosh(output - encoded).log().mean()
    if name == "quantile":
        rest = zip(output.flatten(), truth, strict=True)
        q = SETTINGS.quantile
        return torch.stack([(t - o) * q if t >= o else (o - t) * (1 - q) for o, t in rest]).mean()
    if name == "label_smoothing":
        smoothing = SETTINGS.smoothing
        if several:
            return nn.CrossEntropyLoss(label_smoothing=smoothing)(output, truth)
        two = torch.cat((torch.zeros_like(output), output), 1)
        return nn.CrossEntropyLoss(label_smoothing=smoothing)(two, truth)
    if name == "focal":
        two = output if several else torch.cat((torch.zeros_like(output), output), 1)
        surprise = nn.CrossEntropyLoss(reduction="none")(two, truth)
        rest = 1 - two.softmax(1).gather(1, truth[:, None])[:, 0]
        return (rest**SETTINGS.focal_gamma * surprise).mean()
    if name == "cross_entropy":
        return nn.CrossEntropyLoss()(output, truth)
    if name == "hinge":
        if several:
            return nn.MultiMarginLoss()(output, truth)
        return torch.stack(
            [(1 - s * o).clamp(min=0) for s, o in zip(2 * truth - 1, output[:, 0], strict=True)]
        ).mean()
    if name == "half_squared":
        rows = zip(output, encoded, strict=True)
        return torch.stack([0.5 * torch.dist(o, t) ** 2 for o, t in rows]).mean()
    kinds = {
        "mse": nn.MSELoss,
        "mae": nn.L1Loss,
        "huber": nn.HuberLoss,
        "bce": nn.BCEWithLogitsLoss,
        "poisson": nn.PoissonNLLLoss,
    }
    return kinds[name]()(output, encoded)


@pytest.mark.parametrize(("name", "task"), CASES)
@pytest.mark.parametrize("dim", [0, 1])
def test_the_value_is_torchs(name, task, dim):
    output, truth, encoded = sample(name, task)
    expected = torch_value(name, output, truth, encoded)
    o, t = (output, encoded) if dim == 1 else (output.t(), encoded.t())
    assert loss_under(name).value(o, t, dim).item() == pytest.approx(expected.item(), rel=1e-13)


@pytest.mark.parametrize(("name", "task"), CASES)
@pytest.mark.parametrize("dim", [0, 1])
@pytest.mark.parametrize("settings", EXTREMES)
def test_the_recorded_gradient_is_autograds(name, task, dim, settings):
    loss = loss_under(name, settings)
    output, _, encoded = sample(name, task)
    o, t = (output, encoded) if dim == 1 else (output.t().contiguous(), encoded.t().contiguous())
    leaf = o.clone().requires_grad_()
    (expected,) = torch.autograd.grad(loss.value(leaf, t, dim), leaf)
    found = torch.full_like(o, torch.nan)
    calls = loss.gradient(o, t, found, dim)
    for _ in range(2):  # recorded once, replayed: nothing may build up
        for call in calls:
            call()
    torch.testing.assert_close(found / POINTS, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("name", "task"), CASES)
def test_a_recorded_gradient_follows_its_buffers(name, task):
    output, _, encoded = sample(name, task)
    o, t, found = torch.zeros_like(output), torch.zeros_like(encoded), torch.empty_like(output)
    calls = loss_under(name).gradient(o, t, found, 1)
    o.copy_(output)
    t.copy_(encoded)
    for call in calls:
        call()
    leaf = output.clone().requires_grad_()
    (expected,) = torch.autograd.grad(loss_under(name).value(leaf, encoded, 1), leaf)
    torch.testing.assert_close(found / POINTS, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(("name", "task"), CASES)
def test_the_line_of_code_says_the_same(name, task):
    output, truth, encoded = sample(name, task)
    code = loss_under(name).code
    target = truth if "CrossEntropy" in code or "MultiMargin" in code else encoded
    if "# two classes: " in code and output.shape[1] == 1:
        code, target = code.split("# two classes: ")[1], encoded
    if code.startswith("nn."):
        found = eval(code, {"nn": nn})(output, target)
    else:
        found = eval(code, {"output": output, "target": target, "torch": torch})
    expected = loss_under(name).value(output, encoded, 1)
    assert found.item() == pytest.approx(expected.item(), rel=1e-13)


@pytest.mark.parametrize(("name", "task"), [c for c in CASES if c[1] != "regression"])
@pytest.mark.parametrize("dim", [0, 1])
def test_probabilities_are_shares_of_one(name, task, dim):
    output, _, _ = sample(name, task)
    found = LOSSES[name].probability(output if dim == 1 else output.t(), dim)
    assert found.shape == (output.shape if dim == 1 else output.t().shape)
    assert ((found >= 0) & (found <= 1)).all()
    if output.shape[1] > 1:
        torch.testing.assert_close(found.sum(dim), torch.ones(POINTS, dtype=torch.float64))
        # The class with the greatest output is never the less probable one.
        best = output.argmax(1)
        probable = found if dim == 1 else found.t()
        assert (probable.gather(1, best[:, None])[:, 0] == probable.amax(1)).all()
    else:
        side = (found > 0.5).flatten() == (output > 0).flatten()
        assert side.all()


@pytest.mark.parametrize(("name", "task"), [c for c in CASES if c[1] != "regression"])
def test_the_best_output_is_certain_of_its_class(name, task):
    """An output at the encoded target, or far beyond it for logits, stands for the true class."""
    _, truth, encoded = sample(name, task)
    loss = LOSSES[name]
    output = (2 * encoded - 1) * 50 if loss.logits or name == "hinge" else encoded.clone()
    if name == "hinge" and encoded.shape[1] == 1:
        output = encoded.clone()
    found = loss.probability(output, 1)
    chosen = found[:, 0] if found.shape[1] == 1 else found.gather(1, truth[:, None])[:, 0]
    certain = truth.double() if found.shape[1] == 1 else torch.ones(POINTS, dtype=torch.float64)
    torch.testing.assert_close(chosen, certain)


def test_no_preference_is_an_even_share():
    output = torch.full((4, 5), -2.0)
    assert torch.equal(LOSSES["mse"].probability(output, 1), torch.full((4, 5), 0.2))


def test_targets_are_encoded_as_the_loss_compares_them():
    classes = torch.tensor([0, 1, 1])
    for loss in LOSSES.values():
        low, high = (0.0, 1.0) if loss.logits else (-1.0, 1.0)
        if "binary" not in loss.tasks:
            continue
        found = encode_targets(classes, "binary", 2, loss)
        assert found.dtype == torch.float64
        assert found.tolist() == [[low], [high], [high]]
    many = encode_targets(torch.tensor([2, 0]), "multiclass", 3, LOSSES["cross_entropy"])
    assert many.tolist() == [[0, 0, 1], [1, 0, 0]]
    values = torch.tensor([1.5, -2.0], dtype=torch.float64)
    assert encode_targets(values, "regression", 0, LOSSES["mse"]).tolist() == [[1.5], [-2.0]]


@pytest.mark.parametrize("name", list(LOSSES))
@pytest.mark.parametrize("task", sorted(ALL_TASKS))
@pytest.mark.parametrize("head", ["linear", "tanh"])
def test_what_does_not_fit_has_a_reason_in_words(name, task, head):
    reason = fits(name, task, head)
    loss = LOSSES[name]
    assert (reason is None) == (task in loss.tasks and (head == "linear" or not loss.logits))
    if reason is not None:
        for language in words.LANGUAGES:
            assert words.text(language, f"reasons.{reason}")


def test_settings_at_their_ends_are_the_plain_losses():
    """Focal and smoothed at 0 are cross-entropy; pinball at a half is |o − t| / 2."""
    plain = LossSettings(focal_gamma=0, smoothing=0, quantile=0.5)
    output, _, encoded = sample("focal", "multiclass")
    for name in ("focal", "label_smoothing"):
        value = loss_under(name, plain).value(output, encoded, 1)
        torch.testing.assert_close(value, LOSSES["cross_entropy"].value(output, encoded, 1))
    output, _, encoded = sample("focal", "binary")
    for name in ("focal", "label_smoothing"):
        value = loss_under(name, plain).value(output, encoded, 1)
        torch.testing.assert_close(value, LOSSES["bce"].value(output, encoded, 1))
    output, _, encoded = sample("mae", "regression")
    value = loss_under("quantile", plain).value(output, encoded, 1)
    torch.testing.assert_close(value, 0.5 * LOSSES["mae"].value(output, encoded, 1))


def test_what_pinball_makes_small_is_the_quantile():
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(999, 1, dtype=torch.float64, generator=generator)
    loss = loss_under("quantile", LossSettings(quantile=0.9))
    places = points.flatten().sort().values
    costs = torch.stack([loss.value(torch.full_like(points, p.item()), points, 1) for p in places])
    best = places[costs.argmin()]
    assert best.item() == pytest.approx(points.quantile(0.9).item(), abs=0.02)


def test_a_log_rate_predicts_its_rate():
    output = torch.tensor([0.0, 1.0, 1000.0])
    found = LOSSES["poisson"].prediction(output)
    assert found[:2].tolist() == pytest.approx([1, 2.718281828])
    assert torch.isfinite(found).all()
    assert torch.equal(LOSSES["mse"].prediction(output), output)


@pytest.mark.parametrize("name", [n for n, loss in LOSSES.items() if loss.logits])
def test_a_loss_of_scores_stays_finite_in_float32(name):
    loss = loss_under(name, LossSettings(focal_gamma=0.5))
    task: Task = sorted(loss.tasks)[0]
    _, _, encoded = sample(name, task)
    output = torch.linspace(-80, 80, encoded.numel()).view(encoded.shape).requires_grad_()
    value = loss.value(output, encoded.float(), 1)
    (slope,) = torch.autograd.grad(value, output)
    assert torch.isfinite(value)
    assert torch.isfinite(slope).all()


def test_every_task_has_a_loss_and_a_head():
    assert {task for loss in LOSSES.values() for task in loss.tasks} == ALL_TASKS
    assert all(name == loss.name and loss.formula for name, loss in LOSSES.items())
    assert {"linear", "tanh"} <= set(ACTIVATIONS)
