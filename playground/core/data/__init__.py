"""Data sets: generated points, real tables, the visitor's CSV; features, scaling, splitting.

Everything here loads without torch and without scikit-learn; making the points of a bundled
table loads scikit-learn.
"""

from playground.core.data.model import DataSet, Raw, Schema
from playground.core.data.registry import DATASETS, TASK_LOSSES, proposal_for, schema_of

__all__ = ["DATASETS", "TASK_LOSSES", "DataSet", "Raw", "Schema", "proposal_for", "schema_of"]
