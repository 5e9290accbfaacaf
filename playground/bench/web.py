"""The live service without Streamlit's pages, for protocol-level visitors.

    python -m playground.bench.web PORT

`POST /run` takes an experiment's JSON and answers with a token; `live/<token>` is then the same
websocket that the app serves, on the same service and workers.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from playground.core.experiment import Experiment
from playground.live.routes import ROUTES
from playground.live.service import service


async def make_run(request: Request) -> PlainTextResponse:
    """One visitor more: a run of the experiment in the body."""
    experiment = Experiment.from_json(await request.body())
    handle = service().acquire(request.headers["x-session"], experiment)
    return PlainTextResponse(handle.token)


@asynccontextmanager
async def lifespan(_app: Starlette) -> AsyncIterator[None]:
    service().start()
    try:
        yield
    finally:
        service().close()


if __name__ == "__main__":
    app = Starlette(routes=[Route("/run", make_run, methods=["POST"]), *ROUTES], lifespan=lifespan)
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
