"""Signing in to the storefront of a service that has keys."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from app.api.dependencies import StateDep
from app.http.problems import note_code
from app.http.sessions import COOKIE, LASTS_S, Sessions
from app.service_errors import UnsupportedBody
from app.storefront.page_errors import PageRoute
from app.storefront.page_responses import sign_in_page, words_for

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_FORM = "application/x-www-form-urlencoded"
_MOST_BYTES = 16 * 1024


@router.api_route("/sign-in", methods=["GET", "HEAD"])
async def sign_in_form(request: Request, state: StateDep) -> Response:
    """The form for a key; 404 if the service has no keys."""
    _sessions(state)
    return sign_in_page(request, target=_home(request))


@router.post("/sign-in")
async def sign_in(request: Request, state: StateDep) -> Response:
    """Take a key, and give a session for it."""
    sessions, fields = _sessions(state), await _read_form(request)
    target = _local(fields.get("next", ""), _home(request))
    token = sessions.begin(fields.get("key", "").strip())
    if token is None:
        note_code(request.scope, "unauthorized")
        headers = {"WWW-Authenticate": "Bearer"}
        return sign_in_page(request, 401, words_for(request)("sign_in.wrong"), target, headers)
    response = RedirectResponse(target, 303)
    response.set_cookie(
        COOKIE,
        token,
        LASTS_S,
        path=_home(request),
        secure=_is_encrypted(request),
        httponly=True,
        samesite="lax",
    )
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Forget the session."""
    response = RedirectResponse(_home(request), 303)
    response.delete_cookie(COOKIE, _home(request), httponly=True, samesite="lax")
    return response


def _sessions(state: StateDep) -> Sessions:
    sessions = Sessions(state.settings)
    if not sessions.possible:
        raise HTTPException(404)
    return sessions


async def _read_form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise UnsupportedBody("Send the key by the form of this page.")
    body = await request.body()
    if len(body) > _MOST_BYTES:
        raise HTTPException(413)
    fields = parse_qs(body.decode("latin-1"), errors="replace")
    return {name: values[0] for name, values in fields.items()}


def _home(request: Request) -> str:
    return f"{request.scope.get('root_path', '')}/"


def _local(target: str, home: str) -> str:
    """The target if it is an address of this service, else the start page."""
    plain = target.isascii() and target.isprintable() and "\\" not in target
    return target if plain and target.startswith("/") and not target.startswith("//") else home


def _is_encrypted(request: Request) -> bool:
    # Believed of anyone: who forges it only keeps the cookie from coming back unencrypted.
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
