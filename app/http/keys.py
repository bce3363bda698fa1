"""Keys: who may use the admin routes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from app.api.dependencies import StateDep
from app.service_errors import Forbidden, Unauthorized
from twinset.errors import NotFound

_PREFIX = "bearer "
admin_scheme = HTTPBearer(
    scheme_name="AdminKey", description="The value of `TWINSET_ADMIN_KEY`.", auto_error=False
)
# For the OpenAPI document alone: the key is read from the header as it came, below.
_Declared = Annotated[HTTPAuthorizationCredentials | None, Depends(admin_scheme)]


def require_admin(request: Request, state: StateDep, _declared: _Declared) -> None:
    """Let only holders of the admin key pass. A route that depends on it must not declare a body:
    the framework would read that first.

    Raises:
        NotFound: no admin key is set, so there are no admin routes.
        Forbidden: it is a key for reading.
        Unauthorized: the key is missing or another one.
    """
    expected = state.settings.admin_key
    if expected is None:
        raise NotFound("There is nothing at this address.")
    header = request.headers.get("authorization", "")
    if is_key(header, expected):
        return
    raise Forbidden if is_any_key(header, state.settings.read_keys) else Unauthorized


def is_any_key(header: str, expected: Iterable[SecretStr]) -> bool:
    """Whether it carries one of these; all are compared, so that time does not tell which."""
    return sum([is_key(header, key) for key in expected]) > 0


def is_key(header: str, expected: SecretStr) -> bool:
    """Whether an Authorization header carries this key, in time that tells nothing of it."""
    given = header[len(_PREFIX) :] if header[: len(_PREFIX)].lower() == _PREFIX else ""
    # Headers are latin-1 on the wire; digests are of one length whatever was sent.
    digests = (
        hashlib.sha256(text).digest()
        for text in (given.encode("latin-1", "replace"), expected.get_secret_value().encode())
    )
    return hmac.compare_digest(*digests)


AdminDep = Depends(require_admin)
