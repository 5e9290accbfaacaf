"""The Experiment: one value from which everything else follows.

Data, input features, layers, loss, optimizer, regularisation, training. It is built by widgets,
a link, a file or Python; the same Experiment gives the same numbers in the browser, in a test
and on the command line. This module loads without torch and without scikit-learn.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticSerializationError, to_json

from playground.core.activations import ACTIVATIONS
from playground.core.data.pictures.settings import PictureSettings
from playground.core.data.ratings.settings import RatingSettings
from playground.core.data.sequences.settings import SequenceSettings
from playground.core.errors import PlaygroundError
from playground.core.initializers import INITIALIZERS
from playground.core.layers import AnyLayer, Dense
from playground.core.losses import LOSSES, LossSettings
from playground.core.optimizers import Adam, Optimizer
from playground.core.schedules import Constant, Schedule
from playground.core.settings import RATES, Settings, setting
from playground.core.transfer import Transfer

VERSION = 1
MAX_LAYERS = 12
MAX_PAINTED = 300
MAX_LEFT_OUT = 100
MAX_START = 99_999


ColumnName = Annotated[str, Field(min_length=1, max_length=200)]


Coordinate = Annotated[float, Field(ge=-100, le=100)]
Painted = tuple[Coordinate, Coordinate, Annotated[float, Field(ge=-1000, le=1000)]]
Place = Annotated[int, Field(ge=0, le=1_000_000)]
FormulaText = Annotated[str, Field(min_length=1, max_length=200)]


class Upload(Settings):
    """The visitor's own file, by its name and the hash of its content."""

    filename: str = setting("", max_length=200)
    sha256: str = setting("", pattern="^[0-9a-f]{64}$")


class Data(Settings):
    """Which points the network learns, and how they are drawn, split and scaled."""

    name: str = setting("circle")
    samples: int = setting(500, live=True, ge=10, le=5000)
    noise: int = setting(0, live=True, ge=0, le=50)
    train_percent: int = setting(50, live=True, ge=10, le=90)
    classes: int = setting(3, ge=2, le=6)
    scaling: Literal["none", "standard", "minmax"] = setting("none")
    upload: Upload | None = setting(None)
    target: str | None = setting(None, max_length=200)
    target_kind: Literal["auto", "classes", "number"] = setting("auto")
    columns: tuple[ColumnName, ...] | None = setting(None, max_length=200)
    missing: Literal["drop", "impute"] = setting("drop")
    formula: str = setting("x**2 + y > 1", min_length=1, max_length=200)
    own_values: bool = setting(False)
    label_noise: int = setting(0, live=True, ge=0, le=50)
    outliers: int = setting(0, live=True, ge=0, le=30)
    first_class: int = setting(100, live=True, ge=2, le=100)
    draw: int = setting(0, live=True, ge=0, le=99_999)
    fixed_test: bool = setting(False, live=True)
    # Training points, by their places among all of them, that are not learned from.
    left_out: tuple[Place, ...] = setting((), live=True, max_length=MAX_LEFT_OUT)
    points: tuple[Painted, ...] = setting((), live=True, max_length=MAX_PAINTED)
    pictures: PictureSettings = Field(default_factory=PictureSettings)
    sequences: SequenceSettings = Field(default_factory=SequenceSettings)
    ratings: RatingSettings = Field(default_factory=RatingSettings)

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        from playground.core.data import DATASETS

        if name not in DATASETS:
            raise ValueError(f"unknown data set {name!r}")
        return name

    @field_validator("formula")
    @classmethod
    def _readable(cls, text: str) -> str:
        from playground.core.formula import parse

        parse(text)  # says itself what is wrong
        return text

    @field_validator("points")
    @classmethod
    def _rounded(cls, points: tuple[Painted, ...]) -> tuple[Painted, ...]:
        # Two decimals are finer than a pixel of the map, and keep links short.
        return tuple(
            (round(x, 2) + 0.0, round(y, 2) + 0.0, round(t, 2) + 0.0) for x, y, t in points
        )


class Regularization(Settings):
    """What keeps weights small and steps short. Penalties act on weights, never on biases."""

    l1: float = setting(0.0, live=True, steps=RATES, ge=0, le=10)
    l2: float = setting(0.0, live=True, steps=RATES, ge=0, le=10)
    sticky_l1: bool = setting(False, live=True)
    clip_norm: float = setting(0.0, live=True, ge=0, le=1000)


class Training(Settings):
    """How the steps are taken: batches, seed, device, precision, and when to stop."""

    batch_size: int = setting(10, live=True, ge=1, le=1000)
    seed: int = setting(42, ge=0, le=99_999)
    # What TensorFlow Playground's stream starts from, where that is no number like 0.42000.
    seed_text: str = setting("", max_length=200)
    # Of one seed's data, other first weights, another order of points, other dropout.
    start: int = setting(0, ge=0, le=MAX_START)
    device: Literal["auto", "cpu", "cuda", "mps"] = setting("auto", live=True, rebuilds=True)
    precision: Literal["float32", "float64"] = setting("float32", live=True, rebuilds=True)
    mixed: bool = setting(False, live=True)
    order: Literal["shuffled", "fixed"] = setting("shuffled", live=True)
    last_batch: Literal["smaller", "dropped", "carried"] = setting("smaller", live=True)
    stream: Literal["pytorch", "tfplayground"] = setting("pytorch")
    stop_epochs: int = setting(0, live=True, ge=0, le=10_000_000)
    stop_loss: float = setting(0.0, live=True, ge=0, le=1000)
    stop_score: float = setting(0.0, live=True, ge=0, le=1)
    stop_patience: int = setting(0, live=True, ge=0, le=10_000)
    stop_seconds: int = setting(0, live=True, ge=0, le=3600)


class View(Settings):
    """The plane in which data of more than two columns is pictured. It changes no training."""

    plane: Literal["pca", "columns"] = setting("pca", live=True)
    x_column: int = setting(0, live=True, ge=0, le=1000)
    y_column: int = setting(1, live=True, ge=0, le=1000)


class Experiment(Settings):
    """A whole experiment. Frozen; `with_changes` gives a changed copy."""

    version: Literal[1] = VERSION
    data: Data = Field(default_factory=Data)
    features: tuple[str, ...] = setting(("x", "y"), min_length=1, max_length=20)
    typed_features: tuple[FormulaText, ...] = setting((), max_length=4)
    layers: tuple[AnyLayer, ...] = setting(
        (Dense(units=4, activation="tanh"), Dense(units=2, activation="tanh")),
        max_length=MAX_LAYERS,
    )
    output_activation: Literal["linear", "tanh"] = setting("linear", live=True, rebuilds=True)
    initialization: str = setting("pytorch")
    loss: str = setting("bce", live=True, rebuilds=True)
    loss_settings: LossSettings = Field(default_factory=LossSettings)
    optimizer: Optimizer = Field(
        default_factory=Adam, json_schema_extra={"live": True, "rebuilds": True}
    )
    schedule: Schedule = Field(default_factory=Constant, json_schema_extra={"live": True})
    regularization: Regularization = Field(default_factory=Regularization)
    training: Training = Field(default_factory=Training)
    view: View = Field(default_factory=View)
    transfer: Transfer = Field(default_factory=Transfer)

    @field_validator("features")
    @classmethod
    def _known_features(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        from playground.core.data.features import FEATURES

        unknown = [name for name in names if name not in FEATURES]
        if unknown:
            raise ValueError(f"unknown input features {unknown}")
        return tuple(name for name in FEATURES if name in names)  # the field's fixed order

    @field_validator("typed_features")
    @classmethod
    def _typed(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        from playground.core.data.features import FEATURES
        from playground.core.formula import parse

        for text in texts:
            if not parse(text).variables:
                raise PlaygroundError("formula_no_variable", formula=text)
        return tuple(dict.fromkeys(text for text in texts if text not in FEATURES))

    @property
    def inputs(self) -> tuple[str, ...]:
        """The input features of generated sets: those chosen, then those typed."""
        return (*self.features, *self.typed_features)

    @field_validator("initialization")
    @classmethod
    def _known_initialization(cls, name: str) -> str:
        if name not in INITIALIZERS:
            raise ValueError(f"unknown initialization {name!r}")
        return name

    @field_validator("loss")
    @classmethod
    def _known_loss(cls, name: str) -> str:
        if name not in LOSSES:
            raise ValueError(f"unknown loss {name!r}")
        return name

    def with_changes(self, changes: dict[str, Any]) -> Experiment:
        """A copy with some settings changed.

        Args:
            changes: nested like the JSON of an experiment, e.g.
                `{"data": {"noise": 10}, "loss": "mse"}`. Lists and an optimizer or layer of
                another kind replace what was there.

        Raises:
            PlaygroundError: a value that does not fit; names the setting.
        """
        return experiment_from(_merged(self.model_dump(mode="json"), changes))

    def unstopped(self) -> Experiment:
        """A copy without rules that stop it early, those of its optimizer included."""
        fields = Training.model_fields
        changes: dict[str, Any] = {
            "training": {name: fields[name].default for name in fields if name.startswith("stop_")}
        }
        if "tolerance" in type(self.optimizer).model_fields:
            changes["optimizer"] = {"tolerance": 0.0}
        return self.with_changes(changes)

    def to_json(self) -> str:
        return self.model_dump_json(indent=2)

    @classmethod
    def from_json(cls, text: str | bytes) -> Experiment:
        """Reads an experiment's JSON.

        Raises:
            PlaygroundError: not JSON, a version of the future, an unknown setting or a value
                that does not fit.
        """
        try:
            content = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise PlaygroundError("experiment_not_json") from error
        if not isinstance(content, dict):
            raise PlaygroundError("experiment_not_json")
        return experiment_from(content)


def experiment_from(content: dict[str, Any]) -> Experiment:
    """An Experiment from plain data.

    Raises:
        PlaygroundError: an unknown version or setting, or a value that does not fit.
    """
    if content.get("version", VERSION) != VERSION:
        raise PlaygroundError("experiment_version", version=str(content["version"])[:40])
    try:
        # By way of JSON, where a list stands for a tuple and the types are strict all the same.
        return Experiment.model_validate_json(to_json(content))
    except PydanticSerializationError as error:
        raise PlaygroundError("experiment_not_json") from error
    except ValidationError as error:
        raise _explained(error) from error


def _explained(error: ValidationError) -> PlaygroundError:
    """The first thing that does not fit, in words of our own: pydantic speaks English alone."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:80] or "experiment"
    value = repr(first.get("input"))[:60]
    context = first.get("ctx", {})
    if first["type"] == "extra_forbidden":
        return PlaygroundError("experiment_unknown_setting", where=where)
    known = context.get("expected", context.get("expected_tags"))
    if known is not None:
        return PlaygroundError("experiment_not_offered", where=where, value=value, known=known)
    for rule, word in (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<")):
        if rule in context:
            bound = f"{word} {context[rule]:g}"
            return PlaygroundError(
                "experiment_out_of_bounds", where=where, value=value, bound=bound
            )
    return PlaygroundError("experiment_invalid", where=where, value=value)


def _merged(content: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    result = dict(content)
    for key, value in changes.items():
        before = result.get(key)
        same_kind = (
            isinstance(before, dict)
            and isinstance(value, dict)
            and value.get("name", before.get("name")) == before.get("name")
        )
        # Another optimizer has settings of its own: nothing of the old one may linger. The
        # name of a data set is an ordinary setting, its neighbours stay.
        if isinstance(before, dict) and isinstance(value, dict) and (same_kind or key == "data"):
            result[key] = _merged(before, value)
        else:
            result[key] = value
    return result


def describe_schema() -> dict[str, Any]:
    """The JSON Schema of an experiment, with the registered names spelled out."""
    from playground.core.data import DATASETS
    from playground.core.data.features import FEATURES

    schema = Experiment.model_json_schema()
    definitions = schema["$defs"]
    definitions["Data"]["properties"]["name"]["enum"] = list(DATASETS)
    definitions["Dense"]["properties"]["activation"]["enum"] = list(ACTIVATIONS)
    schema["properties"]["features"]["items"]["enum"] = list(FEATURES)
    schema["properties"]["loss"]["enum"] = list(LOSSES)
    schema["properties"]["initialization"]["enum"] = list(INITIALIZERS)
    return schema
