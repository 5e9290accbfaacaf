"""The languages say the same, everything that is asked for is there, nothing is left outside."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from playground import words
from playground.core.activations import ACTIVATIONS
from playground.core.data import DATASETS
from playground.core.data.features import FEATURES
from playground.core.deeds import KINDS
from playground.core.initializers import INITIALIZERS
from playground.core.layers import LAYERS
from playground.core.losses import LOSSES
from playground.core.optimizers import OPTIMIZERS
from playground.core.presets import PRESETS

REGISTRIES = {
    "activations": ACTIVATIONS,
    "data": DATASETS,
    "features": FEATURES,
    "initializers": INITIALIZERS,
    "layers": LAYERS,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "presets": PRESETS,
}

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "playground"
SCRIPTS = PACKAGE / "ui" / "static"

# How words are asked for: the function's name and the place of the key among its arguments.
SENTENCES = {"say": 0, "text": 1}
TABLES = {"section": (0, 1), "lookup": (1,)}
CODES = {"PlaygroundError", "Notice"}
# What a language is called stays the same in every language.
OWN_NAMES = {"中", "中文", "English"}
ICON = re.compile(r":material/\w+:")
HAN = re.compile(r"[\u4e00-\u9fff]")
FORMULA = re.compile(r"\\[a-zA-Z]+")  # LaTeX, whose braces are no placeholders


def leaves(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Every sentence of a catalog by its dotted key."""
    found: dict[str, str] = {}
    for key, entry in table.items():
        if isinstance(entry, Mapping):
            found |= leaves(entry, f"{prefix}{key}.")
        else:
            assert isinstance(entry, str), f"{prefix}{key} is no text"
            found[prefix + key] = entry
    return found


def placeholders(sentence: str) -> set[str]:
    if FORMULA.search(sentence):
        return set()
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


CATALOGS = {language: leaves(words.catalog(language)) for language in words.LANGUAGES}
ENGLISH = CATALOGS["en"]
BRANCHES = {key.rsplit(".", depth)[0] for key in ENGLISH for depth in range(1, key.count(".") + 1)}


class Use(NamedTuple):
    """A place that asks for words; `pattern` matches the keys that it may mean."""

    where: str
    pattern: re.Pattern[str]
    given: set[str] | None  # the placeholders it fills in, None where they cannot be seen


def python_files() -> list[Path]:
    return [*sorted(PACKAGE.rglob("*.py")), *sorted((ROOT / "pages").glob("*.py")), ROOT / "app.py"]


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in python_files():
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def pattern_of(node: ast.expr, prefix: str = "") -> re.Pattern[str] | None:
    """A pattern for the strings that an expression can be, None where nothing is known."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.compile(re.escape(prefix + node.value))
    if isinstance(node, ast.JoinedStr):
        parts = [
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"
            for part in node.values
        ]
        return re.compile(re.escape(prefix) + "".join(parts))
    if isinstance(node, ast.IfExp):
        branches = [pattern_of(node.body, prefix), pattern_of(node.orelse, prefix)]
        known = [branch.pattern for branch in branches if branch]
        return re.compile("|".join(known)) if len(known) == len(branches) else None
    return None


def called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def given_by(node: ast.Call) -> set[str] | None:
    names = {keyword.arg for keyword in node.keywords}
    return None if None in names else {name for name in names if name}


def sentence_uses() -> Iterator[Use]:
    """Every sentence that the Python code asks for with a key that can be read off."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            where, name = f"{path.relative_to(ROOT)}:{node.lineno}", called(node)
            if name in CODES and node.args:
                pattern = pattern_of(node.args[0], "errors.")
                given = given_by(node) if name == "PlaygroundError" else notice_facts(node)
            elif name in SENTENCES and len(node.args) > SENTENCES[name]:
                pattern, given = pattern_of(node.args[SENTENCES[name]]), given_by(node)
            elif name in {"name_of", "help_of"} and len(node.args) == 2:
                table = pattern_of(node.args[0])
                end = name.partition("_")[0]
                pattern = table and re.compile(rf"{table.pattern}\..+\.{end}")
                given = set()
            else:
                continue
            if pattern:
                yield Use(where, pattern, given)


def notice_facts(node: ast.Call) -> set[str] | None:
    """The facts of a `Notice(code, {...})`."""
    facts = node.args[1] if len(node.args) > 1 else None
    if facts is None:
        return set() if not node.keywords else None
    if not isinstance(facts, ast.Dict):
        return None
    return {str(key.value) for key in facts.keys if isinstance(key, ast.Constant)}


def script_uses() -> Iterator[Use]:
    """Every sentence that the browser's modules ask for: text('bar.play'), text(`bar.${name}`).

    The live view's words are in [view], those of the pages of their own in [pages].
    """
    call = re.compile(r"""\btext\(\s*(['"`])(.+?)\1""")
    # A page's script has its keys in whole, wherever they stand: cond ? 'plane.a' : 'plane.b'.
    tables = "|".join(words.section("en", "pages"))
    whole = re.compile(rf"""(['"`])((?:{tables})\.(?!css)[\w.${{}}]+?)\1""")
    for path in sorted(SCRIPTS.rglob("*.js")):
        source = path.read_text(encoding="utf-8")
        own = path.parent.name == "pages"
        for match in (whole if own else call).finditer(source):
            line = source.count("\n", 0, match.start()) + 1
            key = re.sub(r"\\\$\\\{.+?\\\}", ".+", re.escape(match[2]))
            home = r"pages\." if own else "" if key.startswith("errors") else r"view\."
            yield Use(f"{path.name}:{line}", re.compile(home + key), None)


def table_uses() -> Iterator[tuple[str, str]]:
    """Every whole table that the Python code asks for, with the place."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and called(node) in TABLES:
                for place in TABLES[called(node)]:
                    key = node.args[place] if len(node.args) > place else None
                    if isinstance(key, ast.Constant):
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", str(key.value)


def test_every_language_has_the_same_keys() -> None:
    for language, catalog in CATALOGS.items():
        assert catalog.keys() ^ ENGLISH.keys() == set(), language


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_sentence_has_the_same_placeholders(language: str) -> None:
    for key, sentence in CATALOGS[language].items():
        assert sentence.strip(), f"{language}: {key} is empty"
        assert placeholders(sentence) == placeholders(ENGLISH[key]), f"{language}: {key}"


def test_chinese_is_chinese() -> None:
    """Anything longer than a name is translated."""
    for key, sentence in CATALOGS["zh"].items():
        if len(ENGLISH[key].split()) > 2 and not FORMULA.search(sentence):
            assert HAN.search(sentence), f"{key}: {sentence}"


def test_every_sentence_that_is_asked_for_exists() -> None:
    missing = [
        f"{use.where} asks for {use.pattern.pattern}"
        for use in [*sentence_uses(), *script_uses()]
        if not any(use.pattern.fullmatch(key) for key in ENGLISH)
    ]
    assert not missing, "\n".join(missing)


def test_every_placeholder_is_filled_in() -> None:
    empty = []
    for use in sentence_uses():
        exact = re.sub(r"\\(.)", r"\1", use.pattern.pattern)
        if use.given is not None and exact in ENGLISH:
            names = placeholders(ENGLISH[exact]) - use.given
            empty += [f"{use.where} leaves {name} of {exact} empty" for name in sorted(names)]
    assert not empty, "\n".join(empty)


def test_every_table_that_is_asked_for_exists() -> None:
    for where, key in table_uses():
        assert key in BRANCHES or key in ENGLISH, f"{where} asks for {key}"


@pytest.mark.parametrize("table", REGISTRIES)
def test_whatever_is_registered_has_a_name_and_a_help(table: str) -> None:
    for name in REGISTRIES[table]:
        for part in ("name", "help"):
            assert f"{table}.{name}.{part}" in ENGLISH


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_done_by_hand_has_a_name_on_the_curves(kind: str) -> None:
    assert f"view.deeds.{kind}" in ENGLISH


def test_no_error_is_left_that_nothing_raises() -> None:
    strings = {
        node.value
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    built = [use.pattern for use in sentence_uses() if use.pattern.pattern != r"errors\..+"]
    unraised = [
        key
        for key in ENGLISH
        if key.startswith("errors.")
        and key.removeprefix("errors.") not in strings
        and not any(pattern.fullmatch(key) for pattern in built)
    ]
    assert unraised == []


def test_no_sentence_is_left_that_nobody_asks_for() -> None:
    asked = [use.pattern for use in [*sentence_uses(), *script_uses()]]
    tables = {key for _, key in table_uses()} - {"view"}  # the scripts ask for its parts
    unasked = [
        key
        for key in ENGLISH
        if not any(pattern.fullmatch(key) for pattern in asked)
        and not any(key.startswith(f"{table}.") for table in tables)
    ]
    assert unasked == []


def unseen(tree: ast.Module) -> set[int]:
    """The identities of strings that no visitor reads: docstrings, log lines, raised bugs."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(id(node.value))
        elif isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and logs(node)):
            found |= {id(inner) for inner in ast.walk(node)}
    return found


def logs(node: ast.Call) -> bool:
    func = node.func
    return (
        isinstance(func, ast.Attribute)
        and isinstance(func.value, ast.Name)
        and func.value.id == "log"
    )


def reads_as_prose(value: str) -> bool:
    """Whether a string is something to be read: Chinese, or words with spaces between them."""
    value = ICON.sub("", value).strip()
    if value in OWN_NAMES:
        return False
    if HAN.search(value):
        return True
    code = re.search(r"[{}<>=;_/#\\]|--|::|\d(px|rem|%)", value)
    return not code and bool(re.search(r"[A-Za-z]{2,},? [A-Za-z]{2,}", value))


# Calls whose first argument is not shown.
NOT_SHOWN = {"html", "fragment", "Page", "App", "container", "cache_resource", "cache_data"}
WIDGET_TEXT = {"label", "help", "placeholder", "caption", "body", "title", "text", "page_title"}


def spoken_by(node: ast.Call) -> Iterator[ast.Constant]:
    """String literals that a Streamlit call shows: its first argument, its label, its help."""
    func = node.func
    if not (isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)):
        return
    if func.value.id != "st" or func.attr in NOT_SHOWN:
        return
    named = [keyword.value for keyword in node.keywords if keyword.arg in WIDGET_TEXT]
    for argument in [*node.args[:1], *named]:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument


@pytest.mark.parametrize(
    "path",
    [path for path in python_files() if path.parts[-2] in {"ui", "pages"}],
    ids=lambda path: f"{path.parts[-2]}/{path.name}",
)
def test_nothing_that_is_read_is_left_outside_the_catalogs(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = unseen(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            prose = id(node) not in skipped and reads_as_prose(node.value)
            assert not prose, f"{path}:{node.lineno}: {node.value!r}"
        if isinstance(node, ast.Call):
            for literal in spoken_by(node):
                letters = re.search("[A-Za-z]", ICON.sub("", str(literal.value)))
                markup = str(literal.value).lstrip().startswith("<")
                assert not letters or markup, f"{path}:{node.lineno}: {literal.value!r}"


def test_nothing_that_is_read_is_left_in_the_scripts() -> None:
    for path in sorted(SCRIPTS.rglob("*.js")):
        source = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        source = re.sub(r"//[^\n]*", "", source)
        for match in re.finditer(r"""(['"`])((?:(?!\1)[^\n\\]|\\.)*)\1""", source):
            sentence = match[2][:1].isupper() and reads_as_prose(match[2])
            assert not sentence and not HAN.search(match[2]), f"{path.name}: {match[2]}"


def test_literals_are_found() -> None:
    """The test above sees what it is there for."""
    assert reads_as_prose("Learning rate")
    assert reads_as_prose("学习率")
    assert not reads_as_prose(":material/play_arrow:")
    assert not reads_as_prose(".st-key-bar { display: flex; }")
    call = ast.parse("st.button('Play', help=say('x'))", mode="eval").body
    assert isinstance(call, ast.Call)
    assert [literal.value for literal in spoken_by(call)] == ["Play"]


def test_every_language_has_the_same_files() -> None:
    """So that a sentence and its translation are found in the same place."""
    folders = [PACKAGE / "words" / language for language in words.LANGUAGES]
    files = [sorted(path.name for path in folder.iterdir()) for folder in folders]
    assert files[0]
    assert all(names == files[0] for names in files)
