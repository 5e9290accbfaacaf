"""The page "Many starts"."""

from __future__ import annotations

from playground.core.plans.seeds import MOST_SEEDS, Seeds
from playground.ui import live_line, page_link, stage, state

FIELDS = {"n": page_link.whole(1, MOST_SEEDS)}


def seeds() -> None:
    with stage.page("seeds"):
        link = page_link.read(FIELDS)
        plan = Seeds(experiment=state.experiment(), count=link.get("n", 16))
        run = stage.live_run("seeds", plan)
        if run is None:
            return
        stage.mount("seeds", {"link": link}, live=run)
        live_line.pipe(run)
