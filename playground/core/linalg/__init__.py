"""Linear algebra for the pages of their own, apart from any network."""
