"""Tensors: what they are, and what is computed with them, cell by cell."""

from playground.ui.tensors import tensors

tensors()
