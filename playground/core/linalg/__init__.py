"""Linear algebra for the pages of their own: small matrices and least squares."""
