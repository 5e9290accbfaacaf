"""Links of TensorFlow Playground: any combination is replayed, and nothing is passed over."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from playground import words
from playground.core.data.prepare import prepare
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.core.link import decode, encode
from playground.core.random import SeedRandom
from playground.core.run import Run
from playground.core.tfplayground import FEATURES, read_link
from tests.core.tfplayground_loop import Loop

SITE = "http://playground.tensorflow.org/#"
DEFAULT = read_link(SITE + "seed=0.42000")
BOOLEANS = st.sampled_from(["true", "false"])
SHAPES = st.lists(st.integers(1, 8), max_size=6).map(lambda units: ",".join(map(str, units)))
FIELDS = {
    "activation": st.sampled_from(["relu", "tanh", "sigmoid", "linear"]),
    "regularization": st.sampled_from(["none", "L1", "L2"]),
    "batchSize": st.integers(1, 30).map(str),
    "dataset": st.sampled_from(["circle", "xor", "gauss", "spiral"]),
    "regDataset": st.sampled_from(["reg-plane", "reg-gauss"]),
    "learningRate": st.sampled_from(["0.00001", "0.001", "0.01", "0.03"]),
    "regularizationRate": st.sampled_from(["0", "0.001", "0.01", "0.1", "1"]),
    "noise": st.integers(0, 10).map(lambda step: str(5 * step)),
    "networkShape": SHAPES,
    "seed": st.integers(0, 99_999).map(lambda seed: f"0.{seed:05}")
    | st.sampled_from(["0.1", "1", "1.00000", "hello", "0.123456789", "%E4%BD%A0"]),
    "percTrainData": st.integers(1, 9).map(lambda step: str(10 * step)),
    "problem": st.sampled_from(["classification", "regression"]),
    "initZero": BOOLEANS,
    "showTestData": BOOLEANS,
    "discretize": BOOLEANS,
} | dict.fromkeys(FEATURES, BOOLEANS)


def link_of(keys: dict[str, str]) -> str:
    return SITE + "&".join(f"{key}={value}" for key, value in keys.items())


# A failing case takes seconds to run, so it is shown as it was found and not made smaller.
@settings(max_examples=15, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.fixed_dictionaries(FIELDS).filter(lambda keys: "true" in [keys[f] for f in FEATURES]))
def test_any_combination_is_replayed(keys: dict[str, str]) -> None:
    """Against a loop that knows no tensors: first losses, and those of two epochs.

    Some combinations are chaotic: steps far too large for their inputs make ever more of any
    rounding. A third network, whose weights start off by a rounding, shows how much.
    """
    read = read_link(link_of(keys))
    run = Run(read.experiment, device="cpu")
    loop, nudged = loop_of(read.experiment, keys), loop_of(read.experiment, keys)
    nudged.nudge(1e-14)
    for _ in range(3):
        theirs = loop.losses()
        if not max(theirs) < 10:
            break  # on its way to infinity, where rounding is all there is to compare
        ours = run.measure()
        grown = nudged.losses()
        for our, their, other in zip((ours.train_loss, ours.test_loss), theirs, grown, strict=True):
            assert our is not None
            assert abs(our - their) <= 1e-9 + 100 * abs(their - other)
        run.advance(run.batches_per_epoch)
        loop.epoch()
        nudged.epoch()


def loop_of(experiment: Experiment, keys: dict[str, str]) -> Loop:
    stream = SeedRandom(keys["seed"])
    return Loop(prepare(experiment, None, stream), stream, keys)


@given(st.fixed_dictionaries({}, optional=FIELDS))
def test_what_is_read_is_an_ordinary_experiment(keys: dict[str, str]) -> None:
    read = read_link(link_of({"seed": "0.42000", **keys}))
    assert decode(encode(read.experiment)) == (read.experiment, ())
    assert read.show_test == (keys.get("showTestData") == "true")
    assert read.discretize == (keys.get("discretize") == "true")


ANYTHING = st.sampled_from(
    ["", " ", "true", "false", "yes", "0", "-1", "1e999", "1e-7", "nan", "4,2", "4,,2",
     "9999", "3.5", "L1", "relu", "spiral", "reg-gauss", "regression", "<script>", "%3Cb%3E",
     "你好", "1_0", "٣"]
) | st.text(max_size=12).filter(lambda text: not set(text) & set("&#="))  # fmt: skip
KEYS = st.sampled_from(
    [*FIELDS, "cosX", "cosY", "collectStats", "hideText", "tutorial", "batchSize_hide", "x_hide"]
) | st.text(min_size=1, max_size=8).filter(lambda text: not set(text) & set("&#=?"))


@given(st.dictionaries(KEYS, ANYTHING, max_size=6), KEYS, ANYTHING)
def test_every_key_is_honoured_or_named(keys: dict[str, str], key: str, value: str) -> None:
    """A key that changes nothing says what was so before, or is named."""
    keys = {"seed": "0.42000", **keys}
    keys.pop(key, None)
    without, read = read_link(link_of(keys)), read_link(link_of({**keys, key: value}))
    for notice in read.notices:
        for language in words.LANGUAGES:
            assert notice.sentence(language)
    shown = "".join(str(notice.params) for notice in read.notices)
    changed = (without.experiment, without.show_test, without.discretize) != (
        read.experiment,
        read.show_test,
        read.discretize,
    )
    text = unquote(value).strip()
    named = key[:40] in shown or repr(key[:40])[1:-1] in shown
    silent = text in ("", "false") or text == said_by(key, without.experiment)
    crowded = "…" in shown or "tfplayground_no_features" in [n.code for n in read.notices]
    assert changed or named or silent or crowded or key == "seed" or is_default(key, text)


def said_by(key: str, experiment: Experiment) -> str | None:
    """What an experiment already says about a key, as a link writes it."""
    if key in FEATURES and FEATURES[key] in experiment.features:
        return "true"
    return None


def is_default(key: str, text: str) -> bool:
    """Whether a value says what that page starts from, or means nothing beside the other keys."""
    if key in FEATURES or key in ("showTestData", "discretize", "initZero"):
        return True  # anything but "false" is true, which may be so already
    base = read_link(link_of({"seed": "0.42000", key: text}))
    return base.experiment == DEFAULT.experiment or not base.notices


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("cosX", "true", "tfplayground_absent"),
        ("hideText", "true", "tfplayground_absent"),
        ("collectStats", "true", "tfplayground_absent"),
        ("tutorial", "dropout", "tfplayground_absent"),
        ("noise", "55", "tfplayground_unread"),
        ("noise", "a lot", "tfplayground_unread"),
        ("batchSize", "0", "tfplayground_unread"),
        ("batchSize", "600", "tfplayground_unread"),
        ("networkShape", "4,0", "tfplayground_unread"),
        ("networkShape", "4,x", "tfplayground_unread"),
        ("learningRate", "0", "tfplayground_unread"),
        ("activation", "sine", "tfplayground_unread"),
        ("dataset", "reg-plane", "tfplayground_unread"),
        ("percTrainData", "5", "tfplayground_unread"),
        ("nonsense", "1", "tfplayground_unread"),
        ("regDataset", "reg-gauss", "tfplayground_idle"),
        ("regularizationRate", "0.1", "tfplayground_idle"),
        ("regularization", "L1", "tfplayground_idle"),
    ],
)
def test_what_cannot_be_honoured_is_named(key: str, value: str, code: str) -> None:
    read = read_link(link_of({"seed": "0.42000", key: value}))
    assert read.experiment == DEFAULT.experiment
    (notice,) = read.notices
    assert notice.code == code
    assert key in str(notice.params)


def test_a_seed_is_a_text() -> None:
    assert DEFAULT.experiment.training.seed == 42_000
    assert read_link(SITE + "seed=0.4200").experiment.training.seed_text == "0.4200"
    one, other = (
        Run(read_link(f"{SITE}seed={seed}").experiment).metrics for seed in ("0.4200", "0.42000")
    )
    assert one != other
    assert read_link(SITE + "seed=你").experiment.training.seed_text == "%E4%BD%A0"
    (notice,) = read_link(SITE + "x=true").notices
    assert notice.code == "tfplayground_no_seed"


def test_without_an_input_feature_the_plain_ones_are_used() -> None:
    read = read_link(SITE + "seed=0.42000&x=false&y=false")
    assert read.experiment.features == ("x", "y")
    assert [notice.code for notice in read.notices] == ["tfplayground_no_features"]


@pytest.mark.parametrize(
    "link",
    [
        "http://playground.tensorflow.org/",
        "https://playground.tensorflow.org/#",
        " playground.tensorflow.org/#seed= ",
    ],
)
def test_the_bare_page_is_its_default(link: str) -> None:
    read = read_link(link)
    assert read.experiment == DEFAULT.experiment.with_changes({"training": {"seed": 42}})


def test_the_hash_alone_will_do() -> None:
    wanted = read_link(SITE + "seed=0.42000&dataset=xor")
    assert read_link("#seed=0.42000&dataset=xor") == wanted
    assert read_link("seed=0.42000&dataset=xor") == wanted
    assert read_link("https://mirror.example/tf?seed=0.42000&dataset=xor") == wanted


@pytest.mark.parametrize(
    "text",
    ["", "hello", "https://example.org/", "#", "a=b", "https://example.org/#a=b", "x" * 9000],
)
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(PlaygroundError) as caught:
        read_link(text)
    assert caught.value.code == "tfplayground_not_a_link"


@given(st.text(max_size=60))
def test_no_text_is_fatal(text: str) -> None:
    try:
        read = read_link(text)
    except PlaygroundError as error:
        assert error.sentence("zh")
    else:
        assert isinstance(read.experiment, Experiment)
