"""A matrix moves the plane: the browser's own mathematics against NumPy, and the page by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.access import HANDHELD, overflow, violations
from tests.browser.conftest import Visit
from tests.browser.view_page import module, open_page
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

ODD = [
    [0, 0, 0, 0],
    [1, 0, 0, 1],
    [-2, 0, 0, -2],
    [1, 1, 0, 1],
    [1.5, 0.5, -0.5, 0.5],
    [0, 1, 0, 0],
    [0, -1, 1, 0],
    [1, -1, 0.5, -0.5],
    [1e-6, 0, 0, 1e3],
    [0, 1, 1, 0],
    [0] * 9,
    [1, 0, 0, 0, 1, 0, 0, 0, 1],
    [0, 0, 1, 1, 0, 0, 0, 1, 0],
    [1, 1, 0, 0, 1, 1, 0, 0, 1],
    [2, 0, 0, 0, 2, 0, 0, 0, 1],
    [1, 0, 0.5, 0, 1, 0.5, 1, 1, 1],
    [1, 0, 0, 0, 0, 0, 0, 0, 0],
    [0.7, -0.6, 0, 0.6, 0.7, 0, 0, 0, 1.1],
    [-1, 0, 0, 0, -1, 0, 0, 0, 1],
]
DEFECTIVE = ([1, 1, 0, 1], [1.5, 0.5, -0.5, 0.5], [0, 1, 0, 0], [1, 1, 0, 0, 1, 1, 0, 0, 1])


def matrices() -> list[list[float]]:
    draw = np.random.default_rng(3)
    drawn = [draw.uniform(-3, 3, n * n).round(2).tolist() for n in (2, 3) for _ in range(60)]
    return ODD + drawn


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page, errors = open_page(browser)
    yield page
    assert errors == []
    page.context.close()


def of_all(page: Page, script: str) -> Iterator[tuple[np.ndarray, Any]]:
    """What a JavaScript expression of a matrix `x` says, for every matrix."""
    every = matrices()
    said = module(page, "pages/matrix.js", f"a.map((x) => ({script}))", every)
    for matrix, value in zip(every, said, strict=True):
        n = 3 if len(matrix) == 9 else 2
        yield np.reshape(matrix, (n, n)).astype(float), value


def test_singular_values_vectors_and_the_three_steps(page: Page):
    script = "{ ...m.svd(x), turns: m.rotations(m.svd(x)), whole: m.inThreeSteps(x, 3) }"
    for a, said in of_all(page, script):
        size = max(1.0, np.abs(a).max())
        values, u, v = (np.array(said[name]) for name in ("values", "left", "right"))
        np.testing.assert_allclose(values, np.linalg.svd(a)[1], atol=1e-12 * size)
        np.testing.assert_allclose(u @ u.T, np.eye(len(a)), atol=1e-12)
        np.testing.assert_allclose(v @ v.T, np.eye(len(a)), atol=1e-12)
        np.testing.assert_allclose(u.T @ np.diag(values) @ v, a, atol=1e-12 * size)
        np.testing.assert_allclose(np.reshape(said["whole"], a.shape), a, atol=1e-12 * size)
        for name in ("first", "second"):
            turn = np.reshape(said["turns"][name], a.shape)
            assert np.linalg.det(turn) == pytest.approx(1)


def test_eigenvalues_and_what_stays_on_its_line(page: Page):
    for a, said in of_all(page, "m.eigen(x)"):
        size = max(1.0, np.abs(a).max())
        mine = sorted((value["re"], value["im"]) for value in said["values"])
        theirs = sorted((value.real, value.imag) for value in np.linalg.eigvals(a))
        # Of a double eigenvalue without a second direction NumPy itself knows half the digits.
        close = 2e-5 if a.ravel().tolist() in [*map(list, DEFECTIVE)] else 1e-9
        np.testing.assert_allclose(mine, theirs, atol=close * size)
        for space in said["spaces"]:
            for vector in space["vectors"]:
                stays = a @ vector - space["value"] * np.array(vector)
                np.testing.assert_allclose(stays, 0, atol=1e-6 * size)
        number = sum(len(space["vectors"]) for space in said["spaces"])
        if said["kind"] in ("real", "scalar"):
            assert number == len(a)
            assert all(value["im"] == 0 for value in said["values"])
        elif said["kind"] == "defective":
            assert a.ravel().tolist() in [*map(list, DEFECTIVE)]
        else:
            assert any(value["im"] for value in said["values"])


def test_inverse_determinant_and_the_way_to_the_matrix(page: Page):
    script = "{ inverse: m.inverse(x), det: m.determinant(x), half: m.onTheWay(x, 0.5), "
    script += "start: m.onTheWay(x, 0), lost: m.kernelAndImage(x) }"
    for a, said in of_all(page, script):
        n = len(a)
        assert said["det"] == pytest.approx(np.linalg.det(a), abs=1e-10)
        rank = np.linalg.matrix_rank(a)
        assert said["lost"]["rank"] == rank
        assert (said["inverse"] is None) == (rank < n)
        if rank == n:
            np.testing.assert_allclose(
                np.reshape(said["inverse"], a.shape) @ a, np.eye(n), atol=1e-8
            )
        for vector in said["lost"]["kernel"]:
            np.testing.assert_allclose(a @ vector, 0, atol=1e-9)
        np.testing.assert_allclose(np.reshape(said["start"], a.shape), np.eye(n), atol=1e-9)
        assert np.isfinite(said["half"]).all()


def test_power_iteration_comes_nearer_by_the_expected_factor(page: Page):
    """What the lens draws as expected is what multiplying does."""
    steps = 6
    found = module(
        page,
        "pages/powerlens.js",
        "a.map((x) => m.leading(x))",
        [
            {
                "values": [{"re": 2, "im": 0}, {"re": -1, "im": 0}],
                "spaces": [{"value": 2, "vectors": [[1, 0]]}],
            },
            {
                "values": [{"re": 1, "im": 1}, {"re": 1, "im": -1}],
                "spaces": [],
            },
            {
                "values": [{"re": 1, "im": 0}, {"re": -1, "im": 0}],
                "spaces": [{"value": 1, "vectors": [[1, 0]]}],
            },
            {"values": [{"re": 0, "im": 0}] * 2, "spaces": [{"value": 0, "vectors": [[1, 0]]}]},
        ],
    )
    assert found[0]["rate"] == 0.5
    assert found[1:] == [None, None, None]
    vector = np.array([0.6, 0.8])
    tangents = []
    for _ in range(steps):
        tangents.append(abs(vector[1] / vector[0]))
        vector = np.diag([2, -1]) @ vector
    np.testing.assert_allclose(np.divide(tangents[1:], tangents[:-1]), found[0]["rate"])


def test_a_typed_matrix_is_read_or_its_fault_is_named(page: Page):
    said = module(
        page,
        "pages/plane.js",
        "a.map((typed) => m.readMatrix(typed, (key, facts) => [key, facts]))",
        ["[[1, 2], [3, 4]]", "1 2; 3 4", "[[1, 2], [3]]", "[[1, x], [0, 1]]",
         "[[1, 2, 3], [4, 5, 6]]", "[[1e9, 0], [0, 1]]", "", "[]", "[[1]]"],
    )  # fmt: skip
    assert said[0] == said[1] == {"matrix": [1, 2, 3, 4]}
    assert said[2]["problem"] == ["plane.typed_ragged", {"first": 2, "row": 2, "other": 1}]
    assert said[3]["problem"][0] == "plane.typed_unread"
    assert said[4]["problem"] == ["plane.typed_size", {"rows": 2, "columns": 3}]
    assert said[5]["problem"][0] == "plane.typed_large"
    assert said[6] == said[7] == {}
    assert said[8]["problem"] == ["plane.typed_size", {"rows": 1, "columns": 1}]


# ---- the page ------------------------------------------------------------------------------------


def fact(stage: Locator, name: str) -> Locator:
    return stage.locator(".np-plane-matrix .np-facts div", has_text=name).locator("dd")


def drag(page: Visitor, handle: Locator, dx: float, dy: float) -> None:
    box = handle.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + dx / 2, y + dy / 2)
    page.page.mouse.move(x + dx, y + dy)
    page.page.mouse.up()


def torch_says(stage: Locator, name: str) -> list[float]:
    """What stands beside a line of PyTorch, in full digits."""
    lines = json.loads(stage.get_attribute("data-torch") or "[]")
    return next((one["values"] for one in lines if f".{name}(" in one["code"]), [0.0, 0.0])


def entries(stage: Locator) -> list[float]:
    return [float(field.input_value()) for field in stage.locator(".np-entry .np-number").all()]


def test_dragging_an_arrow_moves_the_matrix_the_link_and_what_torch_says(visit: Visit):
    page = visit()
    stage = page.open_stage("plane", m="1,0,0,1")
    expect(fact(stage, "Determinant")).to_have_text("1")
    second = stage.locator("[data-handle=column1]")
    drag(page, second, 60, -40)
    a, b, c, d = entries(stage)
    assert (a, c) == (1, 0)
    assert b > 0
    assert d > 1
    expect(fact(stage, "Determinant")).to_have_text(f"{d:g}")
    page.until(lambda: page.query("m") == f"1,{b:g},0,{d:g}")
    page.until(lambda: f'"values":[{d:g}]' in (stage.get_attribute("data-torch") or ""))
    said = {
        line["code"]: line["values"] for line in json.loads(stage.get_attribute("data-torch") or "")
    }
    np.testing.assert_allclose(
        said["torch.linalg.svdvals(A)"], np.linalg.svd([[a, b], [c, d]], compute_uv=False)
    )
    # A reload and the other language bring it back.
    page.page.reload()
    assert entries(page.stage("plane")) == [a, b, c, d]
    page.keyed("language_control").get_by_text("中").click()
    expect(page.page.get_by_role("heading", name="矩阵让平面动起来")).to_be_visible()
    expect(page.stage("plane").get_by_role("tab", name="特征向量")).to_be_visible()
    assert entries(page.stage("plane")) == [a, b, c, d]


@pytest.mark.slow
def test_a_vector_is_turned_by_hand_until_it_stays_on_its_line(visit: Visit):
    page = visit()
    stage = page.open_stage("plane", m="1.5,0.5,0.5,1.5", lens="eigen", v="0.8,0.6")
    verdict = stage.locator(".np-verdict")
    expect(verdict).to_contain_text("leaves its line")
    vector = stage.locator("[data-handle=vector]")
    vector.focus()
    for _ in range(12):
        page.page.keyboard.press("ArrowUp")
        if "stays" in verdict.inner_text():
            break
    expect(verdict).to_contain_text("eigenvalue 2. Found: 1 of 2")
    page.page.keyboard.press("ArrowUp")
    expect(verdict).to_contain_text("leaves its line")
    # By the pointer it is caught where it comes near: a quarter turn on lies the other one.
    stage.get_by_role("button", name="Symmetric").click()
    box = stage.locator(".np-scene").bounding_box()
    assert box
    side = min(box["width"], box["height"]) / 2 / 2.4
    at = vector.bounding_box()
    assert at
    x, y = box["x"] + box["width"] / 2 - side * 0.70, box["y"] + box["height"] / 2 - side * 0.72
    drag(page, vector, x - at["x"] - at["width"] / 2, y - at["y"] - at["height"] / 2)
    expect(verdict).to_contain_text("eigenvalue 1.")


@pytest.mark.slow
def test_space_has_three_arrows_and_turns(visit: Visit):
    page = visit()
    stage = page.open_stage("plane", m="1,0,0,0,1,0,0,0,1")
    drag(page, stage.locator("[data-handle=column2]"), 0, -50)
    assert entries(stage)[8] > 1.1
    expect(fact(stage, "Determinant")).not_to_have_text("1")
    canvas = stage.locator(".np-scene canvas")
    before = stage.locator("[data-handle=column0]").get_attribute("style")
    canvas.focus()
    page.page.keyboard.press("ArrowRight")
    expect(stage.locator("[data-handle=column0]")).not_to_have_attribute("style", before or "")
    for lens in ("Eigenvectors", "Power iteration", "Iterated map", "Inverse", "SVD", "Rank-1 sum"):
        stage.get_by_role("tab", name=lens).click()
        expect(stage.locator(".np-verdict")).not_to_be_empty()


@pytest.mark.slow
@pytest.mark.parametrize(
    "matrix",
    [
        "0,0,0,0",
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("0,1,0,0", "0" + ",0" * 8)),
    ],
)
def test_nothing_breaks_on_what_is_flat(visit: Visit, matrix: str):
    page = visit()
    stage = page.open_stage("plane", m=matrix)
    for lens in ("Eigenvectors", "Power iteration", "Iterated map", "Inverse", "SVD", "Rank-1 sum"):
        stage.get_by_role("tab", name=lens).click()
        if lens == "Power iteration":
            stage.get_by_role("button", name="Ten steps").click()
        expect(stage.locator(".np-verdict")).not_to_be_empty()
        assert "NaN" not in stage.inner_text()


@pytest.mark.slow
def test_power_iteration_and_the_menu_by_keyboard(visit: Visit):
    page = visit()
    page.open()
    menu = page.page.get_by_role("button", name="Linear algebra")
    menu.focus()
    page.page.keyboard.press("Enter")
    link = page.page.get_by_role("link", name="A matrix moves the plane")
    expect(link).to_be_visible()
    link.focus()
    page.page.keyboard.press("Enter")
    stage = page.stage("plane")
    expect(page.page.get_by_role("link", name="A matrix moves the plane")).to_have_count(0)
    assert page.query("data") is None
    stage.get_by_role("button", name="Symmetric").click()
    stage.get_by_role("tab", name="Power iteration").click()
    for _ in range(4):
        stage.get_by_role("button", name="Ten steps").click()
    expect(stage.locator(".np-verdict")).to_contain_text("There after")
    expect(stage.locator(".np-verdict")).to_contain_text("the eigenvalue is 2")


@pytest.mark.slow
def test_where_motion_is_not_wanted_the_matrix_jumps(visit: Visit):
    page = visit(reduced_motion="reduce")
    stage = page.open_stage("plane", m="0,-1,1,0", lens="inverse")
    back = stage.get_by_role("slider", name="Way back")
    stage.get_by_role("button", name="Undo the matrix by its inverse").click()
    # With motion the way takes 1.6 seconds.
    assert back.get_attribute("aria-valuetext") == "100 %"
    # The arrows show what is left, the identity, and cannot be dragged meanwhile.
    expect(stage.locator(".np-handle")).to_have_count(0)
    back.fill("0")
    expect(stage.locator(".np-handle")).to_have_count(2)


@pytest.mark.slow
def test_a_run_goes_on_behind_the_page_and_its_experiment_is_not_touched(visit: Visit):
    page = visit().open(data="xor").play()
    page.page.get_by_role("button", name="Linear algebra").click()
    page.page.get_by_role("link", name="A matrix moves the plane").click()
    stage = page.stage("plane")
    stage.get_by_role("button", name="Reflection").click()
    expect(fact(stage, "Determinant")).to_have_text("−1")
    frames = page.painted("frames")
    page.page.get_by_role("link", name="Playground", exact=True).click()
    page.wait(f"() => window.__playground.frames > {frames}")
    assert page.painted("state") == "running"
    expect(page.keyed("left")).to_contain_text("Exclusive or")


@pytest.mark.parametrize(
    ("look", "lens"),
    [
        pytest.param({"color_scheme": "dark"}, "power", marks=pytest.mark.slow),
        ({"locale": "zh-CN", **HANDHELD}, "svd"),
    ],
    ids=["dark", "phone"],
)
def test_axe_finds_nothing(visit: Visit, look: dict[str, Any], lens: str):
    page = visit(**look)
    stage = page.open_stage("plane", m="1.4,0.4,0,0.4,1,0.3,0,0.3,0.8", lens=lens)
    stage.locator(".np-torch tr").first.wait_for()
    assert violations(page) == []
    assert overflow(page) == 0
