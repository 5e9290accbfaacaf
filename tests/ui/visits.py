"""Visits to the app by AppTest."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from playground.core.experiment import Experiment

ROOT = Path(__file__).resolve().parents[2]
ROUTER = ROOT / "playground" / "ui" / "router.py"
GUIDE = ROOT / "pages" / "about.py"

Visit = Callable[..., AppTest]


def visit(**query: str) -> AppTest:
    """A first visit to the playground; in parameter names `__` stands for a dot."""
    page = AppTest.from_file(str(ROUTER), default_timeout=60)
    for key, value in query.items():
        page.query_params[key.replace("__", ".")] = value
    return checked(page.run())


def checked(page: AppTest) -> AppTest:
    """The page, which must not have raised."""
    assert not page.exception, [error.value for error in page.exception]
    return page


def press(page: AppTest, key: str) -> AppTest:
    return checked(page.button(key=key).click().run())


def experiment(page: AppTest) -> Experiment:
    return page.session_state["experiment"]
