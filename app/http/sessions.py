"""Sessions of browsers: a signed cookie instead of a key, which ends by itself.

Nothing is stored. A token is signed with the key that was typed, so it ends at its time, and with
its key at once in every replica; nobody can read the key out of it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence

from itsdangerous import BadSignature, TimestampSigner
from pydantic import SecretStr

from app.http.keys import is_key
from app.settings import Settings

COOKIE = "twinset-session"
LASTS_S = 12 * 3600
_VALUE = b"session"


class Sessions:
    """Issues tokens for keys and checks them. `clock` gives seconds since 1970."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._admin = [settings.admin_key] if settings.admin_key else []
        self._keys = [*settings.read_keys, *self._admin]
        self._clock = clock

    @property
    def possible(self) -> bool:
        """Whether there is any key to sign in with."""
        return bool(self._keys)

    def begin(self, key: str) -> str | None:
        """A token if this is one of the service's keys, else None."""
        right = [one for one in self._keys if is_key(f"Bearer {key}", one)]
        return _Signer(right[0], self._clock).sign(_VALUE).decode() if right else None

    def may_read(self, token: str) -> bool:
        """Whether the token was issued for any key."""
        return self._is_of(token, self._keys)

    def may_operate(self, token: str) -> bool:
        """Whether the token was issued for the admin key."""
        return self._is_of(token, self._admin)

    def _is_of(self, token: str, keys: Sequence[SecretStr]) -> bool:
        # All are tried, so that time does not tell which.
        return sum([_Signer(key, self._clock).is_current(token) for key in keys]) > 0


class _Signer(TimestampSigner):
    def __init__(self, key: SecretStr, clock: Callable[[], float]) -> None:
        super().__init__(key.get_secret_value(), "twinset-session", digest_method=hashlib.sha256)
        self._clock = clock

    def get_timestamp(self) -> int:
        return int(self._clock())

    def is_current(self, token: str) -> bool:
        try:
            return self.unsign(token, max_age=LASTS_S - 1) == _VALUE
        except BadSignature:
            return False
