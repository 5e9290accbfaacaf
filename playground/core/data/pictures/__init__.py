"""Data that are pictures: one entry each."""

from playground.core.data.model import DataSet
from playground.core.data.pictures.digit_sets import SETS
from playground.core.data.pictures.digits import DIGITS

ENTRIES: tuple[DataSet, ...] = (DIGITS, *SETS)
