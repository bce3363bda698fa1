"""The API's routes on plain FastAPI and uvicorn: what HTTP costs before anything of ours is added.

    python -m benchmarks.service.bare_http ENCODER INDEX PORT

No middleware, no limits, no deadlines, no request ids, no log, and every route is FastAPI's own.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.api import health_routes, item_routes, recommend_routes
from app.settings import Settings
from app.state import State


def bare_app(state: State) -> FastAPI:
    """The routes of the API, each declared anew as an `APIRoute`."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, object]]:
        yield {"request_id": "0" * 32, "start": 0.0, "prefix": ""}

    app = FastAPI(lifespan=lifespan)
    app.state.service = state
    for module in (recommend_routes, item_routes, health_routes):
        for route in module.router.routes:
            if isinstance(route, APIRoute):
                methods, model = sorted(route.methods or ()), route.response_model
                app.add_api_route(route.path, route.endpoint, methods=methods, response_model=model)
    return app


def main() -> None:
    """Serve until a signal ends it."""
    encoder, index, port = sys.argv[1:]
    state = State(Settings(encoder=Path(encoder), index=Path(index)))
    state.open()
    uvicorn.run(bare_app(state), port=int(port), http="httptools", access_log=False)


if __name__ == "__main__":
    main()
