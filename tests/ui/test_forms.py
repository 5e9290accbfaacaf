"""Every setting has words and a control; what is registered has a name."""

import pytest

from playground import words
from playground.core.activations import ACTIVATIONS
from playground.core.data import DATASETS
from playground.core.data.features import FEATURES
from playground.core.experiment import Data, Experiment, Regularization, Training, Upload, View
from playground.core.initializers import INITIALIZERS
from playground.core.layers import LAYERS
from playground.core.losses import ALL_TASKS, LOSSES, fits
from playground.core.optimizers import OPTIMIZERS
from playground.core.settings import Settings, bounds_of
from playground.ui import forms, language

MODELS: tuple[type[Settings], ...] = (
    Experiment,
    Data,
    Upload,
    Regularization,
    Training,
    View,
    *LAYERS.values(),
    *OPTIMIZERS.values(),
)
TABLES = {
    "activations": ACTIVATIONS,
    "losses": LOSSES,
    "optimizers": OPTIMIZERS,
    "initializers": INITIALIZERS,
    "layers": LAYERS,
    "data": DATASETS,
    "features": FEATURES,
}


FIELDS = [
    pytest.param(model, name, id=f"{model.__name__}.{name}")
    for model in MODELS
    for name in model.model_fields
    if name != "version"
]


@pytest.fixture(params=words.LANGUAGES)
def spoken(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(language, "current", lambda: request.param)
    return request.param


@pytest.mark.parametrize(("model", "name"), FIELDS)
def test_every_setting_has_a_label_and_help(spoken: str, model: type[Settings], name: str) -> None:
    assert forms.words_of(model, name, "label")
    assert forms.words_of(model, name, "help")


@pytest.mark.parametrize(("model", "name"), FIELDS)
def test_every_choice_has_a_name(spoken: str, model: type[Settings], name: str) -> None:
    if name not in ("kind", "name"):
        assert all(forms.choices_of(model, name).values())


@pytest.mark.parametrize("table", TABLES)
def test_all_that_is_registered_has_a_name_and_help(spoken: str, table: str) -> None:
    for key in TABLES[table]:
        assert language.name_of(table, key)
        assert language.help_of(table, key)


def test_every_reason_against_a_loss_has_words(spoken: str) -> None:
    for loss in LOSSES:
        for task in ALL_TASKS:
            for output in ("linear", "tanh"):
                reason = fits(loss, task, output)
                assert reason is None or language.say(f"reasons.{reason}")


def test_every_optimizer_shows_its_rule() -> None:
    for kind in OPTIMIZERS.values():
        assert r"\theta" in kind.rule


@pytest.mark.parametrize(("low", "high"), [(1, 512), (10, 5000), (1, 1000)])
def test_a_ladder_goes_from_bound_to_bound(low: int, high: int) -> None:
    steps = forms.ladder(low, high)
    assert steps[0] == low
    assert steps[-1] == high
    assert list(steps) == sorted(set(steps))
    assert len(steps) < 40


@pytest.mark.parametrize(("model", "name"), FIELDS)
def test_offered_values_lie_within_the_bounds(model: type[Settings], name: str) -> None:
    field = model.model_fields[name]
    low, high = bounds_of(field)
    for value in forms.offered(field) or ():
        model.__pydantic_validator__.validate_assignment(model.model_construct(), name, value)
        assert low is not None
        assert high is not None
        assert low <= value <= high


@pytest.mark.parametrize(
    ("value", "text"), [(1e-5, "0.00001"), (0.03, "0.03"), (10.0, "10"), (3, "3"), (0.999, "0.999")]
)
def test_numbers_are_written_plainly(value: float, text: str) -> None:
    assert forms.number(value) == text
