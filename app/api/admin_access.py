"""Who may use the admin routes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.api.dependencies import StateDep
from app.http.keys import is_any_key, is_key
from app.service_errors import Forbidden, Unauthorized
from twinset.errors import NotFound

_NAME = re.compile(r"[\w.@' -]{1,40}")
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


@dataclass(frozen=True)
class Operator:
    """A person or a program with the admin key; `name` is what it calls itself, or empty."""

    name: str
    key: str

    def __str__(self) -> str:
        return f"{self.name}, {self.key}" if self.name else self.key


def who_acts(request: Request, state: StateDep) -> Operator:
    """Who makes an admin request, for the audit trail: the name that the header `X-Operator` gives,
    and a short hash of the key, which tells keys apart and opens nothing."""
    key = state.settings.admin_key
    secret = b"" if key is None else key.get_secret_value().encode()
    name = request.headers.get("x-operator", "").strip()
    if not _NAME.fullmatch(name) or (secret and secret.decode() in name):
        name = ""
    return Operator(name, f"key {hashlib.sha256(secret).hexdigest()[:8]}")


OperatorDep = Annotated[Operator, Depends(who_acts)]
