"""Settings, data sets, features and layers: what they change, and what goes on regardless."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from playground.core.experiment import Experiment
from tests.browser.access import overflow
from tests.browser.conftest import Visit
from tests.browser.visitor import PHONE, Visitor

pytestmark = pytest.mark.browser

# Notes when the step that is painted goes back.
WATCH_STEP = """() => {
  window.__fell = false;
  let last = 0;
  const look = () => {
    const { step } = window.__playground;
    if (step < last) window.__fell = true;
    last = step;
    requestAnimationFrame(look);
  };
  look();
}"""


def neurons(page: Visitor, block: int) -> Locator:
    return page.part("network").locator(f'[data-neuron^="{block}."]')


def chips(page: Visitor) -> list[str]:
    """The second lines of the layer stack: units, or a strength."""
    cells = page.keyed("stack").locator(".stPopover button p").all_inner_texts()
    return [cell.split("\n")[-1].strip() for cell in cells]


def test_live_settings_change_without_a_reset(visit: Visit):
    page = visit(tap=True).open().play()
    page.page.evaluate(WATCH_STEP)

    body = page.chip("rate")
    body.get_by_role("slider").press("ArrowRight")
    page.wait("() => new URLSearchParams(location.search).has('optimizer.learning_rate')")
    page.close_popover()
    rate = page.query("optimizer.learning_rate")
    expect(page.keyed("chip_rate")).to_contain_text(str(rate))

    body = page.chip("batch")
    before = page.frames_seen.newest["batches_per_epoch"]
    field = body.get_by_role("spinbutton").or_(body.get_by_role("slider"))
    field.press("ArrowUp")
    field.press("Enter")
    page.until(lambda: page.frames_seen.newest["batches_per_epoch"] != before)
    page.close_popover()

    body = page.chip("regularization")
    for name in ("L1", "L2"):
        slider = body.get_by_role("slider", name=re.compile(f"^{name}"))
        slider.press("ArrowRight")
        slider.press("ArrowRight")
    page.until(lambda: page.frames_seen.newest["metrics"]["penalty"] > 0)
    page.close_popover()
    expect(page.part("curves").locator(".np-line-penalty")).to_be_visible()

    page.wait_beyond(page.step)
    assert not page.page.evaluate("window.__fell"), "a live setting brought the step back"


@pytest.mark.slow
def test_a_change_of_units_starts_again_and_says_so(visit: Visit):
    page = visit().open()
    page.button("One epoch").click()
    page.wait_for_step(25)
    body = page.popover(page.keyed("block_1"))
    expect(body).to_contain_text("12 parameters")
    body.get_by_role("slider", name="Units").press("ArrowRight")
    page.toast("The weights start again: layers changed.")
    page.wait_for_step(0)
    expect(body).to_contain_text("15 parameters")
    expect(neurons(page, 1)).to_have_count(5)
    page.until(lambda: page.query("layers") == "dense:5:tanh,dense:2:tanh")
    body.get_by_role("combobox", name="Activation").click()
    page.page.get_by_role("option", name="ReLU", exact=True).click()
    page.wait("() => location.search.includes('relu')")
    expect(page.keyed("stack")).to_contain_text("ReLU")


@pytest.mark.slow
def test_a_run_that_plays_goes_on_after_a_reset(visit: Visit):
    page = visit().open().play()
    page.keyed("pick_xor").get_by_role("button").click()
    page.toast("The weights start again: Data set changed.")
    page.wait("() => new URLSearchParams(location.search).get('data') === 'xor'")
    page.settle()
    page.wait_beyond(page.step)
    assert page.painted("state") == "running"
    expect(page.keyed("left")).to_contain_text("Opposite quarters")


@pytest.mark.slow
def test_features(visit: Visit):
    page = visit().open()
    expect(neurons(page, 0)).to_have_count(2)
    group = page.keyed("set_features")
    group.get_by_role("button", name="x²").click()
    expect(neurons(page, 0)).to_have_count(3)
    page.toast("The weights start again: Input features changed.")
    page.until(lambda: page.query("features") == "x,y,x2")
    page.settle()
    for name, left in (("x", 2), ("y", 1)):
        group.get_by_role("button", name=name, exact=True).click()
        expect(neurons(page, 0)).to_have_count(left)
        page.settle()
    # The last one stays, and the visitor hears why.
    group.get_by_role("button", name="x²").click()
    page.notice("Choose at least one")
    page.until(lambda: page.query("features") == "x2")
    expect(neurons(page, 0)).to_have_count(1)


@pytest.mark.slow
def test_layers_are_added_moved_duplicated_and_removed(visit: Visit):
    page = visit().open()
    assert chips(page) == ["2", "4", "2", "1"]

    def arrange(block: int, name: str) -> None:
        page.popover(page.keyed(f"block_{block}")).get_by_role("button", name=name).click()
        page.settle()
        page.page.keyboard.press("Escape")

    page.keyed("add_layer").get_by_role("button").click()
    page.page.get_by_role("menuitem", name="Dropout").click()
    page.until(lambda: len(chips(page)) == 5)
    page.until(lambda: page.query("layers") == "dense:4:tanh,dense:2:tanh,dropout:0.2")
    arrange(3, "Move left")
    page.until(lambda: page.query("layers") == "dense:4:tanh,dropout:0.2,dense:2:tanh")
    arrange(1, "Duplicate")
    page.until(lambda: chips(page) == ["2", "4", "4", "0.2", "2", "1"])
    arrange(4, "Remove")
    page.until(lambda: page.query("layers") == "dense:4:tanh,dense:4:tanh,dropout:0.2")
    page.settle()
    expect(neurons(page, 2)).to_have_count(4)
    page.play().wait_for_frames()


@pytest.mark.slow
def test_a_loss_that_does_not_fit_is_disabled_with_the_reason(visit: Visit):
    page = visit().open()
    body = page.chip("loss")
    unfit = body.get_by_role("button", name="Cross-entropy", exact=True)
    expect(unfit).to_be_disabled()
    expect(body).to_contain_text("Made for three classes and more")
    body.get_by_role("button", name="Hinge").click()
    page.until(lambda: page.query("loss") == "hinge")
    expect(page.page.locator("[data-testid=stToast]")).to_have_count(0)


@pytest.mark.slow
def test_optimizer_and_first_weights(visit: Visit):
    page = visit(tap=True).open()
    body = page.chip("optimizer")
    body.get_by_role("combobox").click()
    page.page.get_by_role("option", name="SGD", exact=True).click()
    page.wait("() => new URLSearchParams(location.search).get('optimizer') === 'sgd'")
    expect(body.get_by_role("slider", name="Momentum")).to_be_visible()
    page.close_popover()
    body = page.chip("initialization")
    body.get_by_text("Zeros", exact=True).click()
    page.until(lambda: not page.frames_seen.arrays["links"].any())


def test_divergence_stops_the_run_and_says_why(visit: Visit):
    wild = Experiment().with_changes(
        {
            "optimizer": {"name": "sgd", "learning_rate": 10.0},
            "layers": [{"kind": "dense", "units": 8, "activation": "relu"}] * 3,
            "data": {"name": "reg-plane"},
            "loss": "mse",
        }
    )
    page = visit().open(wild)
    page.button("Play").click()
    page.wait_for_state("diverged")
    expect(page.part("bar").get_by_role("status")).to_contain_text(
        re.compile("Training diverged at epoch .* lower the learning rate")
    )
    expect(page.button("Play")).to_be_visible()
    assert page.rests()


@pytest.mark.slow
def test_phone(visit: Visit):
    page = visit(viewport=PHONE, has_touch=True, is_mobile=True).open()
    assert overflow(page) == 0
    wider = page.page.evaluate(
        """() => [...document.querySelectorAll('.np-view, .stPopover, .stButton, h1, h2')]
          .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
          .map((node) => node.className)"""
    )
    assert wider == []
    order = ["part_bar", "part_map", "stack", "part_network", "part_curves", "settings", "left"]
    tops = [page.keyed(key).bounding_box() for key in order]
    places = [box["y"] for box in tops if box]
    assert len(places) == len(order)
    assert places == sorted(places), dict(zip(order, places, strict=True))
    page.button("Play").tap()
    page.wait_for_frames()
    page.keyed("part_analysis").scroll_into_view_if_needed()
    page.wait_for_frames()
    assert page.pixels("map")["colors"] > 8
