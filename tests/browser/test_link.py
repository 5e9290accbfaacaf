"""Links, reloads and languages: the address holds the experiment, whatever it says."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from playground.bench.server import app_server
from playground.core.experiment import Experiment
from playground.core.link import decode
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

pytestmark = pytest.mark.browser

DEEP = Experiment().with_changes(
    {
        "data": {"name": "spiral", "noise": 5},
        "features": ["x", "y", "x2"],
        "layers": [{"kind": "dense", "units": 6, "activation": "relu"}],
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
        "training": {"batch_size": 20, "seed": 7},
    }
)
HOSTILE = {
    "data": "<script>alert(1)</script>",
    "layers": "dense:9999999:tanh,;DROP TABLE",
    "__proto__": "{}",
    "loss": "![](//pictures.example/x.png)",
}
# Proper names, terms of the field and units that Chinese texts keep.
KEPT = re.compile(
    r"""\b(http://[a-z.]+|PyTorch|Streamlit|Plotly|NumPy|pydantic|scikit-learn|TensorFlow|Playground|TF|
    PCA|PC\d?|xy|CSV|JSON|PNG|CPU|GPU|CUDA|MB|XOR|L1|L2|Dropout|ReLU|ELU|GELU|SiLU|Swish|Leaky|
    Softplus|softplus|Sigmoid|sigmoid|Tanh|tanh|sin|SGD|RMSProp|Adagrad|Adam|AdamW|Nesterov|
    Huber|Hinge|Focal|Log-cosh|Saxe|ROC|Xavier|He|Glorot|Bengio|Transformer|bfloat16|float32|float64|log|nn|FLOPs|top-k|top-p|zip|txt|Linear|Python|Apache|
    SNE|CKA|SVD|Alt|Delete|UTF|WAV|einsum|_max|_min|License|Inductor|Shift|Tab|Esc|Matthew|Petroff|Daniel|Smilkov|Shan|Carter|en|ms)\b""",
    re.VERBOSE | re.ASCII,
)
# What Streamlit says to screen readers alone, and has in English only.
SPOKEN = re.compile(
    r"Skip to main content|Main menu|Help for .*|Choose an option|Open|Close|Increment|Decrement|"
    r"file upload|Link to heading"
)
VISIBLE_TEXT = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode, parent = node.parentElement;
    if (!node.data.trim() || !parent.checkVisibility({ visibilityProperty: true })) continue;
    if (getComputedStyle(parent).fontSize === '0px') continue;
    if (parent.closest('script, style, .katex, [data-testid=stIconMaterial], code')) continue;
    found.push(node.data.trim());
  }
  for (const node of document.querySelectorAll('[title], [aria-label], [placeholder], [alt]')) {
    if (!node.checkVisibility()) continue;
    for (const name of ['title', 'aria-label', 'placeholder', 'alt']) {
      const text = node.getAttribute(name);
      if (text) found.push(text);
    }
  }
  return [...new Set(found)];
}"""


def shows_deep(page: Visitor) -> None:
    """Expects the page of `DEEP`."""
    expect(page.keyed("left")).to_contain_text("interleaved arms")
    expect(page.keyed("stack")).to_contain_text("ReLU")
    expect(page.keyed("chip_rate")).to_contain_text("0.1")
    expect(page.keyed("chip_batch")).to_contain_text("20")
    expect(page.part("network").locator('[data-neuron^="0."]')).to_have_count(3)
    expect(page.part("network").locator('[data-neuron^="1."]')).to_have_count(6)
    page.until(lambda: address(page) == DEEP)


def address(page: Visitor) -> Experiment:
    """The experiment that the page's address describes."""
    query = page.page.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    query.pop("lang", None)
    experiment, notices = decode(query)
    assert notices == ()
    return experiment


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["", "some/prefix"])
def test_a_link_opens_on_a_cold_server(visit: Visit, prefix: str):
    with app_server({"PLAYGROUND_WORKERS": "1"}, prefix=prefix) as cold:
        page = visit(server=cold, tap=True).open(DEEP)
        shows_deep(page)
        assert page.frames_seen.newest["batches_per_epoch"] == 13
        page.play().wait_for_frames()
        page.page.get_by_role("link", name="Guide").click()
        expect(page.page.get_by_role("heading", name="What this is")).to_be_visible()
        page.page.get_by_role("link", name="Playground", exact=True).click()
        page.wait_for_frames()
        shows_deep(page)
        page.page.context.close()


@pytest.mark.slow
def test_a_link_to_the_guide_on_its_own_path(visit: Visit):
    page = visit()
    page.page.goto(f"{page.server.url}/about?data=xor")
    expect(page.page.get_by_role("heading", name="Keyboard")).to_be_visible()
    page.page.get_by_role("link", name="Playground", exact=True).click()
    page.wait_for_picture()
    expect(page.keyed("left")).to_contain_text("Exclusive or")


def test_a_hostile_link_gives_notices_and_defaults(visit: Visit):
    page = visit().goto("/?" + urlencode(HOSTILE))
    for name, value in HOSTILE.items():
        page.notice(f"The link says {name} = {value}")
    assert page.page.get_by_test_id("stException").count() == 0
    expect(page.keyed("left")).to_contain_text("Circle")
    page.keyed("dismiss").get_by_role("button").click()
    expect(page.keyed("notices")).to_have_count(0)
    page.settle()
    page.until(lambda: address(page) == Experiment())
    page.play().wait_for_frames()


def test_reload_and_language_keep_the_experiment(visit: Visit):
    page = visit().open(DEEP)
    page.page.reload()
    page.wait_for_picture()
    shows_deep(page)
    page.play()
    step = page.step
    page.page.get_by_role("radio", name="中").or_(
        page.keyed("language_control").get_by_role("button", name="中")
    ).click()
    expect(page.keyed("left")).to_contain_text("螺旋")
    page.settle()
    page.until(lambda: page.query("lang") == "zh")
    page.until(lambda: address(page) == DEEP)
    page.wait_beyond(step)
    page.page.reload()
    page.wait_for_picture()
    expect(page.keyed("left")).to_contain_text("螺旋")
    assert address(page) == DEEP


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["zh-CN", "de-DE"])
def test_the_browser_chooses_the_language(visit: Visit, locale: str):
    page = visit(locale=locale).open()
    expect(page.keyed("left")).to_contain_text("圆" if locale == "zh-CN" else "Circle")
    assert page.query("lang") is None


def test_chinese_is_complete(visit: Visit):
    page = visit(locale="zh-CN").open(DEEP)
    texts = set(page.page.evaluate(VISIBLE_TEXT))
    for chip in ("rate", "optimizer", "loss", "regularization", "initialization", "training",
                 "share"):  # fmt: skip
        page.chip(chip)
        texts |= set(page.page.evaluate(VISIBLE_TEXT))
        page.close_popover()
    for block in (0, 1, 2):
        page.popover(page.keyed(f"block_{block}"))
        texts |= set(page.page.evaluate(VISIBLE_TEXT))
        page.close_popover()
    page.keyed("pick_csv").get_by_role("button").click()
    expect(page.page.get_by_role("dialog")).to_be_visible()
    texts |= set(page.page.evaluate(VISIBLE_TEXT))
    page.page.keyboard.press("Escape")
    page.page.get_by_role("link", name="指南").click()
    expect(page.page.get_by_role("heading", name="键盘")).to_be_visible()
    texts |= set(page.page.evaluate(VISIBLE_TEXT))
    english = {
        text: left
        for text in texts
        if (left := re.findall("[A-Za-z]{2,}", KEPT.sub("", text))) and not SPOKEN.fullmatch(text)
    }
    english.pop("Copy to clipboard", None)  # Streamlit's own, where the pointer happens to rest
    assert english == {}
    assert page.page.evaluate("document.documentElement.lang") == "zh-CN"


@pytest.mark.slow
def test_a_link_of_tensorflow_playground_is_pasted(visit: Visit) -> None:
    """Points, weights, batches and the switches of the map; then the visitor goes on."""
    page = visit(tap=True).open()
    page.chip("share")
    field = page.page.get_by_label("A link of TensorFlow Playground", exact=True)
    field.fill(
        "http://playground.tensorflow.org/#activation=tanh&batchSize=10&dataset=circle"
        "&learningRate=0.03&networkShape=4,2&seed=0.42000&percTrainData=50&x=true&y=true"
        "&problem=classification&showTestData=true&hideText=true"
    )
    field.press("Enter")
    page.notice(re.compile("hideText"))
    page.close_popover()
    page.until(lambda: page.frames_seen.newest["metrics"]["train_loss"] == approx(0.522059))
    test_points = page.part("map").get_by_role("button", name="Test points")
    expect(test_points).to_have_attribute("aria-pressed", "true")
    test_points.click()
    expect(test_points).to_have_attribute("aria-pressed", "false")
    page.button("One epoch").click()
    page.until(lambda: page.frames_seen.newest["metrics"]["train_loss"] == approx(0.513683))
    expect(test_points).to_have_attribute("aria-pressed", "false")


def approx(value: float) -> object:
    return pytest.approx(value, abs=1e-6)
