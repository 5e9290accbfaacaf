"""Tensors of the visitor's own: made by hand or from data, computed with, and taken apart."""
