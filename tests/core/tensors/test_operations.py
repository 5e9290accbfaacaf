"""Operations against NumPy, and the rule that says where each cell comes from."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.core.errors import PlaygroundError
from playground.core.tensors.fitting import Misfit
from playground.core.tensors.offers import TAKES
from playground.core.tensors.operations import OPERATIONS, Result, operate, place_of, terms_of

CASES = [
    ("add", "A + B", lambda a, b: a + b, {}, [(2, 3), (3,)]),
    ("add", "A + B", lambda a, b: a + b, {}, [(2, 1, 3), (4, 1)]),
    ("add", "A + B", lambda a, b: a + b, {}, [(), (2, 2)]),
    ("multiply", "A * B", lambda a, b: a * b, {}, [(2, 3), (2, 1)]),
    ("matmul", "A @ B", np.matmul, {}, [(2, 3), (3, 4)]),
    ("matmul", "A @ B", np.matmul, {}, [(3,), (3,)]),
    ("matmul", "A @ B", np.matmul, {}, [(3,), (3, 2)]),
    ("matmul", "A @ B", np.matmul, {}, [(2, 3), (3,)]),
    ("matmul", "A @ B", np.matmul, {}, [(2, 1, 2, 3), (4, 3, 5)]),
    ("matmul", "A @ B", np.matmul, {}, [(5, 2, 3), (3,)]),
    ("add_number", "A + (-1.5)", lambda a, _b: a - 1.5, {"number": "-1.5"}, [(2, 3)]),
    ("times_number", "2 * A", lambda a, _b: 2 * a, {"number": "2"}, [(2, 3)]),
    ("transpose", "A.T", lambda a, _b: a.T, {}, [(2, 3)]),
    ("transpose", "A.mT", lambda a, _b: a.swapaxes(-1, -2), {}, [(2, 3, 4)]),
    ("permute", "A.permute(2, 0, 1)", lambda a, _b: a.transpose(2, 0, 1), {"order": "2, 0, 1"},
     [(2, 3, 4)]),
    ("permute", "A.permute(1, 0)", lambda a, _b: a.T, {"order": "-1, 0"}, [(2, 3)]),
    ("reshape", "A.reshape(3, -1)", lambda a, _b: a.reshape(3, -1), {"shape": "3, -1"}, [(2, 3)]),
    ("expand", "A.expand(4, 2, 3)", lambda a, _b: np.broadcast_to(a, (4, 2, 3)),
     {"shape": "4, 2, 3"}, [(2, 3)]),
    ("norm", "torch.linalg.vector_norm(A, ord=2)", lambda a, _b: np.sqrt((a**2).sum()),
     {"power": "2", "along": ""}, [(2, 3)]),
    ("norm", "torch.linalg.vector_norm(A, ord=1, dim=0)", lambda a, _b: np.abs(a).sum(0),
     {"power": "1", "along": "0"}, [(2, 3)]),
    ("norm", "torch.linalg.vector_norm(A, ord=torch.inf, dim=(0, 2))",
     lambda a, _b: np.abs(a).max((0, 2)), {"power": "inf", "along": "0, -1"}, [(2, 3, 4)]),
]  # fmt: skip
EINSUMS = [
    ("ij,jk->ik", [(2, 3), (3, 4)]), ("ij->ji", [(2, 3)]), ("ii->", [(3, 3)]),
    ("ii->i", [(3, 3)]), ("ij,ij->", [(2, 3), (2, 3)]), ("i,j->ij", [(2,), (3,)]),
    ("ij->", [(2, 3)]), ("bij,bjk->bik", [(2, 3, 4), (2, 4, 2)]), ("hwc,c->hw", [(4, 5, 3), (3,)]),
    ("ij,jk", [(2, 3), (3, 4)]), ("iij->j", [(2, 2, 3)]), ("ijk,jk->i", [(2, 3, 4), (3, 4)]),
]  # fmt: skip


def drawn(shapes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def by_the_rule(result: Result, tensors) -> torch.Tensor:
    """The result once more, from what each of its cells is said to read."""
    rows = [each.reshape(-1).tolist() for each in tensors]
    shape, found = tuple(result.tensor.shape), []
    for cell in range(result.tensor.numel()):
        terms, total = terms_of(result.reading, place_of(cell, shape), 10_000)
        assert len(terms) == total
        read = [[row[i] for row, i in zip(rows, term, strict=False)] for term in terms]
        found.append(COMBINED[result.reading.how](read, result))
    return torch.tensor(found, dtype=result.tensor.dtype).reshape(shape)


def norm(read, result):
    sizes = [abs(term[0]) for term in read]
    if result.power == math.inf:
        return max(sizes)
    return sum(size**result.power for size in sizes) ** (1 / result.power)


COMBINED = {
    "copy": lambda read, _r: read[0][0],
    "add": lambda read, _r: sum(read[0]),
    "multiply": lambda read, _r: math.prod(read[0]),
    "products": lambda read, _r: sum(math.prod(term) for term in read),
    "norm": norm,
    "add_number": lambda read, r: read[0][0] + r.number,
    "times_number": lambda read, r: read[0][0] * r.number,
}


@pytest.mark.parametrize(("name", "code", "numpy", "given", "shapes"), CASES)
def test_against_numpy(name, code, numpy, given, shapes):
    tensors = drawn(shapes)
    result = operate(name, tensors, given)
    a, b = [*(each.numpy() for each in tensors), None][:2]
    wanted = numpy(a, b)
    np.testing.assert_allclose(result.tensor.numpy(), wanted, rtol=1e-12, atol=1e-12)
    assert tuple(result.tensor.shape) == np.shape(wanted)
    assert result.code == code
    names = dict(zip("AB", tensors, strict=False)) | {"torch": torch}
    torch.testing.assert_close(eval(result.code, names), result.tensor)
    torch.testing.assert_close(by_the_rule(result, tensors), result.tensor)


def test_every_operation_is_tried():
    assert {case[0] for case in CASES} | {"einsum"} == set(OPERATIONS) == set(TAKES)


@pytest.mark.parametrize(("expression", "shapes"), EINSUMS)
def test_einsum_against_numpy(expression, shapes):
    tensors = drawn(shapes)
    result = operate("einsum", tensors, {"expression": expression})
    wanted = np.einsum(expression, *(each.numpy() for each in tensors))
    np.testing.assert_allclose(result.tensor.numpy(), wanted, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(by_the_rule(result, tensors), result.tensor)
    names = dict(zip("AB", tensors, strict=False)) | {"torch": torch}
    torch.testing.assert_close(eval(result.code, names), result.tensor)


def test_complex_numbers():
    a = torch.tensor([[1 + 2j, 3], [0, -1j]])
    for name, typed in (("matmul", {}), ("times_number", {"number": "2j"}), ("transpose", {})):
        result = operate(name, [a, a], typed)
        torch.testing.assert_close(by_the_rule(result, [a, a]), result.tensor)
    assert operate("norm", [a], {"power": "2"}).tensor.item() == pytest.approx(math.sqrt(15))


def test_a_view_keeps_its_memory():
    a = torch.arange(6).reshape(2, 3)
    assert operate("transpose", [a], {}).tensor.data_ptr() == a.data_ptr()
    assert operate("expand", [a], {"shape": "5, 2, 3"}).tensor.stride() == (0, 3, 1)


sides = st.integers(1, 4)
shapes_of = st.lists(sides, min_size=0, max_size=3).map(tuple)


@settings(max_examples=120, deadline=None)
@given(shapes_of, shapes_of, st.sampled_from(["add", "multiply", "matmul"]))
def test_what_does_not_fit_is_explained_and_what_is_proposed_fits(first, second, name):
    tensors = drawn([first, second])
    a, b = tensors
    plain = {"add": torch.add, "multiply": torch.mul, "matmul": torch.matmul}[name]
    try:
        wanted = plain(a, b)
    except RuntimeError:
        with pytest.raises(Misfit) as caught:
            operate(name, tensors, {})
        for fit in caught.value.fits:
            changed = [apply(each, fit.change, n) for n, each in zip("AB", tensors, strict=True)]
            found = operate(fit.change.get("operation", name), changed, {})
            assert fit.shape is None or tuple(found.tensor.shape) == fit.shape
        assert "{" not in caught.value.sentence("en") + caught.value.sentence("zh")
    else:
        result = operate(name, tensors, {})
        torch.testing.assert_close(result.tensor, wanted)
        torch.testing.assert_close(by_the_rule(result, tensors), wanted)


def apply(tensor, change, name):
    then = change.get("then", {}).get(name)
    if then and then.get("transpose"):
        return tensor.T
    return tensor.reshape(then["reshape"]) if then else tensor


@pytest.mark.parametrize(
    ("name", "given", "shapes", "code"),
    [
        ("matmul", {}, [(2, 3), (2, 3)], "tensor_matmul"),
        ("matmul", {}, [(2, 2, 3), (3, 3, 2)], "tensor_matmul_batch"),
        ("matmul", {}, [(), (3,)], "tensor_matmul_scalar"),
        ("add", {}, [(2, 3), (2,)], "tensor_broadcast"),
        ("reshape", {"shape": "4, 2"}, [(2, 3)], "tensor_reshape"),
        ("reshape", {"shape": "4, -1"}, [(2, 3)], "tensor_reshape_share"),
        ("reshape", {"shape": "-1, -1"}, [(2, 3)], "tensor_reshape_open"),
        ("reshape", {"shape": "0, 6"}, [(2, 3)], "tensor_shape"),
        ("reshape", {"shape": "1.5"}, [(2, 3)], "tensor_not_whole"),
        ("permute", {"order": "0, 0"}, [(2, 3)], "tensor_permute"),
        ("permute", {"order": "0"}, [(2, 3)], "tensor_permute"),
        ("expand", {"shape": "3, 3"}, [(2, 3)], "tensor_expand"),
        ("expand", {"shape": "0, 3"}, [(2, 3)], "tensor_shape"),
        ("expand", {"shape": "100000, 100000, 3"}, [(3,)], "tensor_too_large"),
        ("transpose", {}, [(3,)], "tensor_transpose"),
        ("norm", {"power": "3"}, [(3,)], "tensor_norm_power"),
        ("norm", {"power": "2", "along": "2"}, [(2, 3)], "tensor_dimension"),
        ("add_number", {"number": "[1, 2]"}, [(2,)], "tensor_not_one_number"),
        ("add_number", {"number": "two"}, [(2,)], "tensor_syntax"),
        ("einsum", {"expression": ""}, [(2, 3)], "einsum_empty"),
        ("einsum", {"expression": "ij,jk->ik"}, [(2, 3), (2, 3)], "einsum_side"),
        ("einsum", {"expression": "ijk->i"}, [(2, 3)], "einsum_order"),
        ("einsum", {"expression": "ij->k"}, [(2, 3)], "einsum_unknown"),
        ("einsum", {"expression": "ij->ii"}, [(2, 3)], "einsum_twice"),
        ("einsum", {"expression": "i;j->ij"}, [(2, 3)], "einsum_character"),
        ("einsum", {"expression": "...j->j"}, [(2, 3)], "einsum_dots"),
        ("einsum", {"expression": "i,j,k->i"}, [(2,), (2,)], "einsum_operands"),
        ("einsum", {"expression": "i" * 80}, [(2,)], "einsum_long"),
        ("einsum", {"expression": "ij,kl->ijkl"}, [(300, 300), (300, 300)], "tensor_too_large"),
        ("matmul", {}, [(400, 400), (400, 400)], "tensor_too_much_work"),
        ("nothing", {}, [(2,)], "tensor_operation"),
    ],
)  # fmt: skip
def test_whatever_cannot_be_has_its_sentence(name, given, shapes, code):
    with pytest.raises(PlaygroundError) as caught:
        operate(name, drawn(shapes), given)
    error = caught.value
    assert error.code == code
    english, chinese = error.sentence("en"), error.sentence("zh")
    assert english != chinese and "{" not in english + chinese
    if isinstance(error, Misfit):
        for fit in error.fits:
            assert fit.code and fit.change


def test_kinds_that_do_not_go_together():
    whole, half = torch.ones(2, 2, dtype=torch.int64), torch.ones(2, 2)
    with pytest.raises(Misfit) as caught:
        operate("matmul", [whole, half], {})
    assert caught.value.code == "tensor_kinds"
    assert caught.value.fits[0].change == {"dtype": {"A": "float32"}}
    with pytest.raises(Misfit) as caught:
        operate("norm", [whole], {"power": "2"})
    assert caught.value.code == "tensor_norm_kind"
    truth = torch.ones(2, 2, dtype=torch.bool)
    with pytest.raises(Misfit, match=r"[Tt]rue"):
        operate("matmul", [truth, truth], {})


def test_einsum_proposes_what_fits():
    with pytest.raises(Misfit) as caught:
        operate("einsum", drawn([(2, 3), (4, 3)]), {"expression": "ij,jk->ik"})
    proposed = [fit.change["settings"]["expression"] for fit in caught.value.fits]
    assert proposed
    for expression in proposed:
        operate("einsum", drawn([(2, 3), (4, 3)]), {"expression": expression})
