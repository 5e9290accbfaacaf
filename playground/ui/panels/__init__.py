"""The left column's controls of each kind of data that is no points in a plane or table."""

from collections.abc import Callable

from playground.core.data.model import Schema
from playground.core.experiment import Data
from playground.ui.panels import pictures, ratings, sequences

FIRST: dict[str, Callable[[Data], None]] = {
    "pictures": pictures.first,
    "sequences": sequences.first,
}
"""What stands above them, even while there is no schema: files to bring, sets to fetch."""

CHOOSE: dict[str, Callable[[str], None]] = {
    "pictures": pictures.choose,
    "sequences": sequences.choose,
}
"""What a click on the tile of a set does, where it is not just chosen."""

CONTROLS: dict[str, Callable[[Data, Schema], None]] = {
    "pictures": pictures.controls,
    "sequences": sequences.controls,
    "ratings": ratings.controls,
}
