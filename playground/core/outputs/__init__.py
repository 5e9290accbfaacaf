"""What the right-hand pane shows of a run whose points are whole pictures, sequences or ratings.

Points in a plane have the map. Every other kind of data has an entry here; it is made when a run
is first observed and lives as long as it.
"""

from __future__ import annotations

from playground.core.outputs.base import Output
from playground.core.outputs.code import CodeOutput
from playground.core.outputs.pictures import PicturesOutput
from playground.core.outputs.ratings import RatingsOutput
from playground.core.outputs.sequences import SequencesOutput

OUTPUTS: dict[str, type[Output]] = {
    "pictures": PicturesOutput,
    "codes": CodeOutput,
    "sequences": SequencesOutput,
    "ratings": RatingsOutput,
}

__all__ = ["OUTPUTS", "Output"]
