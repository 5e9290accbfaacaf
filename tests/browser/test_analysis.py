"""The analyses under the network: each shows what was computed, and only the open one is."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import PIXELS, Visitor

pytestmark = pytest.mark.browser

SQUARE = Experiment().with_changes(
    {"layers": [{"kind": "dense", "units": 3, "activation": "tanh"}] * 2}
)
TABS = {
    "PCA": "pca",
    "Singular values": "singular",
    "Eigenvalues": "eigen",
    "Confusion matrix": "confusion",
    "Layer health": "health",
    "Warped grid": "warp",
}
# Which arrays of a frame belong to which analysis.
PREFIXES = {
    "pca": "pca",
    "sv_": "singular",
    "ev_": "eigen",
    "confusion": "confusion",
    "hw_": "health",
    "warp": "warp",
}


def sent(page: Visitor) -> set[str]:
    """The analyses whose values are in the newest frame."""
    return {
        analysis
        for prefix, analysis in PREFIXES.items()
        if any(name.startswith(prefix) for name in page.frames_seen.arrays)
    }


@pytest.mark.slow
def test_only_the_open_analysis_is_in_the_frames(visit: Visit):
    page = visit(tap=True).open(SQUARE).play()
    for name, analysis in TABS.items():
        page.tab(name)
        page.until(lambda analysis=analysis: sent(page) == {analysis})
        page.wait_for_frames()
        assert sent(page) == {analysis}
    # Nobody pays for one that is out of sight.
    page.page.set_viewport_size({"width": 1440, "height": 400})
    page.until(lambda: not sent(page))


@pytest.mark.slow
def test_views_that_are_pinned_stay_open_beneath_the_others(visit: Visit):
    page = visit(tap=True).open(SQUARE).play()
    part = page.part("analysis")
    page.page.set_viewport_size({"width": 1440, "height": 2200})
    page.page.add_style_tag(content=":root { --np-stage: 45rem !important; }")
    page.tab("PCA")
    part.get_by_role("button", name="Keep open").click()
    page.tab("Singular values")
    page.until(lambda: sent(page) == {"pca", "singular"})
    pinned = part.get_by_role("group", name="PCA")
    expect(pinned).to_be_visible()
    assert pinned.locator("svg.main-svg, canvas").count()
    # The open one pinned too, a third view beside both.
    part.locator(".np-head").first.get_by_role("button", name="Keep open").click()
    page.tab("Confusion matrix")
    page.until(lambda: sent(page) == {"pca", "singular", "confusion"})
    # Nobody pays for those that are out of sight.
    page.page.set_viewport_size({"width": 1440, "height": 900})
    page.until(lambda: "singular" not in sent(page))
    assert "confusion" in sent(page)
    page.page.set_viewport_size({"width": 1440, "height": 2200})
    for view in ("PCA", "Singular values"):
        section = part.locator(".np-pinned", has=page.page.get_by_role("group", name=view))
        section.get_by_role("button", name="Keep open").click()
    page.until(lambda: sent(page) == {"confusion"})
    expect(part.locator(".np-pinned")).to_have_count(0)


@pytest.mark.slow
def test_an_analysis_is_enlarged_over_the_page_and_put_back(visit: Visit):
    page = visit().open(SQUARE).play()
    part = page.part("analysis")
    before = part.bounding_box()
    part.get_by_role("button", name="Enlarge").click()
    assert part.bounding_box() == {"x": 0, "y": 0, "width": 1440, "height": 900}
    page.wait_for_frames()
    page.page.keyboard.press("Escape")
    assert part.bounding_box() == before
    expect(part.get_by_role("button", name="Enlarge")).to_be_focused()


@pytest.mark.slow
def test_principal_components(visit: Visit):
    page = visit(tap=True).open(SQUARE)
    page.play().wait_for_frames()
    page.pause()
    panel = page.tab("PCA")
    rows = panel.locator(".np-bar-row b")
    expect(rows).to_have_count(3)

    def shown_as_computed() -> bool:
        """The bars follow a frame behind what came over the wire."""
        ratios = page.frames_seen.newest["pca"]["ratios"]
        assert sum(ratios) == pytest.approx(1, abs=1e-3)
        first = float(rows.first.inner_text().rstrip(" %"))
        return first == pytest.approx(100 * ratios[0], abs=0.6)

    page.until(shown_as_computed)
    flat = panel.locator("canvas.np-layer").first
    assert flat.evaluate(PIXELS)["colors"] > 8
    page.part("analysis").get_by_role("combobox", name="Layer").select_option("Dense 1")
    page.until(lambda: page.frames_seen.newest["pca"]["block"] == 1)
    page.part("analysis").get_by_role("button", name="3-D").click()
    deep = panel.locator("canvas.np-turn")
    before = deep.evaluate(PIXELS)
    assert before["colors"] > 8
    deep.focus()
    deep.press("ArrowRight")
    page.until(lambda: deep.evaluate(PIXELS)["hash"] != before["hash"])
    expect(deep).to_have_attribute("aria-label", re.compile("Principal components of Dense 1"))


@pytest.mark.slow
def test_singular_values_and_eigenvalues(visit: Visit):
    page = visit(tap=True).open(SQUARE)
    page.button("One epoch").click()
    page.wait_for_step(25)
    panel = page.tab("Singular values")
    page.until(lambda: sent(page) == {"singular"})
    spectra = page.frames_seen.newest["spectra"]
    assert [(one["rows"], one["cols"]) for one in spectra] == [(3, 2), (3, 3), (1, 3)]
    assert all(one["norm"] > 0 and one["rank"] >= 1 for one in spectra)
    values = page.frames_seen.arrays["sv_2"]
    links = page.frames_seen.arrays["links"]
    middle = links[9:18].reshape(3, 3)  # after 3 × 2 weights and 3 biases
    assert np.allclose(values, np.linalg.svd(middle, compute_uv=False), rtol=1e-4)
    assert panel.locator("canvas").evaluate(PIXELS)["colors"] > 8
    expect(panel.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile(f"Dense 2, 3 by 3: rank {spectra[1]['rank']}")
    )
    panel = page.tab("Eigenvalues")
    page.until(lambda: sent(page) == {"eigen"})
    assert [one["size"] for one in page.frames_seen.newest["eigen"]] == [3]
    pairs = page.frames_seen.arrays["ev_2"]
    found = np.sort_complex(pairs[:, 0] + 1j * pairs[:, 1])
    assert np.allclose(found, np.sort_complex(np.linalg.eigvals(middle)), atol=1e-4)
    assert panel.locator("canvas").first.evaluate(PIXELS)["colors"] > 4


@pytest.mark.slow
def test_confusion_matrix(visit: Visit):
    page = visit(tap=True).open()
    page.play().wait_for_frames()
    page.pause()
    panel = page.tab("Confusion matrix")
    page.until(lambda: sent(page) == {"confusion"})
    counts = page.frames_seen.arrays["confusion"][1].astype(int)
    assert counts.sum() == 250
    expect(panel.locator("td b")).to_have_text([str(count) for count in counts.ravel()])
    expect(panel).to_contain_text(f"{counts.trace()} of 250 points right")
    page.part("analysis").get_by_role("button", name="Train").click()
    counts = page.frames_seen.arrays["confusion"][0].astype(int)
    expect(panel.locator("td b")).to_have_text([str(count) for count in counts.ravel()])


@pytest.mark.slow
def test_layer_health(visit: Visit):
    page = visit(tap=True).open(SQUARE)
    page.button("One epoch").click()
    page.wait_for_step(25)
    panel = page.tab("Layer health")
    page.until(lambda: sent(page) == {"health"})
    layers = page.frames_seen.newest["health"]
    assert [layer["units"] for layer in layers] == [3, 3, 1]
    assert all(layer["gradient"] > 0 and layer["update"] > 0 for layer in layers)
    for layer in layers:
        assert page.frames_seen.arrays[f"ha_{layer['block']}"].sum() == pytest.approx(1, rel=1e-4)
    canvas = panel.locator("canvas")
    assert canvas.evaluate(PIXELS)["colors"] > 4
    rank = f"{layers[1]['rank']:.1f}".replace(".", r"\.")
    expect(canvas).to_have_attribute(
        "aria-label", re.compile(f"Dense 2: gradient norm .*effective rank {rank} of 3, 0 dead")
    )
    canvas.hover(position={"x": 30, "y": 25})
    expect(panel.locator(".np-tip")).to_contain_text("Next step ÷ weights")


@pytest.mark.slow
def test_analyses_that_do_not_apply_say_so(visit: Visit):
    page = visit().open(Experiment().with_changes({"data": {"name": "reg-plane"}, "loss": "mse"}))
    expect(page.tab("Eigenvalues")).to_contain_text("No weight matrix is square")
    expect(page.tab("Confusion matrix")).to_contain_text("this task predicts a number")
