"""The pages of their own, as scripts: both languages, what a link says, what a stage asks."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from playground import words
from playground.core.experiment import Experiment
from playground.live.frames import decode
from playground.live.service import service
from playground.ui import stage
from tests.ui.visits import ROOT, Visit, checked

ASKING = ("tensors", "plane", "pca", "compress", "descent", "sweep")
LIVE = ("seeds", "race")
PAGES = (*ASKING, *LIVE)


def shown(page: AppTest) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """What the page's stage is told."""
    (stage,) = page.get("bidi_component")
    return decode(stage.proto.bytes)


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_page_is_shown_in_the_visitors_language(open_page: Visit, language: str) -> None:
    page = open_page(lang=language)
    for name in PAGES:
        checked(page.switch_page(str(ROOT / "pages" / f"{name}.py")).run())
        header, _ = shown(page)
        assert header["lang"] == language
        assert header["words"][name] == words.section(language, f"pages.{name}")
        title = words.text(language, f"pages.{name}.title")
        assert any(title in heading.value for heading in page.markdown), name
        assert not page.info, name


def test_a_link_brings_the_matrix_and_what_is_odd_in_it_is_said(open_page: Visit) -> None:
    page = open_page()
    page.query_params["m"] = "1,2,3,4"
    page.query_params["lens"] = "nonsense"
    checked(page.switch_page(str(ROOT / "pages" / "plane.py")).run())
    assert shown(page)[0]["facts"] == {"link": {"m": [1, 2, 3, 4]}}
    assert [message.value for message in page.info] == [
        words.text("en", "errors.link_ignored", key="lens", value="nonsense")
    ]


def test_a_walk_comes_back_by_its_link(open_page: Visit) -> None:
    page = open_page()
    for key, text in {"p": "1,2,3,4.5", "sc": "standard", "b": "0.5", "r": "7"}.items():
        page.query_params[key] = text
    checked(page.switch_page(str(ROOT / "pages" / "descent.py")).run())
    facts = shown(page)[0]["facts"]
    assert facts == {"link": {"p": [1, 2, 3, 4.5], "sc": "standard", "b": 0.5}}
    assert len(page.info) == 1


@pytest.mark.parametrize("name", LIVE)
def test_a_page_that_trains_has_a_run_of_its_own(open_page: Visit, name: str) -> None:
    page = open_page()
    checked(page.switch_page(str(ROOT / "pages" / f"{name}.py")).run())
    told = shown(page)[0]
    run = service().find(told["live"]["token"])
    assert run is not None
    assert (run.page, run.experiment) == (name, page.session_state["experiment"])
    assert told["words"]["bar"]["play"]
    (playground,) = [
        one for one in service().runs.values() if one.session == run.session and one is not run
    ]
    assert playground.resting
    assert not run.resting
    checked(page.switch_page(str(ROOT / "pages" / "playground.py")).run())
    assert run.resting
    assert not playground.resting


@pytest.mark.parametrize("name", ASKING)
def test_what_a_stage_asks_is_answered_in_the_next_run(
    open_page: Visit, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """AppTest cannot speak for a component, so the callback is called as Streamlit calls it."""
    asked, odd = {
        "plane": ({"matrix": [[2, 0], [0, 1]]}, {"matrix": [[1, 2], [3]]}),
        "descent": ({"points": [[0, 2], [1, 5]]}, {"points": []}),
        "pca": ({"values": [[0, 2], [1, 5]]}, {"values": [[1, 2], [3]]}),
        "tensors": (
            {"a": {"kind": "typed", "text": "[3, 4]"}, "operation": "add_number",
             "settings": {"number": "2"}},
            {"a": {"kind": "sound", "file": "gone"}, "operation": "norm"},
        ),
        "compress": ({"picture": {"name": "china"}, "size": 320}, {"size": 1}),
        "sweep": ({"measure": {"epochs": 2, "starts": 2}}, {"measure": {"epochs": 0}}),
    }[name]  # fmt: skip
    answer = import_module(f"playground.ui.{name}")._answer
    said: dict[str, Any] = {"experiment": Experiment()}
    monkeypatch.setattr(stage.st, "session_state", said)
    for number, params in enumerate((asked, odd), 1):
        said[f"stage_{name}"] = {"ask": {"number": number, "params": params}}
        asking = stage._Asked(f"stage_{name}", answer)
        asking.hear()
        header, arrays = decode(stage._message(name, {}, {}, asking.reply()))
        assert header["answer"]["number"] == number
        if params is odd:
            assert header["answer"]["error"]
        elif name == "plane":
            assert header["answer"]["lines"][0]["values"] == [2.0]
        elif name == "pca":
            assert header["answer"]["eigenvalues"] == pytest.approx([5, 0])
        elif name == "tensors":
            assert header["answer"]["line"] == "C = A + 2"
            assert header["answer"]["scalar"] == [2.0, 0.0], "no name of the stage's own is taken"
        elif name == "sweep":
            assert header["answer"]["cost"]["epoch"] > 0
        elif name == "compress":
            assert arrays["answer/energy"].shape == (header["answer"]["terms"] + 1,)
        else:
            np.testing.assert_allclose(header["answer"]["line"], [3, 2], atol=1e-9)
            assert arrays["answer/path"].shape[1] == 2


def test_a_question_of_a_page_that_was_left_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    said: dict[str, Any] = {}
    monkeypatch.setattr(stage.st, "session_state", said)
    asking = stage._Asked("stage_plane", lambda params: (params, {}))
    asking.hear()
    stage._tell("stage_plane", said.update)
    assert said == {}
    assert asking.reply() == ({}, {})
