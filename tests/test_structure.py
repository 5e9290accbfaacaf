"""The house keeps its shape: who imports whom, and what never reaches the web process."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# A part may import itself and these.
MAY_IMPORT = {
    "words": set(),
    "core": {"words"},
    "live": {"words", "core"},
    "figures": {"words", "core"},
    "ui": {"words", "core", "live", "figures"},
    "bench": {"words", "core", "live"},
    "pages": {"words", "core", "live", "figures", "ui"},
    "app": {"words", "core", "live", "figures", "ui"},
    "__main__": {"words", "core", "live", "bench"},
}
# Packages that a part never names, not even inside a function.
NEVER = {
    "words": {"streamlit", "plotly", "torch", "numpy", "sklearn"},
    "core": {"streamlit", "plotly", "starlette"},
    "live": {"plotly"},
    "figures": {"streamlit", "torch", "sklearn", "optuna"},
    "ui": {"torch", "sklearn", "optuna"},
    "pages": {"torch", "sklearn", "optuna"},
}


def sources() -> list[Path]:
    folders = ROOT / "playground", ROOT / "pages"
    return [ROOT / "app.py", *sorted(path for top in folders for path in top.rglob("*.py"))]


def part_of(path: Path) -> str:
    """The part of the house that a source file belongs to: "core", "ui", "pages", "app" ..."""
    inside = path.relative_to(ROOT).with_suffix("").parts
    return inside[1] if inside[0] == "playground" else inside[0]


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full module name of every import of a file, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            module = node.module or ""
            yield node.lineno, module
            if module == "playground":
                for alias in node.names:
                    yield node.lineno, f"playground.{alias.name}"


def run_python(program: str) -> str:
    """The output of a program in a fresh interpreter at the project's root."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


BLOCK = """
import importlib, pkgutil, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ImportError(name + " is not for this part of the project")

sys.meta_path.insert(0, Blocker())
"""


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    part = part_of(path)
    if part == "__init__":
        allowed, never = {"words"}, set(NEVER["core"])
    else:
        assert part in MAY_IMPORT, f"{path} is in no known part of the project"
        allowed, never = MAY_IMPORT[part] | {part}, NEVER.get(part, set())
    for line, module in imported(path):
        package, _, rest = module.partition(".")
        assert package not in never, f"{path}:{line}: {part} must not import {module}"
        if package == "playground" and rest:
            other = rest.partition(".")[0]
            known = other in MAY_IMPORT or other == "__version__"
            assert known, f"{path}:{line}: {module} is in no known part"
            assert other in allowed | {"__version__"}, f"{path}:{line}: {part} imports {module}"
        assert package != "pages", f"{path}:{line}: nothing imports a page"


def test_the_core_needs_no_interface() -> None:
    run_python(
        BLOCK.format(blocked={"streamlit", "plotly", "starlette"})
        + """
import playground.core
for module in pkgutil.walk_packages(playground.core.__path__, "playground.core."):
    importlib.import_module(module.name)
"""
    )


def test_a_worker_needs_no_interface() -> None:
    """A worker without Streamlit starts sooner and takes less memory."""
    run_python(
        BLOCK.format(blocked={"streamlit", "plotly", "starlette"})
        + """
import playground.live.worker, playground.live.scheduler, playground.live.workshop
"""
    )


def test_the_web_process_needs_neither_torch_nor_scikit_learn() -> None:
    """Router and playground page are run as a visitor would, with a worker process beside."""
    output = run_python("""
import sys

from streamlit.testing.v1 import AppTest

import app
from playground.live.service import service

try:
    page = AppTest.from_file("playground/ui/router.py", default_timeout=60).run()
    assert not page.exception, page.exception
finally:
    service().close()
heavy = {"torch", "sklearn", "scipy", "optuna", "dask"} & set(sys.modules)
print("loaded:", sorted(heavy))
""")
    assert output.splitlines()[-1] == "loaded: []"


@pytest.mark.parametrize(
    "path",
    [path for path in sources() if path.parent == ROOT / "playground" / "ui"],
    ids=lambda path: path.stem,
)
def test_no_file_in_ui_hides_another_module(path: Path) -> None:
    """The script's folder, ui/, is first on the import path of the running app."""
    if path.stem == "__init__":
        return
    assert path.stem not in sys.stdlib_module_names
    assert path.stem not in importlib.metadata.packages_distributions()
    assert path.stem not in {"playground", "pages", "app", "tests"}


def test_every_variable_of_the_environment_is_explained_once() -> None:
    named = re.compile(r"\bPLAYGROUND_[A-Z_]+\b")
    read = {name for path in sources() for name in named.findall(path.read_text(encoding="utf-8"))}
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted(read)
