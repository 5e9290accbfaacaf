"""What torch says of small matrices, against NumPy."""

from functools import partial

import numpy as np
import pytest

from playground.core.errors import PlaygroundError
from playground.core.linalg.plane import matrix_facts
from playground.live.requests import answer

MATRICES = [
    [[1, 1], [0, 1]],
    [[1.5, 0.5], [-0.5, 0.5]],
    [[0, -1], [1, 0]],
    [[1, -1], [0.5, -0.5]],
    [[0, 0], [0, 0]],
    [[0, 1], [0, 0]],
    [[2, 0.3, -1], [0.1, 1, 4], [3, -2, 0.5]],
    [[1, 0, 0.5], [0, 1, 0.5], [1, 1, 1]],
    [[0, 0, 1], [1, 0, 0], [0, 1, 0]],
]


@pytest.mark.parametrize("matrix", MATRICES, ids=str)
def test_every_line_is_what_numpy_says(matrix: list[list[float]]) -> None:
    a = np.array(matrix, dtype=float)
    said = {
        line["code"].removeprefix("torch.linalg.").removesuffix("(A)"): line["values"]
        for line in matrix_facts(matrix)
    }
    sigma = np.linalg.svd(a, compute_uv=False)
    rank = int(np.linalg.matrix_rank(a))
    close = partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-9)
    close(said["det"], [np.linalg.det(a)])
    assert said["matrix_rank"] == [rank]
    close(said["svdvals"], sigma)
    eigenvalues = [complex(*pair) for pair in said["eigvals"]]
    # A double eigenvalue without a second direction is known to half the digits only.
    np.testing.assert_allclose(
        np.poly(eigenvalues), np.poly(np.linalg.eigvals(a)), rtol=1e-7, atol=1e-7
    )
    sizes = [abs(value) for value in eigenvalues]
    assert sizes == sorted(sizes, key=lambda size: -round(size, 9))
    if rank == len(a):
        close(np.reshape(said["inv"], a.shape) @ a, np.eye(len(a)))
        close(said["cond"], [sigma[0] / sigma[-1]])
    else:
        close(np.reshape(said["pinv"], a.shape), np.linalg.pinv(a))
        assert said["cond"] == [np.inf]


@pytest.mark.parametrize(
    ("matrix", "code"),
    [
        ([[1, 2], [3]], "matrix_unfit"),
        ([[1]], "matrix_unfit"),
        ([], "matrix_unfit"),
        ([[1, 2, 3], [4, 5, 6]], "matrix_unfit"),
        ([[1, float("nan")], [0, 1]], "matrix_not_finite"),
        ([[1, float("inf")], [0, 1]], "matrix_not_finite"),
    ],
)
def test_what_is_no_matrix_is_refused(matrix: list[list[float]], code: str) -> None:
    with pytest.raises(PlaygroundError) as refused:
        answer("matrix", {"matrix": matrix})
    assert refused.value.code == code
    assert refused.value.sentence("zh")
