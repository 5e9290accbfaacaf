"""Data that are sequences: one entry each."""

from playground.core.data.sequences.entries import ENTRIES

__all__ = ["ENTRIES"]
