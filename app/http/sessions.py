"""Sessions of browsers: a signed cookie instead of a key, which ends by itself.

Nothing is stored. A token is signed with the key that was typed, so it ends at its time, and with
its key at once in every replica; nobody can read the key out of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from itsdangerous import BadSignature, TimestampSigner
from pydantic import SecretStr

from app.http.keys import is_key
from app.settings import Settings

COOKIE = "twinset-session"
LASTS_S = 12 * 3600
_VALUE = b"session"


class Sessions:
    """Issues tokens for keys and checks them."""

    def __init__(self, settings: Settings) -> None:
        self._admin = [settings.admin_key] if settings.admin_key else []
        self._keys = [*settings.read_keys, *self._admin]

    @property
    def possible(self) -> bool:
        """Whether there is any key to sign in with."""
        return bool(self._keys)

    def begin(self, key: str) -> str | None:
        """A token if this is one of the service's keys, else None."""
        right = [one for one in self._keys if is_key(f"Bearer {key}", one)]
        return _signer(right[0]).sign(_VALUE).decode() if right else None

    def may_read(self, token: str) -> bool:
        """Whether the token was issued for any key."""
        return _is_of(token, self._keys)

    def may_operate(self, token: str) -> bool:
        """Whether the token was issued for the admin key."""
        return _is_of(token, self._admin)


def _signer(key: SecretStr) -> TimestampSigner:
    return TimestampSigner(key.get_secret_value(), "twinset-session", digest_method=hashlib.sha256)


def _is_of(token: str, keys: Sequence[SecretStr]) -> bool:
    # All are tried, so that time does not tell which.
    return sum([_is_current(token, key) for key in keys]) > 0


def _is_current(token: str, key: SecretStr) -> bool:
    try:
        return _signer(key).unsign(token, max_age=LASTS_S - 1) == _VALUE
    except BadSignature:
        return False
