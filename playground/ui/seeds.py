"""The page "Many starts"."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from playground.core.plans.seeds import MOST_SEEDS, Seeds
from playground.ui import live_line, page_link, stage, state

PLAYGROUND = Path(__file__).resolve().parents[2] / "pages" / "playground.py"
_OPEN = "seeds_open"

COUNT = 16
# As seeds.js writes them: how many networks, the score that counts as success, on which part, the
# network that is looked at (from 1), how disagreement is measured, the order of the small maps,
# what the solutions are compared by, and the picture or sequence that is looked at (from 1).
FIELDS = {
    "n": page_link.whole(1, MOST_SEEDS),
    "t": page_link.number(0, 1),
    "part": page_link.one_of("train", "test"),
    "net": page_link.whole(1, MOST_SEEDS),
    "by": page_link.one_of("deviation", "information"),
    "order": page_link.one_of("number", "score"),
    "space": page_link.one_of("function", "weights"),
    "point": page_link.whole(1, 100_000),
}


def seeds() -> None:
    with stage.page("seeds"):
        link = page_link.read(FIELDS)
        own = state.experiment().training.start
        # Whichever start the playground shows, the networks are the same.
        first = state.experiment().with_changes({"training": {"start": 0}})
        plan = Seeds(experiment=first, count=link.get("n", COUNT))
        run = stage.live_run("seeds", plan)
        if run is None:
            return
        place = st.session_state.pop(_OPEN, None)
        if place is not None and live_line.open_part(run, place):
            st.switch_page(str(PLAYGROUND))
        facts = {"link": link, "most": MOST_SEEDS, "own": own}
        stage.mount("seeds", facts, live=run, told=_told)
        live_line.pipe(run)


def _told(value: Any) -> None:
    match value:
        case {"count": int(count)} if 1 <= count <= MOST_SEEDS:
            page_link.write(n=str(count))
        case {"open": int(place)}:
            st.session_state[_OPEN] = place
