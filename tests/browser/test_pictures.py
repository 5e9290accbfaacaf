"""What a visitor does with the pictures while they move: zoom, hover, click, save."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from playground.core.experiment import Experiment
from tests.browser.conftest import Visit
from tests.browser.visitor import FEW, Visitor

pytestmark = pytest.mark.browser

SQUARE = Experiment().with_changes(
    {"layers": [{"kind": "dense", "units": 3, "activation": "tanh"}] * 2}
)
# Over so many painted frames, in how many something was seen; and in how many it was not.
SEEN_OVER_FRAMES = """([selector, number]) => new Promise((done) => {
  const start = window.__playground.frames;
  const found = [0, 0];
  const look = () => {
    const node = document.querySelector(selector);
    const seen = node && node.checkVisibility() && node.textContent;
    found[seen ? 0 : 1] += 1;
    window.__playground.frames - start < number ? requestAnimationFrame(look) : done(found);
  };
  look();
})"""


def drag(page: Visitor, where: Locator, start: tuple[float, float], end: tuple[float, float]):
    """Drags between two places, given as shares of an element's width and height."""
    box = where.bounding_box()
    assert box is not None
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (start, end)]
    page.page.mouse.move(*places[0])
    page.page.mouse.down()
    page.page.mouse.move(*places[1], steps=5)
    page.page.mouse.up()


def hover(page: Visitor, where: Locator, x: float, y: float) -> None:
    box = where.bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y, steps=3)


def plot_area(page: Visitor, part: str) -> Locator:
    return page.part(part).locator(".js-plotly-plot .nsewdrag").first


@pytest.mark.parametrize(
    ("part", "start", "end"),
    [
        ("map", (0.3, 0.3), (0.7, 0.6)),
        pytest.param("curves", (0.2, 0.3), (0.6, 0.7), marks=pytest.mark.slow),
    ],
)
def test_zoom_survives_frames(visit: Visit, part: str, start, end):
    page = visit().open().play()
    page.wait(f"document.querySelector('.np-{part} .js-plotly-plot .nsewdrag')")
    page.wait_for_frames(8)
    whole = page.ranges(part)
    drag(page, plot_area(page, part), start, end)
    # The curves' whole width grows with every epoch: theirs is zoomed when Plotly holds it.
    page.wait(
        """([part, width]) => {
          const { autorange, range } = document.querySelector(`.np-${part} .js-plotly-plot`)
            ._fullLayout.xaxis;
          return part === 'map' ? range[1] - range[0] < width : autorange === false;
        }""",
        [part, (whole[1] - whole[0]) * 0.8],
    )
    zoomed = page.ranges(part), page.ranges(part, "y")
    before = page.pixels(part) if part == "map" else None
    page.wait_for_frames(3 * FEW)
    assert (page.ranges(part), page.ranges(part, "y")) == zoomed
    if before:
        assert page.pixels(part)["hash"] != before["hash"], "the zoomed map stands still"
        page.part(part).get_by_role("button", name="Whole map").click()
        page.wait_for_frames(1)
        assert page.ranges(part) == whole


@pytest.mark.slow
def test_hover_survives_frames(visit: Visit):
    page = visit().open().play()
    page.wait("document.querySelector('.np-map .js-plotly-plot .nsewdrag')")
    hover(page, plot_area(page, "map"), 0.5, 0.5)
    tip = page.part("map").locator(".np-tip")
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("−1")
    expect(tip).to_contain_text("+1")
    shares = [float(text.rstrip(" %")) for text in tip.locator("b").all_inner_texts()[2:4]]
    assert sum(shares) == pytest.approx(100, abs=1.1)
    _, missing = page.page.evaluate(SEEN_OVER_FRAMES, [".np-map .np-tip", 3 * FEW])
    assert missing == 0
    page.page.mouse.move(5, 5)
    expect(tip).to_be_hidden()


@pytest.mark.slow
def test_hover_on_the_curves_survives_frames(visit: Visit):
    page = visit().open().play()
    page.wait("document.querySelector('.np-curves .js-plotly-plot .nsewdrag')")
    page.wait_for_frames(8)
    hover(page, plot_area(page, "curves"), 0.5, 0.5)
    tip = page.part("curves").locator(".np-tip")
    expect(tip).to_contain_text("Test loss")
    expect(tip).to_contain_text("Epoch")
    expect(page.part("curves").locator(".np-readout i")).to_have_count(4)
    _, missing = page.page.evaluate(SEEN_OVER_FRAMES, [".np-curves .np-tip", 5 * FEW])
    assert missing == 0
    page.page.mouse.move(5, 5)
    expect(tip).to_be_hidden()


@pytest.mark.slow
def test_the_curves_tell_what_the_run_measured(visit: Visit):
    page = visit(tap=True).open()
    for _ in range(3):
        step = page.step
        page.button("One epoch").click()
        page.wait_beyond(step)
    chart = page.part("curves").locator(".js-plotly-plot")
    page.until(lambda: page.ranges("curves")[1] >= 3)
    chart.focus()
    page.page.keyboard.press("End")
    values = page.part("curves").locator(".np-tip b")
    tip = page.part("curves").locator(".np-tip")
    expect(tip).to_contain_text("Epoch 3")
    metrics = page.frames_seen.newest["metrics"]
    shown = [float(text) for text in values.all_inner_texts()[:2]]
    assert shown == pytest.approx([metrics["test_loss"], metrics["train_loss"]], abs=1e-3)
    page.page.keyboard.press("Home")
    expect(tip).to_contain_text("Epoch 0")
    page.page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


@pytest.mark.slow
def test_a_link_tells_its_weight(visit: Visit):
    page = visit().open()
    ends = [
        page.part("network").locator(f'[data-neuron="{name}"]').bounding_box()
        for name in ("0.0", "1.0")
    ]
    (left, right) = [(box["x"], box["y"] + box["height"] / 2) for box in ends if box]
    across = ends[0]["width"] if ends[0] else 0
    page.page.mouse.move((left[0] + across + right[0]) / 2, (left[1] + right[1]) / 2, steps=3)
    tip = page.part("network").locator(".np-tip")
    expect(tip).to_contain_text("Weight")
    expect(tip).to_contain_text("→")
    page.page.mouse.move(right[0] + 10, right[1], steps=3)
    expect(tip).to_contain_text("Dense 1, neuron 1")
    expect(tip).to_contain_text("Bias")


@pytest.mark.slow
def test_a_neuron_has_a_large_map(visit: Visit):
    page = visit(tap=True).open()
    output = page.pixels("map")
    neuron = page.part("network").locator('[data-neuron="1.2"]')
    title = page.part("map").locator("h3")
    neuron.click()
    expect(title).to_have_text("Dense 1, neuron 3")
    expect(neuron).to_have_attribute("aria-pressed", "true")
    page.until(lambda: (page.frames_seen.newest["focus"] or {}).get("block") == 1)
    page.until(lambda: page.pixels("map")["hash"] != output["hash"])
    page.play()
    page.wait_for_frames()
    expect(title).to_have_text("Dense 1, neuron 3")
    page.part("map").get_by_role("button", name="Back to output").click()
    expect(title).to_have_text("Output")
    page.until(lambda: page.frames_seen.newest["focus"] is None)


@pytest.mark.slow
def test_switches_of_the_map(visit: Visit):
    page = visit().open()
    page.play().wait_for_frames(8)
    page.pause()
    tools = page.part("map")
    smooth = page.pixels("map")
    tools.get_by_role("button", name="Discretize").click()
    page.until(lambda: page.pixels("map")["hash"] != smooth["hash"])
    assert page.pixels("map")["colors"] < smooth["colors"]
    points = page.part("map").locator("canvas").nth(1)
    before = points.evaluate("(canvas) => canvas.toDataURL()")
    tools.get_by_role("button", name="Test points").click()
    page.until(lambda: points.evaluate("(canvas) => canvas.toDataURL()") != before)


def save(page: Visitor, part: str) -> Image.Image:
    with page.page.expect_download() as download:
        page.part(part).get_by_role("button", name="Save as PNG").click()
    assert download.value.suggested_filename.endswith(".png")
    content = download.value.path().read_bytes()
    assert content.startswith(b"\x89PNG")
    picture = Image.open(BytesIO(content))
    picture.load()
    return picture


@pytest.mark.slow
def test_every_chart_is_saved_as_png(visit: Visit):
    page = visit().open(SQUARE)
    page.play().wait_for_frames(8)
    page.pause()
    pictures = {part: save(page, part) for part in ("map", "network", "curves")}
    older = ("PCA", "Singular values", "Eigenvalues", "Confusion matrix")
    for tab in (*older, "Layer health", "Metrics", "What do I see?"):
        page.tab(tab)
        pictures[tab] = save(page, "analysis")
    for name, picture in pictures.items():
        assert picture.width > 400 and picture.height > 300, f"{name} is {picture.size}"
        assert picture.width < 4000 and picture.height < 3000, f"{name} is {picture.size}"
        colors = picture.convert("RGB").getcolors(picture.width * picture.height) or []
        assert len(colors) > 16, f"{name} is blank"
