"""Data that are ratings of items by users: one entry each."""

from playground.core.data.model import DataSet

ENTRIES: tuple[DataSet, ...] = ()
