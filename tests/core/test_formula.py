"""Typed formulas: what they compute, how they are written, and that no text can break them."""

import math

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from playground.core.errors import PlaygroundError
from playground.core.formula import MAX_LENGTH, parse
from playground.core.formula_functions import FUNCTIONS

X = np.array([-2.5, -1.0, -0.3, 0.2, 0.9, 1.7, 3.0])
Y = np.array([0.4, -2.0, 1.1, 0.7, -0.8, 2.2, -1.3])


def code_of(text: str) -> str:
    with pytest.raises(PlaygroundError) as caught:
        parse(text)
    assert caught.value.sentence("zh") != caught.value.sentence("en")
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sin(3*x)*y", np.sin(3 * X) * Y),
        ("x^2 + 1", X**2 + 1),
        ("-x^2", -(X**2)),
        ("2^-1 * x", X / 2),
        ("x² − y³", X**2 - Y**3),
        ("max(x, y, 0)", np.maximum(np.maximum(X, Y), 0)),
        ("exp(-(x*x + y*y)/2)", np.exp(-(X * X + Y * Y) / 2)),
        ("relu(x) + relu(-x) - abs(x)", np.zeros(7)),
        ("sigmoid(x)", 1 / (1 + np.exp(-X))),
        ("softplus(x)", np.log1p(np.exp(X))),
        ("x if x > y else y", np.maximum(X, Y)),
        ("1 if x > 0 else -1", np.sign(X)),
        ("(x > 0) * y", np.where(X > 0, Y, 0)),
        ("x % 2", X - 2 * np.floor(X / 2)),
        ("x // 2", np.floor(X / 2)),
        ("pi + e", np.full(7, math.pi + math.e)),
        ("erf(x)", [math.erf(value) for value in X]),
        ("ln(x*x)", np.log(X * X)),
        ("（x ＋ y） × 2", 2 * (X + Y)),
    ],
)
def test_numbers(text, expected):
    formula = parse(text)
    assert not formula.truth
    np.testing.assert_allclose(formula(x=X, y=Y), expected, atol=1e-12)
    tensors = formula(x=torch.from_numpy(X), y=torch.from_numpy(Y))
    assert tensors.dtype == torch.float64
    np.testing.assert_allclose(tensors, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x**2 + y > 1", X**2 + Y > 1),
        ("-1 < x <= 1", (X > -1) & (X <= 1)),
        ("x > 0 and y > 0 or not x < 1", (X > 0) & (Y > 0) | ~(X < 1)),
        ("x ≥ y", X >= Y),
        ("x != y", X != Y),
        ("True", np.full(7, True)),
        ("x > 0 and True", X > 0),
    ],
)
def test_conditions(text, expected):
    formula = parse(text)
    assert formula.truth
    np.testing.assert_array_equal(formula(x=X, y=Y), expected)
    np.testing.assert_array_equal(
        formula(x=torch.from_numpy(X), y=torch.from_numpy(Y)).numpy(), expected
    )
    np.testing.assert_array_equal(formula.numbers(x=X, y=Y), np.asarray(expected, dtype=float))
    assert formula.numbers(x=torch.from_numpy(X), y=torch.from_numpy(Y)).dtype == torch.float64


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "formula_empty"),
        ("  ", "formula_empty"),
        ("x" * (MAX_LENGTH + 1), "formula_too_long"),
        ("-" * 150 + "x", "formula_too_deep"),
        ("x +", "formula_syntax"),
        ("(x", "formula_syntax"),
        ("x y", "formula_syntax"),
        ("x = 1", "formula_syntax"),
        ("2x", "formula_times"),
        ("x(y)", "formula_times"),
        ("0x10", "formula_times"),
        ("__import__('os')", "formula_character"),
        ("x.real", "formula_not_offered"),
        ("x, y", "formula_not_offered"),
        ("lambda: x", "formula_character"),
        ("x is y", "formula_not_offered"),
        ("~x", "formula_character"),
        ("w + 1", "formula_unknown_name"),
        ("open(x)", "formula_unknown_function"),
        ("sin", "formula_needs_arguments"),
        ("sin(x, y)", "formula_arguments"),
        ("max(x)", "formula_arguments"),
        ("sin(x=1)", "formula_syntax"),
        ("x and y", "formula_needs_condition"),
        ("x**99", "formula_exponent"),
        ("9**9**9**9", "formula_exponent"),
        ("1e300", "formula_number"),
        ("9" * 150, "formula_number"),
        ("1/0", "formula_no_value"),
        ("log(-1) + x", "formula_no_value"),
        ("None", "formula_not_offered"),
    ],
)
def test_every_way_of_being_wrong_has_its_sentence(text, code):
    if text == "sin(x=1)":
        assert code_of(text) in {"formula_arguments", "formula_syntax"}
    else:
        assert code_of(text) == code


def test_variables_and_equality():
    assert parse("sin(y) + 1").variables == ("y",)
    assert parse("3").variables == ()
    assert parse("z*tanh(z)", ("z",)).variables == ("z",)
    assert parse("x + 1") == parse("x + 1")
    assert parse("x + 1") != parse("1 + x")
    assert hash(parse("x", ("x",))) != hash(parse("x", ("x", "y")))


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("x/2", r"\frac{x}{2}"),
        ("(x+1)^2", r"{\left(x + 1\right)}^{2}"),
        ("x - (y - 1)", r"x - \left(y - 1\right)"),
        ("3*x*2", r"3 \, x \cdot 2"),
        ("sqrt(abs(x))", r"\sqrt{\left|x\right|}"),
        ("exp(-x)", "e^{-x}"),
        ("x**2 + y > 1", "{x}^{2} + y > 1"),
        ("1.5e-7*pi", r"1.5 \cdot 10^{-7} \cdot \pi"),
        ("min(x, y)", r"\min\left(x, y\right)"),
    ],
)
def test_latex(text, latex):
    assert parse(text).latex == latex


def test_derivatives_by_autograd():
    x = torch.linspace(-2, 2, 9, dtype=torch.float64, requires_grad=True)
    for text, slope in [
        ("x*sigmoid(x)", lambda v: torch.sigmoid(v) * (1 + v * (1 - torch.sigmoid(v)))),
        ("max(x, 0.3)", lambda v: (v > 0.3).double()),
        ("exp(-x^2)", lambda v: -2 * v * torch.exp(-(v**2))),
        ("x if x > 0.1 else 0", lambda v: (v > 0.1).double()),
    ]:
        (found,) = torch.autograd.grad(parse(text, ("x",))(x=x).sum(), x)
        torch.testing.assert_close(found, slope(x.detach()))


def test_float32_stays_float32():
    x = torch.linspace(0.1, 2, 5)
    for name, function in FUNCTIONS.items():
        text = f"{name}({', '.join(['x/3', '0.5'][: function.least])})"
        assert parse(text, ("x",))(x=x).dtype == torch.float32, text
    assert parse("1 if x > 1 else 0", ("x",))(x=x).dtype == torch.float32
    assert parse("3", ("x",))(x=x).dtype == torch.float32


ALPHABET = "xyzpie0123456789.+-*/^%()<>=!, sincoabndtr|²_'\"\\\n"


@given(st.text(ALPHABET, max_size=60) | st.text(max_size=40))
@example("((((((((((" * 15)
@example("1.e5x")
@example("x\x00")
@example("0777")
@example("1_000")
@example("x if y")
def test_no_text_does_harm(text):
    try:
        formula = parse(text)
    except PlaygroundError as error:
        assert error.code.startswith("formula_")
        assert error.sentence("en") and error.sentence("zh")
        return
    found = formula(x=X, y=Y)
    assert found.shape == X.shape
    assert found.dtype == (np.bool_ if formula.truth else np.float64)


NUMBERS = st.integers(0, 9).map(str) | st.sampled_from(["0.5", "2.25", "pi"])
LEAVES = NUMBERS | st.sampled_from(["x", "y"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(
        lambda p: f"({p[0]}{p[1]}{p[2]})"
    )
    calls = st.tuples(st.sampled_from(["sin", "cos", "tanh", "abs"]), inner).map(
        lambda p: f"{p[0]}({p[1]})"
    )
    choices = st.tuples(inner, inner, inner, inner).map(
        lambda p: f"({p[0]} if {p[1]} < {p[2]} else {p[3]})"
    )
    return pairs | calls | choices


@given(st.recursive(LEAVES, grown, max_leaves=8).filter(lambda text: len(text) <= MAX_LENGTH))
def test_values_agree_with_python(text):
    """Python itself, point by point, on texts that this test has made."""
    names = {name: getattr(math, name) for name in ("sin", "cos", "tanh", "pi")}
    code = compile(text, "formula", "eval")
    expected = [
        eval(code, {**names, "abs": abs, "x": float(x), "y": float(y)})
        for x, y in zip(X, Y, strict=True)
    ]
    formula = parse(text)
    np.testing.assert_allclose(formula(x=X, y=Y), expected, rtol=1e-9, atol=1e-9)
    tensors = formula(x=torch.from_numpy(X), y=torch.from_numpy(Y))
    np.testing.assert_allclose(tensors, expected, rtol=1e-9, atol=1e-9)
