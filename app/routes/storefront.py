"""The pages for people: the storefront and the API reference, and the files they load."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

FOLDER = Path(__file__).parents[1] / "storefront"
_PAGES = {"/": "index.html", "/docs": "docs.html"}
# Everything comes from this service; blob: is the shopper's own photo, shown before it is sent.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}


class Files(StaticFiles):
    """Files that a browser keeps but asks about each time, so that a page never mixes releases."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def mount(app: FastAPI) -> None:
    """Add the pages to `app`, outside of the OpenAPI document."""
    for path, name in _PAGES.items():
        app.add_api_route(path, _page(name), include_in_schema=False, methods=["GET", "HEAD"])
    app.mount("/static", Files(directory=FOLDER), name="static")


def _page(name: str) -> Callable[[], Awaitable[FileResponse]]:
    async def page() -> FileResponse:
        return FileResponse(FOLDER / name, headers=_HEADERS)

    return page
