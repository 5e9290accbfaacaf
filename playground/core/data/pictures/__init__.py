"""Pictures to learn from: drawn, bundled, fetched, the visitor's own; and what is done to them."""

from playground.core.data.model import DataSet
from playground.core.data.pictures.digit_sets import SETS
from playground.core.data.pictures.sets import FIRST, LATER

ENTRIES: tuple[DataSet, ...] = (*FIRST, *SETS, *LATER)
