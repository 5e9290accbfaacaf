"""Measures of a network as plain arrays: planes and maps, PCA, spectra, confusion, health."""
