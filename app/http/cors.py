"""Calls from pages of other origins, if a shop allows them."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from app.settings import Settings

# What a shop's page needs of the service; administration is no business of a browser.
CORS_OPTIONS: dict[str, Any] = {
    "allow_methods": ("GET", "HEAD", "POST"),
    "allow_headers": ("*",),  # tracers and caches each add their own
    "expose_headers": ("etag", "retry-after", "x-request-id"),
    "max_age": 600,
}


def allowed_origins(settings: Settings) -> list[str]:
    """The origins whose pages may read answers: of the setting, and of every browser key."""
    of_keys = (origin for key in settings.public_keys for origin in key.origins)
    return list(dict.fromkeys((*settings.cors_origins, *of_keys)))


class CrossOrigin(CORSMiddleware):
    """The framework's middleware, which answers every preflight with 204.

    If something is not allowed its header is missing, which is all that a browser reads; the
    framework's own 400 is no problem document.
    """

    def preflight_response(self, request_headers: Headers) -> Response:
        allowed = super().preflight_response(request_headers)
        kept = {k: v for k, v in allowed.headers.items() if not k.startswith("content-")}
        if allowed.status_code != 200:
            kept = {"vary": "Origin"}
        return Response(status_code=204, headers=kept)
