"""The entry of `streamlit run app.py`: Streamlit's server with the live service beside it."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st

from playground.live.routes import ROUTES
from playground.live.service import service


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    service().start()
    gc.collect()
    gc.freeze()  # what start-up made lives on: later collections need not look at it
    try:
        yield
    finally:
        service().close()


app = st.App("playground/ui/router.py", routes=ROUTES, lifespan=lifespan)
