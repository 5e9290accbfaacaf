"""PCA from nothing: points, an axis turned by hand, tables, digits, and the same by SVD."""

from playground.ui.pca import pca

pca()
