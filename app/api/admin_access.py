"""Who may use the admin routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.api.dependencies import StateDep
from app.http.keys import is_any_key, is_key
from app.service_errors import Forbidden, Unauthorized
from twinset.errors import NotFound

admin_scheme = HTTPBearer(
    scheme_name="AdminKey", description="The value of `TWINSET_ADMIN_KEY`.", auto_error=False
)
# For the OpenAPI document alone: the key is read from the header as it came, below.
_Declared = Annotated[HTTPAuthorizationCredentials | None, Depends(admin_scheme)]


def require_admin(request: Request, state: StateDep, _declared: _Declared) -> None:
    """Let only holders of the admin key pass.

    A route that depends on it must not declare a body, which the framework would read before the
    key is checked.

    Raises:
        NotFound: no admin key is set, so there are no admin routes.
        Forbidden: the key is for reading only.
        Unauthorized: the key is missing or wrong.
    """
    expected = state.settings.admin_key
    if expected is None:
        raise NotFound("There is nothing at this address.")
    header = request.headers.get("authorization", "")
    if is_key(header, expected):
        return
    raise Forbidden if is_any_key(header, state.settings.read_keys) else Unauthorized


AdminDep = Depends(require_admin)
