"""Data that are sequences: one entry each."""

from playground.core.data.model import DataSet

ENTRIES: tuple[DataSet, ...] = ()
