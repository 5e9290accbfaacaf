"""The live view by itself: what it paints, says and survives, with frames made by the tests."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from playground.live.frames import encode
from tests.browser.access import violations
from tests.browser.view_page import frame, module, mount, open_page, scene, sent, show

pytestmark = pytest.mark.browser

AXES = "document.querySelector('.np-map .np-axes')"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose scripts must raise nothing."""
    page, errors = open_page(browser, viewport={"width": 1200, "height": 2200})
    yield page
    assert errors == []
    page.context.close()


def start(page: Page, first: str | None = None, language: str = "en") -> None:
    mount(page, language)
    page.wait_for_function("sockets.at(-1)?.sent.some(({ type }) => type === 'ack')")
    show(page, first or frame(1, scene()))


def wait_for_axes(page: Page) -> None:
    page.wait_for_function(f"{AXES}?._fullLayout?.xaxis?._length > 0")


# ---- modules ---------------------------------------------------------------------------------


def test_a_frame_is_read_as_python_wrote_it(page: Page) -> None:
    values = np.array([[1.5, -2, 3e-8]], np.float32)
    flags = np.arange(5, dtype=np.uint8)
    text = base64.b64encode(encode({"word": "π 层"}, {"flags": flags, "values": values})).decode()
    read = module(
        page,
        "frame.js",
        """(() => {
          const padded = new Uint8Array(bytes(a).byteLength + 3); // unaligned, as in a message
          padded.set(new Uint8Array(bytes(a)), 3);
          return [bytes(a), padded.subarray(3)].map((source) => {
            const { header, arrays } = m.decode(source);
            const { flags, values } = arrays;
            return [header.word, [...flags.data], [...values.data], values.shape];
          });
        })()""",
        text,
    )
    for word, ints, floats, shape in read:
        assert word == "π 层" and ints == [0, 1, 2, 3, 4] and shape == [1, 3]
        assert np.array_equal(np.array(floats, np.float32), values[0])


def test_history_follows_deltas_overlaps_and_a_new_version(page: Page) -> None:
    epochs = module(
        page,
        "history.js",
        """(() => {
          const history = new m.History();
          const row = (epoch) => [epoch, epoch, 0, 0, 0, 0, 0, 0, 0];
          const rows = (...epochs) => Float32Array.from(epochs.flatMap(row));
          const all = () => Array.from({ length: history.count }, (_, i) => history.value(i, 0));
          const seen = [];
          history.merge({ version: 1, start: 0, total: 3 }, rows(0, 1, 2));
          seen.push(all());
          history.merge({ version: 1, start: 2, total: 4 }, rows(2, 3));
          seen.push(all());
          history.merge({ version: 2, start: 0, total: 2 }, rows(0, 2));
          seen.push([...all(), history.total]);
          return seen;
        })()""",
    )
    assert epochs == [[0, 1, 2], [0, 1, 2, 3], [0, 2, 2]]


@pytest.mark.parametrize("logarithmic", [False, True])
def test_a_long_curve_is_thinned_but_keeps_its_spike(page: Page, logarithmic: bool) -> None:
    picked = module(
        page,
        "history.js",
        """(() => {
          const history = new m.History();
          const rows = new Float32Array(9 * 50000);
          for (let i = 0; i < 50000; i++) rows.set([i, i === 31234 ? 9 : 1 / (1 + i)], i * 9);
          history.merge({ version: 1, start: 0, total: 50000 }, rows);
          return history.sample(400, a);
        })()""",
        logarithmic,
    )
    assert len(picked) <= 400
    assert picked == sorted(set(picked))
    assert {0, 31234, 49999} <= set(picked)


def test_columns_stand_below_the_editor_and_wide_layers_are_sampled(page: Page) -> None:
    about = scene((64, 8))
    found = module(
        page,
        "netlayout.js",
        """(() => {
          const { columns, neurons } = m.arrange(a, 800, 360);
          return {
            x: columns.map(({ x }) => x), shown: columns.map(({ places }) => places.length),
            ys: columns.map((column) => column.neurons.map(({ y }) => y)),
            maps: neurons.map(({ map }) => map),
          };
        })()""",
        about,
    )
    assert found["x"] == [100, 300, 500, 700]
    assert found["shown"][0] == 2 and 8 <= found["shown"][1] <= 12 and found["shown"][2] == 8
    for column in found["ys"]:
        assert all(below - above >= 24 for above, below in pairwise(column))
    assert found["maps"][-1] == sum(len(block["shown"]) for block in about["blocks"]) - 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.0123, "0.012"), (0.00234, "0.0023"), (2e-5, "2.0e−5"), (-1.234, "−1.23"),
     (1234.5, "1235"), (None, "–")],
)  # fmt: skip
def test_numbers_are_short(page: Page, value: float | None, shown: str) -> None:
    assert module(page, "words.js", "m.significant(a)", value) == shown


# ---- frames ----------------------------------------------------------------------------------


def test_every_part_is_painted_and_the_frame_acknowledged(page: Page) -> None:
    start(page)
    assert sent(page, "ack")[0] == {"type": "ack", "seq": -1, "scene": -1, "history": [-1, 0]}
    show(page, frame(2))
    assert sent(page, "ack")[-1] == {"type": "ack", "seq": 2, "scene": 7, "history": [1, 3]}
    assert sent(page, "want")[-1]["value"]["map"] is True
    steps = page.eval_on_selector_all("[data-part]", "nodes => nodes.map((n) => n.dataset.step)")
    assert steps == ["2"] * 5
    for part in ("map", "network"):
        colours = page.evaluate(
            """(part) => {
              const { width, height } = document.querySelector(`.np-${part} canvas`);
              const canvas = document.querySelector(`.np-${part} canvas`);
              const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
              return new Set(new Uint32Array(data.buffer)).size;
            }""",
            part,
        )
        assert colours > 50


def test_frames_of_one_moment_are_painted_once(page: Page) -> None:
    start(page)
    before = page.evaluate("__playground.frames")
    page.evaluate("(frames) => frames.forEach(deliver)", [frame(2), frame(3), frame(4)])
    page.wait_for_function("__playground.step === 4")
    assert page.evaluate("__playground.frames") == before + 1


@pytest.mark.parametrize("task", ["multiclass", "regression"])
@pytest.mark.parametrize("language", [pytest.param("en", marks=pytest.mark.slow), "zh"])
def test_other_tasks_and_words(page: Page, task: str, language: str) -> None:
    start(page, frame(1, scene(task=task)), language=language)
    for tab in page.get_by_role("tab").all():
        tab.click()
        show(page, frame(2, scene(task=task)))
    alt = page.locator(".np-map [role=img]").get_attribute("aria-label") or ""
    assert "{" not in alt and "map." not in alt


def test_zoom_and_hover_survive_frames(page: Page) -> None:
    start(page)
    wait_for_axes(page)
    box = page.locator(".np-map .np-plot").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 80, y - 80)
    page.mouse.down()
    page.mouse.move(x + 60, y + 60, steps=4)
    page.mouse.up()
    page.wait_for_function(f"{AXES}._fullLayout.xaxis.range[1] < 5.9")
    page.mouse.move(x, y)
    zoomed = page.evaluate(f"{AXES}._fullLayout.xaxis.range")
    tip = page.locator(".np-map .np-tip")
    for step in range(2, 12):
        show(page, frame(step))
        expect(tip).to_be_visible()
    assert page.evaluate(f"{AXES}._fullLayout.xaxis.range") == zoomed
    page.mouse.dblclick(x, y)
    page.wait_for_function(f"{AXES}._fullLayout.xaxis.range[1] === 6")


def test_a_neuron_is_chosen_and_let_go_by_keyboard(page: Page) -> None:
    start(page)
    page.locator(".np-neuron[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    unit = page.evaluate("document.activeElement.dataset.neuron")
    page.wait_for_function("sockets.at(-1).sent.some((m) => m.type === 'want' && m.value.focus)")
    focus = sent(page, "want")[-1]["value"]["focus"]
    assert f"{focus[0]}.{focus[1]}" == unit and focus[0] == 1
    page.keyboard.press("Enter")
    page.wait_for_function("sockets.at(-1).sent.at(-1).value?.focus === null")


def test_controls_send_commands(page: Page) -> None:
    start(page, frame(1, scene(), state="paused"))
    page.keyboard.press("Space")
    page.get_by_role("button", name="One batch").click()
    page.get_by_role("button", name="One epoch").click()
    page.get_by_role("button", name="Reset").click()
    page.get_by_role("slider", name="Speed").press("Home")
    page.get_by_role("switch").check()
    page.get_by_role("button", name="New seed").click()
    kinds = page.evaluate("sockets.at(-1).sent.map(({ type }) => type)")
    assert [k for k in kinds if k not in ("ack", "want")] == [
        "play", "step", "epoch", "reset", "speed", "keep",
    ]  # fmt: skip
    assert sent(page, "speed")[-1]["value"] == 1
    assert page.evaluate("calls") == [["bar", "trigger", "command", {"type": "new_seed"}]]


def test_a_notice_is_a_sentence(page: Page) -> None:
    start(page)
    told = {"code": "stopped_epochs", "params": {"epochs": 12}}
    show(page, frame(2, state="done", notice=told))
    expect(page.locator(".np-bar").get_by_role("status")).to_contain_text("Stopped after 12 epochs")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".np-bar").get_by_role("status")).to_be_empty()


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_axe_finds_nothing(page: Page, scheme: str) -> None:
    if scheme == "dark":
        page.add_style_tag(
            content="body { --st-text-color: #fafafa; --st-background-color: #0e1117;"
            " --st-secondary-background-color: #1d242c; --st-primary-color: #4aa6e0;"
            " background: #0e1117; color: #fafafa }"
        )
    start(page, frame(1, scene((8, 8), "multiclass")))
    wait_for_axes(page)
    assert violations(page) == []


# ---- connection ------------------------------------------------------------------------------


def test_without_a_websocket_the_view_asks_for_the_fallback(page: Page) -> None:
    page.evaluate("window.refuse = true")
    mount(page)
    page.wait_for_function("calls.some(([, kind, key]) => kind === 'state' && key === 'transport')")
    assert ["bar", "state", "transport", "poll"] in page.evaluate("calls")
    pipe = """async ([obeyed, text]) => {
      const frame = new Uint8Array(bytes(text));
      const data = new Uint8Array(8 + frame.length);
      new DataView(data.buffer).setUint32(0, obeyed, true);
      data.set(frame, 8);
      (await import('/app/static/pipe.js')).mount({ data });
    }"""
    page.evaluate(pipe, [0, frame(1, scene(), state="paused")])
    page.wait_for_function("__playground.frames > 0")
    # Everything that was not obeyed yet is said, and may be said more than once.
    said = """() => calls.filter(([, , key]) => key === 'commands').at(-1)?.[3].list
      .filter(({ command }) => command.type !== 'want')"""
    types = f"(wanted) => ({said})()?.map(({{ command }}) => command.type).join() === wanted"
    page.wait_for_function(types, arg="")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(types, arg="play")
    play = page.evaluate(said)[-1]
    # What was obeyed is not said again, what was not is.
    page.evaluate(pipe, [play["number"] - 1, frame(2, scene(), state="paused")])
    page.get_by_role("button", name="One batch").click()
    page.wait_for_function(types, arg="play,step")
    page.evaluate(pipe, [play["number"], frame(3, scene(), state="paused")])
    page.get_by_role("button", name="One epoch").click()
    page.wait_for_function(types, arg="step,epoch")


def test_a_cut_is_mended_and_a_lost_token_is_told(page: Page) -> None:
    start(page)
    page.evaluate("sockets.at(-1).end(1006)")
    page.wait_for_function("sockets.length === 2 && sockets.at(-1).readyState === 1")
    show(page, frame(2, scene()))
    page.evaluate("sockets.at(-1).end(4404)")
    page.wait_for_function("calls.length > 0")
    assert page.evaluate("calls") == [["bar", "state", "transport", "lost"]]
    assert page.evaluate("sockets.length") == 2


def test_another_tab_takes_over_and_gives_back(page: Page) -> None:
    start(page)
    page.evaluate("sockets.at(-1).end(4409)")
    expect(page.locator(".np-bar").get_by_role("status")).to_contain_text("another tab")
    page.get_by_role("button", name="Use it here").click()
    page.wait_for_function("sockets.length === 2")


def test_a_removed_host_frees_the_view_and_a_rerun_keeps_it(page: Page) -> None:
    start(page)
    page.evaluate("window.canvas = document.querySelector('.np-map canvas')")
    mount(page)
    assert page.evaluate("canvas.isConnected")
    page.evaluate(
        """() => {
          const host = document.getElementById('map');
          const release = view.mount({ parentElement: host, data: { token: 'a-token', part: 'map',
            words: {}, lang: 'en', mode: 'ws' }, setTriggerValue() {}, setStateValue() {} });
          host.remove();
          release();
        }"""
    )
    page.wait_for_timeout(500)
    show(page, frame(3))
    assert not page.evaluate("canvas.isConnected")
