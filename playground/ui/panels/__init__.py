"""The left column's controls of each kind of data that is no points in a plane or table."""

from collections.abc import Callable

from playground.core.data.model import Schema
from playground.core.experiment import Data
from playground.ui.panels import pictures, ratings, sequences

CONTROLS: dict[str, Callable[[Data, Schema], None]] = {
    "pictures": pictures.controls,
    "sequences": sequences.controls,
    "ratings": ratings.controls,
}
